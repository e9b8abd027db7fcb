"""The mapper over a table of designs: tables of a layer are shared, and a mapping found helps with the next design."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numba import njit

from accel_core.errors import InvalidInputError
from accel_core.platforms.eyeriss.architecture import BUFFERS, IntArray, capacities, row_words
from accel_core.platforms.eyeriss.cost import FloatArray, cost_table, price
from accel_core.platforms.eyeriss.counts import C1, COUNTS, CYCLES, M0, R1, C, M, P, Q, R, S, count
from accel_core.platforms.eyeriss.mapper.bounds import Machine
from accel_core.platforms.eyeriss.mapper.branch import leave_over
from accel_core.platforms.eyeriss.mapper.orders import ORDERS
from accel_core.platforms.eyeriss.mapper.record import DELAY, EDP, ENERGY, is_below, score
from accel_core.platforms.eyeriss.mapper.search import search
from accel_core.platforms.eyeriss.mapper.tables import LayerTables
from accel_core.platforms.eyeriss.mapping import DIMENSIONS, TITLES, Loop, LoopNest
from accel_core.workloads import Layer

OBJECTIVES = {"edp": EDP, "delay": DELAY, "energy": ENERGY}
_MAX_POOL = 512


def map_designs(designs: pd.DataFrame, layer: Layer, energies: FloatArray, objective: str = "edp") -> pd.DataFrame:
    """Return the best mapping of one group of a layer on each design, and its cost.

    Args:
        designs: One row a design.
        layer: The layer; ``repeat`` is left to the caller.
        energies: pJ, shape (n, 15), as ``energy.EnergyTable.of`` gives them.
        objective: One of ``OBJECTIVES``: what is minimized. Equals are told apart by cycles, or by energy for delay.

    Returns:
        ``status``, ``stage``, ``reason``, ``mapping`` and the columns of ``cost.cost_table``; a design on which nothing
        fits is ``infeasible`` with the level that overflows as its stage, and NaN.

    Raises:
        InvalidInputError: If the objective is unknown.
    """
    if objective not in OBJECTIVES:
        raise InvalidInputError(f"objective '{objective}' is unknown; allowed: {', '.join(OBJECTIVES)}")
    found = find_mappings(LayerTables.of(layer), designs, energies, OBJECTIVES[objective])
    is_mapped = found.counts[:, CYCLES] > 0
    table = cost_table(np.where(is_mapped[:, None], found.counts, 1), designs, energies)
    table[~is_mapped] = np.nan
    overflows = [None if fine else _overflow(words) for fine, words in zip(is_mapped, capacities(designs), strict=True)]
    table.insert(0, "status", np.where(is_mapped, "ok", "infeasible"))
    table.insert(1, "stage", [overflow or "" for overflow in overflows])
    table.insert(2, "reason", [f"{TITLES[level]} holds no word" if level else "" for level in overflows])
    table.insert(3, "mapping", [str(nest) if nest else "" for nest in found.nests()])
    return table


def _overflow(words: IntArray) -> str:
    """Return the innermost level that holds too little; a word a scratchpad and two in the buffer do for any layer."""
    short = {level: int(words[BUFFERS.index(level)]) < (2 if level == "glb" else 1) for level in BUFFERS}
    return next(level for level in ("psum", "weights", "ifmap", "glb") if short[level])


@dataclass(frozen=True)
class Found:
    """Mappings of one layer on many designs.

    Attributes:
        counts: ``counts.COUNTS`` of each, shape (n, 14); zeros where nothing fits.
        inner: Factors inside the global buffer, shape (n, 8).
        glb: Factors at the global buffer, shape (n, 6).
        dram: Factors at DRAM, shape (n, 6).
        orders: Which of ``orders.ORDERS`` the loops at the global buffer and at DRAM stand in, shape (n, 2).
    """

    counts: IntArray
    inner: IntArray
    glb: IntArray
    dram: IntArray
    orders: IntArray

    def nests(self) -> list[LoopNest | None]:
        """Return the mappings; None where nothing fits."""
        return [self._nest(i) if self.counts[i, CYCLES] else None for i in range(len(self.counts))]

    def _nest(self, i: int) -> LoopNest:
        q, m, s, c, m_rows, c1, r1, m0 = self.inner[i].tolist()
        return LoopNest(
            dram=_ordered(self.dram[i], self.orders[i, 1]),
            glb=_ordered(self.glb[i], self.orders[i, 0]),
            columns=_loops(("M", m), ("Q", q)),
            rows=_loops(("M", m_rows), ("C", c), ("S", s)),
            weights=_loops(("C", c1), ("R", r1)),
            psum=_loops(("M", m0)),
        )


def _loops(*named: tuple[str, int]) -> tuple[Loop, ...]:
    return tuple(Loop(name, factor) for name, factor in named if factor > 1)


def _ordered(factors: IntArray, order: int) -> tuple[Loop, ...]:
    return _loops(*((DIMENSIONS[d], int(factors[d])) for d in ORDERS[order][::-1].tolist()))


def find_mappings(tables: LayerTables, designs: pd.DataFrame, energies: FloatArray, objective: int) -> Found:
    """Return the best mapping of a layer on each design; ``map_designs`` without its table."""
    n = len(designs)
    words, room = row_words(designs), capacities(designs)
    energies = np.ascontiguousarray(energies, dtype=np.float64)
    meshes = designs[["mesh_x", "mesh_y"]].to_numpy(np.int64)
    found = Found(*(np.zeros((n, width), np.int64) for width in (len(COUNTS), 8, 6, 6, 2)))
    pools: dict[tuple[int, int], Pool] = {}
    for i in range(n):
        mesh = (int(meshes[i, 0]), int(meshes[i, 1]))
        if room[i].min() < 1 or room[i, 0] < 2:
            continue
        pool = pools.setdefault(mesh, Pool())
        machine = Machine(room[i], words[i], energies[i])
        inner, keys = tables.inner(*mesh)
        known = best_of(pool.counts, pool.needs, pool.size, machine, objective)
        chosen, _ = search(tables.problem, inner, keys, tables.fitting(int(room[i, 0])), machine, objective, known)
        _record(found, i, tables, inner, chosen)
        pool.add(found.counts[i], needs_of(tables.problem.layer, found.inner[i], found.dram[i]))
    return found


def _record(found: Found, i: int, tables: LayerTables, inner: IntArray, chosen: IntArray) -> None:
    layer, outer = tables.problem.layer, tables.problem.outer
    found.inner[i], found.dram[i], found.orders[i] = inner[chosen[0]], outer[chosen[1]], chosen[2:4]
    c, m, q, r, s = leave_over(layer, found.inner[i])
    rest = np.array([c, m, layer[P], q, r, s])
    found.glb[i] = rest // found.dram[i]
    found.counts[i] = count(layer, found.inner[i], found.glb[i], ORDERS[chosen[2]], found.dram[i], ORDERS[chosen[3]])


@dataclass
class Pool:
    """Mappings found on one mesh so far: what they cost and the words they need; a good start for the next design."""

    counts: IntArray = field(default_factory=lambda: np.zeros((_MAX_POOL, len(COUNTS)), np.int64))
    needs: IntArray = field(default_factory=lambda: np.zeros((_MAX_POOL, 4), np.int64))
    size: int = 0

    def add(self, counts: IntArray, needs: IntArray) -> None:
        """Add a mapping unless it is there already, or the pool is full."""
        if self.size < _MAX_POOL and not has_row(self.counts, self.size, counts):
            self.counts[self.size], self.needs[self.size] = counts, needs
            self.size += 1


@njit(cache=True)
def has_row(rows: IntArray, size: int, row: IntArray) -> bool:
    """Tell whether one of the first rows equals a row."""
    for i in range(size):  # noqa: SIM110 (numba knows no generators here)
        if (rows[i] == row).all():
            return True
    return False


@njit(cache=True)
def needs_of(layer: IntArray, inner: IntArray, dram: IntArray) -> IntArray:
    """Return the words of the tile in the global buffer, ifmap, weights and psum; as ``mapping.tile_words``."""
    stride = layer[6]
    rows = (layer[P] // dram[P] - 1) * stride + layer[R] // dram[R]
    columns = (layer[Q] // dram[Q] - 1) * stride + layer[S] // dram[S]
    outputs = layer[M] // dram[M] * (layer[P] // dram[P]) * (layer[Q] // dram[Q])
    tile = inner[C1] * inner[R1]
    return np.array([layer[C] // dram[C] * rows * columns + outputs, tile, tile * inner[M0], inner[M0]])


@njit(cache=True)
def best_of(counts: IntArray, needs: IntArray, size: int, machine: Machine, objective: int) -> FloatArray:
    """Return the best score of the first mappings that fit a design; infinities if none does."""
    best = np.full(2, np.inf)
    for i in range(size):
        if (needs[i] <= machine.capacity).all():
            prices = price(counts[i], machine.words, machine.energies)
            first, second = score(objective, prices[0], prices[1:].sum())
            if is_below(first, second, best[0], best[1]):
                best[0], best[1] = first, second
    return best
