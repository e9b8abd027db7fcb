"""Routing guides for detailed routers: boxes by net and layer, in the plain form that OpenROAD and TritonRoute read."""

from __future__ import annotations

import numpy as np

from accel_core.physical.graph import Ints
from accel_core.physical.netlist import Netlist
from accel_core.physical.routing.result import Routing
from accel_core.physical.technology import UNITS_PER_UM, Technology

_Box = tuple[int, int, int]  # First cell, last cell, level.


def to_guides(routing: Routing, netlist: Netlist, technology: Technology) -> str:
    """For every net its name, then in brackets a box a line: left, lower, right, upper edge in 1/1000 um, and layer.

    A straight piece is a box of all grid cells that it passes. Where pieces or pins of a net meet, there is a box of
    one cell on every layer from the lowest of them to the highest, so that the boxes of a net hang together.
    """
    names = list(technology.lef.layers)
    boxes = _boxes(routing)
    lines: list[str] = []
    for index, net in enumerate(routing.wiring.nets.tolist()):
        lines += [netlist.nets[net], "("]
        lines += [f"{_corners(routing, first, last)} {names[level]}" for first, last, level in sorted(boxes[index])]
        lines.append(")")
    return "\n".join([*lines, ""])


def _boxes(routing: Routing) -> list[set[_Box]]:
    """The boxes of each net."""
    grid, wiring = routing.grid, routing.wiring
    cells = grid.cells_of(wiring.xy)
    net_of = np.repeat(np.arange(len(wiring.nets)), np.diff(wiring.first)).tolist()
    boxes: list[set[_Box]] = [set() for _ in wiring.nets]
    meeting: list[dict[int, tuple[int, int]]] = [{} for _ in wiring.nets]

    def reach(net: int, cell: int, level: int) -> None:
        low, high = meeting[net].get(cell, (level, level))
        meeting[net][cell] = (min(low, level), max(high, level))

    for node, terminal in enumerate(wiring.terminal.tolist()):
        # Wires inside a cell run on the lowest two layers, wherever a node is.
        for level in (0, *grid.levels[:2]) if terminal >= 0 else grid.levels[:2]:
            reach(net_of[node], int(cells[node]), level)
    piece = 0
    path_first, corners, layers = routing.path_first.tolist(), routing.corners.tolist(), routing.piece_layers.tolist()
    for wire, node in enumerate(wiring.wires.tolist()):
        net = net_of[node]
        for corner in range(path_first[wire], path_first[wire + 1] - 1):
            level = grid.levels[layers[piece]]
            ends = corners[corner], corners[corner + 1]
            boxes[net].add((min(ends), max(ends), level))
            for cell in ends:
                reach(net, cell, level)
            piece += 1
    for net, met in enumerate(meeting):
        boxes[net] |= {(cell, cell, level) for cell, (low, high) in met.items() for level in range(low, high + 1)}
    return boxes


def _corners(routing: Routing, first: int, last: int) -> str:
    """Edges of the box from one grid cell to another, left, lower, right, upper, in 1/1000 um."""
    grid = routing.grid
    low: Ints = np.array([first % grid.columns, first // grid.columns])
    high: Ints = np.array([last % grid.columns, last // grid.columns]) + 1
    units = np.array(grid.cell_um) * UNITS_PER_UM
    return " ".join(str(round(edge)) for edge in (*(low * units).tolist(), *(high * units).tolist()))
