"""When limits together leave no design: which of them is the tightest, and how far it would have to give way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from accel_core.objectives import Goal, is_feasible, minimized, violations
from accel_core.sensitivities import Side


@dataclass(frozen=True)
class Relaxation:
    """A limit that has to give way.

    Attributes:
        metric: The bounded metric.
        side: Which of its limits.
        limit: The limit as it is, in the metric's stored unit.
        nearest: The nearest value that a design reaches.
    """

    metric: str
    side: Side
    limit: float
    nearest: float


def relaxations(frame: pd.DataFrame, goals: Sequence[Goal]) -> list[Relaxation]:
    """Return the limits to relax so that at least one design meets all of them; none if one does already.

    Where one limit alone would do, it is the one that has to give way by the smallest share of its size, up to the
    nearest value among the designs that meet all others. Else they are the broken limits of the design whose worst
    violation is smallest, the tightest first. Designs with a status other than ``ok``, without an objective or without
    a bounded metric cannot help.
    """
    limits = list(_limits(goals))
    known = _usable(frame, goals)
    broken = violations(known, goals)
    if known.empty or not limits or is_feasible(known, goals).any():
        return []
    n_broken = (broken > 0).sum(axis=1)
    if (n_broken == 1).any():
        broken = np.where(n_broken[:, None] == 1, broken, np.inf)
    row = int(broken.max(axis=1).argmin())
    found = [
        (broken[row, k], Relaxation(metric, side, limit, float(known[metric].iloc[row])))
        for k, (metric, side, limit) in enumerate(limits)
        if broken[row, k] > 0
    ]
    return [relaxation for _, relaxation in sorted(found, key=lambda pair: -pair[0])]


def _limits(goals: Sequence[Goal]) -> Iterator[tuple[str, Side, float]]:
    """Yield the limits in the order of the columns of `violations`."""
    for goal in goals:
        if goal.lower is not None:
            yield goal.metric, "lower", goal.lower
        if goal.upper is not None:
            yield goal.metric, "upper", goal.upper


def _usable(frame: pd.DataFrame, goals: Sequence[Goal]) -> pd.DataFrame:
    known = np.column_stack([minimized(frame, goals), violations(frame, goals)])
    kept = ~np.isnan(known).any(axis=1)
    if "status" in frame:
        kept &= (frame["status"] == "ok").to_numpy(dtype=bool)
    return frame.iloc[np.flatnonzero(kept)]
