"""A campaign as a YAML file: the form's own to read and keep, another's to launch as it is."""

from __future__ import annotations

import streamlit as st

from accel_core.campaigns import Campaign
from accel_core.campaigns.campaign import MAX_YAML_BYTES
from accel_core.errors import InvalidInputError
from accel_core.evaluators import unavailable
from accel_core.platforms import get_platform
from pages.components.plain import plain
from pages.components.run_form import launch_button, narrowed


def yaml_expander(campaign: Campaign | None) -> None:
    """Show the campaign's definition and take another one."""
    with st.expander("As a YAML file"):
        if campaign is not None:
            definition = campaign.to_yaml()
            st.code(definition, language="yaml")
            st.download_button("Save YAML", definition, f"{campaign.name}.yaml", "application/yaml", width="stretch",
                               on_click="ignore", key="run-yaml-save")  # fmt: skip
        upload = st.file_uploader("Launch from a file", type=["yaml", "yml"], key="run-yaml")
        if upload is None:
            return
        try:
            given = read_upload(upload.name, upload.getvalue())
        except InvalidInputError as error:
            st.error(plain(error))
            return
        words = narrowed(given.restrictions, len(given.constraints))
        runs = plain(f"{given.platform}, {given.fidelity}, {given.workload}")
        st.markdown(f"**{plain(given.name)}**: {runs}; {words or 'whole space'}")
        if missing := unavailable(get_platform(given.platform), given.fidelity):
            st.error(plain(f"{upload.name}: fidelity is '{given.fidelity}', which is off: {missing}"))
            return
        launch_button(given, "run-yaml-launch", f"Launch {given.name}")


def read_upload(name: str, content: bytes) -> Campaign:
    """Return the campaign of an uploaded file.

    Raises:
        InvalidInputError: Naming the file, the field, its value and what is allowed.
    """
    if len(content) > MAX_YAML_BYTES:
        raise InvalidInputError(f"{name}: {len(content):,} bytes; at most {MAX_YAML_BYTES:,} are allowed")
    try:
        return Campaign.from_yaml(content.decode("utf-8"), is_uploaded=True)
    except UnicodeDecodeError:
        raise InvalidInputError(f"{name}: not UTF-8 text") from None
    except InvalidInputError as error:
        raise InvalidInputError(f"{name}: {str(error).removeprefix('campaign: ')}") from None
