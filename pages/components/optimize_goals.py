"""The part of the Optimize form that says what is wanted: objectives, bounds, and the cost that ranks the picks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from accel_core.errors import InvalidInputError
from accel_core.metrics import Direction, from_display, get_metric, label, to_display
from accel_core.objectives import Bound, Goal, Objective
from accel_core.platforms import Platform
from pages.components.optimize_plan import ASSUMED_WEIGHTS, Weights, rounded

DEFAULT_OBJECTIVES = ("energy_j", "chip_area_mm2")
DEFAULT_BOUNDS = ("power_w", "runtime_s")
DEFAULT_QUANTILE = 0.6
MAX_OBJECTIVES = 4


def choose_goals(platform: Platform, stored: pd.DataFrame, possible: Sequence[str]) -> tuple[Goal, ...]:
    """Show objectives and bounds.

    Args:
        platform: What is searched.
        stored: Results that suggest limits; may be empty.
        possible: Metrics that the search will know.

    Raises:
        InvalidInputError: If what is chosen is no search: no objective, an empty interval.
    """
    objectives = _choose_objectives(platform, possible)
    bounds = _choose_bounds(platform, stored, possible)
    if not objectives:
        raise InvalidInputError("Objectives: none is chosen; choose at least one metric")
    return (*objectives, *bounds)


def choose_cost(platform: Platform, goals: Sequence[Goal], stored: pd.DataFrame) -> Weights:
    """Show the weights of the cost function and return them, signed so that less is better."""
    weights: dict[str, float] = {}
    objectives = [goal for goal in goals if isinstance(goal, Objective)]
    defaults = _default_weights(objectives, stored)
    terms = " + ".join(f"{letter} · {get_metric(goal.metric).title.lower()}"
                       for letter, goal in zip("αβγδ", objectives, strict=False))  # fmt: skip
    st.caption(f"cost = {terms}; the lowest are picked. :gray-badge[weights assumed]")
    for row in range(0, len(objectives), 2):
        for column, letter, goal in zip(st.columns(2), "αβγδ"[row:], objectives[row : row + 2], strict=False):
            metric = get_metric(goal.metric)
            given = column.number_input(
                f"{letter} · per {metric.unit or metric.title.lower()}", 0.0, None, defaults[goal.metric], format="%g",
                key=f"optimize-{platform.name}-weight-{goal.metric}-{defaults[goal.metric]:g}", persist_state="session",
                help=f"What one {metric.unit or 'unit'} of {metric.title.lower()} costs. Assumed: the published "
                "framework gives the form of this cost, not its weights.",
            )  # fmt: skip
            weights[goal.metric] = given if goal.direction == "min" else -given
    return weights


def _choose_objectives(platform: Platform, possible: Sequence[str]) -> list[Objective]:
    default = [name for name in platform.preferred(DEFAULT_OBJECTIVES, possible) if get_metric(name).better]
    default = default or list(possible[:1])
    names = st.multiselect(
        "Objectives", possible, default, format_func=_title, max_selections=MAX_OBJECTIVES, persist_state="session",
        key=f"optimize-{platform.name}-objectives-{len(possible)}", help="What should become as good as possible.",
    )  # fmt: skip
    objectives = []
    for name in names:
        words, choice = st.columns(2, vertical_alignment="center")
        words.markdown(label(name))
        direction: Direction = choice.segmented_control(
            f"Direction of {_title(name)}", ["min", "max"], default=get_metric(name).better or "min", required=True,
            key=f"optimize-{platform.name}-direction-{name}", label_visibility="collapsed", persist_state="session",
            width="stretch",
        )  # fmt: skip
        objectives.append(Objective(name, direction))
    return objectives


def _choose_bounds(platform: Platform, stored: pd.DataFrame, possible: Sequence[str]) -> list[Bound]:
    default = [name for name in DEFAULT_BOUNDS if name in possible]
    names = st.multiselect(
        "Bounds", possible, default, format_func=_title, key=f"optimize-{platform.name}-bounds-{len(possible)}",
        persist_state="session", help="What every design must keep. Leave a field empty for no limit.",
    )  # fmt: skip
    bounds = []
    for name in names:
        lowest, highest = _suggested(name, stored)
        fields = st.columns(2)
        given = [
            column.number_input(
                label(name).replace(" [", f" {sign} [") if "[" in label(name) else f"{label(name)} {sign}",
                value=value, format="%g", placeholder="no limit", persist_state="session",
                key=f"optimize-{platform.name}-{sign}-{name}-{value}",
            )
            for column, sign, value in ((fields[0], "≥", lowest), (fields[1], "≤", highest))
        ]  # fmt: skip
        lower, upper = (None if value is None else float(from_display(name, value)) for value in given)
        if lower is None and upper is None:
            continue
        if lower is not None and upper is not None and lower > upper:
            unit = get_metric(name).display_unit
            raise InvalidInputError(
                f"Bounds, {_title(name)}: at least {given[0]:g} {unit} is above at most {given[1]:g} {unit}; "
                "allowed: at least ≤ at most"
            )
        bounds.append(Bound(name, name, lower, upper))
    return bounds


def _suggested(name: str, stored: pd.DataFrame) -> tuple[float | None, float | None]:
    """Return limits that a good part of the stored designs keeps, in engineering units."""
    if stored.empty or name not in stored or name not in DEFAULT_BOUNDS:
        return None, None
    values = stored.loc[stored["status"] == "ok", name].to_numpy(dtype=np.float64)
    values = values[np.isfinite(values)]
    if not len(values):
        return None, None
    if get_metric(name).better == "max":
        return rounded(float(to_display(name, np.quantile(values, 1 - DEFAULT_QUANTILE)))), None
    return None, rounded(float(to_display(name, np.quantile(values, DEFAULT_QUANTILE))))


def _default_weights(objectives: Sequence[Objective], stored: pd.DataFrame) -> dict[str, float]:
    """Return assumed weights; a metric without one weighs as much as the others do at the median of the results."""
    medians = {}
    for goal in objectives:
        known = stored[goal.metric].dropna() if goal.metric in stored else pd.Series(dtype="float64")
        medians[goal.metric] = abs(float(known.median())) if len(known) else 0.0
    given = [ASSUMED_WEIGHTS[name] * medians[name] for name in medians if name in ASSUMED_WEIGHTS]
    share = float(np.mean(given)) if any(given) else 1.0
    return {
        name: ASSUMED_WEIGHTS.get(name, rounded(share / median) if median else 1.0) for name, median in medians.items()
    }


def _title(name: str) -> str:
    return get_metric(name).title
