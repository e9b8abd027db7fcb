"""Cycles and energy of a mapping from its access counts, as Timeloop v4 reports them.

Cycles: one multiply-accumulate a cycle and lane, slowed down by the global buffer where it must read or write more
words a cycle than it can. The scratchpads never slow down: a word that enters is used at least once. Energy: accesses
of one instance in rows, rounded up, by what a row takes, by the instances in use, and what those leak in every cycle.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from numba import njit

from accel_core.platforms.eyeriss.architecture import (
    DRAM_ROW_WORDS,
    GLB_WORDS_PER_CYCLE,
    IntArray,
    row_words,
)
from accel_core.platforms.eyeriss.counts import (
    CYCLES,
    DRAM_O_READS,
    DRAM_O_WRITES,
    DRAM_W_READS,
    GLB_I_READS,
    GLB_I_WRITES,
    GLB_O_READS,
    GLB_O_WRITES,
    IFMAP_FILLS,
    IFMAP_READS,
    LANES,
    PSUM_FILLS,
    PSUM_READS,
    WEIGHTS_FILLS,
    count,
    factors_of,
    layer_array,
)
from accel_core.platforms.eyeriss.mapping import LoopNest, check_factors, overflowing
from accel_core.workloads import Layer

FloatArray = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

PRICES = ("cycles", "mac", "ifmap", "weights", "psum", "glb", "dram")
"""What ``price`` returns: cycles, then energy by level in pJ."""
_GLB, _IFMAP, _WEIGHTS, _PSUM = range(4)
(_DRAM_READ, _DRAM_WRITE, _GLB_READ, _GLB_WRITE, _GLB_LEAK, _IFMAP_READ, _IFMAP_WRITE, _IFMAP_LEAK,
 _WEIGHTS_READ, _WEIGHTS_WRITE, _WEIGHTS_LEAK, _PSUM_READ, _PSUM_WRITE, _PSUM_LEAK, _MAC) = range(15)  # fmt: skip


@njit(cache=True)
def rows_of(words: int, words_per_row: int) -> int:
    """Return how many rows hold so many words, the last one perhaps in part."""
    return (words + words_per_row - 1) // words_per_row


@njit(cache=True)
def cycles_of(counts: IntArray) -> float:
    """Return cycles with the global buffer's slowdown; divisions as Timeloop does them, for its rounding."""
    computing = counts[CYCLES]
    reads = counts[GLB_I_READS] / computing + counts[GLB_O_READS] / computing
    writes = counts[GLB_I_WRITES] / computing + counts[GLB_O_WRITES] / computing
    slowdown = min(1.0, GLB_WORDS_PER_CYCLE / max(reads, 1e-9), GLB_WORDS_PER_CYCLE / max(writes, 1e-9))
    return float(math.ceil(computing / slowdown))


@njit(cache=True)
def price(counts: IntArray, words: IntArray, energies: FloatArray) -> FloatArray:
    """Return ``PRICES`` of one mapping on one design.

    Args:
        counts: ``COUNTS`` of the mapping.
        words: Words per row of the global buffer, ifmap, weights and psum.
        energies: pJ as ``energy.ENERGIES`` lists them.
    """
    cycles, lanes, computing = cycles_of(counts), counts[LANES], counts[CYCLES]
    glb, ifmap, weights, psum = words[_GLB], words[_IFMAP], words[_WEIGHTS], words[_PSUM]
    prices = np.empty(7)
    prices[0] = cycles
    prices[1] = energies[_MAC] * computing * lanes
    prices[2] = lanes * (
        energies[_IFMAP_READ] * rows_of(counts[IFMAP_READS], ifmap)
        + energies[_IFMAP_WRITE] * rows_of(counts[IFMAP_FILLS], ifmap)
        + energies[_IFMAP_LEAK] * cycles
    )
    prices[3] = lanes * (
        energies[_WEIGHTS_READ] * rows_of(computing, weights)
        + energies[_WEIGHTS_WRITE] * rows_of(counts[WEIGHTS_FILLS], weights)
        + energies[_WEIGHTS_LEAK] * cycles
    )
    prices[4] = lanes * (
        energies[_PSUM_READ] * rows_of(counts[PSUM_READS], psum)
        + energies[_PSUM_WRITE] * (rows_of(counts[PSUM_FILLS], psum) + rows_of(computing, psum))
        + energies[_PSUM_LEAK] * cycles
    )
    drains = counts[GLB_O_WRITES] - counts[DRAM_O_READS]
    prices[5] = (
        energies[_GLB_READ] * (rows_of(counts[GLB_I_READS], glb) + rows_of(counts[GLB_O_READS], glb))
        + energies[_GLB_WRITE]
        * (rows_of(counts[GLB_I_WRITES], glb) + rows_of(counts[DRAM_O_READS], glb) + rows_of(drains, glb))
        + energies[_GLB_LEAK] * cycles
    )
    read = rows_of(counts[DRAM_W_READS], DRAM_ROW_WORDS) + rows_of(counts[GLB_I_WRITES], DRAM_ROW_WORDS)
    prices[6] = energies[_DRAM_READ] * (read + rows_of(counts[DRAM_O_READS], DRAM_ROW_WORDS))
    prices[6] += energies[_DRAM_WRITE] * rows_of(counts[DRAM_O_WRITES], DRAM_ROW_WORDS)
    return prices


