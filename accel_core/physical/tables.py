"""Lookup tables of one or two variables, many at a time: bilinear inside, linear extrapolation outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Tables:
    """T tables in common arrays, padded to the largest.

    Attributes:
        axis1: First variable, shape (T, N1), padded with inf.
        size1: How much of each row of ``axis1`` is real, shape (T,), 1 for a constant.
        axis2: Second variable, shape (T, N2), padded with inf.
        size2: Likewise.
        values: Shape (T, N1, N2).
    """

    axis1: Floats
    size1: Ints
    axis2: Floats
    size2: Ints
    values: Floats

    KEYS: ClassVar[tuple[str, ...]] = ("axis1", "size1", "axis2", "size2", "values")

    def arrays(self) -> dict[str, npt.NDArray[np.float64] | npt.NDArray[np.int64]]:
        """The arrays by name, in the order of the constructor."""
        return {key: getattr(self, key) for key in self.KEYS}

    def joined(self, other: Tables) -> Tables:
        """These tables, then those of another; both in common arrays again."""
        width1, width2 = (
            max(mine, its) for mine, its in zip(self.values.shape[1:], other.values.shape[1:], strict=True)
        )

        def padded(axis: Floats, width: int) -> Floats:
            return np.pad(axis, ((0, 0), (0, width - axis.shape[1])), constant_values=np.inf)

        def filled(values: Floats) -> Floats:
            return np.pad(values, ((0, 0), (0, width1 - values.shape[1]), (0, width2 - values.shape[2])))

        return Tables(
            np.concatenate([padded(part.axis1, width1) for part in (self, other)]),
            np.concatenate([self.size1, other.size1]),
            np.concatenate([padded(part.axis2, width2) for part in (self, other)]),
            np.concatenate([self.size2, other.size2]),
            np.concatenate([filled(part.values) for part in (self, other)]),
        )

    def lookup(self, table: Ints, first: Floats, second: Floats) -> Floats:
        """Values of the tables ``table`` at (``first``, ``second``): arrays of one shape (m,), like the result."""
        i, u = _locate(self.axis1, self.size1, table, first)
        j, v = _locate(self.axis2, self.size2, table, second)
        i1 = np.minimum(i + 1, self.size1[table] - 1)
        j1 = np.minimum(j + 1, self.size2[table] - 1)
        values = self.values
        low = values[table, i, j] * (1.0 - v) + values[table, i, j1] * v
        high = values[table, i1, j] * (1.0 - v) + values[table, i1, j1] * v
        return np.asarray(low * (1.0 - u) + high * u)


def _locate(axes: Floats, sizes: Ints, table: Ints, x: Floats) -> tuple[Ints, Floats]:
    """Index of the interval that (extended) holds each x, and where x lies in it (0 to 1 inside)."""
    axis = axes[table]
    size = sizes[table]
    index = (axis[:, 1:-1] <= x[:, None]).sum(axis=1) if axis.shape[1] > 2 else np.zeros(len(x), dtype=np.int64)
    index = np.clip(index, 0, np.maximum(size - 2, 0))
    row = np.arange(len(x))
    start = axis[row, index]
    width = axis[row, np.minimum(index + 1, axis.shape[1] - 1)] - start
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(size > 1, (x - start) / width, 0.0)
    return index, share


@dataclass
class TablesBuilder:
    """Collects tables of any size; ``add`` returns each one's number."""

    tables: list[tuple[Sequence[float], Sequence[float], Sequence[Sequence[float]]]] = field(default_factory=list)

    def add(self, axis1: Sequence[float], axis2: Sequence[float], values: Sequence[Sequence[float]]) -> int:
        """Add a table of ``len(axis1)`` rows and ``len(axis2)`` columns."""
        self.tables.append((axis1, axis2, values))
        return len(self.tables) - 1

    def build(self) -> Tables:
        """All tables in common arrays."""
        count = len(self.tables)
        width1 = max((len(table[0]) for table in self.tables), default=1)
        width2 = max((len(table[1]) for table in self.tables), default=1)
        axis1 = np.full((count, width1), np.inf)
        axis2 = np.full((count, width2), np.inf)
        values = np.zeros((count, width1, width2))
        for row, (first, second, body) in enumerate(self.tables):
            axis1[row, : len(first)] = first
            axis2[row, : len(second)] = second
            values[row, : len(first), : len(second)] = body
        size1 = np.array([len(table[0]) for table in self.tables], dtype=np.int64)
        size2 = np.array([len(table[1]) for table in self.tables], dtype=np.int64)
        return Tables(axis1, size1, axis2, size2, values)
