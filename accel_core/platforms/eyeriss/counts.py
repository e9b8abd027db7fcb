"""Exact access counts of a mapping, by the rules of Timeloop v4; words throughout.

A buffer's tile is a box in the coordinates of its tensor: channels x rows x columns for the input, halo included. The
loops above a buffer move its tile. A loop step that leaves the tile where it is costs nothing. Timeloop charges a step
that moves it by what is new, but only while the tile keeps moving by the same vector as in its innermost moving loop;
after any other move it fetches the whole tile (``NestAnalysis`` and ``OperationSpace::SaveAndSubtractIfSameStride`` of
Timeloop v4). It looks at the first two iterations of each loop and takes the others to be like the second, so the move
of a loop's step is the loop's own stride less one stride of each loop inside it. Weights and outputs never overlap
between steps, so for them only the loops inside the innermost relevant one are free.

Processing elements that need the same words at the same time are served by one read of the level above (multicast), and
partial sums of rows that hold the same output are added on their way up.

Neighbors in a column of the mesh forward inputs to each other. They hold successive columns of the filter (S), and so
of the input: where a step moves every tile by one column, each element needs what its neighbor got in the step before,
and only the element at the end reads the global buffer. Timeloop compares what neighbors get in two steps, one just
after the other, and forwards what is equal if that saves reads above (``NestAnalysis::ComputeNetworkLinkTransfers``).
Worked out for this array, that is where the tile moves by one column, either way, along no other axis, and comes whole
both times. Steps of output columns (Q) do so at stride 1 with all of Q in time; others do where the loops inside them
have moved the tile just so far. Neighbors in a row of the mesh forward nothing: between them and the scratchpads lies
a level that keeps nothing, for which ``MaskTiles`` drops it. A forwarded word costs a read of one scratchpad and a
write of another; Timeloop sees them in one column and divides them by the scratchpads of all
(``ComputePeerAccesses``).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from accel_core.errors import InvalidInputError
from accel_core.platforms.eyeriss.architecture import IntArray
from accel_core.platforms.eyeriss.mapping import DIMENSIONS, LoopNest
from accel_core.workloads import Layer

C, M, P, Q, R, S = range(6)
STRIDE = 6
MAX_COUNT = 2**60
"""What every count stays below, so that none overflows 64 bits, not even while it is added up."""
QX, MX, SY, CY, MY, C1, R1, M0 = range(8)
"""Factors inside the global buffer: columns Q and M; rows S, C and M; scratchpads C, R (weights) and M (psum)."""

COUNTS = (
    "lanes", "compute_cycles", "ifmap_fills", "ifmap_reads", "weights_fills", "psum_fills", "psum_reads",
    "glb_i_reads", "glb_i_writes", "glb_o_reads", "glb_o_writes", "dram_w_reads", "dram_o_reads", "dram_o_writes",
)  # fmt: skip
"""What ``count`` returns: ``ifmap_``, ``weights_`` and ``psum_`` of one used scratchpad, the others in total. As many
inputs leave DRAM as enter the global buffer; each scratchpad is read (psum: updated) once a cycle of computing."""
(LANES, CYCLES, IFMAP_FILLS, IFMAP_READS, WEIGHTS_FILLS, PSUM_FILLS, PSUM_READS, GLB_I_READS, GLB_I_WRITES,
 GLB_O_READS, GLB_O_WRITES, DRAM_W_READS, DRAM_O_READS, DRAM_O_WRITES) = range(len(COUNTS))  # fmt: skip


OF_WEIGHTS = np.array([1, 1, 0, 0, 1, 1])
OF_OUTPUT = np.array([0, 1, 1, 1, 0, 0])
"""Per dimension, whether the tensor has it."""
AXIS = np.array([0, -1, 1, 2, 1, 2])
"""Per dimension, the input's axis that its loops move along: 0 channels, 1 rows, 2 columns; -1 for filters (M)."""


