"""A mapper that draws mappings at random until it gives up, as the source of the resource-constrained search worked.

It follows Timeloop's ``random`` search with the settings of the Timeloop and Accelergy exercises, ``victory_condition``
100 and ``timeout`` 10000. A sample takes, for each dimension of the layer apart, one of all ways to factor it over the
levels that may hold it (``Uber::AssignIndexFactors``), each as likely as the others, and random orders of the loops at
DRAM and the global buffer (``PermuteSubnests``). What exceeds the mesh or a buffer is dropped. The search ends with so
many samples in a row that fit and are not better than the best, or so many that do not fit (``MapperThread::Run``).

Two things differ. The exercises run 4 threads, each on its part of the factorizations; as all begin with the same state
of the same random engine (``RandomGenerator128``), they draw the same orders and neighboring factorizations, and are
worth little more than one search, which is what runs here. And here a seed and the design itself set the random
numbers, so that a design has the same mapping in every run and a seed shows how much of a result is luck.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numba import njit

from accel_core.errors import InvalidInputError
from accel_core.platforms.eyeriss.architecture import BUFFERS, IntArray, capacities, row_words
from accel_core.platforms.eyeriss.cost import FloatArray, cost_table, price
from accel_core.platforms.eyeriss.counts import (
    C1,
    COUNTS,
    CY,
    M0,
    MX,
    MY,
    QX,
    R1,
    SY,
    C,
    M,
    P,
    Q,
    R,
    S,
    count,
    layer_array,
)
from accel_core.platforms.eyeriss.mapper.batch import OBJECTIVES, needs_of
from accel_core.platforms.eyeriss.mapper.record import score
from accel_core.platforms.eyeriss.mapping import DIMENSIONS, Loop, LoopNest
from accel_core.workloads import Layer

PATIENCE = 100
TIMEOUT = 10_000
"""What the source's mapper is set to."""
MAX_EFFORT = 10_000_000

BitArray = np.ndarray[tuple[int, ...], np.dtype[np.uint64]]

_PLACES = 20
_GLB, _INNER = 6, 12
"""A drawn mapping is 20 numbers: factors at DRAM, at the global buffer, and the eight inside it."""
_LEVELS: dict[int, tuple[int, ...]] = {
    C: (_INNER + CY, _INNER + C1),
    M: (_INNER + MX, _INNER + MY, _INNER + M0),
    P: (),
    Q: (_INNER + QX,),
    R: (_INNER + R1,),
    S: (_INNER + SY,),
}
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Found:
    """What random searches found, one row a design.

    Attributes:
        nests: The best mapping; None where no sample fitted.
        counts: ``COUNTS`` of it, shape (n, 14).
        fitting: Samples that fitted.
        dropped: Samples that did not.
    """

    nests: list[LoopNest | None]
    counts: IntArray
    fitting: IntArray
    dropped: IntArray


def random_mapping(
    designs: pd.DataFrame,
    layer: Layer,
    energies: FloatArray,
    objective: str = "edp",
    patience: int = PATIENCE,
    seed: int = 0,
) -> pd.DataFrame:
    """Map a layer on designs as the source did; a design's mapping depends on nothing but itself and the arguments.

    Args:
        designs: One or more designs.
        layer: The layer.
        energies: pJ as ``energy.ENERGIES`` lists them, shape (n, 15).
        objective: What a mapping is judged by: ``edp``, ``delay`` or ``energy``.
        patience: Fitting samples in a row without a better one, after which the search ends.
        seed: Of the random numbers.

    Returns:
        What ``cost.evaluate_nest`` returns; a design for which no sample fitted is ``infeasible`` at stage ``mapper``.

    Raises:
        InvalidInputError: If the objective is unknown or a number out of range.
    """
    found = search(designs, layer, energies, objective, patience, seed)
    table = cost_table(found.counts, designs, energies)
    is_lost = [nest is None for nest in found.nests]
    table[is_lost] = np.nan
    reason = f"none of {TIMEOUT:,} random mappings in a row fits the mesh and the buffers"
    table.insert(0, "status", ["infeasible" if lost else "ok" for lost in is_lost])
    table.insert(1, "stage", ["mapper" if lost else "" for lost in is_lost])
    table.insert(2, "reason", [reason if lost else "" for lost in is_lost])
    table.insert(3, "mapping", [str(nest or "") for nest in found.nests])
    return table


