"""The fixed part of the Eyeriss-like array: word sizes, bandwidths and capacities of its buffers.

Source: ``eyeriss_like`` of the Timeloop and Accelergy exercises (architecture v0.4): words of 8 bits, partial sums of
16; the global buffer reads and writes 16 words a cycle, each scratchpad 2 and 2, DRAM is not limited.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

WORD_BITS = {"glb": 8, "ifmap": 8, "weights": 8, "psum": 16}
BUFFERS = tuple(WORD_BITS)
GLB_WORDS_PER_CYCLE = 16
SPAD_WORDS_PER_CYCLE = 2
DRAM_ROW_WORDS = 8
CLOCK_HZ = 1e9
"""Assumed, as the source of the resource-constrained search does in its GFLOPs."""

IntArray = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


def words_per_row(level: str, width_bits: int) -> int:
    """Return how many words a row of a buffer holds."""
    return width_bits // WORD_BITS[level]


def capacities(designs: pd.DataFrame) -> IntArray:
    """Return words per buffer, shape (n, 4) in the order of ``BUFFERS``; scratchpads are those of one PE."""
    return np.column_stack([designs[f"{level}_depth"].to_numpy(np.int64) for level in BUFFERS]) * row_words(designs)


def row_words(designs: pd.DataFrame) -> IntArray:
    """Return words per row of each buffer, shape (n, 4) in the order of ``BUFFERS``."""
    return np.column_stack([designs[f"{level}_width"].to_numpy(np.int64) // WORD_BITS[level] for level in BUFFERS])
