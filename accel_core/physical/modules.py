"""Which RTL module each cell belongs to, for pictures and breakdowns.

Synthesis optimizes across modules, so only flip-flops keep their origin. Logic is counted to the module whose
flip-flops it feeds: cell by cell from the end points backward, each takes the module that most of its loads belong to.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from accel_core.physical.graph import Graph
from accel_core.physical.levels import logic_depth


def module_of_cells(graph: Graph) -> list[str]:
    """The module of every instance; the top module where nothing else is known."""
    instances = graph.netlist.instances
    modules = [cell.module for cell in instances]
    loads, drivers = _neighbors(graph)
    depth = _cell_depth(graph)
    # Backward from what the cells feed, then forward from what feeds the rest (logic before output ports).
    for order, neighbors in ((np.argsort(-depth, kind="stable"), loads), (np.argsort(depth, kind="stable"), drivers)):
        for cell in order.tolist():
            if not modules[cell]:
                modules[cell] = _most_common([modules[other] for other in neighbors[cell] if modules[other]])
    return [name or graph.netlist.top for name in modules]


def _most_common(names: list[str]) -> str:
    """The name that comes most often, of several the first in the alphabet; "" of none."""
    if not names or names.count(names[0]) == len(names):
        return names[0] if names else ""
    votes = Counter(names)
    return min(votes, key=lambda name: (-votes[name], name))


def _neighbors(graph: Graph) -> tuple[list[list[int]], list[list[int]]]:
    """Cells that each cell feeds, and cells that feed it."""
    count = len(graph.netlist.instances)
    loads: list[list[int]] = [[] for _ in range(count)]
    drivers: list[list[int]] = [[] for _ in range(count)]
    pins = np.flatnonzero(~graph.drives[: graph.n_pins])
    sources = graph.cell[graph.driver[graph.net[pins]]]
    for source, sink in zip(sources.tolist(), graph.cell[pins].tolist(), strict=True):
        if source >= 0:
            loads[source].append(sink)
            drivers[sink].append(source)
    return loads, drivers


def _cell_depth(graph: Graph) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    depth = np.zeros(len(graph.netlist.instances), dtype=np.int64)
    np.maximum.at(depth, graph.cell[: graph.n_pins], logic_depth(graph)[: graph.n_pins])
    return depth
