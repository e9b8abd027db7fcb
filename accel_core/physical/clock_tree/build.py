"""A clock tree for a placed design."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from accel_core.physical.clock_tree.balance import balance
from accel_core.physical.clock_tree.buffers import clock_buffers, slowest_transition_s
from accel_core.physical.clock_tree.plan import Bounds, plan_tree
from accel_core.physical.clock_tree.tree import Sinks, Tree, find_sinks, free_word, with_tree
from accel_core.physical.clock_tree.trial import Bench, Trial
from accel_core.physical.floorplan import Floorplan
from accel_core.physical.netlist import Netlist
from accel_core.physical.placement import Placement, clock_net
from accel_core.physical.technology import UNITS_PER_UM, Technology

Ints = npt.NDArray[np.int64]

TRIED = tuple(Bounds(*pair) for pair in product((16, 24, 40), (4, 8, 12)))
"""Bounds of which the best are taken: assumed, around the 20 to 50 sinks of a leaf that are usual."""

SKEW_SHARE = 0.08
"""Skew that is looked for, as a share of the shortest insertion delay of all; legal places add to it. Assumed."""

BALANCED = 2
"""So many of them are balanced; assumed."""


@dataclass(frozen=True)
class ClockTree:
    """A netlist with a clock tree.

    Attributes:
        netlist: Its instances are the same, in their order, then the tree's buffers.
        x: Left edge wanted for each instance in 1/1000 um, for ``placement.refine``; shape (instances,).
        y: Lower edge wanted.
        record: What was planned: ``sinks``, ``buffers``, ``levels``, ``buffer_area_um2``, and before buffers have legal
            places ``insertion_delay_s`` (min, max), ``skew_s``, ``slowest_transition_s`` and ``wirelength_um``.
    """

    netlist: Netlist
    x: Ints
    y: Ints
    record: dict[str, Any]


def build_clock_tree(
    netlist: Netlist, technology: Technology, floorplan: Floorplan, placement: Placement
) -> ClockTree | None:
    """Lay out a clock tree, or return None where the clock's port drives no clock pin.

    Several are tried and sorted by how much they miss the slowest transition and the skew that are looked for, then by
    the area of their buffers. The first few are balanced, until one misses nothing.

    Raises:
        ToolFailedError: If the kit has no buffer that a clock could pass.
    """
    clock = clock_net(netlist)
    sinks = find_sinks(netlist, technology, placement)
    if not len(sinks.instance):
        return None
    port = floorplan.port_places[floorplan.port_nets.index(clock)]
    buffers = clock_buffers(technology)
    bench = Bench(netlist, technology, sinks, port)
    trees: dict[tuple[int, ...], Tree] = {}
    for bounds in TRIED:
        tree = plan_tree(sinks, buffers, technology, port, bounds)
        trees.setdefault(tuple(len(level.size) for level in tree.levels), tree)
    tree, trial = _best([(tree, bench.try_out(tree)) for tree in trees.values()], bench, technology)
    x, y = _corners(tree, technology, floorplan)
    return ClockTree(
        with_tree(netlist, sinks, tree, free_word(netlist, "clkbuf"), free_word(netlist, "clknet")),
        np.concatenate([placement.x, x]),
        np.concatenate([placement.y, y]),
        _record(sinks, tree, trial),
    )


def _best(tried: list[tuple[Tree, Trial]], bench: Bench, technology: Technology) -> tuple[Tree, Trial]:
    """The first that, balanced, misses nothing, or the one that misses least."""
    skew = SKEW_SHARE * min(float(trial.latency.max()) for _, trial in tried)
    slowest = slowest_transition_s(technology)

    def badness(pair: tuple[Tree, Trial]) -> tuple[float, float]:
        """By how much a tree misses what is looked for, then the area of its buffers in um2."""
        tree, trial = pair
        excess = max(0.0, trial.skew_s / skew - 1.0) + max(0.0, trial.transition / slowest - 1.0)
        return excess, sum(kind.area_um2 for kind in tree.kinds)

    balanced = []
    for tree, trial in sorted(tried, key=badness)[:BALANCED]:
        balanced.append(balance(tree, trial, bench, technology, skew))
        if badness(balanced[-1])[0] == 0.0:
            break
    return min(balanced, key=badness)


def _corners(tree: Tree, technology: Technology, floorplan: Floorplan) -> tuple[Ints, Ints]:
    """Lower left corners of the buffers within the core box, in 1/1000 um."""
    macros = [technology.lef.macros[kind.cell] for kind in tree.kinds]
    sizes = np.array([(macro.width_um, macro.height_um) for macro in macros])
    box = np.array([floorplan.width_um, floorplan.height_um])
    corners = np.clip(tree.xy - sizes / 2.0, 0.0, np.maximum(box - sizes, 0.0))
    units = np.round(corners * UNITS_PER_UM).astype(np.int64)
    return units[:, 0], units[:, 1]


def _record(sinks: Sinks, tree: Tree, trial: Trial) -> dict[str, Any]:
    return {
        "sinks": len(sinks.instance),
        "buffers": len(tree.kinds),
        "levels": len(tree.levels),
        "buffer_area_um2": sum(kind.area_um2 for kind in tree.kinds),
        "insertion_delay_s": {"min": float(trial.latency.min()), "max": float(trial.latency.max())},
        "skew_s": trial.skew_s,
        "slowest_transition_s": trial.transition,
        "wirelength_um": trial.wirelength_um,
    }
