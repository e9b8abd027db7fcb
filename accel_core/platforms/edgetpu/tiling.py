"""What the memories make of layers on arrays: blocks, slices, tiles, and the least sizes that work.

Worked out once for all designs that share ``pes_x pes_y cores lanes``, for every size that a memory may have. The
memories and what they hold are those of Seshadri et al., IISWC 2022, section 2; how tensors are cut is assumed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from accel_core.platforms.edgetpu.applications import Layers
from accel_core.platforms.edgetpu.architecture import ACTIVATION, CORE, PARAMETER, PE, Floats, Ints, Model, Sizes
from accel_core.platforms.edgetpu.mapping import Spread


class Tiling(NamedTuple):
    """Layers on arrays.

    Fields are of shape (arrays, layers), or (arrays, sizes of the memory, layers); all are whole numbers, in float64 so
    that a loop over layers runs in vector registers.

    Attributes:
        compute: Cycles of the lanes without restarts.
        fill: Cycles of one restart of every group of output channels.
        bus: Cycles in which the inputs reach the array.
        groups: Groups of output channels of a core.
        core_bytes: Parameters of one core.
        blocks: Blocks of pixels, by activation memory.
        slices: Slices of a filter, by parameter memory.
        tiles: Spatial tiles, by PE memory; 1 where inputs and outputs stay in the PEs.
        inputs: Bytes that tiles read from DRAM, by PE memory.
        outputs: Bytes that tiles write to DRAM, by PE memory.
        working: Shape (arrays,): parameters of the largest group of channels.
        total: Shape (arrays,): parameters of one core over all layers.
        bus_bytes: Shape (arrays,): bytes on all buses in one inference.
        pe_reads: Shape (arrays,): bytes that cores read from PE memories in one inference.
        need: Shape (arrays, 4): least bytes of activation, parameter, core and PE memory.
        culprit: Shape (arrays, 4): the layers that need them.
    """

    compute: Floats
    fill: Floats
    bus: Floats
    groups: Floats
    core_bytes: Floats
    blocks: Floats
    slices: Floats
    tiles: Floats
    inputs: Floats
    outputs: Floats
    working: Floats
    total: Floats
    bus_bytes: Floats
    pe_reads: Floats
    need: Ints
    culprit: Ints


@njit(cache=True, error_model="numpy")
def tile_layers(layers: Layers, arrays: Ints, spread: Spread, sizes: Sizes, model: Model) -> Tiling:
    """Tile every layer on every array; ``arrays`` has the columns ``pes_x pes_y cores lanes``."""
    k, n = arrays.shape[0], layers.rows.size
    tiling = Tiling(
        np.empty((k, n)),
        np.empty((k, n)),
        np.empty((k, n)),
        np.empty((k, n)),
        np.empty((k, n)),
        np.empty((k, sizes.activation.size, n)),
        np.empty((k, sizes.parameter.size, n)),
        np.empty((k, sizes.pe.size, n)),
        np.empty((k, sizes.pe.size, n)),
        np.empty((k, sizes.pe.size, n)),
        np.zeros(k),
        np.zeros(k),
        np.zeros(k),
        np.zeros(k),
        np.zeros((k, 4), dtype=np.int64),
        np.zeros((k, 4), dtype=np.int64),
    )
    for a in range(k):
        lanes = arrays[a, 3]
        for i in range(n):
            _compute(tiling, a, i, layers, spread, arrays[a], model)
            _hold_parameters(tiling, a, i, layers, spread, lanes)
            _block_pixels(tiling, a, i, layers, spread, lanes, sizes, model)
            _slice_filters(tiling, a, i, layers, lanes, sizes, model)
            _cut_rows(tiling, a, i, layers, spread, sizes)
        tiling.working[a] = tiling.need[a, CORE]
    return tiling


@njit(cache=True, error_model="numpy")
def _need(tiling: Tiling, a: int, i: int, memory: int, size: int) -> None:
    """Note that layer i needs so many bytes of a memory."""
    if size > tiling.need[a, memory]:
        tiling.need[a, memory], tiling.culprit[a, memory] = size, i


@njit(cache=True, error_model="numpy")
def _compute(tiling: Tiling, a: int, i: int, layers: Layers, spread: Spread, array: Ints, model: Model) -> None:
    """Count what lanes and buses do.

    Only a sum over input channels fills the four multipliers of a lane, which share their four inputs with all lanes of
    the core; a layer that works channel by channel uses one, on an input of its own. Every row of PEs has one bus, on
    which the inputs that it needs come once (assumed).
    """
    pes_x, pes_y, _, lanes = array
    taps = layers.filter_rows[i] * layers.filter_columns[i]
    reduction = taps if layers.per_channel[i] else taps * -(-layers.channels_in[i] // 4)
    cycles = spread.groups[a, i] * spread.pixels[a, i] * reduction
    tiling.groups[a, i] = spread.groups[a, i]
    tiling.compute[a, i] = cycles
    tiling.fill[a, i] = spread.groups[a, i] * model.fill_cycles
    inputs = lanes if layers.per_channel[i] else 4
    tiling.pe_reads[a] += float(cycles) * (pes_x * pes_y * spread.readers[a, i] * inputs)
    height = (spread.rows[a, i] - 1) * layers.stride[i] + layers.filter_rows[i]
    width = (layers.columns[i] - 1) * layers.stride[i] + layers.filter_columns[i]
    channels = spread.row_channels[a, i] if layers.per_channel[i] else layers.channels_in[i]
    row_bytes = height * width * channels
    tiling.bus[a, i] = -(-row_bytes // model.bus_bytes)
    tiling.bus_bytes[a] += row_bytes * pes_y


@njit(cache=True, error_model="numpy")
def _hold_parameters(tiling: Tiling, a: int, i: int, layers: Layers, spread: Spread, lanes: int) -> None:
    """Count the parameters of a core, and those of one group of channels, which it works with at a time."""
    filters = layers.filter_bytes[i]
    tiling.core_bytes[a, i] = spread.core_channels[a, i] * filters
    tiling.total[a] += tiling.core_bytes[a, i]
    _need(tiling, a, i, CORE, min(spread.core_channels[a, i], lanes) * filters)


@njit(cache=True, error_model="numpy")
def _block_pixels(
    tiling: Tiling, a: int, i: int, layers: Layers, spread: Spread, lanes: int, sizes: Sizes, model: Model
) -> None:
    """Cut the pixels of a core into blocks whose sums fit beside the inputs of two of them, one on its way.

    A block passes over the parameters of a group once, so that room for few sums means many restarts.
    """
    inputs = 2 * (max(layers.filter_bytes[i], 1) * lanes if layers.per_channel[i] else layers.filter_bytes[i])
    sums = model.accumulator_bytes * lanes
    _need(tiling, a, i, ACTIVATION, inputs + sums * min(model.least_pixels, layers.rows[i] * layers.columns[i]))
    for k in range(sizes.activation.size):
        held = max((sizes.activation[k] - inputs) // sums, 1)
        tiling.blocks[a, k, i] = -(-spread.pixels[a, i] // held)


@njit(cache=True, error_model="numpy")
def _slice_filters(tiling: Tiling, a: int, i: int, layers: Layers, lanes: int, sizes: Sizes, model: Model) -> None:
    """Cut the filters of a group of channels along the input channels; two slices fit, one of them on its way.

    A slice has at least four input channels, and enough products to hide the load of the next, or the whole filter.
    """
    taps = layers.filter_rows[i] * layers.filter_columns[i]
    if layers.per_channel[i]:
        tiling.slices[a, :, i] = 1
        _need(tiling, a, i, PARAMETER, 2 * lanes * taps if layers.filter_bytes[i] else 0)
        return
    whole = taps * layers.channels_in[i]
    _need(tiling, a, i, PARAMETER, 2 * lanes * min(max(model.least_products, 4 * taps), whole))
    words = -(-layers.channels_in[i] // 4)
    for k in range(sizes.parameter.size):
        tiling.slices[a, k, i] = -(-words // max(sizes.parameter[k] // (8 * lanes * taps), 1))


@njit(cache=True, error_model="numpy")
def _cut_rows(tiling: Tiling, a: int, i: int, layers: Layers, spread: Spread, sizes: Sizes) -> None:
    """Cut a PE's output rows into tiles that fit its memory.

    Inputs and outputs that fit together stay in the PEs from one layer to the next. Else both go through DRAM in tiles,
    one at work and one on its way, and the input rows that two tiles share are read twice.
    """
    rows, columns, channels = spread.rows[a, i], spread.columns[a, i], spread.channels[a, i]
    step, height = layers.stride[i], layers.filter_rows[i]
    depth = channels if layers.per_channel[i] else layers.channels_in[i]
    line = ((columns - 1) * step + layers.filter_columns[i]) * depth
    row_out = columns * channels
    shared = max(height - step, 0)
    rows_in = (rows - 1) * step + height
    whole = rows_in * line + rows * row_out
    fixed, growing = shared * line, step * line + row_out
    _need(tiling, a, i, PE, min(whole, 2 * (fixed + growing)))
    is_first, is_last = i == 0, i == layers.rows.size - 1
    for k in range(sizes.pe.size):
        if whole <= sizes.pe[k]:
            tiles, read = 1, layers.input_bytes[i] if is_first else 0
            written = layers.output_bytes[i] if is_last else 0
        else:
            tiles = -(-rows // max((sizes.pe[k] // 2 - fixed) // growing, 1))
            read = -(-layers.input_bytes[i] * (rows_in + (tiles - 1) * shared) // rows_in)
            written = layers.output_bytes[i]
        tiling.tiles[a, k, i], tiling.inputs[a, k, i], tiling.outputs[a, k, i] = tiles, read, written
