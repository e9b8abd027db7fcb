"""Pareto: drag constraints over the front of any two metrics, see what they cost, pick a design and run it for real."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from accel_core.errors import InvalidInputError
from accel_core.metrics import get_metric, label
from accel_core.objectives import Goal, is_feasible
from accel_core.pareto import is_nondominated
from accel_core.platforms import Platform
from pages.components import space_choice
from pages.components.bound_sensitivities import offer_way_out, show_sensitivities
from pages.components.design_panel import show_design
from pages.components.front import FrontState, direction_of, front, set_front
from pages.components.plain import plain
from pages.components.platform_words import words_of
from pages.components.predictions import SIZES, Predicted, Request, how_made, predicted, space_of
from pages.components.selection import choose_by_cost, offer_export
from pages.components.session import category, comparable, current_platform, service
from pages.components.style import card, empty_state, look_for, page
from pages.components.workload_choice import title_of

KEY = "pareto-front"
POLL_S = 2.0


def choose_axes(platform: Platform, metrics: list[str]) -> tuple[str, str, list[str]]:
    """Show the selectors of both axes and of the hidden bounds."""
    state = st.session_state
    usual = platform.preferred(("chip_area_mm2", "energy_j"), metrics)
    for name, wanted in zip(("x", "y"), usual, strict=False):
        if state.get(f"pareto-{name}") not in metrics:
            state[f"pareto-{name}"] = wanted
    if state["pareto-x"] == state["pareto-y"]:
        state["pareto-y"] = next(name for name in usual if name != state["pareto-x"])
    if "pareto-hidden" not in state:
        state["pareto-hidden"] = [name for name in ("power_w", "runtime_s") if name in metrics]
    state["pareto-hidden"] = [name for name in state["pareto-hidden"] if name in metrics]
    columns = st.columns([1.25, 1.1, 1.9], vertical_alignment="bottom")
    for column, name, words in zip(columns, ("x", "y"), ("Horizontal axis", "Vertical axis"), strict=False):
        column.selectbox(words, metrics, format_func=label, key=f"pareto-{name}", persist_state="session",
                         on_change=axes_changed, args=(name, state[f"pareto-{name}"]))  # fmt: skip
    columns[2].multiselect(
        "Also bounded", metrics, format_func=lambda name: get_metric(name).title, key="pareto-hidden",
        persist_state="session", on_change=drop_bounds, help="Each gets a strip with a bound.",
    )  # fmt: skip
    return state["pareto-x"], state["pareto-y"], state["pareto-hidden"]


def metrics_of(platform: Platform, known: pd.DataFrame) -> list[str]:
    """Return the metrics that results have."""
    return [name for name in platform.metrics if name in known and known[name].notna().any()]


def axes_changed(name: str, before: str) -> None:
    """Swap the axes when one is set to the other's metric."""
    other = "pareto-y" if name == "x" else "pareto-x"
    if st.session_state[other] == st.session_state[f"pareto-{name}"]:
        st.session_state[other] = before
    drop_bounds()


def drop_bounds() -> None:
    """Lift the bounds on metrics that are no longer on screen, so that none acts unseen."""
    last: FrontState | None = st.session_state.get(f"{KEY}:last")
    if last is None:
        return
    names = ("pareto-x", "pareto-y")
    shown = {*(st.session_state[name] for name in names), *st.session_state["pareto-hidden"]}
    kept = {name: limits for name, limits in last.bounds.items() if name in shown}
    if kept != last.bounds:
        set_front(KEY, bounds=kept, selected=last.selected_id)


@dataclass(frozen=True)
class Rows:
    """Which designs are on screen.

    Attributes:
        workload: What they run.
        categories: Kinds of the platform's first categorical parameter; none keeps all.
        n_predicted: How many designs to draw and predict; 0 for none.
    """

    workload: str
    categories: tuple[str, ...]
    n_predicted: int


