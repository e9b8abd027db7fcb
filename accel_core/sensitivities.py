"""What a bound costs: how much the best of each objective worsens when the bound is tightened a little."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from accel_core.objectives import Goal, is_feasible, objectives_of

Side = Literal["lower", "upper"]


@dataclass(frozen=True)
class Sensitivity:
    """The cost of tightening one limit.

    Attributes:
        metric: The bounded metric.
        side: Which of its limits is tightened.
        limit: The limit as it is, in the metric's stored unit.
        tightened: The limit after the step.
        n_left: Designs that still meet every limit.
        changes: By objective, the relative change of its best value (0.07 is 7 % larger); None when no design is
            left, when none met the limits before, or when the best was zero.
    """

    metric: str
    side: Side
    limit: float
    tightened: float
    n_left: int
    changes: dict[str, float | None]


def sensitivities(frame: pd.DataFrame, goals: Sequence[Goal], step: float = 0.1) -> list[Sensitivity]:
    """Return the price of every limit in `goals`, each tightened alone by the share `step` of its size.

    Designs with a status other than ``ok``, or without an objective, take no part.
    """
    before = best_values(frame, goals)
    found = []
    for position, goal in enumerate(goals):
        sides: tuple[Side, ...] = ("lower", "upper")
        for side in sides:
            limit = goal.lower if side == "lower" else goal.upper
            if limit is None:
                continue
            tightened = limit + abs(limit) * step * (1.0 if side == "lower" else -1.0)
            tighter = [*goals[:position], _tighten(goal, side, tightened), *goals[position + 1 :]]
            after = best_values(frame, tighter)
            n_left = int(is_feasible(frame, tighter).sum())
            changes = {name: _relative(before[name], after[name]) for name in before}
            found.append(Sensitivity(goal.metric, side, limit, tightened, n_left, changes))
    return found


def best_values(frame: pd.DataFrame, goals: Sequence[Goal]) -> dict[str, float | None]:
    """Return the best value of each objective among the designs that keep every limit; None when there are none."""
    kept = frame[is_feasible(frame, goals)]
    best: dict[str, float | None] = {}
    for objective in objectives_of(goals):
        values = kept[objective.metric].to_numpy(dtype=np.float64)
        best[objective.metric] = (
            None if len(values) == 0 else float(values.min() if objective.direction == "min" else values.max())
        )
    return best


def _tighten(goal: Goal, side: Side, limit: float) -> Goal:
    """Move one limit; where that would cross the other limit, the interval shrinks to that one value."""
    if side == "lower":
        return replace(goal, lower=limit if goal.upper is None else min(limit, goal.upper))
    return replace(goal, upper=limit if goal.lower is None else max(limit, goal.lower))


def _relative(before: float | None, after: float | None) -> float | None:
    if before is None or after is None or before == 0:
        return None
    return (after - before) / abs(before)
