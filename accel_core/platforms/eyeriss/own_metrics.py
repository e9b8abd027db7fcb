"""Metrics that Eyeriss has beyond the common ones, and what its levels are called."""

from __future__ import annotations

from itertools import product

from accel_core.metrics import Metric, level_metric
from accel_core.platforms.eyeriss.metrics import METRICS

_LEVELS = {
    "mac": "multiply-accumulates",
    "ifmap": "ifmap scratchpads",
    "weights": "weights scratchpads",
    "psum": "psum scratchpads",
    "glb": "global buffer",
    "dram": "DRAM",
}
_TENSORS = {"w": "weights", "i": "inputs", "o": "outputs"}
_ACTIONS = {
    f"{level}_{tensor}_{action}": f"{_LEVELS[level]}, {action} of {_TENSORS[tensor]}"
    for level, tensor, action in product(_LEVELS, _TENSORS, ("reads", "writes"))
}

OWN_METRICS = (
    Metric("lanes", "Lanes at work", "", "Multipliers at work at the same time, on average.", "max", "", 1.0),
    Metric("onchip_bits", "On-chip bits", "", "Bits of all on-chip buffers.", "min", "kbit", 1e-3),
    *(metric for name in METRICS if (metric := level_metric(name, {**_LEVELS, **_ACTIONS})) is not None),
)
