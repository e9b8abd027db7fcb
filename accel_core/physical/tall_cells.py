"""Legal places for cells of several rows, before the others are placed around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from accel_core.errors import InfeasibleError


@dataclass(frozen=True)
class TallCell:
    """A cell of several rows, in sites and rows.

    Attributes:
        x: Where its left edge would like to be.
        y: Where its lower edge would like to be.
        width: In sites.
        height: In rows.
        parity: Rows that it may begin on: 0 for even ones, 1 for odd ones, None for any.
    """

    x: float
    y: float
    width: int
    height: int
    parity: int | None


def place_tall_cells(cells: Sequence[TallCell], taken: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Site and row of each cell, the largest first, each at the free place nearest to where it would like to be.

    ``taken`` says which sites are not free, shape (rows, sites), and in the end also where the cells stand.
    Distances are in heights of a row, with sites taken for a tenth of that, about what they are.

    Raises:
        InfeasibleError: If one finds no place, at stage ``placement``.
    """
    places: list[tuple[int, int]] = [(0, 0)] * len(cells)
    for index in sorted(range(len(cells)), key=lambda index: (-cells[index].height, -cells[index].width, index)):
        cell = cells[index]
        site, row = _nearest(cell, taken)
        taken[row : row + cell.height, site : site + cell.width] = True
        places[index] = (site, row)
    return places


def _nearest(cell: TallCell, taken: npt.NDArray[np.bool_]) -> tuple[int, int]:
    rows = [row for row in range(len(taken) - cell.height + 1) if cell.parity is None or row % 2 == cell.parity]
    best, place = np.inf, None
    for row in sorted(rows, key=lambda row: abs(row - cell.y)):
        if abs(row - cell.y) >= best:
            break
        filled = np.concatenate([[0], np.cumsum(taken[row : row + cell.height].any(axis=0))])
        free = np.flatnonzero(filled[cell.width :] == filled[: -cell.width])
        if len(free):
            distances = np.abs(free - cell.x) / 10.0 + abs(row - cell.y)
            nearest = int(distances.argmin())
            if distances[nearest] < best:
                best, place = float(distances[nearest]), (int(free[nearest]), row)
    if place is None:
        raise InfeasibleError("placement", f"no legal placement: no room for a cell of {cell.height} rows")
    return place
