"""The form that launches a campaign: sensible from the first click, and honest about what it will cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import streamlit as st

from accel_core.campaigns import Campaign, SamplerPlan
from accel_core.campaigns.plan import ARCHITECTURE, BACKEND
from accel_core.errors import AccelError, InvalidInputError
from accel_core.evaluators import SettingValue, settings_of
from accel_core.platforms import Platform
from accel_core.space import SAMPLERS
from pages.components import run_join, space_choice
from pages.components.plain import code_span, plain
from pages.components.run_join import SELECTED
from pages.components.run_plan import forecast
from pages.components.session import runnable
from pages.components.workload_choice import choices, own_network, own_network_uploader, title_of

_CROSSED, _WHOLE = "Crossed", "Whole space"
_N_LAUNCHED = "run-n-launched"
_PROPOSED = "run-proposed"
_MAX_FIELD = 1_000_000


def launch_form(platform: Platform, taken: Iterable[str]) -> Campaign | None:
    """Show the form; return the campaign that it describes, or None while that is not possible.

    Args:
        platform: What is explored.
        taken: Names of campaigns that exist.
    """
    _say_space(platform)
    fidelities = runnable(platform)
    if not fidelities:
        return None
    # Name and seed are proposed anew after each launch: another key forgets the old ones.
    launched = st.session_state.get(_N_LAUNCHED, 0)
    number = unused_number(platform.name, taken)
    st.session_state.setdefault(f"{_PROPOSED}-{launched}", f"{platform.name}-{number}")
    name = st.text_input("Name", f"{platform.name}-{number}", max_chars=63, key=f"run-name-{launched}")
    fidelity = st.segmented_control(
        "Fidelity", fidelities, default=fidelities[0], required=True, key="run-fidelity", persist_state="session",
        help="placed: synthesis, placement, timing and power for real. analytical: the platform's equations, no tools. "
        "simulated: the platform's own simulator, or a program of somebody else.",
    )  # fmt: skip
    sizes = _choose_sizes(platform)
    with st.expander("Workload, sampler, settings"):
        workload = st.selectbox(
            "Workload", choices(platform), key="run-workload", persist_state="session",
            format_func=lambda name: title_of(platform, name),
        )  # fmt: skip
        own_network_uploader(platform, "run-workload")
        sampler = st.segmented_control(
            "Sampler", list(SAMPLERS), default="lhs", required=True, key="run-sampler", persist_state="session"
        )
        columns = st.columns(2)
        seed = columns[0].number_input(
            "Seed", 0, 2**31 - 1, number - 1, key=f"run-seed-{launched}",
            help="Of the sample and of the tools. The next campaign is offered another one, for other designs.",
        )  # fmt: skip
        workers = columns[1].number_input("Processes", 0, 1024, 0, key="run-workers", persist_state="session",
                                          help="At most; 0 takes one per core.")  # fmt: skip
        settings = _choose_settings(platform, fidelity)
    choice = space_choice.current_choice(platform)
    try:
        return Campaign(
            name.strip(), platform.name, SamplerPlan(sampler, **sizes), fidelity, workload,
            choice.restrictions, choice.constraints, settings, int(seed), int(workers), network=own_network(workload),
        )  # fmt: skip
    except InvalidInputError as error:
        st.error(plain(error))
        return None


def launch_button(campaign: Campaign | None, key: str, label: str = "Launch") -> None:
    """Say what the campaign would cost, and launch it on a click; another's is joined only if a person says so."""
    problem = ""
    if campaign is not None:
        try:
            st.markdown(forecast(campaign).text)
        except InvalidInputError as error:
            problem = str(error)
            st.error(plain(problem))
    is_ready = campaign is not None and not problem
    if not st.button(label, type="primary", disabled=not is_ready, key=key, width="stretch") or campaign is None:
        run_join.offer(key)
        return
    number = st.session_state.get(_N_LAUNCHED, 0)
    is_proposed = campaign.name == st.session_state.get(f"{_PROPOSED}-{number}")
    try:
        with st.spinner("Drawing the designs …"):
            name = run_join.launch(campaign, key, is_proposed=is_proposed)
    except AccelError as error:
        st.error(plain(error))
        return
    if name:
        st.session_state[SELECTED] = name
        st.session_state[_N_LAUNCHED] = number + 1
    st.rerun()


def unused_number(stem: str, taken: Iterable[str]) -> int:
    """Return the first number, from 1, for which no campaign is called ``stem-number``."""
    used = set(taken)
    number = 1
    while f"{stem}-{number}" in used:
        number += 1
    return number


def narrowed(restrictions: Mapping[str, str], n_constraints: int) -> str:
    """Return in Markdown how a space was narrowed; empty if it was not."""
    words = [code_span(f"{name} = {value.replace('..', ' … ')}") for name, value in restrictions.items()]
    if n_constraints:
        words.append(f"{n_constraints} more constraint{'s' if n_constraints > 1 else ''}")
    return ", ".join(words)


def _say_space(platform: Platform) -> None:
    choice = space_choice.current_choice(platform)
    words = narrowed(choice.restrictions, len(choice.constraints))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f"Narrowed: {words}" if words else f"The whole space of {plain(platform.title)}", width="stretch")
        st.page_link("pages/design_space.py", label="Design space", width="content")


def _choose_sizes(platform: Platform) -> dict[str, int]:
    """Return the sizes of a ``SamplerPlan``."""
    groups = {parameter.group for parameter in platform.space.parameters}
    how = _WHOLE
    if {ARCHITECTURE, BACKEND} <= groups:
        how = st.segmented_control(
            "Designs", [_CROSSED, _WHOLE], default=_CROSSED, required=True, key="run-how", persist_state="session",
            help="Crossed: each sampled architecture with each sampled backend point, as learning from backend points "
            "needs it. Whole space: every design has an architecture and a backend point of its own.",
        )  # fmt: skip
    if how == _WHOLE:
        n = st.number_input("Number of designs", 1, _MAX_FIELD, 16, key="run-designs", persist_state="session")
        return {"designs": int(n)}
    left, right = st.columns(2)
    architectures = left.number_input("Architectures", 1, _MAX_FIELD, 4, key="run-archs", persist_state="session")
    backends = right.number_input("Backend points", 1, _MAX_FIELD, 4, key="run-backends", persist_state="session")
    return {"architectures": int(architectures), "backends": int(backends)}


def _choose_settings(platform: Platform, fidelity: str) -> dict[str, SettingValue]:
    """Show a field for each setting of a platform's fidelity."""
    chosen: dict[str, SettingValue] = {}
    for name, setting in settings_of(platform, fidelity).items():
        title, key = name.replace("_", " ").capitalize(), f"run-setting-{platform.name}-{fidelity}-{name}"
        if setting.choices:
            chosen[name] = st.selectbox(
                title, setting.choices, setting.choices.index(str(setting.default)), key=key, help=setting.meaning,
                persist_state="session",
            )  # fmt: skip
        elif isinstance(setting.default, str):
            chosen[name] = st.text_input(title, setting.default, key=key, help=setting.meaning, persist_state="session")
        else:
            is_whole = isinstance(setting.default, int)
            chosen[name] = st.number_input(
                title, setting.low, setting.high, setting.default, key=key, help=setting.meaning,
                format=None if is_whole else "%g", persist_state="session",
            )  # fmt: skip
    return chosen