@njit(cache=True)
def input_fills(n: IntArray, axis: IntArray, step: IntArray, extent: IntArray) -> tuple[int, int]:
    """Count the words that enter a buffer of the input over all loops above it.

    Args:
        n: Iterations of each loop, innermost first.
        axis: ``AXIS`` of each loop.
        step: By how much, in the input's coordinates.
        extent: Size of the tile along the three axes.

    Returns:
        Words in all, and how many of them come in whole tiles one column beside the whole tile of the step before.
    """
    full = extent[0] * extent[1] * extent[2]
    outer = 1
    for i in range(len(n)):
        outer *= n[i]
    total, beside = full, 0
    inside, move, first = np.zeros(3, np.int64), np.zeros(3, np.int64), np.zeros(3, np.int64)
    is_innermost, is_moving, comes_whole = True, False, False
    stays, after_stay = 0, 0
    first_cost = full
    for i in range(len(n)):
        if n[i] == 1:
            continue
        outer //= n[i]
        steps = outer * (n[i] - 1)
        for k in range(3):
            move[k] = -inside[k]
        if axis[i] >= 0:
            move[axis[i]] += step[i]
            inside[axis[i]] += step[i]
        was_innermost, is_innermost = is_innermost, False
        if move[0] == 0 and move[1] == 0 and move[2] == 0:
            stays += steps
            continue
        if not is_moving:
            is_moving = True
            first[:] = move
            first_cost = full // extent[axis[i]] * min(step[i], extent[axis[i]])
            comes_whole = was_innermost and first_cost == full
        cost = first_cost if move[0] == first[0] and move[1] == first[1] and move[2] == first[2] else full
        total += steps * cost
        if comes_whole and cost == full and move[0] == 0 and move[1] == 0 and abs(move[2]) == 1:
            beside += steps * full
            after_stay = n[i] - 1 if was_innermost else after_stay
    # A pass of the innermost loop that begins with a step which brings nothing has no whole tile to be beside of.
    return int(total), int(beside - after_stay * stays * full)


@njit(cache=True)
def visits(n: IntArray, dimension: IntArray, is_relevant: IntArray) -> int:
    """Count how often a tile is fetched that never overlaps with its next.

    It is the product of all loops above the tile but the innermost ones, which leave it where it is.

    Args:
        n: Iterations of each loop, innermost first.
        dimension: Dimension of each loop.
        is_relevant: Per dimension, 1 where the tensor has it.
    """
    product, is_free = 1, True
    for i in range(len(n)):
        if n[i] > 1 and is_relevant[dimension[i]]:
            is_free = False
        if not is_free:
            product *= n[i]
    return int(product)


@njit(cache=True)
def loops_above(
    layer: IntArray, inner: IntArray, glb: IntArray, glb_order: IntArray, dram: IntArray, dram_order: IntArray
) -> tuple[IntArray, IntArray, IntArray, IntArray, IntArray]:
    """Return the twelve temporal loops above the array, innermost first, and the global buffer's tile.

    Returns:
        Dimension, iterations, axis and step of each loop as ``input_fills`` takes them, and the tile's factor of each
        dimension.
    """
    stride = layer[STRIDE]
    tile = np.ones(6, np.int64)
    tile[C], tile[M] = inner[CY] * inner[C1], inner[MX] * inner[MY] * inner[M0]
    tile[Q], tile[R], tile[S] = inner[QX], inner[R1], inner[SY]
    dimensions, n = np.empty(12, np.int64), np.empty(12, np.int64)
    axis, step = np.empty(12, np.int64), np.zeros(12, np.int64)
    glb_tile = tile
    for i in range(12):
        if i == 6:
            glb_tile = tile.copy()
        dimension = glb_order[i] if i < 6 else dram_order[i - 6]
        dimensions[i] = dimension
        n[i] = glb[dimension] if i < 6 else dram[dimension]
        step[i] = tile[dimension]
        axis[i] = AXIS[dimension]
        if dimension in (P, Q):
            step[i] *= stride
        tile[dimension] *= n[i]
    return dimensions, n, axis, step, glb_tile


@njit(cache=True)
def ifmap_accesses(inner: IntArray, words: int, forwarded: int, cycles: int) -> tuple[int, int]:
    """Return the words written to and read from one ifmap scratchpad, as Timeloop rounds them.

    Args:
        inner: Factors inside the global buffer.
        words: Words that a scratchpad takes in all.
        forwarded: Those of them that come from a neighbor, but for the element at the end.
        cycles: Cycles of computing.
    """
    taps, columns = inner[SY], inner[QX] * inner[MX]
    from_neighbors = forwarded * (taps - 1) / (taps * columns)
    return int(forwarded / taps + (words - forwarded) + from_neighbors), math.floor(cycles + from_neighbors + 0.5)


@njit(cache=True)
def glb_reads(inner: IntArray, words: int, forwarded: int) -> int:
    """Return the words of inputs that the global buffer is read for so many in each scratchpad, some forwarded."""
    return int(inner[QX] * inner[CY] * (inner[SY] * (words - forwarded) + forwarded))


