"""How layers are spread over an array of processing elements (PEs).

The columns of PEs split either the columns or the channels of the output, the rows of PEs its rows or its channels, the
cores of a PE its channels or its pixels; lanes always split channels, and the four multipliers of a lane the input
channels. (The hierarchy is that of Seshadri et al., IISWC 2022, section 2; the choices are assumed.) Each of the eight
ways loses what does not divide. The compiler takes the one with the fewest cycles; among equals the one with the fewest
channels a core, so that few parameters are copied to several cores, and then the one of the lowest number.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from accel_core.platforms.edgetpu.applications import Layers
from accel_core.platforms.edgetpu.architecture import Ints

WAYS = 8
"""The bits of a way say who splits channels: 1 the columns of PEs, 2 the rows of PEs, 4 the cores."""


class Spread(NamedTuple):
    """Layers on arrays, int64 of shape (arrays, layers); the counts are those of the busiest core or PE.

    Attributes:
        groups: Groups of output channels that a core works off one after another, a channel a lane.
        pixels: Output pixels of a core.
        rows: Output rows of a PE.
        columns: Output columns of a PE.
        channels: Output channels of a PE.
        core_channels: Output channels of a core.
        row_channels: Output channels of a row of PEs.
        readers: Cores of a PE that read different inputs from its memory.
    """

    groups: Ints
    pixels: Ints
    rows: Ints
    columns: Ints
    channels: Ints
    core_channels: Ints
    row_channels: Ints
    readers: Ints


@njit(cache=True, error_model="numpy")
def spread_layers(layers: Layers, arrays: Ints) -> Spread:
    """Spread every layer over every array in its fastest way.

    Args:
        layers: The application.
        arrays: Shape (arrays, 4): ``pes_x pes_y cores lanes``.
    """
    shape = (arrays.shape[0], layers.rows.size)
    found = Spread(
        np.empty(shape, dtype=np.int64),
        np.empty(shape, dtype=np.int64),
        np.empty(shape, dtype=np.int64),
        np.empty(shape, dtype=np.int64),
        np.empty(shape, dtype=np.int64),
        np.empty(shape, dtype=np.int64),
        np.empty(shape, dtype=np.int64),
        np.empty(shape, dtype=np.int64),
    )
    for k in range(shape[0]):
        for i in range(shape[1]):
            _spread(found, k, i, layers, arrays[k])
    return found


@njit(cache=True, error_model="numpy")
def _spread(found: Spread, k: int, i: int, layers: Layers, array: Ints) -> None:
    """Fill in one layer on one array."""
    sizes = layers.rows[i], layers.columns[i], layers.channels_out[i]
    best = _spread_in(0, sizes, array)
    for way in range(1, WAYS):
        other = _spread_in(way, sizes, array)
        if other[0] * other[1] < best[0] * best[1] or (other[0] * other[1] == best[0] * best[1] and other[5] < best[5]):
            best = other
    found.groups[k, i], found.pixels[k, i], found.rows[k, i], found.columns[k, i] = best[:4]
    found.channels[k, i], found.core_channels[k, i], found.row_channels[k, i], found.readers[k, i] = best[4:]


@njit(cache=True, error_model="numpy")
def _spread_in(way: int, sizes: tuple[int, int, int], array: Ints) -> tuple[int, int, int, int, int, int, int, int]:
    """Return the fields of ``Spread`` for output rows, columns and channels spread in one way."""
    rows, columns, channels = sizes
    pes_x, pes_y, cores, lanes = array
    if way & 2:
        row_channels = -(-channels // pes_y)
    else:
        row_channels = channels
        rows = -(-rows // pes_y)
    if way & 1:
        channels = -(-row_channels // pes_x)
    else:
        channels = row_channels
        columns = -(-columns // pes_x)
    core_channels, pixels, readers = channels, rows * columns, 1
    if way & 4:
        core_channels = -(-channels // cores)
    else:
        readers = min(cores, pixels)
        pixels = -(-pixels // cores)
    return -(-core_channels // lanes), pixels, rows, columns, channels, core_channels, row_channels, readers