@njit(cache=True)
def price_each(counts: IntArray, words: IntArray, energies: FloatArray) -> FloatArray:
    """Return ``price`` of each row, shape (n, 7)."""
    prices = np.empty((len(counts), 7))
    for i in range(len(counts)):
        prices[i] = price(counts[i], words[i], energies[i])
    return prices


def cost_table(counts: IntArray, designs: pd.DataFrame, energies: FloatArray) -> pd.DataFrame:
    """Return the metrics of mapped designs that come from the mapping.

    Args:
        counts: ``COUNTS`` of each design's mapping, shape (n, 14).
        designs: The designs.
        energies: pJ, shape (n, 15).

    Returns:
        ``lanes``, ``compute_cycles``, ``cycles``, ``energy_<level>_j``, ``energy_j`` and
        ``accesses_<level>_<tensor>_<reads or writes>``, the last in words over all instances; one row a design.
    """
    words = np.maximum(row_words(designs), 1)  # a row too narrow for a word makes its design infeasible elsewhere
    prices = price_each(counts, words, np.ascontiguousarray(energies, dtype=np.float64))
    table = {"lanes": counts[:, LANES], "compute_cycles": counts[:, CYCLES], "cycles": prices[:, 0]}
    table |= {f"energy_{level}_j": prices[:, 1 + i] * 1e-12 for i, level in enumerate(PRICES[1:])}
    table["energy_j"] = prices[:, 1:].sum(axis=1) * 1e-12
    table |= {f"accesses_{name}": values for name, values in _accesses(counts).items()}
    return pd.DataFrame(table, index=designs.index).astype(np.float64)


def _accesses(counts: IntArray) -> dict[str, IntArray]:
    lanes, macs = counts[:, LANES], counts[:, LANES] * counts[:, CYCLES]
    return {
        "dram_w_reads": counts[:, DRAM_W_READS],
        "dram_i_reads": counts[:, GLB_I_WRITES],
        "dram_o_reads": counts[:, DRAM_O_READS],
        "dram_o_writes": counts[:, DRAM_O_WRITES],
        "glb_i_reads": counts[:, GLB_I_READS],
        "glb_i_writes": counts[:, GLB_I_WRITES],
        "glb_o_reads": counts[:, GLB_O_READS],
        "glb_o_writes": counts[:, GLB_O_WRITES],
        "ifmap_i_reads": lanes * counts[:, IFMAP_READS],
        "ifmap_i_writes": lanes * counts[:, IFMAP_FILLS],
        "weights_w_reads": macs,
        "weights_w_writes": lanes * counts[:, WEIGHTS_FILLS],
        "psum_o_reads": lanes * counts[:, PSUM_READS],
        "psum_o_writes": lanes * counts[:, PSUM_FILLS] + macs,
    }


def evaluate_nest(nest: LoopNest, layer: Layer, designs: pd.DataFrame, energies: FloatArray) -> pd.DataFrame:
    """Evaluate one mapping of one group of a layer on several designs.

    Args:
        nest: The mapping.
        layer: The layer; ``repeat`` is left to the caller.
        designs: The designs.
        energies: pJ, shape (n, 15).

    Returns:
        ``status``, ``stage``, ``reason``, ``mapping`` and the columns of ``cost_table``; a design that the mapping does
        not fit is ``infeasible`` with the level that overflows as its stage, and NaN.

    Raises:
        InvalidInputError: If the mapping's factors do not multiply to the layer.
    """
    check_factors(nest, layer)
    counts = np.tile(count(layer_array(layer), *factors_of(nest)), (len(designs), 1))
    table = cost_table(counts, designs, energies)
    records: list[dict[str, Any]] = designs.to_dict("records")  # type: ignore[assignment]
    overflows = [overflowing(nest, layer, design) for design in records]
    table[[overflow is not None for overflow in overflows]] = np.nan
    table.insert(0, "status", ["infeasible" if overflow else "ok" for overflow in overflows])
    table.insert(1, "stage", [overflow.level if overflow else "" for overflow in overflows])
    table.insert(2, "reason", [overflow.sentence if overflow else "" for overflow in overflows])
    table.insert(3, "mapping", str(nest))
    return table
