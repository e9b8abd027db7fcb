"""Where memories and other blocks stand, and what of the core they take from the cells."""

from __future__ import annotations

from dataclasses import dataclass

from accel_core.physical.lef import Macro
from accel_core.physical.technology import UNITS_PER_UM

ORIENTATIONS = ("N", "FN", "FS", "S")
"""As in DEF: as it is, mirrored left to right, mirrored upside down, both.

Blocks are not turned by 90 degrees, which would swap the directions of their layers."""


@dataclass(frozen=True)
class MacroPlace:
    """One block on its place; lengths are in 1/1000 um.

    Attributes:
        instance: Its name.
        x: Left edge.
        y: Lower edge.
        orientation: One of ``ORIENTATIONS``.
        kept: Left, lower, right and upper edge of what no cell may stand on: the block and its halo, on the grid of
            sites and rows.
    """

    instance: str
    x: int
    y: int
    orientation: str
    kept: tuple[int, int, int, int]


def oriented(pin: tuple[float, float], macro: Macro, orientation: str) -> tuple[float, float]:
    """Where a pin of a block is, in um from its lower left corner as it stands."""
    x, y = pin
    return (
        macro.width_um - x if orientation in ("FN", "S") else x,
        macro.height_um - y if orientation in ("FS", "S") else y,
    )


def row_gaps(places: tuple[MacroPlace, ...], row: int, row_height: int, width: int) -> list[tuple[int, int]]:
    """Left and right edges in 1/1000 um of what is left of a row, from left to right."""
    low, high = row * row_height, (row + 1) * row_height
    taken = sorted((place.kept[0], place.kept[2]) for place in places if place.kept[1] < high and place.kept[3] > low)
    gaps, left = [], 0
    for start, end in [*taken, (width, width)]:
        if start > left:
            gaps.append((left, start))
        left = max(left, end)
    return gaps


def units(length_um: float) -> int:
    """A length in 1/1000 um."""
    return round(length_um * UNITS_PER_UM)
