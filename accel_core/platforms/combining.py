"""Implementation and simulation together: what a workload takes at the clock that a design really reaches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from accel_core.workloads import Workload

Combine = Callable[[pd.DataFrame, Workload], pd.DataFrame]


@dataclass(frozen=True)
class Combination:
    """How results of a workload follow from an implementation and the platform's own simulation.

    Attributes:
        needs: Metrics of an implementation that ``run`` takes; models learn these, and the rest follows.
        run: Adds what the workload takes to a table with the parameters and ``needs``.
    """

    needs: tuple[str, ...]
    run: Combine


NEEDS = ("f_effective_hz", "cycle_energy_j")
"""What `combined` takes of an implementation."""


def at_reached_clock(implemented: pd.DataFrame) -> pd.DataFrame:
    """Add energy and power at the clock that is really reached.

    Internal and switching energy a cycle do not depend on how fast cycles follow each other; leakage flows all the
    time. So a cycle costs (internal + switching power) / target clock + leakage power / effective clock.

    Args:
        implemented: ``f_target_hz``, ``f_effective_hz``, ``power_w`` at the target clock and ``power_leakage_w``.

    Returns:
        A copy with ``cycle_energy_j`` and ``power_effective_w``.
    """
    leakage_w, clock_hz = implemented["power_leakage_w"], implemented["f_effective_hz"]
    cycle_energy_j = (implemented["power_w"] - leakage_w) / implemented["f_target_hz"] + leakage_w / clock_hz
    return implemented.assign(cycle_energy_j=cycle_energy_j, power_effective_w=cycle_energy_j * clock_hz)


def combined(simulated: pd.DataFrame) -> pd.DataFrame:
    """Add runtime and energy, both at the effective clock.

    Args:
        simulated: ``cycles``, perhaps ``macs``, and `NEEDS`. With ``power_w`` the product that the source framework
            takes for energy (power at the target clock times runtime at the effective clock; VeriGOOD-ML rtml_ppa.py)
            stands beside it.

    Returns:
        A copy with ``runtime_s``, ``energy_j``, ``edp_js``, and ``throughput_flops`` and ``power_runtime_j`` where
        they follow.
    """
    runtime_s = simulated["cycles"] / simulated["f_effective_hz"]
    energy_j = simulated["cycles"] * simulated["cycle_energy_j"]
    table = simulated.assign(runtime_s=runtime_s, energy_j=energy_j, edp_js=energy_j * runtime_s)
    if "macs" in table:
        table["throughput_flops"] = 2 * table["macs"] / runtime_s
    if "power_w" in table:
        table["power_runtime_j"] = table["power_w"] * runtime_s
    return table
