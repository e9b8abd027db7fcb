"""A slow mapper to compare with: every factorization, every order of the loops, nothing cut."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations, product

import numpy as np

from accel_core.platforms.eyeriss.architecture import IntArray
from accel_core.platforms.eyeriss.cost import FloatArray, price
from accel_core.platforms.eyeriss.counts import C1, CY, M0, MX, MY, QX, R1, SY, C, M, P, Q, R, S, count, layer_array
from accel_core.workloads import Layer

N_DIMENSIONS = 6


def divisors(number: int) -> list[int]:
    return [d for d in range(1, number + 1) if number % d == 0]


def inner_choices(layer: IntArray, mesh: tuple[int, int], capacity: IntArray) -> Iterator[IntArray]:
    """Yield all factors of the array and its scratchpads that fit; both spreads of M over the mesh."""
    c, m, q, r, s = (divisors(int(layer[d])) for d in (C, M, Q, R, S))
    for f in product(q, m, s, c, m, c, r, m):
        inner = np.array(f, np.int64)
        tile = inner[C1] * inner[R1]
        fits = tile <= capacity[1] and tile * inner[M0] <= capacity[2] and inner[M0] <= capacity[3]
        on_mesh = inner[QX] * inner[MX] <= mesh[0] and inner[SY] * inner[CY] * inner[MY] <= mesh[1]
        divides = layer[C] % (inner[CY] * inner[C1]) == 0 and layer[M] % (inner[MX] * inner[MY] * inner[M0]) == 0
        if fits and on_mesh and divides:
            yield inner


def all_orders(factors: IntArray) -> list[IntArray]:
    """Return every order of the loops there are, innermost first; the dimensions without a loop stand outside."""
    present = [d for d in range(N_DIMENSIONS) if factors[d] > 1]
    absent = [d for d in range(N_DIMENSIONS) if factors[d] == 1]
    return [np.array([*order, *absent], np.int64) for order in permutations(present)]


def every_mapping(layer: Layer, mesh: tuple[int, int], capacity: IntArray) -> Iterator[IntArray]:
    """Yield the counts of every mapping of a layer that fits."""
    sizes = layer_array(layer)
    stride = sizes[6]
    for inner in inner_choices(sizes, mesh, capacity):
        rest = [sizes[C] // (inner[CY] * inner[C1]), sizes[M] // (inner[MX] * inner[MY] * inner[M0]), sizes[P],
                sizes[Q] // inner[QX], sizes[R] // inner[R1], sizes[S] // inner[SY]]  # fmt: skip
        for f in product(*(divisors(int(left)) for left in rest)):
            dram = np.array(f, np.int64)
            tile = sizes[:6] // dram
            rows, columns = (tile[P] - 1) * stride + tile[R], (tile[Q] - 1) * stride + tile[S]
            if tile[C] * rows * columns + tile[M] * tile[P] * tile[Q] > capacity[0]:
                continue
            glb = np.array(rest, np.int64) // dram
            for glb_order, dram_order in product(all_orders(glb), all_orders(dram)):
                yield count(sizes, inner, glb, glb_order, dram, dram_order)


def least(layer: Layer, mesh: tuple[int, int], capacity: IntArray, words: IntArray, energies: FloatArray) -> FloatArray:
    """Return the least EDP, then cycles with the energy at them, then energy, of every mapping."""
    best = np.array([np.inf, np.inf, np.inf, np.inf])
    for counts in {tuple(counts.tolist()) for counts in every_mapping(layer, mesh, capacity)}:
        prices = price(np.array(counts, np.int64), words, energies)
        cycles, energy = prices[0], prices[1:].sum()
        best[0] = min(best[0], cycles * energy)
        if (cycles, energy) < (best[1], best[2]):
            best[1:3] = cycles, energy
        best[3] = min(best[3], energy)
    return best