def search(
    designs: pd.DataFrame,
    layer: Layer,
    energies: FloatArray,
    objective: str = "edp",
    patience: int = PATIENCE,
    seed: int = 0,
    *,
    timeout: int = TIMEOUT,
) -> Found:
    """Search at random; see `random_mapping`.

    Args:
        designs: One or more designs.
        layer: The layer.
        energies: pJ, shape (n, 15).
        objective: ``edp``, ``delay`` or ``energy``.
        patience: Fitting samples in a row without a better one, after which the search ends.
        seed: Of the random numbers.
        timeout: Samples in a row that do not fit, after which the search ends.

    Raises:
        InvalidInputError: If the objective is unknown or a number out of range.
    """
    if objective not in OBJECTIVES:
        raise InvalidInputError(f"objective is '{objective}'; allowed: {', '.join(OBJECTIVES)}")
    for name, value in (("patience", patience), ("timeout", timeout)):
        if not 1 <= value <= MAX_EFFORT:
            raise InvalidInputError(f"random mapper: {name} is {value}; allowed: 1 to {MAX_EFFORT:,}")
    if seed < 0:
        raise InvalidInputError(f"random mapper: seed is {seed}; allowed: 0 or more")
    sizes = layer_array(layer)
    drawn, counts, tried = _search_each(
        sizes,
        *_factor_tables(sizes),
        capacities(designs),
        designs[["mesh_x", "mesh_y"]].to_numpy(np.int64),
        row_words(designs),
        np.ascontiguousarray(energies, dtype=np.float64),
        _states(designs, seed),
        OBJECTIVES[objective],
        patience,
        timeout,
    )
    nests = [_nest(row) if fitting else None for row, fitting in zip(drawn, tried[:, 0], strict=True)]
    return Found(nests, counts, tried[:, 0], tried[:, 1])


