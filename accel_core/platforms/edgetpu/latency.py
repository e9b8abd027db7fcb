"""Cycles, traffic and program of whole networks on many designs: one pass over the layers of each, in compiled code."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from accel_core.platforms.edgetpu.applications import Layers
from accel_core.platforms.edgetpu.architecture import FEASIBLE, INSTRUCTION, Floats, Indices, Ints, Model, Sizes
from accel_core.platforms.edgetpu.tiling import Tiling

_PE, _CORE, _ACTIVATION, _INSTRUCTION, _PARAMETER, _DRAM = range(4, 10)
"""Columns of indices after ``pes_x pes_y cores lanes``."""


class Outcome(NamedTuple):
    """One inference on many designs, one entry a design.

    Attributes:
        memory: The number of the memory that is too small, or ``FEASIBLE``.
        needed: Bytes that this memory would have to have; 0 where feasible.
        layer: The layer that needs them, or -1 for all together.
        program_bytes: Size of the program; 0 where another memory is too small.
        cycles: Clock cycles; 0 where another memory is too small, as in all that follow.
        dram_bytes: Bytes between DRAM and chip.
        core_reads: Bytes of parameters that one core reads from its memory.
        bus_bytes: Bytes on the buses of the array.
        pe_reads: Bytes that cores read from PE memories.
        resident: Share of the parameters that stay in the core memories.
    """

    memory: npt.NDArray[np.int8]
    needed: Ints
    layer: npt.NDArray[np.int32]
    program_bytes: Floats
    cycles: Floats
    dram_bytes: Floats
    core_reads: Floats
    bus_bytes: Floats
    pe_reads: Floats
    resident: Floats


def empty_outcome(n: int) -> Outcome:
    """Return room for n designs."""
    return Outcome(
        np.full(n, FEASIBLE, dtype=np.int8),
        np.zeros(n, dtype=np.int64),
        np.full(n, -1, dtype=np.int32),
        np.zeros(n),
        np.zeros(n),
        np.zeros(n),
        np.zeros(n),
        np.zeros(n),
        np.zeros(n),
        np.zeros(n),
    )


@njit(cache=True, error_model="numpy")
def run(
    out: Outcome,
    order: Ints,
    starts: Ints,
    indices: Indices,
    layers: Layers,
    tiling: Tiling,
    sizes: Sizes,
    model: Model,
) -> None:
    """Run one inference on designs and fill in their entries.

    Args:
        out: Room for all designs.
        order: Rows of the designs to run, those of one array after another.
        starts: Where in ``order`` the designs of each array of the tiling start, and the end.
        indices: Shape (designs, 10): which of its values each parameter has.
        layers: The application.
        tiling: The application on the arrays.
        sizes: Values of the other parameters.
        model: Constants.
    """
    weight_bytes = layers.weight_bytes.astype(np.float64)
    for a in range(starts.size - 1):
        for k in range(starts[a], starts[a + 1]):
            row = order[k]
            chosen = indices[row]
            memory = _too_small(tiling.need[a], chosen, sizes)
            if memory != FEASIBLE:
                out.memory[row] = memory
                out.needed[row], out.layer[row] = tiling.need[a, memory], tiling.culprit[a, memory]
                continue
            _infer(out, row, chosen, a, weight_bytes, tiling, sizes, model)
            if out.program_bytes[row] > sizes.instruction[chosen[_INSTRUCTION]]:
                out.memory[row], out.needed[row] = INSTRUCTION, np.int64(out.program_bytes[row])


@njit(cache=True, error_model="numpy")
def _too_small(need: Ints, chosen: Indices, sizes: Sizes) -> int:
    """Return the first memory that is too small for some layer, or ``FEASIBLE``."""
    if need[0] > sizes.activation[chosen[_ACTIVATION]]:
        return 0
    if need[1] > sizes.parameter[chosen[_PARAMETER]]:
        return 1
    if need[2] > sizes.core[chosen[_CORE]]:
        return 2
    if need[3] > sizes.pe[chosen[_PE]]:
        return 3
    return FEASIBLE


@njit(cache=True, error_model="numpy", fastmath={"reassoc", "nsz", "nnan", "ninf"})
def _infer(
    out: Outcome, row: int, chosen: Indices, a: int, weight_bytes: Floats, tiling: Tiling, sizes: Sizes, model: Model
) -> None:
    """Add up one inference, in the steady state of many.

    A layer takes as long as the slowest of lanes, buses and DRAM, which work at the same time (assumed). Parameters
    that fit the core memories stay there (parameter caching, as the source has it). If not all do, what a core has
    beside its working set keeps an equal share of every layer, and the rest comes from DRAM in every inference: once
    a spatial tile, unless it is cheaper to read the inputs once for each part of the parameters (assumed).

    All terms are whole numbers below 2^53, so their order does not matter.
    """
    memory, working, total = float(sizes.core[chosen[_CORE]]), tiling.working[a], tiling.total[a]
    resident = 1.0 if total <= memory else (memory - working) / (total - working)
    streamed = 1.0 - resident
    share = streamed / max(working, 1.0)
    per_byte = sizes.dram_cycles[chosen[_DRAM]]
    compute, fill, bus = tiling.compute[a], tiling.fill[a], tiling.bus[a]
    groups, core_bytes = tiling.groups[a], tiling.core_bytes[a]
    blocks, slices = tiling.blocks[a, chosen[_ACTIVATION]], tiling.slices[a, chosen[_PARAMETER]]
    tiles = tiling.tiles[a, chosen[_PE]]
    inputs, outputs = tiling.inputs[a, chosen[_PE]], tiling.outputs[a, chosen[_PE]]
    cycles, bundles, moved, reads = 0.0, 0.0, 0.0, 0.0
    n = compute.size
    for i in range(n):
        lanes = compute[i] + fill[i] * blocks[i] * slices[i]
        stream = np.ceil(streamed * weight_bytes[i])
        parts = max(np.ceil(share * core_bytes[i]), 1.0)
        dram = min(stream * tiles[i] + inputs[i], stream + inputs[i] * parts) + outputs[i]
        cycles += max(lanes, bus[i], np.ceil(dram * per_byte))
        bundles += max(groups[i], parts) * tiles[i]
        moved += dram
        reads += blocks[i] * core_bytes[i]
    out.cycles[row] = model.start_cycles + n * model.layer_cycles + bundles * model.bundle_cycles + cycles
    out.program_bytes[row] = n * model.header_bytes + bundles * model.bundle_bytes
    out.dram_bytes[row], out.core_reads[row], out.resident[row] = moved, reads, resident
    out.bus_bytes[row], out.pe_reads[row] = tiling.bus_bytes[a], tiling.pe_reads[a]
