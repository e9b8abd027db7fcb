"""Runs an application on many designs: array by array, so that little is worked out twice and little memory is used."""

from __future__ import annotations

import numpy as np

from accel_core.platforms.edgetpu.applications import Layers
from accel_core.platforms.edgetpu.architecture import Indices, Ints, model, sizes, values
from accel_core.platforms.edgetpu.latency import Outcome, empty_outcome, run
from accel_core.platforms.edgetpu.mapping import spread_layers
from accel_core.platforms.edgetpu.tiling import tile_layers

ARRAYS_AT_ONCE = 64
"""So many arrays' tilings stay in a processor's cache."""


def simulate(indices: Indices, layers: Layers) -> Outcome:
    """Run one inference on each design.

    Args:
        indices: Shape (designs, 10): which of its values each parameter has, counted from 0 in the order of the space.
        layers: The application.
    """
    out = empty_outcome(len(indices))
    order, starts, arrays = _by_array(indices)
    for first in range(0, len(arrays), ARRAYS_AT_ONCE):
        some = arrays[first : first + ARRAYS_AT_ONCE]
        tiling = tile_layers(layers, some, spread_layers(layers, some), sizes(), model())
        run(out, order, starts[first : first + len(some) + 1], indices, layers, tiling, sizes(), model())
    return out


def _by_array(indices: Indices) -> tuple[Ints, Ints, Ints]:
    """Return the rows sorted by array, where each array's start (and the end), and the arrays' parameters."""
    counts = [len(column) for column in values()[:4]]
    keys = np.ravel_multi_index(tuple(indices[:, :4].T), counts).astype(np.uint16)
    order = np.argsort(keys, kind="stable")
    ends = np.cumsum(np.bincount(keys, minlength=int(np.prod(counts))))
    starts = np.concatenate(([0], ends))
    used = np.flatnonzero(np.diff(starts))
    places = np.unravel_index(used, counts)
    arrays = np.stack([column[index] for column, index in zip(values()[:4], places, strict=True)], axis=1)
    return order, np.append(starts[used], len(indices)), arrays
