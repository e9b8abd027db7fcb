"""Pareto: drag constraints over the front of any two metrics, see what they cost, pick a design and run it for real."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import streamlit as st

from accel_core.errors import InvalidInputError
from accel_core.metrics import get_metric, label
from accel_core.objectives import CostFunction, Goal, is_feasible
from accel_core.pareto import is_nondominated
from accel_core.platforms import Platform
from pages.components import space_choice
from pages.components.bound_prices import offer_way_out, show_prices
from pages.components.design_panel import show_design
from pages.components.front import FrontState, direction_of, front, set_front
from pages.components.predictions import SIZES, Predicted, Request, how_made, predicted, renew, space_of
from pages.components.session import category, current_platform, download, results, service
from pages.components.style import card, empty_state, look_for, page, quantity

KEY = "pareto-front"
POLL_S = 2.0
COST_METRICS = ("energy_j", "chip_area_mm2")


def choose_axes(metrics: list[str]) -> tuple[str, str, list[str]]:
    """Show the selectors of both axes and of the hidden bounds."""
    state = st.session_state
    for name, wanted in (("x", "chip_area_mm2"), ("y", "energy_j")):
        if state.get(f"pareto-{name}") not in metrics:
            state[f"pareto-{name}"] = wanted if wanted in metrics else metrics[0 if name == "x" else 1]
    if "pareto-hidden" not in state:
        state["pareto-hidden"] = [name for name in ("power_w", "runtime_s") if name in metrics]
    state["pareto-hidden"] = [name for name in state["pareto-hidden"] if name in metrics]
    columns = st.columns([1.5, 1.5, 2.6], vertical_alignment="bottom")
    for column, name, words in zip(columns, ("x", "y"), ("Horizontal axis", "Vertical axis"), strict=False):
        column.selectbox(words, metrics, format_func=label, key=f"pareto-{name}", persist_state="session",
                         on_change=axes_changed, args=(name, state[f"pareto-{name}"]))  # fmt: skip
    columns[2].multiselect("Also bounded", metrics, format_func=lambda name: get_metric(name).title, key="pareto-hidden",
                           persist_state="session", on_change=drop_bounds, help="Each gets a strip with a bound.")  # fmt: skip
    return state["pareto-x"], state["pareto-y"], state["pareto-hidden"]


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


def choose_rows(platform: Platform, known: pd.DataFrame) -> tuple[str, tuple[str, ...], int]:
    """Show the row of filters; return workload, categories (none: all) and how many designs to predict (0: none)."""
    by = category(platform)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        chosen: tuple[str, ...] = ()
        if by is not None:
            parameter = platform.space.parameter(by)
            options = [value for value in parameter.values if (known[by] == value).any()]
            if "pareto-category" not in st.session_state:
                st.session_state["pareto-category"] = [parameter.default] if parameter.default in options else options
            picked = st.pills(by.replace("_", " ").capitalize(), options, selection_mode="multi", key="pareto-category",
                              persist_state="session", label_visibility="collapsed", width="content")  # fmt: skip
            chosen = tuple(str(value) for value in picked)
        workloads = list(dict.fromkeys(known["workload"]))
        workload = workloads[0]
        if len(workloads) > 1:
            workload = st.selectbox("Workload", workloads, format_func=lambda name: platform.workloads[name].title,
                                    key="pareto-workload", persist_state="session", label_visibility="collapsed",
                                    width=240)  # fmt: skip
        n = 0
        if st.toggle("Add predictions", key="pareto-predict", persist_state="session",
                     help="Learns from the placed designs on screen and predicts designs of the chosen space."):  # fmt: skip
            n = st.selectbox("Designs to predict", SIZES, key="pareto-n", persist_state="session", width=120,
                             format_func=lambda size: f"{size:,}", label_visibility="collapsed")  # fmt: skip
            st.button("Learn anew", on_click=renew, help="Learns from the results that have come in since.")
    return workload, chosen, n


@st.cache_resource(show_spinner=False, max_entries=8)
def points_of(
    database: str, revision: int, workload: str, chosen: tuple[str, ...], token: str,
    _platform: Platform, _known: pd.DataFrame, _more: pd.DataFrame | None,
) -> pd.DataFrame:  # fmt: skip
    """Return one row a design, as it is known best; the very same object for the same question.

    Args:
        database: Which database the rows come from, with `revision` the reason to look again.
        revision: See above.
        workload: Rows of others are left out.
        chosen: Categories to keep; none keeps all.
        token: Names the predictions.
        _platform: The rows' platform.
        _known: Results that are ok.
        _more: Predicted designs, or None.
    """
    rows = _known[_known["workload"] == workload]
    by = category(_platform)
    if by is not None and chosen:
        rows = rows[rows[by].isin(chosen)]
    rank = rows["fidelity"].map({name: place for place, name in enumerate(_platform.fidelities)})
    rows = rows.loc[rank.sort_values(kind="stable").index].drop_duplicates("design_id")
    if _more is not None:
        fresh = _more[~_more["design_id"].isin(rows["design_id"])]
        rows = pd.concat([rows, fresh], ignore_index=True)
    return rows.reset_index(drop=True)


def predictions_for(
    platform: Platform, measured: pd.DataFrame, workload: str, chosen: tuple[str, ...], metrics: tuple[str, ...], n: int
) -> Predicted | None:
    """Predict designs of the chosen space, or say why not."""
    try:
        space = space_of(space_choice.current_choice(platform).space(platform), category(platform), chosen)
    except InvalidInputError as error:
        st.warning(f"No predictions: {error}")
        return None
    store = service().store
    request = Request(str(store.path), store.revision, platform.name, workload, chosen, metrics, space.to_yaml(), n)
    return predicted(platform, workload, measured, request)


@st.fragment
def explore(
    platform: Platform, points: pd.DataFrame, x: str, y: str, hidden: list[str], everything: pd.DataFrame,
    found: Predicted | None,
) -> None:  # fmt: skip
    """Show the front and beside it what the state of the front means; a release of a bound runs only this again."""
    left, right = st.columns([2.05, 1], gap="small")
    strips = math.ceil(len([name for name in hidden if name not in (x, y)]) / 2)
    with left, card("front"):
        state = front(points, x, y, hidden, key=KEY, height=max(300, 510 - 84 * strips))
        note = f" {how_made(found)}." if found is not None else ""
        look_for(f"the knee: where the front turns steep, a little of one costs much of the other.{note}")
    shown = points[~points["fidelity"].isin(state.hidden_fidelities)] if state.hidden_fidelities else points
    goals = state.goals(x, y)
    kept = shown[is_feasible(shown, goals)]
    best = kept[is_nondominated(kept[[x, y]].to_numpy(dtype=np.float64), [direction_of(name) for name in (x, y)])]
    with right:
        with card("prices"):
            show_bounds(shown, kept, best, goals, state)
        with card("panel"):
            design, cost, export = st.tabs(["Design", "Best by cost", "Export"])
            with design:
                show_selected(platform, points, state, everything, found)
            with cost:
                choose_by_cost(kept, state)
            with export:
                offer_export(kept, best)


def show_bounds(
    shown: pd.DataFrame, kept: pd.DataFrame, best: pd.DataFrame, goals: list[Goal], state: FrontState
) -> None:
    """Tell how many designs are left, and the price of each bound."""
    st.markdown(f"**{len(kept):,}** of {len(shown):,} designs meet all bounds, **{len(best):,}** on the front")
    if kept.empty and len(shown):
        offer_way_out(shown, goals, state, KEY)
    else:
        show_prices(shown, goals)


def show_selected(
    platform: Platform, points: pd.DataFrame, state: FrontState, everything: pd.DataFrame, found: Predicted | None
) -> None:
    """Show the clicked design."""
    row = points[points["design_id"] == state.selected_id]
    if row.empty:
        st.caption("Click a point, or press [ and ] on the chart to walk the front: the design opens here.")
        return
    show_design(row.iloc[0], platform, everything, found)


def choose_by_cost(kept: pd.DataFrame, state: FrontState) -> None:
    """Weigh energy against area, and show the cheapest design that meets all bounds."""
    names = [name for name in COST_METRICS if name in kept]
    units = {name: get_metric(name) for name in names}
    st.caption("Cost = " + " + ".join(
        f"{greek} · {units[name].title.lower()} [{units[name].display_unit}]" for greek, name in zip("αβ", names, strict=False)
    ) + ", over the designs that meet all bounds.")  # fmt: skip
    weights = {}
    for column, greek, name in zip(st.columns(2), "αβ", names, strict=False):
        weight = column.number_input(f"{greek}, per {units[name].display_unit}", 0.0, value=even_weight(kept, name),
                                     key=f"pareto-weight-{name}", persist_state="session", format="%g")  # fmt: skip
        weights[name] = weight * units[name].display_scale
    cost = CostFunction(weights)(kept)
    if not np.isfinite(cost).any():
        st.caption("No design meets all bounds.")
        return
    cheapest = kept.iloc[int(np.nanargmin(cost))]
    parts = ", ".join(f"{quantity(name, float(cheapest[name]))}" for name in names)
    st.markdown(f"Cheapest: `{str(cheapest['design_id'])[:8]}` at **{np.nanmin(cost):,.4g}** ({parts})")
    st.button("Select it", key="pareto-cheapest", on_click=set_front, args=(KEY,),
              kwargs={"bounds": state.bounds, "selected": str(cheapest["design_id"])},
              disabled=state.selected_id == cheapest["design_id"])  # fmt: skip


def even_weight(kept: pd.DataFrame, name: str) -> float:
    """Return a round weight that makes a metric's median count 50, so that both start out alike."""
    median = float(np.nanmedian(kept[name])) * get_metric(name).display_scale if kept[name].notna().any() else 1.0
    return float(f"{50 / median:.1g}") if median > 0 else 1.0


