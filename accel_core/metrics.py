"""Names, units and directions of every metric, and the only conversion between stored and shown numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
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
    """

    name: str
    title: str
    unit: str
    meaning: str
    better: Direction | None
    display_unit: str
    display_scale: float


_TABLE: tuple[Metric, ...] = (
    Metric("f_target_hz", "Target clock", "Hz", "Clock the flow was asked to meet.", None, "MHz", 1e-6),
    Metric("f_effective_hz", "Effective clock", "Hz", "1 / (target period - worst slack).", "max", "MHz", 1e-6),
    Metric("worst_slack_s", "Worst slack", "s", "Smallest setup slack; negative misses the target.", "max", "ps", 1e12),
    Metric("power_w", "Power", "W", "Internal + switching + leakage power.", "min", "mW", 1e3),
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
    Metric("energy_j", "Energy", "J", "Power * runtime, or the sum of all modeled accesses.", "min", "µJ", 1e6),
    Metric("edp_js", "Energy-delay product", "J·s", "Energy * runtime.", "min", "µJ·ms", 1e9),
    Metric("lanes", "Lanes at work", "", "Multipliers at work at the same time, on average.", "max", "", 1.0),
    Metric("onchip_bits", "On-chip bits", "", "Bits of all on-chip buffers.", "min", "kbit", 1e-3),
    Metric("utilization", "Utilization", "", "Useful share of the multiplier slots, 0 to 1.", "max", "%", 100.0),
    Metric("macs", "Multiply-accumulates", "", "Multiply-accumulates that the workload needs.", None, "M", 1e-6),
    Metric("throughput_flops", "Throughput", "op/s", "Operations (2 per multiply-accumulate) a second.", "max",
           "Gop/s", 1e-9),
)  # fmt: skip

METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _TABLE}

_LEVELS = {
    "mac": "multiply-accumulates",
    "ifmap": "ifmap scratchpads",
    "weights": "weights scratchpads",
    "psum": "psum scratchpads",
    "glb": "global buffer",
    "dram": "DRAM",
}
_ACTION = re.compile(r"(?P<level>\w+)_(?P<tensor>[wio])_(?P<action>reads|writes)")
_TENSORS = {"w": "weights", "i": "inputs", "o": "outputs"}

_FAMILIES = (
    (re.compile(r"energy_(?P<level>\w+)_j"), "Energy, {level}", "J", "Energy spent in {level}.", "µJ", 1e6),
    (re.compile(r"accesses_(?P<level>\w+)"), "Accesses, {level}", "", "Words accessed in {level}.", "M", 1e-6),
    (re.compile(r"bits_(?P<level>\w+)"), "Bits, {level}", "", "Bits of {level}, all instances together.", "kbit", 1e-3),
)


def get_metric(name: str) -> Metric:
    """Return a metric by name, families such as ``energy_<level>_j`` and ``accesses_<level>`` included.

    Accesses may name tensor and action: ``accesses_<level>_<w, i or o>_<reads or writes>``.

    Raises:
        InvalidInputError: If no metric has that name.
    """
    if name in METRICS:
        return METRICS[name]
    for pattern, title, unit, meaning, display_unit, scale in _FAMILIES:
        if match := pattern.fullmatch(name):
            level = _level_words(match["level"])
            return Metric(
                name, title.format(level=level), unit, meaning.format(level=level), "min", display_unit, scale
            )
    raise InvalidInputError(f"metric '{name}' is unknown; allowed: {', '.join(METRICS)}")


def _level_words(name: str) -> str:
    if name in _LEVELS:
        return _LEVELS[name]
    if match := _ACTION.fullmatch(name):
        return f"{_level_words(match['level'])}, {match['action']} of {_TENSORS[match['tensor']]}"
    return name.replace("_", " ")


def is_metric(name: str) -> bool:
    """Tell whether a column of that name holds a metric."""
    return name in METRICS or any(pattern.fullmatch(name) for pattern, *_ in _FAMILIES)


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