@njit(cache=True)
def count(
    layer: IntArray, inner: IntArray, glb: IntArray, glb_order: IntArray, dram: IntArray, dram_order: IntArray
) -> IntArray:
    """Count the accesses of one mapping.

    Args:
        layer: C, M, P, Q, R, S and the stride.
        inner: The eight factors inside the global buffer, in the order of ``QX`` to ``M0``.
        glb: Factor of each dimension at the global buffer.
        glb_order: Dimensions of its loops, innermost first.
        dram: Factor of each dimension at DRAM.
        dram_order: Dimensions of its loops, innermost first.

    Returns:
        ``COUNTS`` in their order.
    """
    dimension, n, axis, step, tile = loops_above(layer, inner, glb, glb_order, dram, dram_order)
    lanes = inner[QX] * inner[MX] * inner[SY] * inner[CY] * inner[MY]
    outputs = layer[M] * layer[P] * layer[Q]
    spad_extent = np.array([inner[C1], inner[R1], 1])
    rows, columns = (tile[P] - 1) * layer[STRIDE] + tile[R], (tile[Q] - 1) * layer[STRIDE] + tile[S]
    glb_extent = np.array([tile[C], rows, columns])
    different_outputs = inner[QX] * inner[MX] * inner[MY]
    drains = visits(n, dimension, OF_OUTPUT) * inner[M0]

    words, beside = input_fills(n, axis, step, spad_extent)
    forwarded = beside if inner[SY] > 1 else 0
    counts = np.empty(len(COUNTS), np.int64)
    counts[LANES] = lanes
    counts[CYCLES] = outputs * layer[C] * layer[R] * layer[S] // lanes
    counts[IFMAP_FILLS], counts[IFMAP_READS] = ifmap_accesses(inner, words, forwarded, counts[CYCLES])
    counts[WEIGHTS_FILLS] = visits(n, dimension, OF_WEIGHTS) * inner[C1] * inner[R1] * inner[M0]
    counts[PSUM_FILLS] = drains - outputs // different_outputs
    counts[PSUM_READS] = counts[CYCLES] - outputs // different_outputs
    counts[GLB_I_READS] = glb_reads(inner, words, forwarded)
    counts[GLB_I_WRITES] = input_fills(n[6:], axis[6:], step[6:], glb_extent)[0]
    counts[GLB_O_READS] = counts[PSUM_FILLS] * different_outputs
    counts[DRAM_O_WRITES] = visits(n[6:], dimension[6:], OF_OUTPUT) * tile[M] * tile[P] * tile[Q]
    counts[DRAM_O_READS] = counts[DRAM_O_WRITES] - outputs
    counts[GLB_O_WRITES] = drains * different_outputs + counts[DRAM_O_READS]
    counts[DRAM_W_READS] = counts[WEIGHTS_FILLS] * lanes // inner[QX]
    return counts


def layer_array(layer: Layer) -> IntArray:
    """Return C, M, P, Q, R, S and the stride as integers.

    Raises:
        InvalidInputError: If a mapping of the layer may have counts of ``MAX_COUNT`` or more. None has more than two
            words a multiply-accumulate, but for inputs, of which a tile has up to (stride + 1)^2 a tap and output.
    """
    macs = layer.macs // layer.repeat
    if macs * (layer.stride + 1) ** 2 >= MAX_COUNT:
        raise InvalidInputError(
            f"layer '{layer.name}' has {macs:,} multiply-accumulates at stride {layer.stride};"
            f" allowed: multiply-accumulates * (stride + 1)^2 below {MAX_COUNT:,}"
        )
    return np.array([getattr(layer, name) for name in (*DIMENSIONS, "stride")], np.int64)


def factors_of(nest: LoopNest) -> tuple[IntArray, IntArray, IntArray, IntArray, IntArray]:
    """Return a mapping as ``count`` takes it: inner, glb, glb_order, dram, dram_order."""
    inner = [("columns", "Q"), ("columns", "M"), ("rows", "S"), ("rows", "C"), ("rows", "M"),
             ("weights", "C"), ("weights", "R"), ("psum", "M")]  # fmt: skip
    outer = [array for level in ("glb", "dram") for array in _ordered_factors(nest, level)]
    return np.array([nest.factor(*place) for place in inner], np.int64), *outer  # type: ignore[return-value]


def _ordered_factors(nest: LoopNest, level: str) -> tuple[IntArray, IntArray]:
    inside_out = [loop.dimension for loop in reversed(nest.loops(level))]
    order = inside_out + [name for name in DIMENSIONS if name not in inside_out]
    factors = np.array([nest.factor(level, name) for name in DIMENSIONS], np.int64)
    return factors, np.array([DIMENSIONS.index(name) for name in order], np.int64)