def choose_rows(platform: Platform, known: pd.DataFrame) -> tuple[Rows, DeltaGenerator]:
    """Show the row of filters; return what it says and the row itself."""
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    with row:
        categories = choose_categories(platform, known)
        workloads = list(dict.fromkeys(known["workload"]))
        workload = workloads[0]
        if len(workloads) > 1:
            workload = st.selectbox(
                "Workload", workloads, format_func=lambda name: title_of(platform, name), key="pareto-workload",
                persist_state="session", label_visibility="collapsed", width=220,
            )  # fmt: skip
        n = 0
        known_as = words_of(platform).evaluated
        learns = f"Learns from the {known_as} designs on screen and predicts designs of the chosen space."
        if st.toggle("Add predictions", key="pareto-predict", persist_state="session", help=learns):
            n = st.selectbox(
                "Designs to predict", SIZES, format_func=lambda size: f"{size:,}", key="pareto-n",
                persist_state="session", label_visibility="collapsed", width=110,
            )  # fmt: skip
    return Rows(workload, categories, n), row


def choose_categories(platform: Platform, known: pd.DataFrame) -> tuple[str, ...]:
    """Show a pill for each kind of design that there are results of."""
    by, key = category(platform), "pareto-category"
    if by is None:
        return ()
    parameter = platform.space.parameter(by)
    options = [value for value in parameter.values if (known[by] == value).any()]
    default = [parameter.default] if parameter.default in options else options
    st.session_state[key] = [value for value in st.session_state.get(key, default) if value in options]
    picked = st.pills(
        by.replace("_", " ").capitalize(), options, selection_mode="multi", key=key, persist_state="session",
        label_visibility="collapsed", width="content", format_func=plain,
    )  # fmt: skip
    return tuple(str(value) for value in picked)


@st.cache_resource(show_spinner=False, max_entries=8)
def points_of(
    database: str, revision: int, chosen: Rows, token: str,
    _platform: Platform, _known: pd.DataFrame, _more: pd.DataFrame | None,
) -> pd.DataFrame:  # fmt: skip
    """Return one row a design, as it is known best; the very same object for the same question.

    Args:
        database: Which database the rows come from, with `revision` the reason to look again.
        revision: See above.
        chosen: Which rows to keep.
        token: Names the predictions.
        _platform: The rows' platform.
        _known: Results that are ok.
        _more: Predicted designs, or None.
    """
    rows = _known[_known["workload"] == chosen.workload]
    by = category(_platform)
    if by is not None and chosen.categories:
        rows = rows[rows[by].isin(chosen.categories)]
    rank = rows["fidelity"].map({name: place for place, name in enumerate(_platform.fidelities)})
    rows = rows.loc[rank.sort_values(kind="stable").index].drop_duplicates("design_id")
    if _more is not None:
        fresh = _more[~_more["design_id"].isin(rows["design_id"])]
        rows = pd.concat([rows, fresh], ignore_index=True)
    return rows.reset_index(drop=True)


def predictions_for(
    row: DeltaGenerator, platform: Platform, points: pd.DataFrame, chosen: Rows, metrics: tuple[str, ...], revision: int
) -> Predicted | None:
    """Predict designs of the chosen space, or say why not."""
    try:
        space = space_choice.current_choice(platform).space(platform)
        space = space_of(space, category(platform), chosen.categories)
    except InvalidInputError as error:
        st.warning(f"No predictions: {plain(error)}")
        return None
    request = Request(
        str(service().store.path), revision, platform.name, chosen.workload, chosen.categories, metrics,
        space.to_yaml(), chosen.n_predicted,
    )  # fmt: skip
    return predicted(row, platform, points, request)


