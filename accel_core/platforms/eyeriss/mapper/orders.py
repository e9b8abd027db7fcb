"""The loop orders that matter at DRAM and at the global buffer.

A level's loops can stand in 720 orders, but what they cost depends on little: which tensor the innermost loops leave in
place, and which loop moves the input's tile first.

* Weights stay while the innermost loops are P and Q, outputs while they are C, R and S, inputs while it is M. These
  sets are disjoint, so only one tensor can stay. Loops of the others' sets further out save nothing, wherever they are.
  If weights stay, P and Q both go inside, if outputs, C, R and S; one of a set left outside only makes more visits.
* The input's first moving loop decides by which vector its tile slides. A loop further out costs less than a whole
  tile only if its step, less those of the loops inside it, is nothing or the same vector. That takes a move along one
  axis: its inner loops may only be its partner on that axis (P and R move along rows, Q and S along columns) and M.
  It saves the more, the further in it stands, so the partner goes next to the first, or it does not matter where.
* Anywhere but innermost, M makes whole tiles be fetched again and saves nothing, so it goes outermost.

What is left are the first sixteen of ``ORDERS``; any other order of the same loops has no smaller count of anything
than one of them. Where neighbors forward inputs (``counts``) that does not hold, and all orders are tried. The tests
compare with all orders on small layers.
"""

from __future__ import annotations

from itertools import permutations

import numpy as np
from numba import njit

from accel_core.platforms.eyeriss.architecture import IntArray
from accel_core.platforms.eyeriss.counts import P
from accel_core.platforms.eyeriss.mapping import DIMENSIONS

_WITHOUT_M = ("PQCRS", "PRQCS", "QPCRS", "QSPCR", "RCSPQ", "RPCSQ", "SCRPQ", "SQCRP")


def _array(words: list[str]) -> IntArray:
    return np.array([[DIMENSIONS.index(name) for name in word] for word in words], np.int64)


_USUAL = [f"{word}M" for word in _WITHOUT_M] + [f"M{word}" for word in _WITHOUT_M]
ORDERS = _array(list(dict.fromkeys([*_USUAL, *map("".join, permutations(DIMENSIONS))])))
"""Dimensions innermost first, shape (720, 6)."""
N_USUAL = len(_USUAL)
"""How many of them matter where no inputs are forwarded."""

STAYING = np.array([1, 2, 0, 0, 1, 1])
"""Which tensor stays while a dimension's loop is innermost: 0 weights (P, Q), 1 outputs (C, R, S), 2 inputs (M)."""


def _different_orders(orders: IntArray) -> IntArray:
    """Return for each set of dimensions that have a loop (bit i for dimension i) the orders that differ on it.

    Returns:
        Shape (64, 1 + orders): the number of orders, then their indices, then zeros.
    """
    table = np.zeros((64, 1 + len(orders)), np.int64)
    for present in range(64):
        seen: set[tuple[int, ...]] = set()
        for index, order in enumerate(orders.tolist()):
            loops = tuple(dimension for dimension in order if present >> dimension & 1)
            if loops not in seen:
                seen.add(loops)
                table[present, len(seen)] = index
        table[present, 0] = len(seen)
    return table


DIFFERENT = _different_orders(ORDERS[:N_USUAL])
ALL_DIFFERENT = _different_orders(ORDERS)

OF_INPUT = np.array([1, 0, 1, 1, 1, 1])
"""Per dimension, whether the input's tile moves with it."""


@njit(cache=True)
def present(factors: IntArray) -> int:
    """Return the set of dimensions that have a loop, bit i for dimension i."""
    mask = 0
    for dimension in range(6):
        if factors[dimension] > 1:
            mask |= 1 << dimension
    return mask


@njit(cache=True)
def innermost(glb: IntArray, glb_order: int, dram: IntArray, dram_order: int) -> int:
    """Return the dimension of the innermost loop above the scratchpads; P, under which weights stay, if none."""
    for i in range(6):
        if glb[ORDERS[glb_order, i]] > 1:
            return int(ORDERS[glb_order, i])
    for i in range(6):
        if dram[ORDERS[dram_order, i]] > 1:
            return int(ORDERS[dram_order, i])
    return P


@njit(cache=True)
def visits_again(glb: IntArray, glb_order: IntArray, dram: IntArray, dram_order: IntArray, mover: IntArray) -> int:
    """Return how often each word of a tensor comes back: the loops outside the innermost mover that do not move it."""
    product, has_moved = 1, False
    for i in range(12):
        dimension = glb_order[i] if i < 6 else dram_order[i - 6]
        n = glb[dimension] if i < 6 else dram[dimension]
        if n > 1 and mover[dimension]:
            has_moved = True
        elif has_moved:
            product *= n
    return int(product)
