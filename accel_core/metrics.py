"""Names, units and directions of metrics, and the only conversion between stored and shown numbers.

The metrics that accelerators have in common stand here; a platform declares its own beside its equations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from accel_core.errors import InvalidInputError

Direction = Literal["min", "max"]


@dataclass(frozen=True)
class Metric:
    """A measured quantity.

    Attributes:
        name: Column name; its suffix tells the stored SI unit.
        title: Words for a person.
        unit: Stored unit; empty for a count or a ratio.
        meaning: One sentence.
        better: Which direction is better, or None where neither is.
        display_unit: Engineering unit on screen.
        display_scale: Shown number = stored number * display_scale.
        lower: Smallest stored value that means anything, or None.
        upper: Largest one, or None.
    """

    name: str
    title: str
    unit: str
    meaning: str
    better: Direction | None
    display_unit: str
    display_scale: float
    lower: float | None = 0.0
    upper: float | None = None

    @property
    def allowed(self) -> str:
        """Which values mean anything, in words and in the stored unit."""
        unit = f" {self.unit}" if self.unit else ""
        if self.lower is not None and self.upper is not None:
            return f"{self.lower:g} to {self.upper:g}{unit}"
        if self.lower is not None:
            return f"at least {self.lower:g}{unit}"
        return f"at most {self.upper:g}{unit}" if self.upper is not None else "any finite number"


_TABLE: tuple[Metric, ...] = (
    Metric("f_target_hz", "Target clock", "Hz", "Clock the flow was asked to meet.", None, "MHz", 1e-6),
    Metric("f_effective_hz", "Effective clock", "Hz", "1 / (target period - worst slack).", "max", "MHz", 1e-6),
    Metric("worst_slack_s", "Worst slack", "s", "Smallest setup slack; negative misses the target.", "max", "ps", 1e12,
           lower=None),
    Metric("power_w", "Power", "W", "Internal + switching + leakage power at the target clock.", "min", "mW", 1e3),
    Metric("power_effective_w", "Power at the effective clock", "W",
           "Energy a cycle * effective clock: what flows while it runs.", "min", "mW", 1e3),
    Metric("power_internal_w", "Internal power", "W", "Power spent inside the cells.", "min", "mW", 1e3),
    Metric("power_switching_w", "Switching power", "W", "Power that charges nets.", "min", "mW", 1e3),
    Metric("power_leakage_w", "Leakage power", "W", "Power of idle cells.", "min", "mW", 1e3),
    Metric("cell_area_mm2", "Cell area", "mm²", "Sum of the placed cells' areas.", "min", "mm²", 1.0),
    Metric("chip_area_mm2", "Chip area", "mm²", "Floorplan's core box, or all modeled components.", "min", "mm²", 1.0),
    Metric("wirelength_m", "Wirelength", "m", "Sum of the nets' estimated routed lengths.", "min", "mm", 1e3),
    Metric("cells", "Cells", "", "Placed standard cells.", "min", "", 1.0),
    Metric("flops", "Flip-flops", "", "Sequential cells.", "min", "", 1.0),
    Metric("cycles", "Cycles", "", "Clock cycles for the workload.", "min", "", 1.0),
    Metric("runtime_s", "Runtime", "s", "Cycles / clock.", "min", "ms", 1e3),
    Metric("cycle_energy_j", "Energy a cycle", "J",
           "(Internal + switching power) / target clock + leakage power / effective clock.", "min", "pJ", 1e12),
    Metric("energy_j", "Energy", "J",
           "Energy a cycle * cycles at the effective clock, or the sum of all modeled accesses.", "min", "µJ", 1e6),
    Metric("power_runtime_j", "Power × runtime", "J",
           "Power at the target clock * runtime at the effective clock, the source framework's energy.", "min",
           "µJ", 1e6),
    Metric("edp_js", "Energy-delay product", "J·s", "Energy * runtime.", "min", "µJ·ms", 1e9),
    Metric("utilization", "Utilization", "", "Useful share of the multiplier slots, 0 to 1.", "max", "%", 100.0,
           upper=1.0),
    Metric("macs", "Multiply-accumulates", "", "Multiply-accumulates that the workload needs.", None, "M", 1e-6),
    Metric("throughput_flops", "Throughput", "op/s", "Operations (2 per multiply-accumulate) a second.", "max",
           "Gop/s", 1e-9),
)  # fmt: skip

METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _TABLE}
"""The common metrics."""

_declared: dict[str, Metric] = {}
_declared_by: dict[str, set[str]] = {}

_FAMILIES = (
    (re.compile(r"energy_(?P<level>\w+)_j"), "Energy, {level}", "J", "Energy spent in {level}.", "µJ", 1e6),
    (re.compile(r"accesses_(?P<level>\w+)"), "Accesses, {level}", "", "Words accessed in {level}.", "M", 1e-6),
    (re.compile(r"bits_(?P<level>\w+)"), "Bits, {level}", "", "Bits of {level}, all instances together.", "kbit", 1e-3),
)


def declare(metrics: Iterable[Metric], owner: str) -> None:
    """Make metrics of one owner known beside the common ones; an only owner may say them anew.

    Raises:
        InvalidInputError: If another owner, or the common table, has the name for something else.
    """
    for metric in metrics:
        known = METRICS.get(metric.name) or _declared.get(metric.name)
        others = _declared_by.get(metric.name, set()) - {owner}
        if known is not None and known != metric and (metric.name in METRICS or others):
            raise InvalidInputError(
                f"{owner}: metric '{metric.name}' is {_spelled(metric)}; {', '.join(sorted(others)) or 'AccelScope'} "
                f"has that name for {_spelled(known)}; choose another name"
            )
        if metric.name not in METRICS:
            _declared[metric.name] = metric
            _declared_by.setdefault(metric.name, set()).add(owner)


def withdraw(owner: str) -> None:
    """Let others say an owner's metrics anew, for it is gone; until then they mean what they did."""
    for owners in _declared_by.values():
        owners.discard(owner)


