"""How a search went: numbers, hypervolume, front and picks; for fitted models and for the real flow alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from accel_core.metrics import get_metric, is_metric
from accel_core.objectives import Goal, Objective, is_feasible, minimized
from accel_core.optimizers import front, pick, trace
from accel_core.optimizers.model_trust import MIN_SUCCESS, SUCCESS, TRUST_LEVELS, UNCERTAINTY
from accel_core.pareto import is_nondominated
from accel_core.platforms import get_platform
from accel_core.plots.optimize import front_growth, hypervolume_growth
from accel_core.relaxations import relaxations
from pages.components.optimize_plan import (
    SearchPlan,
    compared_metrics,
    display_scale,
    point_text,
    reference_point,
    usable,
    volume_unit,
)
from pages.components.platform_words import words_of
from pages.components.session import results
from pages.components.style import card, figure, is_dark, metric_row, quantity, shown_table

MAX_POINTS = 1500
FIGURE_HEIGHT = 330
COST = "cost"
MAX_PICKS = 6


@dataclass(frozen=True)
class Progress:
    """What a search has found by now.

    Attributes:
        plan: What was asked for.
        goals: What designs are held to: the plan's, and how far predictions are trusted.
        results: Evaluated or predicted designs in order, with status.
        reference: Reference point of the hypervolume; None takes the worst of the results so far.
        key: Prefix of widget keys.
    """

    plan: SearchPlan
    goals: Sequence[Goal]
    results: pd.DataFrame
    reference: list[float] | None
    key: str


def show_growth(progress: Progress) -> pd.DataFrame:
    """Show numbers and both figures; return the front."""
    results, goals, plan = progress.results, progress.goals, progress.plan
    best = front(results, goals)
    point = progress.reference or reference_point(results, plan.goals)
    if point is None or not (results["status"] == "ok").any():
        st.info("No design has been evaluated successfully yet.")
        return best
    grown = trace(results, goals, point)
    grown["hypervolume"] *= display_scale(plan.goals)
    _show_numbers(progress, best, grown)
    columns = st.columns([2, 3], gap="medium")
    with columns[0], card(f"{progress.key}-volume", height="stretch"):
        st.subheader("Hypervolume", anchor=False)
        _show_volume(progress, grown, point)
    with columns[1], card(f"{progress.key}-front", height="stretch"):
        _show_front(progress, len(best))
    return best


def _show_numbers(progress: Progress, best: pd.DataFrame, grown: pd.DataFrame) -> None:
    items: list[tuple[str, str, str | None]] = [
        ("Evaluated", f"{len(progress.results):,}", "Designs predicted or implemented so far.")
    ]
    for goal in progress.plan.goals:
        if isinstance(goal, Objective) and len(items) < 4:
            values = best[goal.metric] if len(best) else pd.Series(dtype="float64")
            value = (values.min() if goal.direction == "min" else values.max()) if len(values) else None
            words = "Lowest" if goal.direction == "min" else "Highest"
            title = get_metric(goal.metric).title.lower()
            items.append((f"Best {title}", quantity(goal.metric, value, 3), f"{words} {title} on the front."))
    metric_row(items)


def _show_volume(progress: Progress, grown: pd.DataFrame, point: list[float]) -> None:
    name = progress.plan.optimizer or "everything at once"
    drawn = hypervolume_growth({name: [_steps(grown)]}, "", dark=is_dark())
    unit = volume_unit(progress.plan.goals)
    drawn.update_yaxes(title=f"Hypervolume [{unit}]" if unit else "Hypervolume")
    drawn.update_layout(showlegend=False, uirevision=progress.key)
    figure(
        drawn, key=f"{progress.key}-volume-figure", height=FIGURE_HEIGHT,
        look="a curve that has flattened: more evaluations will hardly find better designs. "
        f"Volume up to the reference point {point_text(progress.plan.goals, point)}.",
    )  # fmt: skip


def _steps(grown: pd.DataFrame) -> pd.DataFrame:
    """Keep the evaluations at which the volume grew, the first and the last."""
    changes = grown["hypervolume"].diff().fillna(1.0) != 0
    changes.iloc[-1] = True
    return grown[changes]


def _show_front(progress: Progress, n_best: int) -> None:
    names = list(dict.fromkeys(goal.metric for goal in progress.plan.goals if is_metric(goal.metric)))
    x, y = (names * 2)[:2] if len(names) > 1 else (names[0], _companion(progress.results, names[0]))
    columns = st.columns([1, 1, 1], vertical_alignment="center")
    columns[0].subheader(f"Front: {n_best:,}", anchor=False, help="Designs that keep all bounds, none better in every "
                         "objective.")  # fmt: skip
    if len(names) > 2:
        x, y = (
            column.selectbox(words, names, position, format_func=_title, key=f"{progress.key}-{words}-{len(names)}",
                             label_visibility="collapsed", persist_state="session")
            for column, words, position in ((columns[1], "Horizontal", 0), (columns[2], "Vertical", 1))
        )  # fmt: skip
    kept = int(is_feasible(progress.results, progress.goals).sum())
    figure(
        _drawn_front(progress, x, y), key=f"{progress.key}-front-figure", height=FIGURE_HEIGHT,
        look="the front moving toward its better corner; where it stood still, nothing better was found. "
        f"Of {len(progress.results):,} designs {kept:,} keep all bounds (blue); the gray crosses break one.",
    )  # fmt: skip


def _drawn_front(progress: Progress, x: str, y: str) -> go.Figure:
    """Draw the growth of the front from the rows that matter for it and some of the others."""
    rows = np.sort(_shown_rows(progress, x, y))
    total = len(progress.results)
    stages = [count for count in dict.fromkeys((max(1, total // 20), total // 4, total)) if count > 0]
    counts = [int(np.searchsorted(rows, count)) for count in stages]
    drawn = front_growth(progress.results.iloc[rows], progress.goals, x, y, stages=counts, dark=is_dark())
    words = {f"after {few}": f"after {count:,}" for few, count in zip(counts, stages, strict=True)}
    drawn.for_each_trace(lambda one: one.update(name=words.get(one.name, one.name), showlegend=one.name in words))
    drawn.update_layout(uirevision=f"{progress.key} {x} {y}", legend={"font": {"size": 11}, "entrywidth": 0})
    for name, update in ((x, drawn.update_xaxes), (y, drawn.update_yaxes)):
        if is_wide(progress.results[name]):
            update(type="log", dtick="D2")
    return drawn


def is_wide(values: pd.Series) -> bool:
    """Tell whether values span more than a factor of ten, so that a logarithmic axis shows them better."""
    known = values[np.isfinite(values.to_numpy(dtype=np.float64, na_value=np.nan))]
    return bool(len(known) and known.min() > 0 and known.max() > 10 * known.min())


def _shown_rows(progress: Progress, x: str, y: str) -> np.ndarray:
    """Return the rows on any drawn front, and at most `MAX_POINTS` others, spread over the search."""
    results, total = progress.results, len(progress.results)
    goals = [*progress.goals, *(Objective(name, get_metric(name).better or "min") for name in (x, y))]
    known = {goal.metric: goal for goal in goals if isinstance(goal, Objective)}
    kept = np.flatnonzero(is_feasible(results, progress.goals))
    wanted = [np.linspace(0, total - 1, min(MAX_POINTS, total)).astype(np.int64)]
    for count in (max(1, total // 20), total // 4, total):
        rows = kept[kept < count]
        if len(rows):
            values = minimized(results.iloc[rows], [known[x], known[y]])
            wanted.append(rows[is_nondominated(values, ["min"] * values.shape[1])])
    return np.unique(np.concatenate(wanted))


def no_design(progress: Progress, nearest: pd.DataFrame) -> str:
    """Say in one sentence which bound no design meets and how near one comes."""
    found = relaxations(nearest, progress.goals) if len(nearest) else []
    if not found:
        return "No design keeps all bounds, and none has all the bounded metrics."
    platform = progress.plan.platform
    words = " and ".join(f"{_limit(one.metric, one.side, one.limit, platform)} (the nearest design has "
                         f"{_value(one.metric, one.nearest)})" for one in found)  # fmt: skip
    return f"No design keeps all bounds: what no design meets together with the others is {words}."


def _limit(metric: str, side: str, limit: float, platform: str) -> str:
    own = {UNCERTAINTY: "Model uncertainty", SUCCESS: words_of(get_platform(platform)).success}
    return f"{own.get(metric) or _title(metric)} {'≤' if side == 'upper' else '≥'} {_value(metric, limit)}"


def _value(metric: str, value: float) -> str:
    return quantity(metric, value) if is_metric(metric) else f"{100 * value:.3g} %"


def _title(metric: str) -> str:
    return get_metric(metric).title


def _companion(results: pd.DataFrame, metric: str) -> str:
    """Return a second metric to draw a single objective against."""
    numbers = [name for name in results if is_metric(name) and name != metric and results[name].nunique() > 1]
    usual = ("runtime_s", "power_w", "chip_area_mm2")
    return next((name for name in usual if name in numbers), [*numbers, metric][0])


def choose_picks(progress: Progress, best: pd.DataFrame) -> pd.DataFrame:
    """Show the cheapest designs of the front and return them, cheapest first, with their cost."""
    columns = st.columns([1, 1, 2], vertical_alignment="bottom")
    n = columns[0].number_input("Picks", 1, MAX_PICKS, 3, key="optimize-n-picks", persist_state="session")
    differ = columns[1].toggle(
        "Differ", True, key="optimize-differ", persist_state="session",
        help="Each pick differs from the others by at least 5 % of the front's range in one objective.",
    )  # fmt: skip
    chosen = pick(best, progress.plan.cost, int(n), progress.plan.objectives if differ else ())
    chosen = chosen.assign(**{COST: progress.plan.cost(chosen)})
    space = progress.plan.space
    varying = [name for name in space.names if space.parameter(name).size != 1]
    wanted = [name for name in (goal.metric for goal in progress.plan.goals) if is_metric(name)]
    names = list(dict.fromkeys([*wanted, *compared_metrics(progress.plan, chosen), *varying]))
    table = shown_table(chosen, names)
    lowest = chosen[COST].min()
    table.insert(0, "cost", [f"{value / lowest:.3f} ×" if lowest > 0 else f"{value:.4g}" for value in chosen[COST]])
    if UNCERTAINTY in chosen:
        table.insert(1, "model ± [%]", 100 * chosen[UNCERTAINTY])
    table.index = pd.Index([f"{k + 1}" for k in range(len(table))], name="pick")
    numbers = {name: st.column_config.NumberColumn(format="%.4g") for name in table.select_dtypes("number")}
    st.dataframe(table, column_config=numbers, key=f"{progress.key}-picks")
    return chosen


def better_known(plan: SearchPlan, fidelity: str, picks: pd.DataFrame) -> None:
    """Say so where a stored design is cheaper than every pick: a search of a model sees only what it trusts."""
    platform = get_platform(plan.platform)
    stored = usable(results(platform, fidelity), platform, fidelity, plan.workload)
    if stored.empty or picks.empty:
        return
    stored = stored[is_feasible(stored, plan.goals) & plan.space.is_valid(stored)]
    cost = plan.cost(stored)
    if len(stored) and cost.min() < picks[COST].min():
        name = str(stored["design_id"].iloc[int(cost.argmin())])[:8]
        st.info(
            f"A {fidelity} design that is stored already, {name}, costs less than every pick within these bounds. "
            "The model is not trusted in its neighborhood, so the search left it out; see it on the page Pareto."
        )


def trust_note(plan: SearchPlan, max_uncertainty: float) -> str:
    """Say which designs a search of a model leaves out."""
    likely = f"where a design {words_of(get_platform(plan.platform)).likely} with {100 * MIN_SUCCESS:.0f} % chance"
    if not math.isfinite(max_uncertainty):
        return f"The model knows hardly a design of this space well: it is trusted everywhere {likely}."
    is_wide = plan.max_uncertainty is None and max_uncertainty > TRUST_LEVELS[0]
    why = ", for nearer limits leave less than a tenth of the space" if is_wide else ""
    return (
        f"Predictions are trusted where their 90 % interval is within ± {100 * max_uncertainty:g} % in every learned "
        f"metric{why}, and {likely}."
    )
