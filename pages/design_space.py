"""Design space: what may vary, how many designs that makes, and what a sample of them looks like."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import streamlit as st

from accel_core.errors import InvalidInputError
from accel_core.platforms import Platform
from accel_core.plots.space import PANEL_PX, coverage, coverage_bars, scatter_matrix
from accel_core.space import SAMPLERS, Constraint, DesignSpace, Parameter, Sample, sample
from accel_core.space.difference import difference, spelled
from pages.components import space_choice
from pages.components.plain import code_span, plain
from pages.components.platform_words import example_constraint
from pages.components.session import current_platform, download
from pages.components.space_choice import SpaceChoice
from pages.components.style import card, change_page, figure, is_dark, look_for, metric_row, page

MAX_PREVIEW = 2000
USUAL_SIZE = 96
MAX_UPLOAD_BYTES = 1_000_000


def edit_parameters(platform: Platform, group: str) -> None:
    """Show a control for each parameter of a group."""
    chosen = space_choice.current_choice(platform).space(platform)
    for parameter in platform.space.parameters:
        if parameter.group == group:
            edit_parameter(platform, parameter, chosen.parameter(parameter.name))


def edit_parameter(platform: Platform, parameter: Parameter, now: Parameter) -> None:
    """Show one control: pills for listed values, a range slider else."""
    key = f"space-{platform.name}-{parameter.name}-{space_choice.revision(platform)}"
    scale, unit = (1e-6, "MHz") if parameter.unit == "Hz" else (1.0, parameter.unit)
    title = parameter.name.removesuffix("_hz").replace("_", " ") + (f" [{unit}]" if unit else "")
    note = parameter.meaning + (" (range assumed)" if parameter.assumed else "")
    if parameter.values:
        st.pills(
            title, parameter.values, selection_mode="multi", default=now.values, key=key, help=plain(note),
            format_func=plain, on_change=take_values, args=(platform, parameter, key),
        )  # fmt: skip
        return
    if parameter.low is None or parameter.high is None:
        raise AssertionError(f"parameter {parameter.name} has neither values nor a range")
    whole = parameter.kind == "integer"
    low, high = (now.low, now.high) if not now.values else (min(now.values), max(now.values))
    shown = [parameter.low * scale, parameter.high * scale, float(low) * scale, float(high) * scale]
    limits = [int(value) if whole else round(value, 6) for value in shown]
    step = 1 if whole else float(10 ** math.floor(math.log10((limits[1] - limits[0]) / 50)))
    st.slider(
        title, limits[0], limits[1], (limits[2], limits[3]), step=step, key=key, help=note,
        on_change=take_range, args=(platform, parameter, key, scale),
    )  # fmt: skip


def take_values(platform: Platform, parameter: Parameter, key: str) -> None:
    """Narrow a parameter to the chosen values."""
    chosen = st.session_state[key]
    if not chosen:
        st.session_state["space-problem"] = f"{parameter.name}: no value is chosen; allowed: {parameter.allowed}"
        space_choice.change(platform, space_choice.current_choice(platform), renew=True)
        return
    take(platform, parameter, ",".join(str(value) for value in parameter.values if value in chosen))


def take_range(platform: Platform, parameter: Parameter, key: str, scale: float) -> None:
    """Narrow a parameter to the chosen range; the ends of the slider are the ends of the range, to the last bit."""
    low, high = (value / scale for value in st.session_state[key])
    low = parameter.low if math.isclose(low, float(parameter.low or 0)) else low
    high = parameter.high if math.isclose(high, float(parameter.high or 0)) else high
    if parameter.kind == "integer":
        low, high = int(low), int(high)
    take(platform, parameter, f"{low}..{high}")


def take(platform: Platform, parameter: Parameter, wanted: str) -> None:
    """Set or lift one restriction."""
    choice = space_choice.current_choice(platform)
    restrictions = {name: value for name, value in choice.restrictions.items() if name != parameter.name}
    if wanted != spelled(parameter):
        restrictions[parameter.name] = wanted
    try_change(platform, SpaceChoice(restrictions, choice.constraints))


def try_change(platform: Platform, choice: SpaceChoice, renew: bool = False) -> None:
    """Change the choice, or remember in one sentence why not."""
    try:
        space_choice.change(platform, choice, renew=renew)
    except InvalidInputError as error:
        st.session_state["space-problem"] = str(error)


def edit_constraints(platform: Platform) -> None:
    """Show the platform's constraints and a small table for more."""
    for constraint in platform.space.constraints:
        st.markdown(f":gray[{plain(constraint.name)}]  \n{code_span(constraint.expression)}")
    choice = space_choice.current_choice(platform)
    rows = pd.DataFrame(
        [{"name": entry.name, "expression": entry.expression} for entry in choice.constraints],
        columns=["name", "expression"],
        dtype="str",
    )
    with st.form("constraint", border=False, clear_on_submit=True):
        st.text_input("Another constraint", placeholder=example_constraint(platform.space), key="constraint-expression")
        st.form_submit_button("Add", on_click=add_constraint, args=(platform,))
    for index, row in enumerate(rows.itertuples()):
        words, button = st.columns([5, 1])
        words.markdown(code_span(row.expression))
        button.button("✕", key=f"drop-{index}", help="Remove", on_click=drop_constraint, args=(platform, index))


def add_constraint(platform: Platform) -> None:
    """Add what was typed, if it is a constraint over this space."""
    text = st.session_state["constraint-expression"].strip()
    choice = space_choice.current_choice(platform)
    try:
        added = Constraint(text or "empty", text)
    except InvalidInputError as error:
        st.session_state["space-problem"] = str(error)
        return
    try_change(platform, SpaceChoice(choice.restrictions, (*choice.constraints, added)))


