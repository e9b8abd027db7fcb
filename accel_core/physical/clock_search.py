"""The fastest clock that a design meets, by making it for one target after another."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from accel_core.errors import InfeasibleError
from accel_core.physical.build import Built
from accel_core.physical.timing import Timing

MOST_TRIES = 10
LEAST_GAIN = 0.005
"""Of the period; assumed, as the steps are."""
STEPS = (0.7, 0.85, 0.95)
"""Targets as shares of the shortest period met so far: the next is tried where the one before gains nothing."""

_GRAIN_S = 1e-13
_MOST_STEPS = 12


def fastest(make: Callable[[float], Built], f_target_hz: float) -> Built:
    """Return what reaches the highest clock.

    A target that cannot be met still pushes the tools: what counts is the period that a design reaches, not whether
    that is the one asked for. A target that asks too much spoils a design, though, so targets come down in steps.

    Args:
        make: Makes the design for a target clock in Hz.
        f_target_hz: The first target.

    Raises:
        InfeasibleError: If the design cannot exist at the first target.
    """
    best = make(f_target_hz)
    tried, step = 1, 0
    while step < len(STEPS) and tried < MOST_TRIES:
        try:
            found = make(1.0 / (best.period_s * STEPS[step]))
        except InfeasibleError:
            found = best  # what is faster may also be too large
        tried += 1
        if found.period_s < best.period_s * (1.0 - LEAST_GAIN):
            best, step = found, 0
        else:
            step += 1
    return best


def met_period(analyzed: Callable[[float], Timing], period_s: float) -> float:
    """Return the shortest period, in whole tenths of a picosecond, that a finished design meets.

    Delays at ports are shares of the period, so slack grows less than the period does: by Newton's method.

    Args:
        analyzed: Times the design at a period in s.
        period_s: Where to begin.
    """
    period_s = math.ceil(period_s / _GRAIN_S) * _GRAIN_S
    steps = [_Step(period_s, analyzed(period_s).worst_slack_s)]
    for _ in range(_MOST_STEPS):
        last = steps[-1]
        slope = _slope(steps)
        period_s = math.ceil((last.period_s - last.slack_s / slope) / _GRAIN_S) * _GRAIN_S
        if abs(period_s - last.period_s) < _GRAIN_S / 2.0:
            break
        steps.append(_Step(period_s, analyzed(period_s).worst_slack_s))
    slack_s = steps[-1].slack_s
    while slack_s < 0.0:
        period_s += _GRAIN_S
        slack_s = analyzed(period_s).worst_slack_s
    return period_s


@dataclass(frozen=True)
class _Step:
    period_s: float
    slack_s: float


def _slope(steps: Sequence[_Step]) -> float:
    """How much slack grows with the period, by the last two steps; between 0.05 and 1."""
    if len(steps) < 2:
        return 1.0
    before, last = steps[-2:]
    return min(max((last.slack_s - before.slack_s) / (last.period_s - before.period_s), 0.05), 1.0)
