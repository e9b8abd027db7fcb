"""Target clocks in another technology: the ranges are chosen for NanGate45 and follow the fanout-of-4 delay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from accel_core.errors import InvalidInputError
from accel_core.paths import cache_path
from accel_core.physical import load_technology
from accel_core.space import DesignSpace, Parameter

TECHNOLOGY = "technology"
"""The setting that names a kit."""

USUAL = "nangate45"
USUAL_FO4_S = 2.1397e-11
"""Of NanGate45 by our delay calculation; a constant, since other kits need nothing of it installed."""

CLOCK = "f_target_hz"
_ANY_HZ = (1e3, 1e12)


def with_clock_of(space: DesignSpace, technology: str) -> DesignSpace:
    """Return a space whose target clocks are as many FO4 delays as NanGate45's, to three digits.

    Args:
        space: Has ``f_target_hz``, in NanGate45's range.
        technology: As for ``load_technology``. Of one that was pinned and is not here any more, as when results of
            another machine are read, any clock is allowed.

    Raises:
        InvalidInputError: If the technology cannot be loaded.
    """
    if technology == USUAL:
        return space
    try:
        factor = USUAL_FO4_S / _fo4_s(technology)
    except InvalidInputError:
        if "#" not in technology:
            raise
        return _with_clock(space, lambda clock: replace(clock, kind="real", low=_ANY_HZ[0], high=_ANY_HZ[1], values=()))
    return _with_clock(space, lambda clock: _times(clock, factor))


def _with_clock(space: DesignSpace, change: Callable[[Parameter], Parameter]) -> DesignSpace:
    parameters = tuple(change(entry) if entry.name == CLOCK else entry for entry in space.parameters)
    return replace(space, parameters=parameters)


def _times(clock: Parameter, factor: float) -> Parameter:
    def scaled(value: object) -> float:
        return float(f"{float(str(value)) * factor:.3g}")

    return replace(
        clock,
        low=None if clock.low is None else scaled(clock.low),
        high=None if clock.high is None else scaled(clock.high),
        values=tuple(scaled(value) for value in clock.values),
        default=None if clock.default is None else scaled(clock.default),
    )


@lru_cache(maxsize=64)
def _fo4_s(technology: str) -> float:
    return load_technology(technology, cache_path()).inverter_chain.delay_s
