"""Timeloop on the page Eyeriss: its input files to take away, and its own results where it is installed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from accel_core.errors import AccelError
from accel_core.evaluators import evaluate, resolve_settings, unavailable
from accel_core.platforms import get_platform
from pages.components.eyeriss_designs import PLATFORM, Setup
from pages.components.plain import plain
from pages.components.workload_choice import workload_named

FIDELITY = "simulated"
_RESULTS = "eyeriss-timeloop"


def download_files(setup: Setup, design: Mapping[str, int]) -> None:
    """Offer a design and the layer as the YAML files that Timeloop takes; Timeloop is not needed for it."""
    if get_platform(PLATFORM).program is None:
        return
    data = zipped(tuple(design.items()), setup.workload, setup.energy_table, setup.objective)
    st.download_button("Timeloop YAML", data, "eyeriss_timeloop.zip", "application/zip", key="eyeriss-yaml",
                       width="stretch", help="This design and layer as Timeloop v0.4 files.")  # fmt: skip


@st.cache_data(show_spinner=False, max_entries=64)
def zipped(design: tuple[tuple[str, int], ...], workload: str, energy_table: str, objective: str) -> bytes:
    """Return a design and a workload's layers as Timeloop's files, in one archive."""
    platform = get_platform(PLATFORM)
    assert platform.program is not None
    settings = resolve_settings(platform, FIDELITY, {"energy_table": energy_table, "objective": objective})
    texts = platform.program.files(dict(design), workload_named(platform, workload), settings)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in texts.items():
            archive.writestr(path, text)
    return stream.getvalue()


def simulate_button(setup: Setup, designs: Mapping[str, Mapping[str, int]]) -> None:
    """Offer to map designs with Timeloop itself; where it is not installed, say so."""
    platform = get_platform(PLATFORM)
    if platform.program is None:
        return
    if missing := unavailable(platform, FIDELITY):
        st.caption(f"Timeloop itself cannot map these designs: {plain(missing)}")
        return
    if st.button("Map them with Timeloop too", key="eyeriss-simulate"):
        with st.spinner("Timeloop is mapping …"):
            for design in designs.values():
                _simulate(setup, design)
        st.rerun()


def _simulate(setup: Setup, design: Mapping[str, int]) -> None:
    settings = {"energy_table": setup.energy_table, "objective": setup.objective,
                "pes": design["mesh_x"] * design["mesh_y"]}  # fmt: skip
    runs = workload_named(get_platform(PLATFORM), setup.workload)
    try:
        row = evaluate(PLATFORM, pd.DataFrame([dict(design)]), FIDELITY, workload=runs, settings=settings)
    except AccelError as error:
        st.error(plain(error))
        return
    st.session_state.setdefault(_RESULTS, {})[_key(setup, design)] = row.iloc[0].to_dict()


def simulated(setup: Setup, design: Mapping[str, int]) -> dict[str, Any] | None:
    """Return Timeloop's own result of a design, if the person asked for it."""
    known: dict[Any, dict[str, Any]] = st.session_state.get(_RESULTS, {})
    return known.get(_key(setup, design))


def _key(setup: Setup, design: Mapping[str, int]) -> tuple[Any, ...]:
    return (setup.workload, setup.energy_table, setup.objective, *design.values())
