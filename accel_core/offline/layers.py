"""Tables of layers as arrays of one size, for networks that look at applications layer by layer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from accel_core.offline.logs import Floats
from accel_core.rooflines import COUNT, Rooflines

ROOM = 16
"""Sizes are rounded up to multiples of so many, because each new one is compiled anew."""

NEVER = -1e9
"""Logarithm of how often a layer occurs that only fills up a table."""


def padded(table: pd.DataFrame, rooflines: Rooflines) -> tuple[Floats, Floats]:
    """Return fields and logarithms of counts of one table, with room for a multiple of ``ROOM`` layers."""
    n = -(-len(table) // ROOM) * ROOM
    layers, repeats = wider(
        table[list(rooflines.fields)].to_numpy(dtype=np.float64)[None],
        np.log(table[COUNT].to_numpy(dtype=np.float64))[None],
        n,
    )
    return layers[0], repeats[0]


def wider(layers: Floats, repeats: Floats, n: int) -> tuple[Floats, Floats]:
    """Fill up tables to n layers with ones that occur never, and are like the first lest numbers overflow."""
    more = n - layers.shape[1]
    filled = np.concatenate([layers, np.repeat(layers[:, :1], more, axis=1)], axis=1)
    return filled, np.pad(repeats, ((0, 0), (0, more)), constant_values=NEVER)


def stacked(tables: Sequence[tuple[Floats, Floats]], n: int) -> tuple[Floats, Floats]:
    """Return several tables as one array, each filled up to n layers."""
    found = [wider(layers[None], repeats[None], n) for layers, repeats in tables]
    return np.concatenate([layers for layers, _ in found]), np.concatenate([repeats for _, repeats in found])
