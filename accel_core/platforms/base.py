"""What every accelerator platform offers to the rest of AccelScope."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from accel_core.rtl import Rtl
from accel_core.space import DesignSpace
from accel_core.workloads import Workload


@dataclass(frozen=True)
class Platform:
    """An accelerator: its space, what it can run, and whatever of RTL and equations it has.

    Others ask for what a platform can do, never for its name: a missing capability is None.

    Attributes:
        name: Short name for command lines and files.
        title: Words for a person.
        summary: What it is, in a sentence or two.
        space: All designs.
        workloads: By name; the first is the default.
        metrics: Metrics that its best fidelity gives, in the order in which they are shown.
        rtl: Writes the Verilog of one design (a mapping from parameter to value).
        system_metrics: Adds workload metrics to implemented designs: a table with the parameters, ``f_effective_hz``
            and ``power_w`` goes in, a copy with more columns comes out.
        analytical: Adds to designs the metrics known without tools.
        features: Adds to designs derived columns for models to learn from.
    """

    name: str
    title: str
    summary: str
    space: DesignSpace
    workloads: Mapping[str, Workload]
    metrics: tuple[str, ...]
    rtl: Callable[[Mapping[str, Any]], Rtl] | None = None
    system_metrics: Callable[[pd.DataFrame, Workload], pd.DataFrame] | None = None
    analytical: Callable[[pd.DataFrame, Workload], pd.DataFrame] | None = None
    features: Callable[[pd.DataFrame], pd.DataFrame] | None = None

    @property
    def fidelities(self) -> tuple[str, ...]:
        """Ways in which designs can be evaluated, the most faithful first."""
        ways = (("placed", self.rtl), ("analytical", self.analytical))
        return tuple(name for name, capability in ways if capability is not None)

    @property
    def default_workload(self) -> Workload:
        """The first workload."""
        return next(iter(self.workloads.values()))
