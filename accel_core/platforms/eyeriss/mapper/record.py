"""What is minimized, and the best mapping so far."""

from __future__ import annotations

from typing import NamedTuple

from numba import njit

from accel_core.platforms.eyeriss.architecture import IntArray
from accel_core.platforms.eyeriss.cost import FloatArray

EDP, DELAY, ENERGY = range(3)

FOUND = ("inner", "outer", "glb_order", "dram_order", "n_priced")
"""Indices of the best mapping that ``search`` returns, and how many mappings it priced."""


@njit(cache=True)
def score(objective: int, cycles: float, energy: float) -> tuple[float, float]:
    """Return what is minimized, and what decides between equals."""
    if objective == EDP:
        return cycles * energy, cycles
    if objective == DELAY:
        return cycles, energy
    return energy, cycles


@njit(cache=True)
def is_below(first: float, second: float, best_first: float, best_second: float) -> bool:
    """Tell whether a score is better than the best so far."""
    return first < best_first or (first == best_first and second < best_second)


class Record(NamedTuple):
    """The best mapping so far.

    Attributes:
        objective: What is minimized.
        found: ``FOUND``.
        best: Its score.
        limit: A score above which nothing can be best.
    """

    objective: int
    found: IntArray
    best: FloatArray
    limit: FloatArray


@njit(cache=True)
def is_hopeless(record: Record, cycles: float, energy: float) -> bool:
    """Tell whether a bound is no better than the best so far, or worse than what is known."""
    best, limit = record.best, record.limit
    first, second = score(record.objective, cycles, energy)
    return not is_below(first, second, best[0], best[1]) or is_below(limit[0], limit[1], first, second)