def offer_export(kept: pd.DataFrame, best: pd.DataFrame) -> None:
    """Offer the selection as files."""
    which = st.segmented_control("Designs", ["On the front", "Meet all bounds"], default="On the front", required=True,
                                 key="pareto-export", persist_state="session")  # fmt: skip
    table = best if which == "On the front" else kept
    st.caption(f"{len(table):,} designs with parameters, metrics (SI units) and how each is known.")
    download(table.dropna(axis="columns", how="all"), "pareto", "pareto-download")


@st.fragment(run_every=POLL_S)
def watch(revision: int) -> None:
    """Run the page again when results have come in."""
    if service().store.revision != revision:
        st.rerun()


def show_empty(platform: Platform, everything: pd.DataFrame) -> None:
    """Say what is missing and lead to it."""
    text = f"A front needs results of {platform.title}. Choose what may vary, then launch a run; points appear as they come."
    if len(everything):
        text = f"None of the {len(everything):,} designs tried so far could be implemented; see why on the page Runs."
    empty_state("No designs to compare yet", text, "Go to Runs", "pages/runs.py", key="pareto")
    st.page_link("pages/design_space.py", label="Choose a design space first")


page("Pareto", "Drag the bounds: the front, the counts and the price of every bound follow.")
platform = current_platform()
revision = service().store.revision
everything = results(platform)
known = everything[everything["status"] == "ok"] if len(everything) else everything
watch(revision)
if known.empty:
    show_empty(platform, everything)
    st.stop()
metrics = [name for name in platform.metrics if name in known and known[name].notna().any()]
x, y, hidden = choose_axes(metrics)
workload, chosen, n = choose_rows(platform, known)
database = str(service().store.path)
points = points_of(database, revision, workload, chosen, "", platform, known, None)
more = predictions_for(platform, points, workload, chosen, (x, y, *hidden), n) if n else None
if more is not None:
    points = points_of(database, revision, workload, chosen, more.token, platform, known, more.table)
lacking = [name for name in (x, y, *hidden) if name not in points]
explore(platform, points, x, y, hidden, everything, more)
