"""What a search wants: objectives with directions, bounds, and a weighted cost to pick one design or to breed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.metrics import Direction, get_metric

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


LOSSES: Mapping[str, Mapping[str, float]] = {
    "source": {"cycles": 1.0, "energy_j": 1.0, "throughput_flops": -1.0, "utilization": -1.0},
    "edp": {"edp_js": 1.0},
    "speed": {"runtime_s": 1.0},
    "energy": {"energy_j": 1.0},
}
"""Weights of `NormalizedCost` by name. ``source``: the four terms of the genetic algorithm that Kumar, Hofgard and Lev
ran on Eyeriss, all ones; they take energy per multiply-accumulate, which normalizes to the same."""


@dataclass(frozen=True)
class NormalizedCost:
    """A weighted sum of metrics, each first made comparable: its distance from a mean in standard deviations.

    Attributes:
        weights: By metric; positive to minimize.
        mean: Of each of these metrics over a sample.
        std: Standard deviations over the same sample; a metric without any, that is 0, does not count.
    """

    weights: Mapping[str, float]
    mean: Mapping[str, float]
    std: Mapping[str, float]

    @classmethod
    def from_sample(cls, table: pd.DataFrame, weights: Mapping[str, float]) -> NormalizedCost:
        """Take mean and standard deviation of the rows that have all metrics, and a ``status`` of ok if any.

        Raises:
            InvalidInputError: If a metric is no column, or fewer than two rows are left.
        """
        values = np.column_stack([_column(table, metric) for metric in weights])
        values = values[_is_ok(table) & np.isfinite(values).all(axis=1)]
        if len(values) < 2:
            raise InvalidInputError(
                f"the loss needs {', '.join(weights)} of at least 2 designs for its scale; there are {len(values)}"
            )
        mean, std = values.mean(axis=0), values.std(axis=0)
        # Equal numbers may leave a rounding error of their mean, by which nothing should be divided.
        std = np.where(std > 1e-12 * np.abs(mean), std, 0.0)
        return cls(
            dict(weights),
            dict(zip(weights, mean.tolist(), strict=True)),
            dict(zip(weights, std.tolist(), strict=True)),
        )

    def __call__(self, frame: pd.DataFrame) -> FloatArray:
        """Return the loss of each row; infinite, the worst, where a metric is missing or ``status`` is not ok."""
        loss = np.zeros(len(frame))
        for metric, weight in self.weights.items():
            column = _column(frame, metric)
            if self.std[metric] > 0:
                loss += weight * (column - self.mean[metric]) / self.std[metric]
            loss[~np.isfinite(column)] = np.inf
        return np.where(_is_ok(frame) & np.isfinite(loss), loss, np.inf)


Cost = CostFunction | NormalizedCost


def loss_weights(loss: str | Mapping[str, float]) -> dict[str, float]:
    """Return the weights that a name of `LOSSES`, a text ``metric=weight,...`` or a mapping means.

    Raises:
        InvalidInputError: If it is none of these, a weight is no finite number, or all are 0.
    """
    if isinstance(loss, str) and loss in LOSSES:
        return dict(LOSSES[loss])
    given = loss if isinstance(loss, Mapping) else _loss_words(str(loss))
    weights: dict[str, float] = {}
    for metric, weight in given.items():
        number = _number(weight)
        if not math.isfinite(number):
            raise InvalidInputError(f"loss: the weight of {metric} is {weight!r}; allowed: a finite number")
        weights[get_metric(metric).name] = number
    if not any(weights.values()):
        raise InvalidInputError(f"loss: no metric has a weight; allowed: {', '.join(LOSSES)}, or metric=weight,...")
    return weights


def loss_text(weights: Mapping[str, float]) -> str:
    """Write weights as the text that `loss_weights` reads."""
    return ",".join(f"{metric}={weight:.17g}" for metric, weight in weights.items())


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
    return np.asarray(kept & _is_ok(frame), dtype=np.bool_)


def _is_ok(frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    if "status" not in frame:
        return np.ones(len(frame), dtype=np.bool_)
    return np.asarray(frame["status"] == "ok", dtype=np.bool_)


def _loss_words(text: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for word in text.split(","):
        metric, equals, weight = (part.strip() for part in word.partition("="))
        if not (metric and equals and weight):
            raise InvalidInputError(f"loss '{text[:80]}': write {', '.join(LOSSES)}, or metric=weight,...")
        if metric in pairs:
            raise InvalidInputError(f"loss '{text[:80]}': {metric} stands twice; give it once")
        pairs[metric] = weight
    return pairs


def _number(value: object) -> float:
    try:
        return math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return math.nan


def _column(frame: pd.DataFrame, metric: str) -> FloatArray:
    """Return a metric; NaN where nothing succeeded, for then no table has a column of it."""
    if metric not in frame:
        if "status" in frame and not _is_ok(frame).any():
            return np.full(len(frame), np.nan)
        raise InvalidInputError(f"the table has no metric '{metric}'; it has: {', '.join(map(str, frame.columns))}")
    return frame[metric].to_numpy(dtype=np.float64, na_value=np.nan)


def _check_interval(place: str, lower: float | None, upper: float | None) -> None:
    for side, limit in (("lower", lower), ("upper", upper)):
        if limit is not None and not math.isfinite(limit):
            raise InvalidInputError(f"{place}: {side} is {limit}; allowed: a finite number, or none for no limit")
    if lower is not None and upper is not None and lower > upper:
        raise InvalidInputError(f"{place}: lower {lower:g} is above upper {upper:g}; lower must not exceed upper")