@st.fragment
def explore(platform: Platform, known: pd.DataFrame, everything: pd.DataFrame, revision: int) -> None:
    """Show the front and beside it what its state means; releasing a bound runs only this again."""
    left, right = st.columns([2.05, 1], gap="small")
    with left:
        x, y, hidden = choose_axes(platform, metrics_of(platform, known))
        chosen, row = choose_rows(platform, known)
        database = str(service().store.path)
        points = points_of(database, revision, chosen, "", platform, known, None)
        found = None
        if chosen.n_predicted:
            found = predictions_for(row, platform, points, chosen, (x, y, *hidden), revision)
        if found is not None:
            points = points_of(database, revision, chosen, found.token, platform, known, found.table)
        state = show_front(platform, points, x, y, hidden, found)
    shown = points[~points["fidelity"].isin(state.hidden_fidelities)] if state.hidden_fidelities else points
    goals = state.goals(x, y)
    kept = shown[is_feasible(shown, goals)]
    best = kept[is_nondominated(kept[[x, y]].to_numpy(dtype=np.float64), [direction_of(name) for name in (x, y)])]
    with right:
        with card("prices"):
            show_bounds(shown, kept, best, (x, y), goals, state)
        with card("panel"):
            design, cost, export = st.tabs(["Design", "Best by cost", "Export"])
            with design:
                show_selected(platform, points, state, everything, found)
            with cost:
                choose_by_cost(platform, kept, state, KEY)
            with export:
                offer_export(kept, best)


def show_front(
    platform: Platform, points: pd.DataFrame, x: str, y: str, hidden: list[str], found: Predicted | None
) -> FrontState:
    """Show the chart, lower where strips of bounds need the room."""
    strips = math.ceil(len([name for name in hidden if name not in (x, y)]) / 2)
    height = max(300, 496 - 84 * strips - (62 if found is not None else 0))
    with card("front"):
        state = front(points, x, y, hidden, key=KEY, height=height)
        look_for(
            "the knee: where the front turns steep, a little of one costs much of the other."
            + (f" {how_made(found, platform)}." if found is not None else "")
        )
    return state


def show_bounds(
    shown: pd.DataFrame, kept: pd.DataFrame, best: pd.DataFrame, axes: tuple[str, str], goals: list[Goal],
    state: FrontState,
) -> None:  # fmt: skip
    """Tell how many designs are left, and the price of each bound; designs that share a point count once."""
    points = best.drop_duplicates([*axes])
    known_as = ", ".join(f"{count:,} {name}" for name, count in points["fidelity"].value_counts().items())
    more = f", shared by {len(best):,} designs" if len(best) > len(points) else ""
    st.markdown(f":small[**{len(kept):,}** of {len(shown):,} meet all bounds · front: **{known_as or 'none'}**{more}]")
    if kept.empty and len(shown):
        offer_way_out(shown, goals, state, KEY)
    else:
        show_sensitivities(shown, goals)


def show_selected(
    platform: Platform, points: pd.DataFrame, state: FrontState, everything: pd.DataFrame, found: Predicted | None
) -> None:
    """Show the clicked design."""
    row = points[points["design_id"] == state.selected_id]
    if row.empty:
        st.caption("Click a point, or press [ and ] on the chart to walk the front: the design opens here.")
        return
    show_design(row.iloc[0], platform, everything, found)


@st.fragment(run_every=POLL_S)
def watch(revision: int) -> None:
    """Run the page again when results have come in."""
    if service().store.revision != revision:
        st.rerun()


def show_empty(platform: Platform, everything: pd.DataFrame) -> None:
    """Say what is missing and lead to it."""
    text = (
        f"A front needs results of {platform.title}. Choose what may vary and launch a run; points appear as they come."
    )
    if len(everything):
        text = f"None of the {len(everything):,} designs tried so far succeeded; see why on the page Runs."
    if not platform.evaluable:
        text = "No row of the table that it came with is ok."
    empty_state("No designs to compare yet", text, "Go to Runs", "pages/runs.py", key="pareto")
    st.page_link("pages/design_space.py", label="Choose a design space first")


page("Pareto", "Drag the bounds: the front, the counts and the price of every bound follow.")
platform = current_platform()
everything, shown_revision = comparable(platform)
known = everything[everything["status"] == "ok"] if len(everything) else everything
watch(service().store.revision)
if known.empty:
    show_empty(platform, everything)
    st.stop()
if len(metrics_of(platform, known)) < 2:
    st.info("A front needs two metrics; these results have only one.")
    st.stop()
explore(platform, known, everything, shown_revision)
