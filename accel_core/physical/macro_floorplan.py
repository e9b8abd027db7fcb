"""The core box of a design with memories: large enough for them and the cells, with the memories along its edges.

Blocks fill shelves, one after another, in turn at opposite edges of the box, so that one region is left for the cells
between them. Blocks with pins on their left or right edge stand in columns at the left and the right, others in rows at
the bottom and the top. Their order is found by simulated annealing in ``macro_order``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from accel_core.errors import InfeasibleError, ToolFailedError
from accel_core.physical.macros import MacroPlace, units
from accel_core.physical.netlist import Instance, Netlist
from accel_core.physical.technology import Technology

# Assumed: how a box may be shaped (width over height), and how much larger it may be than all that stands in it. Both
# are tried from the nearest to a full square on.
_SHAPES = (1.0, 1.25, 0.8, 1.6, 0.625, 2.0, 0.5, 3.0, 1 / 3, 4.0, 0.25)
_GROWTH_STEP, _GROWTH_STEPS = 1.03, 60


@dataclass(frozen=True)
class Block:
    """A memory and the room that it needs.

    Attributes:
        instance: The memory.
        sites: Width of it with its halo.
        rows: Height of it with its halo.
        left: Sites from the left edge of that to its own.
        below: Rows likewise.
        faces_sideways: Whether its pins are nearer to the left or right edge than to the lower or upper one.
    """

    instance: Instance
    sites: int
    rows: int
    left: int
    below: int
    faces_sideways: bool


@dataclass(frozen=True)
class Box:
    """A core box, in sites and rows."""

    sites: int
    rows: int


Corner = tuple[int, int]
"""Site and row of the lower left corner of a block with its halo."""


def blocks_of(netlist: Netlist, technology: Technology) -> list[Block]:
    """Memories of a netlist, those of one module together, large ones first.

    Raises:
        ToolFailedError: If one has no outline.
    """
    found = [_block(cell, technology) for cell in netlist.instances if technology.is_macro(cell.cell)]
    return sorted(found, key=lambda b: (b.instance.module, -b.rows * b.sites, b.instance.alias, b.instance.name))


def _block(cell: Instance, technology: Technology) -> Block:
    macro = technology.lef.macros.get(cell.cell)
    if macro is None or not set(cell.pins) <= set(macro.pins):
        raise ToolFailedError("floorplan", f"memory {cell.cell} has no outline with all pins in the LEF files")
    site, row = technology.site.width_um, technology.site.height_um
    beside, above = technology.macro_halo_um
    left, below = math.ceil(beside / site - 1e-6), math.ceil(above / row - 1e-6)
    sites = left + math.ceil((macro.width_um + beside) / site - 1e-6)
    rows = below + math.ceil((macro.height_um + above) / row - 1e-6)
    xs, ys = zip(*(macro.pins[pin] for pin in cell.pins), strict=True)
    across = sum(min(x, macro.width_um - x) for x in xs)
    along = sum(min(y, macro.height_um - y) for y in ys)
    return Block(cell, sites, rows, left, below, across < along)


def make_box(blocks: Sequence[Block], cell_sites: float, technology: Technology) -> tuple[Box, bool]:
    """The smallest box, and the squarest of those, where blocks fit and ``cell_sites`` sites are left.

    Returns:
        The box, and whether blocks stand in columns.

    Raises:
        InfeasibleError: If there is none, at stage ``floorplan``.
    """
    aspect = technology.site.height_um / technology.site.width_um
    taken = sum(block.sites * block.rows for block in blocks)
    sideways = sum(block.sites * block.rows for block in blocks if block.faces_sideways)
    preferred = 2 * sideways >= taken
    for step in range(_GROWTH_STEPS):
        area = (cell_sites + taken) * _GROWTH_STEP**step
        for shape in _SHAPES:
            rows = max(1, round(math.sqrt(area / aspect / shape)))
            box = Box(math.ceil(area / rows), rows)
            for columns in (preferred, not preferred):
                if shelves(blocks, box, columns) is not None:
                    return box, columns
    site, row = technology.site.width_um, technology.site.height_um
    wide, high = (max(getattr(block, side) for block in blocks) for side in ("sites", "rows"))
    raise InfeasibleError(
        "floorplan",
        f"the memories do not fit: {len(blocks)}, the largest {wide * site:.4g} x {high * row:.4g} um with its halo; "
        f"allowed: what a box holds that is {_GROWTH_STEP ** (_GROWTH_STEPS - 1):.2g} times as large as all that "
        f"stands in it, and no more slender than 1 to {max(_SHAPES):g}",
    )


def shelves(blocks: Sequence[Block], box: Box, columns: bool) -> list[Corner] | None:
    """Places of blocks in this order, shelf after shelf, or None if they do not fit."""
    length, depth = (box.rows, box.sites) if columns else (box.sites, box.rows)
    places: list[Corner] = []
    used, at_far_edge = [0, 0], False
    for shelf in _split(blocks, length, columns):
        deep = max(_depth(block, columns) for block in shelf)
        if used[0] + used[1] + deep > depth:
            return None
        along = 0
        for block in shelf:
            start = depth - used[1] - _depth(block, columns) if at_far_edge else used[0]
            places.append((start, along) if columns else (along, start))
            along += _length(block, columns)
        if along > length:
            return None
        used[at_far_edge] += deep
        at_far_edge = used[1] < used[0]
    return places


def _split(blocks: Sequence[Block], length: int, columns: bool) -> Iterator[list[Block]]:
    shelf: list[Block] = []
    for block in blocks:
        if shelf and sum(_length(each, columns) for each in shelf) + _length(block, columns) > length:
            yield shelf
            shelf = []
        shelf.append(block)
    if shelf:
        yield shelf


def _length(block: Block, columns: bool) -> int:
    return block.rows if columns else block.sites


def _depth(block: Block, columns: bool) -> int:
    return block.sites if columns else block.rows


def macro_place(block: Block, corner: Corner, orientation: str, technology: Technology) -> MacroPlace:
    """A block at a corner, in lengths."""
    site, row = units(technology.site.width_um), units(technology.site.height_um)
    left, low = corner[0] * site, corner[1] * row
    kept = (left, low, left + block.sites * site, low + block.rows * row)
    return MacroPlace(block.instance.name, left + block.left * site, low + block.below * row, orientation, kept)