def drop_constraint(platform: Platform, index: int) -> None:
    """Remove an added constraint."""
    choice = space_choice.current_choice(platform)
    kept = choice.constraints[:index] + choice.constraints[index + 1 :]
    space_choice.change(platform, SpaceChoice(choice.restrictions, kept))


def load_yaml(platform: Platform) -> None:
    """Take over a space from an uploaded YAML file."""
    upload = st.session_state["space-yaml"]
    if upload is None:
        return
    try:
        if upload.size > MAX_UPLOAD_BYTES:
            raise InvalidInputError(f"{upload.size:,} bytes; at most {MAX_UPLOAD_BYTES:,} are allowed")
        space = DesignSpace.from_yaml(upload.getvalue().decode("utf-8"))
        restrictions, constraints = difference(space, platform.space)
        space_choice.change(platform, SpaceChoice(restrictions, constraints), renew=True)
    except (InvalidInputError, UnicodeDecodeError) as error:
        st.session_state["space-problem"] = f"{upload.name}: {error}"


@st.cache_data(show_spinner="Drawing a sample …", max_entries=64)
def drawn(space_yaml: str, n: int, sampler: str, seed: int) -> Sample:
    """Draw a sample; the same question is answered once."""
    return sample(DesignSpace.from_yaml(space_yaml), n, sampler, seed)


def usual_size(space: DesignSpace) -> int:
    """Return how many designs to draw unless a person says otherwise: no more than a small space has."""
    return max(2, min(USUAL_SIZE, space.size if space.is_finite and space.size else USUAL_SIZE))


def preview(space: DesignSpace) -> None:
    """Choose a sampler and show what it draws."""
    columns = st.columns([2, 1, 1])
    sampler = columns[0].segmented_control("Sampler", list(SAMPLERS), default="lhs", required=True, key="space-sampler")
    n_designs = columns[1].number_input("Designs", 2, MAX_PREVIEW, usual_size(space), key="space-n")
    seed = columns[2].number_input("Seed", 0, 10_000, 0, key="space-seed")
    try:
        shown = drawn(space.to_yaml(), int(n_designs), sampler, int(seed))
        others = [drawn(space.to_yaml(), int(n_designs), "random", 100 + k).discrepancy for k in range(5)]
    except InvalidInputError as error:
        st.error(plain(error))
        return
    table = coverage(shown.designs, space)
    metric_row(
        [
            ("Designs", f"{len(shown.designs):,}", "All valid, none twice."),
            ("Discrepancy", f"{shown.discrepancy:.4f}", "Centered L2 discrepancy; smaller covers more evenly."),
            ("If random", f"{np.median(others):.4f}", "Median of five random samples, to compare."),
            ("Coverage", f"{100 * table['share'].mean():.0f} %", "Share of strata that hold a design."),
        ]
    )
    pairs, strata = st.tabs(["Every pair", "Coverage"])
    with pairs:
        n_varying = sum(entry.size != 1 for entry in space.parameters)
        figure(
            scatter_matrix(shown.designs, space, is_dark()), key="space-pairs", height=max(560, PANEL_PX * n_varying)
        )
        look_for("empty corners: either a constraint forbids them, or the sample is too small to reach them.")
    with strata:
        figure(coverage_bars(table, is_dark()), key="space-coverage", height=60 + 34 * len(table))
        look_for("short bars: a parameter whose range the sample hardly visits cannot be learned from it.")
    download(shown.designs, "designs", "space-designs")


page("Design space", "Choose what may vary. The size and the preview follow every change.")
platform = current_platform()
left, right = st.columns([1, 2], gap="medium")
with left:
    if problem := st.session_state.pop("space-problem", None):
        st.error(plain(problem))
    groups = list(dict.fromkeys(parameter.group for parameter in platform.space.parameters))
    for group in groups:
        with card(f"group-{group}"):
            st.subheader(group.capitalize(), anchor=False)
            edit_parameters(platform, group)
    with card("constraints"):
        st.subheader("Constraints", anchor=False)
        edit_constraints(platform)
with right:
    choice = space_choice.current_choice(platform)
    edited = choice.space(platform)
    buttons = st.columns(4)
    buttons[0].button("↶ Undo", disabled=not space_choice.can_undo(platform), on_click=space_choice.undo,
                      args=(platform,), width="stretch")  # fmt: skip
    buttons[1].button("Reset", disabled=choice == SpaceChoice(), on_click=try_change,
                      args=(platform, SpaceChoice(), True), width="stretch")  # fmt: skip
    buttons[2].download_button("Save YAML", edited.to_yaml(), f"{platform.name}-space.yaml", width="stretch")
    if buttons[3].button("Run it →", type="primary", width="stretch"):
        change_page("pages/runs.py")
    with st.expander("Load a YAML file"):
        st.file_uploader("Space", type=["yaml", "yml"], key="space-yaml", on_change=load_yaml, args=(platform,),
                         label_visibility="collapsed")  # fmt: skip
    with card("size"):
        varying = [entry for entry in edited.parameters if entry.size != 1]
        size = edited.subspace(groups[0]).size
        metric_row(
            [
                (f"{groups[0].capitalize()}s", "continuous" if size is None else f"{size:,}",
                 "Valid combinations of that group's parameters; the others vary continuously or multiply it."),
                ("Parameters that vary", f"{len(varying)} of {len(edited.parameters)}", None),
                ("Constraints", f"{len(edited.constraints)}", None),
            ]
        )  # fmt: skip
    with card("preview"):
        st.subheader("Preview a sample", anchor=False)
        preview(edited)