def ordered_factorizations(number: int, n: int) -> IntArray:
    """Return every way to write a number as a product of ``n`` factors in a row, shape ``(n_ways, n)``."""
    ways = [[number]]
    for _ in range(n - 1):
        ways = [[*way[:-1], d, way[-1] // d] for way in ways for d in range(1, way[-1] + 1) if way[-1] % d == 0]
    return np.array(ways, np.int64)


def _factor_tables(layer: IntArray) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Return, of all dimensions below each other, every factorization; where each starts; and where its factors go."""
    tables = [ordered_factorizations(int(layer[d]), 2 + len(_LEVELS[d])) for d in range(6)]
    ways, places = np.ones((sum(map(len, tables)), 5), np.int64), np.zeros((6, 5), np.int64)
    starts = np.concatenate([[0], np.cumsum([len(table) for table in tables])]).astype(np.int64)
    for d, table in enumerate(tables):
        ways[starts[d] : starts[d + 1], : table.shape[1]] = table
        places[d, : table.shape[1]] = (d, _GLB + d, *_LEVELS[d])
    return ways, starts, places, np.array([table.shape[1] for table in tables], np.int64)


def _states(designs: pd.DataFrame, seed: int) -> BitArray:
    """Return where each design's random numbers begin; a function of its values and the seed."""
    columns = ["mesh_x", "mesh_y", *(f"{buffer}_{side}" for buffer in BUFFERS for side in ("depth", "width"))]
    keys = pd.util.hash_pandas_object(designs[columns].astype(np.int64), index=False)
    return np.bitwise_xor(keys.to_numpy(np.uint64), np.random.SeedSequence(seed).generate_state(1, np.uint64))


@njit(cache=True)
def _next(state: BitArray) -> int:
    """Return 63 random bits and advance: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014)."""
    state[0] += _GOLDEN
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return int(np.int64((z ^ (z >> np.uint64(31))) >> np.uint64(1)))


@njit(cache=True)
def _draw(
    drawn: IntArray, ways: IntArray, starts: IntArray, places: IntArray, lengths: IntArray, state: BitArray
) -> None:
    """Fill in the factors of a random mapping."""
    for d in range(6):
        way = starts[d] + _next(state) % (starts[d + 1] - starts[d])
        for i in range(lengths[d]):
            drawn[places[d, i]] = ways[way, i]


@njit(cache=True)
def _shuffle(order: IntArray, state: BitArray) -> None:
    """Put dimensions in a random order (Fisher and Yates)."""
    for i in range(5, 0, -1):
        j = _next(state) % (i + 1)
        order[i], order[j] = order[j], order[i]


@njit(cache=True)
def _fits(layer: IntArray, drawn: IntArray, mesh: IntArray, words: IntArray) -> bool:
    """Tell whether a mapping fits the mesh and, in words, the global buffer, ifmap, weights and psum."""
    inner = drawn[_INNER:]
    if inner[QX] * inner[MX] > mesh[0] or inner[SY] * inner[CY] * inner[MY] > mesh[1]:
        return False
    return bool((needs_of(layer, inner, drawn[:_GLB]) <= words).all())


@njit(cache=True)
def _search_each(
    layer: IntArray,
    ways: IntArray,
    starts: IntArray,
    places: IntArray,
    lengths: IntArray,
    capacity: IntArray,
    meshes: IntArray,
    words: IntArray,
    energies: FloatArray,
    states: BitArray,
    objective: int,
    patience: int,
    timeout: int,
) -> tuple[IntArray, IntArray, IntArray]:
    """Search for each design; return mappings with their two orders (n, 32), counts, and samples fitting and not."""
    n = len(meshes)
    best, best_counts = np.ones((n, _PLACES + 12), np.int64), np.ones((n, len(COUNTS)), np.int64)
    tried = np.zeros((n, 2), np.int64)
    drawn = np.ones(_PLACES, np.int64)
    orders = np.empty((2, 6), np.int64)
    state = np.empty(1, np.uint64)
    for row in range(n):
        state[0] = states[row]
        best_score, worse, lost = math.inf, 0, 0
        orders[0, :] = np.arange(6)
        orders[1, :] = np.arange(6)
        while worse < patience and lost < timeout:
            _draw(drawn, ways, starts, places, lengths, state)
            _shuffle(orders[0], state)
            _shuffle(orders[1], state)
            if not _fits(layer, drawn, meshes[row], capacity[row]):
                lost += 1
                tried[row, 1] += 1
                continue
            lost = 0
            tried[row, 0] += 1
            counts = count(layer, drawn[_INNER:], drawn[_GLB:_INNER], orders[0], drawn[:_GLB], orders[1])
            prices = price(counts, words[row], energies[row])
            found, _ = score(objective, prices[0], prices[1:].sum())
            if found >= best_score:
                worse += 1
                continue
            best_score, worse = found, 0
            best_counts[row] = counts
            best[row, :_PLACES] = drawn
            best[row, _PLACES : _PLACES + 6] = orders[0]
            best[row, _PLACES + 6 :] = orders[1]
    return best, best_counts, tried


def _nest(row: IntArray) -> LoopNest:
    """Return a drawn mapping as loops."""
    inner = row[_INNER:_PLACES]
    glb = _loops(row[_GLB:_INNER], row[_PLACES : _PLACES + 6])
    dram = _loops(row[:_GLB], row[_PLACES + 6 :])
    return LoopNest(
        dram,
        glb,
        columns=_named(M=inner[MX], Q=inner[QX]),
        rows=_named(M=inner[MY], C=inner[CY], S=inner[SY]),
        weights=_named(R=inner[R1], C=inner[C1]),
        psum=_named(M=inner[M0]),
    )


def _loops(factors: IntArray, inside_out: IntArray) -> tuple[Loop, ...]:
    return tuple(Loop(DIMENSIONS[d], int(factors[d])) for d in inside_out[::-1] if factors[d] > 1)


def _named(**factors: int) -> tuple[Loop, ...]:
    return tuple(Loop(name, int(factor)) for name, factor in factors.items() if factor > 1)