def _spelled(metric: Metric) -> str:
    better = {"min": ", less is better", "max": ", more is better", None: ""}[metric.better]
    return f"{metric.title!r} in {metric.unit or 'no unit'}{better}"


def get_metric(name: str) -> Metric:
    """Return a metric by name, families such as ``energy_<level>_j`` and ``accesses_<level>`` included.

    Raises:
        InvalidInputError: If no metric has that name.
    """
    found = METRICS.get(name) or _declared.get(name) or level_metric(name, {})
    if found is None:
        raise InvalidInputError(f"metric '{name}' is unknown; allowed: {', '.join([*METRICS, *_declared])}")
    return found


def level_metric(name: str, words: Mapping[str, str]) -> Metric | None:
    """Return a metric of one level of a hierarchy, such as ``energy_<level>_j``; None where ``name`` is none.

    Args:
        name: Of one of the families.
        words: What levels are called; a level that is not there is called by its own name.
    """
    for pattern, title, unit, meaning, display_unit, scale in _FAMILIES:
        if match := pattern.fullmatch(name):
            level = words.get(match["level"], match["level"].replace("_", " "))
            return Metric(
                name, title.format(level=level), unit, meaning.format(level=level), "min", display_unit, scale
            )
    return None


def is_metric(name: str) -> bool:
    """Tell whether a column of that name holds a metric."""
    return name in METRICS or name in _declared or any(pattern.fullmatch(name) for pattern, *_ in _FAMILIES)


def to_display(name: str, values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Convert stored values to the unit shown on screen."""
    return np.asarray(values, dtype=np.float64) * get_metric(name).display_scale


def from_display(name: str, values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Convert values in the unit shown on screen to stored values."""
    return np.asarray(values, dtype=np.float64) / get_metric(name).display_scale


def label(name: str) -> str:
    """Return an axis label such as ``Power [mW]``."""
    metric = get_metric(name)
    return f"{metric.title} [{metric.display_unit}]" if metric.display_unit else metric.title
