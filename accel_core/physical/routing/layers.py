"""Layer assignment: which layer each straight piece of a wire runs on, and the vias between them.

It comes after two-dimensional routing and changes no path. Pieces are taken from the shortest to the longest; each
gets the lowest layer of its direction that has a track left all along it, so that long pieces end up above. Where none
has, it gets the layer that is the least overfull, so a single layer may be over its capacity where all layers together
are not; detailed routing would have to mend that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from accel_core.physical.graph import Bools, Floats, Ints
from accel_core.physical.routing.grid import HORIZONTAL, VERTICAL, Grid


@dataclass(frozen=True)
class Pieces:
    """Straight pieces of wires between corners, P of them, in the order of the wires.

    Attributes:
        wire: Number of the wire, shape (P,).
        begin: Cell at its begin, shape (P,).
        end: Cell at its end.
        layer: Index of its layer among the grid's, shape (P,).
        usage: Wires on each layer across each edge, shape (layers, 2, rows, columns).
    """

    wire: Ints
    begin: Ints
    end: Ints
    layer: Ints
    usage: Ints


def assign_layers(grid: Grid, first: Ints, corners: Ints) -> Pieces:
    """Choose a layer for every straight piece of the paths with these corners."""
    wires = np.repeat(np.arange(len(first) - 1), np.diff(first))
    same = wires[1:] == wires[:-1]
    begin, end, wire = corners[:-1][same], corners[1:][same], wires[1:][same]
    begin_y, begin_x = np.divmod(begin, grid.columns)
    end_y, end_x = np.divmod(end, grid.columns)
    way = np.where(begin_y == end_y, HORIZONTAL, VERTICAL)
    length = np.abs(begin_y - end_y) + np.abs(begin_x - end_x)
    usage = np.zeros(grid.layer_capacity.shape, dtype=np.int64)
    layer = _assign(
        np.argsort(length, kind="stable"), way, np.minimum(begin, end), length, grid.ways, grid.layer_capacity, usage
    )
    return Pieces(wire, begin, end, layer, usage)


@njit(cache=True)
def _assign(order: Ints, way: Ints, begin: Ints, length: Ints, ways: Ints, capacity: Floats, usage: Ints) -> Ints:
    columns = usage.shape[3]
    layers = np.empty(len(order), np.int64)
    for piece in order:
        y, x = divmod(begin[piece], columns)
        least, chosen = np.inf, -1
        for layer in range(len(ways)):
            if ways[layer] != way[piece]:
                continue
            missing = 0.0
            for step in range(length[piece]):
                at_y, at_x = (y, x + step) if way[piece] == HORIZONTAL else (y + step, x)
                over = usage[layer, way[piece], at_y, at_x] + 1 - capacity[layer, way[piece], at_y, at_x]
                missing += max(over, 0.0)
            if missing < least:
                least, chosen = missing, layer
            if missing == 0.0:
                break
        for step in range(length[piece]):
            at_y, at_x = (y, x + step) if way[piece] == HORIZONTAL else (y + step, x)
            usage[chosen, way[piece], at_y, at_x] += 1
        layers[piece] = chosen
    return layers


def count_vias(grid: Grid, pieces: Pieces, ends: Ints, is_pin: Bools, span: Floats) -> int:
    """Vias at the bends of wires, and at their ends from the lowest to the highest layer that meets there.

    A wire inside one grid cell runs on the lowest layers of its directions. Pins are on the lowest layer of all;
    assumed. Jogs inside a cell that the grid does not see are not counted.

    Args:
        grid: Its ``levels`` say how many vias are between two layers.
        pieces: Of all wires.
        ends: Node at the begin and at the end of each wire, shape (W, 2).
        is_pin: Whether a node is a pin, shape (nodes,).
        span: Horizontal and vertical length of each wire in um, shape (W, 2).
    """
    levels = np.array(grid.levels)
    level = levels[pieces.layer]
    bends = pieces.wire[1:] == pieces.wire[:-1]
    vias = int(np.abs(np.diff(level))[bends].sum())
    lowest = np.where(is_pin, 0, len(levels) + levels.max())
    highest = np.where(is_pin, 0, -1)

    def reach(nodes: Ints, at: Ints) -> None:
        np.minimum.at(lowest, nodes, at)
        np.maximum.at(highest, nodes, at)

    is_first, is_last = np.append(True, ~bends)[: len(level)], np.append(~bends, True)[: len(level)]
    reach(ends[pieces.wire[is_first], 0], level[is_first])
    reach(ends[pieces.wire[is_last], 1], level[is_last])
    inside = np.ones(len(ends), dtype=bool)
    inside[pieces.wire] = False
    low = [int(levels[grid.ways == way].min()) for way in (HORIZONTAL, VERTICAL)]
    both = inside & (span > 0.0).all(axis=1)
    vias += int(both.sum()) * abs(low[0] - low[1])
    for way in (HORIZONTAL, VERTICAL):
        # The first end of a wire with both directions is where its horizontal part begins.
        for end in (0, 1):
            meets = (inside & ~both & (span[:, way] > 0.0)) if end != way else inside & (span[:, way] > 0.0)
            reach(ends[meets, end], np.full(int(meets.sum()), low[way]))
    is_met = highest >= 0
    return vias + int(np.maximum(highest - lowest, 0)[is_met].sum())
