"""Where wires crowd, by grid cell and by the cells that stand there, for pictures and for placers that make room."""

from __future__ import annotations

import numpy as np

from accel_core.physical.graph import Floats, Graph, Ints
from accel_core.physical.routing.grid import HORIZONTAL, VERTICAL
from accel_core.physical.routing.result import Routing


def worst_side(values: Floats | Ints) -> Floats:
    """The largest value among the four edges of every grid cell, shape (rows, columns) for (2, rows, columns)."""
    worst = values.max(axis=0)
    worst[:, 1:] = np.maximum(worst[:, 1:], values[HORIZONTAL, :, :-1])
    worst[1:] = np.maximum(worst[1:], values[VERTICAL, :-1])
    return np.asarray(worst)


def crowding(graph: Graph, routing: Routing) -> Floats:
    """How full the fullest side of the grid cells is that each instance's pins are in, shape (instances,).

    1 is where all tracks are used, above it wires do not fit. A placer that gives instances more room by such a factor
    spreads them where wires crowd.
    """
    full = worst_side(routing.fill).reshape(-1)
    pins = slice(0, graph.n_pins)
    crowded = np.zeros(len(graph.netlist.instances))
    np.maximum.at(crowded, graph.cell[pins], full[routing.grid.cells_of(graph.xy[pins])])
    return crowded
