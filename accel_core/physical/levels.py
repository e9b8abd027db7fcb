"""The order in which arcs can be evaluated."""

from __future__ import annotations

import numpy as np

from accel_core.errors import ToolFailedError
from accel_core.physical.graph import Bools, Graph, Ints, run_starts


def logic_depth(graph: Graph) -> Ints:
    """How many cells lie before each output pin, the pin's own included; 0 for all other terminals, shape (T,).

    Raises:
        ToolFailedError: If the logic has a loop.
    """
    depth = np.zeros(len(graph.net), dtype=np.int64)
    logic = graph.arcs[6] == 0
    source = graph.driver[graph.net[graph.arcs[0, logic]]]
    # One number for each (output, source) pair, to drop repeated ones quickly.
    size = len(graph.net)
    pairs = np.sort(graph.arcs[1, logic] * size + source)
    pairs = pairs[run_starts(pairs)]
    sources = pairs % size
    starts = run_starts(pairs // size)
    outs = pairs[starts] // size
    if not len(outs):
        return depth
    for _ in range(len(outs) + 1):
        deeper = np.maximum.reduceat(depth[sources], starts) + 1
        if (deeper == depth[outs]).all():
            return depth
        depth[outs] = deeper
    loop = graph.name(int(outs[depth[outs].argmax()]))
    raise ToolFailedError("timing", f"the logic has a loop through {loop}; allowed: none")


def arc_levels(graph: Graph) -> list[Ints]:
    """Numbers of arcs, such that each comes after all that it depends on: clock arcs first, then by logic depth.

    Those of the clock's own network are left out: they come before all others, see ``clock_levels``.
    """
    if not graph.arcs.shape[1]:
        return []
    rank = np.where(graph.arcs[6] == 1, 0, logic_depth(graph)[graph.arcs[1]])
    network = _in_clock_network(graph)
    return _by_rank(np.flatnonzero(~network) if network.any() else np.arange(len(rank)), rank)


def clock_levels(graph: Graph) -> list[Ints]:
    """The same of the arcs between the clock's port and clock pins, by how many cells lie before."""
    arcs = np.flatnonzero(_in_clock_network(graph))
    if not len(arcs):
        return []
    before, after = graph.net[graph.arcs[0, arcs]], graph.net[graph.arcs[1, arcs]]
    depth = np.zeros(len(graph.netlist.nets), dtype=np.int64)
    for _ in range(len(arcs)):
        deeper = depth[before] + 1
        if (deeper == depth[after]).all():
            break
        depth[after] = deeper
    rank = np.zeros(graph.arcs.shape[1], dtype=np.int64)
    rank[arcs] = depth[after]
    return _by_rank(arcs, rank)


def _in_clock_network(graph: Graph) -> Bools:
    return np.asarray((graph.arcs[6] == 0) & graph.clock_nets[graph.net[graph.arcs[1]]])


def _by_rank(arcs: Ints, rank: Ints) -> list[Ints]:
    order = arcs[np.argsort(rank[arcs], kind="stable")]
    return np.split(order, np.flatnonzero(np.diff(rank[order])) + 1)
