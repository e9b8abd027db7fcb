"""The routing grid: cells of some tracks a side, and how many wires may cross from each to its neighbors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from accel_core.errors import InvalidInputError
from accel_core.physical.floorplan import Floorplan
from accel_core.physical.graph import Floats, Ints
from accel_core.physical.lef import Layer
from accel_core.physical.routing.settings import RoutingSettings
from accel_core.physical.technology import Technology
from accel_core.physical.wires import DIRECTIONS

HORIZONTAL, VERTICAL = 0, 1


@dataclass(frozen=True)
class Blockage:
    """A rectangle that wires of some layers cannot cross, for example a memory.

    Attributes:
        left: In um from the left edge of the core box, as ``lower`` from its lower edge, ``right`` and ``upper``.
        lower: See there.
        right: See there.
        upper: See there.
        lowest_layer: The lowest layer that it blocks, "" for the bottom one.
        highest_layer: The highest, "" for the top one.
    """

    left: float
    lower: float
    right: float
    upper: float
    lowest_layer: str = ""
    highest_layer: str = ""


@dataclass(frozen=True)
class Grid:
    """Grid cells, ``columns`` by ``rows``, and the edges between them.

    The edge [HORIZONTAL, y, x] leads from cell (x, y) to (x + 1, y), the edge [VERTICAL, y, x] to (x, y + 1); edges
    that would lead out of the grid have no capacity.

    Attributes:
        columns: Grid cells along a row of the layout.
        rows: Grid cells across.
        cell_um: Width and height of a grid cell.
        layers: Names of the layers that routing uses, from the lowest up.
        levels: Place of each among all routing layers of the LEF files, 0 for the lowest, where the pins are.
        ways: HORIZONTAL or VERTICAL for each layer, shape (layers,).
        layer_capacity: Tracks that wires can use across each edge on each layer, shape (layers, 2, rows, columns); 0 in
            the direction that the layer has not.
    """

    columns: int
    rows: int
    cell_um: tuple[float, float]
    layers: tuple[str, ...]
    levels: tuple[int, ...]
    ways: Ints
    layer_capacity: Floats

    @cached_property
    def capacity(self) -> Ints:
        """Whole tracks across each edge, all layers together, shape (2, rows, columns)."""
        # Capacities are sums of shares, whose rounding must not cost a track.
        return np.asarray(np.floor(self.layer_capacity.sum(axis=0) + 1e-6).astype(np.int64))

    def cells_of(self, places: Floats) -> Ints:
        """Number of the grid cell that each place in um lies in, ``y * columns + x``, shape (n,) for (n, 2)."""
        limits = np.array([self.columns, self.rows]) - 1
        cells = np.clip((places / np.array(self.cell_um)).astype(np.int64), 0, limits)
        return np.asarray(cells[:, 1] * self.columns + cells[:, 0])

    def middle_of(self, way: int, y: int, x: int) -> tuple[float, float]:
        """The place in um where wires cross an edge."""
        along, across = (1.0, 0.5) if way == HORIZONTAL else (0.5, 1.0)
        return (x + along) * self.cell_um[0], (y + across) * self.cell_um[1]


def make_grid(
    technology: Technology,
    floorplan: Floorplan,
    pins: Floats,
    settings: RoutingSettings,
    blockages: Sequence[Blockage] = (),
) -> Grid:
    """Lay a grid over the core box and count the tracks across its edges.

    Args:
        technology: Its LEF files state the layers, their directions, pitches and offsets.
        floorplan: The core box.
        pins: Places of all pins that wires must reach in um, shape (n, 2).
        settings: What share of the tracks wires may use.
        blockages: Where they may use none.

    Raises:
        InvalidInputError: If the LEF files have no layer for one of the directions, or lack one that was named.
    """
    all_layers = technology.lef.layers
    names = _chosen(technology, settings)
    used = [all_layers[name] for name in names]
    side = settings.tracks_per_cell * next(layer.step_um for layer in used if layer.direction == DIRECTIONS[0])
    size = (floorplan.width_um, floorplan.height_um)
    columns, rows = (max(1, round(length / side)) for length in size)
    cell_um = (size[0] / columns, size[1] / rows)
    capacity = np.zeros((len(names), 2, rows, columns))
    ways = np.array([DIRECTIONS.index(layer.direction) for layer in used], dtype=np.int64)
    for index, (layer, way) in enumerate(zip(used, ways.tolist(), strict=True)):
        share = 1.0 - (settings.reserved_low if index < len(DIRECTIONS) else settings.reserved)
        lines, length = (rows, cell_um[1]) if way == HORIZONTAL else (columns, cell_um[0])
        tracks = share * _tracks(layer, lines, length)
        capacity[index, way] = tracks[:, None] if way == HORIZONTAL else tracks[None, :]
    levels = tuple(list(all_layers).index(name) for name in names)
    grid = Grid(columns, rows, cell_um, names, levels, ways, capacity)
    _take_pins(grid, used[0], pins, settings.pin_pitches)
    for blockage in blockages:
        _block(grid, blockage, list(all_layers))
    capacity[:, HORIZONTAL, :, -1] = 0.0
    capacity[:, VERTICAL, -1, :] = 0.0
    return grid


def _chosen(technology: Technology, settings: RoutingSettings) -> tuple[str, ...]:
    """Names of the layers that routing uses, from the lowest up."""
    layers = technology.lef.layers
    names = list(layers)
    for key in ("lowest_layer", "highest_layer"):
        value = getattr(settings, key)
        if value and value not in layers:
            raise InvalidInputError(f"routing, {key}: '{value}' is no routing layer; allowed: {', '.join(names)}")
    stand_ins = [wire.layer for wire in (technology.horizontal, technology.vertical) if wire.layer in layers]
    lowest = settings.lowest_layer or min(stand_ins, key=names.index, default=names[1] if len(names) > 1 else "")
    first = names.index(lowest) if lowest else 0
    last = names.index(settings.highest_layer) if settings.highest_layer else len(names) - 1
    chosen = tuple(name for name in names[first : last + 1] if layers[name].direction and layers[name].pitch_um > 0)
    for direction in DIRECTIONS:
        if all(layers[name].direction != direction for name in chosen):
            raise InvalidInputError(
                f"routing: no {direction} layer among {', '.join(chosen) or 'those that may be used'}; allowed: LEF "
                f"files with a routing layer of each direction"
            )
    return chosen


def _tracks(layer: Layer, lines: int, length: float) -> Floats:
    """How many tracks each of ``lines`` grid cells of ``length`` um has, counted one by one."""
    borders = (np.arange(lines + 1) * length - layer.offset_um) / layer.step_um
    # A track on a border belongs to the cell above it, whatever rounding makes of the border.
    return np.asarray(np.diff(np.ceil(borders - 1e-6)))


def _take_pins(grid: Grid, layer: Layer, pins: Floats, pitches: float) -> None:
    """Take from the lowest layer what pins block; an edge loses the mean of what its two cells lose."""
    way = int(grid.ways[0])
    counts = np.bincount(grid.cells_of(pins), minlength=grid.columns * grid.rows).reshape(grid.rows, grid.columns)
    lost = counts * (pitches * layer.step_um / grid.cell_um[way])
    if way == HORIZONTAL:
        lost[:, :-1] = (lost[:, :-1] + lost[:, 1:]) / 2.0
    else:
        lost[:-1] = (lost[:-1] + lost[1:]) / 2.0
    grid.layer_capacity[0, way] = np.maximum(grid.layer_capacity[0, way] - lost, 0.0)


def _block(grid: Grid, blockage: Blockage, names: list[str]) -> None:
    """Take the share of each edge's tracks that a rectangle covers anywhere between the middles of its cells."""
    for name in filter(None, (blockage.lowest_layer, blockage.highest_layer)):
        if name not in names:
            raise InvalidInputError(f"routing, blockage: '{name}' is no routing layer; allowed: {', '.join(names)}")
    first = names.index(blockage.lowest_layer) if blockage.lowest_layer else 0
    last = names.index(blockage.highest_layer) if blockage.highest_layer else len(names) - 1
    spans = ((blockage.left, blockage.right), (blockage.lower, blockage.upper))
    crossed = [
        _crossed(span, count, length)
        for span, count, length in zip(spans, (grid.columns, grid.rows), grid.cell_um, strict=True)
    ]
    covered = [
        _covered(span, count, length)
        for span, count, length in zip(spans, (grid.columns, grid.rows), grid.cell_um, strict=True)
    ]
    shares = (covered[1][:, None] * crossed[0][None, :], crossed[1][:, None] * covered[0][None, :])
    for index, (level, way) in enumerate(zip(grid.levels, grid.ways.tolist(), strict=True)):
        if first <= level <= last:
            grid.layer_capacity[index, way] *= 1.0 - shares[way]


def _covered(span: tuple[float, float], count: int, length: float) -> Floats:
    """The share of each grid cell that a span covers."""
    borders = np.clip(np.arange(count + 1) * length, *span) if span[1] > span[0] else np.zeros(count + 1)
    return np.asarray(np.diff(borders) / length)


def _crossed(span: tuple[float, float], count: int, length: float) -> npt.NDArray[np.bool_]:
    """Whether a span meets the way from the middle of each grid cell to that of the next."""
    middles = (np.arange(count) + 0.5) * length
    return np.asarray((span[1] > span[0]) & (middles + length > span[0]) & (middles < span[1]))
