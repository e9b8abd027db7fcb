"""What one implementation run is asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass

from accel_core.errors import InvalidInputError
from accel_core.physical.activity import CONDITIONS, SOURCES
from accel_core.physical.timing import Constraints

CLOCKS = ("target", "fastest", "auto")
THROUGH = ("placement", "routing")
HIERARCHIES = ("flat", "by_module")

_CHOICES = {"activity_source": SOURCES, "conditions": CONDITIONS, "clock": CLOCKS, "through": THROUGH,
            "hierarchy": HIERARCHIES}  # fmt: skip


@dataclass(frozen=True)
class FlowSettings:
    """Settings of the physical flow.

    Attributes:
        f_target_hz: Target clock.
        utilization_target: Share of the core box that cells should fill; above 1 is an over-full floorplan.
        activity: Toggles of every net in a clock period, where it is not simulated.
        activity_source: ``global``, or ``simulated``: as often as in the design's testbench.
        conditions: Whether conditions of Liberty groups get their ``true`` probability, or one as if all pins were
            ``independent``, as OpenSTA has it.
        seed: Of the placer.
        io_delay_fraction: Share of the period that inputs arrive late and outputs are needed early.
        clock: What the design is made for: the ``target`` clock, or several in search of the ``fastest`` it meets,
            which are reported at the target all the same; ``auto``: the fastest becomes the target.
        through: The last stage before wires are extracted. After ``placement`` wires are estimated from places, gates
            stay as synthesis chose them and the clock is ideal; ``routing`` repairs, builds a clock tree and routes.
        hierarchy: Whether synthesis sees the design ``flat``, or ``by_module``: repeated modules once.
    """

    f_target_hz: float
    utilization_target: float
    activity: float = 0.1
    seed: int = 0
    io_delay_fraction: float = 0.0
    activity_source: str = "global"
    conditions: str = "true"
    clock: str = "target"
    through: str = "placement"
    hierarchy: str = "flat"

    def __post_init__(self) -> None:
        """Reject values that mean nothing."""
        if not (math.isfinite(self.f_target_hz) and self.f_target_hz > 0):
            raise InvalidInputError(f"f_target_hz is {self.f_target_hz}; allowed: above 0")
        if not (math.isfinite(self.utilization_target) and self.utilization_target > 0):
            raise InvalidInputError(f"utilization_target is {self.utilization_target}; allowed: above 0")
        if not 0 <= self.activity <= 2:
            raise InvalidInputError(f"activity is {self.activity}; allowed: 0 to 2 toggles a period")
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                raise InvalidInputError(f"{name} is '{getattr(self, name)}'; allowed: {', '.join(allowed)}")
        if not 0 <= self.io_delay_fraction < 1:
            raise InvalidInputError(f"io_delay_fraction is {self.io_delay_fraction}; allowed: 0 to below 1")
        if not 0 <= self.seed < 2**31:
            raise InvalidInputError(f"seed is {self.seed}; allowed: 0 to 2147483647")

    def constraints(self, f_clock_hz: float | None = None) -> Constraints:
        """Timing constraints at a clock, the target's unless another is given."""
        period = 1.0 / (f_clock_hz or self.f_target_hz)
        return Constraints(period, self.io_delay_fraction * period, self.io_delay_fraction * period)
