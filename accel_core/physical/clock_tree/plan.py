"""How many levels a clock tree has, which buffers, and what each drives."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
import numpy.typing as npt

from accel_core.physical.clock_tree.buffers import ClockBuffer, slowest_transition_s
from accel_core.physical.clock_tree.clusters import balanced_clusters, centers
from accel_core.physical.clock_tree.tree import Level, Sinks, Tree
from accel_core.physical.technology import Technology
from accel_core.physical.trees import grow_trees

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FILL = 0.8
"""Share of what a buffer can drive that a cluster may weigh in the mean; the rest is for those above it. Assumed."""


@dataclass(frozen=True)
class Bounds:
    """How many sinks, and how many buffers, one buffer drives at most."""

    sinks: int
    buffers: int


def plan_tree(
    sinks: Sinks,
    buffers: tuple[ClockBuffer, ...],
    technology: Technology,
    port: tuple[float, float],
    bounds: Bounds,
) -> Tree:
    """Cluster the sinks, then the buffers that drive them, until one is left, and lead it to the port in um.

    All buffers of a level are alike, strong enough for the heaviest of their clusters, so that they take about the
    same time. Where a level lies farther from the next than one buffer reaches, others stand between, for each the same
    number.
    """
    levels: list[Level] = []
    xy, cap = sinks.xy, sinks.cap
    weight = cap + wire_f(technology, _spacing(xy))
    for wanted in _counts(weight, bounds, buffers):
        count = min(wanted, len(xy))
        label = balanced_clusters(xy, weight, count)
        middle = centers(xy, label, count)
        if levels:
            levels += _between(xy, middle[label], reach_um(technology, buffers[levels[-1].size[0]]), levels[-1])
            xy = levels[-1].xy
        size = _weakest(buffers, _loads(xy, cap, label, middle, technology).max())
        levels.append(Level(label, middle, np.full(count, size)))
        xy, cap, weight = middle, np.full(count, buffers[size].input_f), np.ones(count)
    reach = reach_um(technology, buffers[levels[-1].size[0]])
    return Tree((*levels, *_between(xy, np.array([port]), reach, levels[-1])), buffers)


def _counts(weight: Floats, bounds: Bounds, buffers: tuple[ClockBuffer, ...]) -> list[int]:
    """Buffers of each level from the sinks up, each a multiple of that above it."""
    strongest = buffers[-1]
    leaves = max(math.ceil(len(weight) / bounds.sinks), math.ceil(float(weight.sum()) / (FILL * strongest.load_f)))
    most = max(2, min(bounds.buffers, int(FILL * strongest.load_f / strongest.input_f)))
    fans = _fans(leaves, most)
    return [math.prod(fans[place:]) for place in range(len(fans) + 1)]


def _fans(leaves: int, most: int) -> tuple[int, ...]:
    """How many buffers one drives by level, ``most`` or fewer, so that few more than ``leaves`` are at the end.

    As few levels as can be, and the smaller numbers at the root, where wires are longest.
    """
    levels = 0
    while most**levels < leaves:
        levels += 1
    falling = combinations_with_replacement(range(most, 1, -1), levels)
    return min((fans for fans in falling if math.prod(fans) >= leaves), key=lambda fans: (math.prod(fans), fans[::-1]))


def wire_f(technology: Technology, length_um: float) -> float:
    """Capacitance of a wire that goes as far both ways, in F."""
    return length_um * (technology.horizontal.capacitance_f_per_um + technology.vertical.capacitance_f_per_um) / 2.0


def reach_um(technology: Technology, buffer: ClockBuffer) -> float:
    """How long a wire to a buffer may be so that its Elmore delay is half of the slowest transition; inf for any.

    R L (C L / 2 + C_pin) with R and C of a um, solved for L.
    """
    ohm = (technology.horizontal.resistance_ohm_per_um + technology.vertical.resistance_ohm_per_um) / 2.0
    farad = wire_f(technology, 1.0)
    if ohm == 0.0:
        return math.inf
    pin, time = buffer.input_f, slowest_transition_s(technology) / 2.0
    return (math.sqrt(pin**2 + 2.0 * farad * time / ohm) - pin) / farad if farad else time / (ohm * pin)


def _between(xy: Floats, above: Floats, reach: float, like: Level) -> list[Level]:
    """Buffers on the ways from ``xy`` to ``above``, each its own; as many on each as the longest needs."""
    farthest = float(np.abs(xy - above).sum(axis=1).max())
    steps = math.ceil(farthest / reach) if math.isfinite(reach) else 1
    shares = [step / steps for step in range(1, steps)]
    return [Level(np.arange(len(xy)), xy + share * (above - xy), like.size) for share in shares]


def _spacing(xy: Floats) -> float:
    """Mean length of the wire to a point among its neighbors in um, were they evenly spread over their box."""
    width, height = np.ptp(xy, axis=0)
    return math.sqrt(max(width, 1.0) * max(height, 1.0) / len(xy))


def _weakest(buffers: tuple[ClockBuffer, ...], load: float) -> int:
    """Number of the weakest buffer that drives a load, or of the strongest."""
    return next((index for index, buffer in enumerate(buffers) if buffer.load_f >= load), len(buffers) - 1)


def _loads(xy: Floats, cap: Floats, label: Ints, middle: Floats, technology: Technology) -> Floats:
    """Pins and wires of each cluster, in F."""
    wires = np.array([technology.horizontal.capacitance_f_per_um, technology.vertical.capacitance_f_per_um])
    order = np.argsort(label, kind="stable")
    counts = np.bincount(label)
    starts = np.cumsum(counts) - counts
    loads = np.bincount(label, cap)
    for degree in np.flatnonzero(np.bincount(counts)).tolist():
        mine = np.flatnonzero(counts == degree)
        members = order[starts[mine][:, None] + np.arange(degree)]
        points = np.concatenate([middle[mine][:, None], xy[members]], axis=1)
        loads[mine] += (grow_trees(points).span @ wires).sum(axis=1)
    return np.asarray(loads)
