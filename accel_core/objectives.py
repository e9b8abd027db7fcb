"""What a search wants: objectives with directions, bounds, and a weighted cost to pick one design of a front."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.metrics import Direction

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Objective:
    """A metric to minimize or maximize, optionally within bounds given in the metric's stored unit."""

    metric: str
    direction: Direction = "min"
    lower: float | None = None
    upper: float | None = None

    def __post_init__(self) -> None:
        """Reject an unknown direction, a limit that is no finite number and an empty interval."""
        if self.direction not in ("min", "max"):
            raise InvalidInputError(f"objective '{self.metric}': direction is '{self.direction}'; allowed: min, max")
        _check_interval(f"objective '{self.metric}'", self.lower, self.upper)


@dataclass(frozen=True)
class Bound:
    """A metric that must stay within limits given in its stored unit, without being an objective."""

    name: str
    metric: str
    lower: float | None = None
    upper: float | None = None

    def __post_init__(self) -> None:
        """Reject a bound that bounds nothing, a limit that is no finite number and an empty interval."""
        if self.lower is None and self.upper is None:
            raise InvalidInputError(f"bound '{self.name}' on {self.metric} has no limit; give lower, upper or both")
        _check_interval(f"bound '{self.name}' on {self.metric}", self.lower, self.upper)


Goal = Objective | Bound


@dataclass(frozen=True)
class CostFunction:
    """A weighted sum of metrics, such as ``alpha * energy_j + beta * chip_area_mm2``.

    The form is the full-stack framework's; its weights are not published, so ours are settings.
    """

    weights: Mapping[str, float]

    def __call__(self, frame: pd.DataFrame) -> FloatArray:
        """Return the cost of each row; NaN where a metric is missing."""
        cost = np.zeros(len(frame))
        for metric, weight in self.weights.items():
            cost += weight * _column(frame, metric)
        return cost


def objectives_of(goals: Sequence[Goal]) -> list[Objective]:
    """Return the goals that are objectives, in their order."""
    return [goal for goal in goals if isinstance(goal, Objective)]


def directions_of(goals: Sequence[Goal]) -> list[Direction]:
    """Return the direction of each objective, in their order."""
    return [goal.direction for goal in objectives_of(goals)]


def minimized(frame: pd.DataFrame, goals: Sequence[Goal]) -> FloatArray:
    """Return the objectives as columns to minimize, shape ``(n_designs, n_objectives)``; maximized ones negated."""
    columns = [
        _column(frame, goal.metric) * (1.0 if goal.direction == "min" else -1.0) for goal in objectives_of(goals)
    ]
    return np.column_stack(columns) if columns else np.empty((len(frame), 0))


def violations(frame: pd.DataFrame, goals: Sequence[Goal]) -> FloatArray:
    """Return how far each limit is broken, relative to its size; shape ``(n_designs, n_limits)``.

    Positive is broken, zero or negative is kept, NaN where the metric is missing.
    """
    columns = []
    for goal in goals:
        for limit, sign in ((goal.lower, -1.0), (goal.upper, 1.0)):
            if limit is not None:
                columns.append(sign * (_column(frame, goal.metric) - limit) / (abs(limit) or 1.0))
    return np.column_stack(columns) if columns else np.empty((len(frame), 0))


def is_feasible(frame: pd.DataFrame, goals: Sequence[Goal]) -> npt.NDArray[np.bool_]:
    """Tell which rows keep every limit and have every objective; a missing metric is not feasible.

    A ``status`` column other than ``ok`` is not feasible either.
    """
    kept = (violations(frame, goals) <= 0).all(axis=1) & np.isfinite(minimized(frame, goals)).all(axis=1)
    if "status" in frame:
        kept &= (frame["status"] == "ok").to_numpy(dtype=bool)
    return np.asarray(kept, dtype=np.bool_)


def _column(frame: pd.DataFrame, metric: str) -> FloatArray:
    if metric not in frame:
        raise InvalidInputError(f"the table has no metric '{metric}'; it has: {', '.join(map(str, frame.columns))}")
    return frame[metric].to_numpy(dtype=np.float64, na_value=np.nan)


def _check_interval(place: str, lower: float | None, upper: float | None) -> None:
    for side, limit in (("lower", lower), ("upper", upper)):
        if limit is not None and not math.isfinite(limit):
            raise InvalidInputError(f"{place}: {side} is {limit}; allowed: a finite number, or none for no limit")
    if lower is not None and upper is not None and lower > upper:
        raise InvalidInputError(f"{place}: lower {lower:g} is above upper {upper:g}; lower must not exceed upper")
