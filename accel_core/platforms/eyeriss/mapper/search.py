"""The search for the best mapping of one layer on one design: branch and bound, exact.

It branches on the factors inside the global buffer and the tensor that stays above the scratchpads, and bounds the
cost of each branch (``bounds``), DRAM included: it moves at least what the best factors at DRAM move that divide what
the array leaves over. Branches whose bound is worse than the best mapping so far are cut. The others are tried, the
least bound first, with all factors at DRAM, the least traffic first until that bound is no better than the best either,
and with all orders that matter (``orders``). Nothing is sampled.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from accel_core.platforms.eyeriss.architecture import GLB_WORDS_PER_CYCLE, IntArray
from accel_core.platforms.eyeriss.cost import FloatArray, price
from accel_core.platforms.eyeriss.counts import (
    C1,
    CY,
    M0,
    MX,
    MY,
    OF_OUTPUT,
    OF_WEIGHTS,
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
    input_fills,
    loops_above,
)
from accel_core.platforms.eyeriss.mapper.at_dram import (
    digits_of,
    free_rows,
    free_words,
    look_up,
    next_dividing,
    pin_words,
    sharpen,
)
from accel_core.platforms.eyeriss.mapper.bounds import (
    INPUTS,
    OUTPUTS,
    SLACK,
    WEIGHTS,
    Machine,
    bound,
    input_price,
    is_free,
    least_inputs,
    least_inputs_at,
    third_price,
    third_visits,
)
from accel_core.platforms.eyeriss.mapper.orders import DIFFERENT, OF_INPUT, ORDERS, present, stays, visits_again
from accel_core.platforms.eyeriss.mapper.record import Record, is_below, is_hopeless, score
from accel_core.platforms.eyeriss.mapper.tables import Fitting, Problem


class Branch(NamedTuple):
    """One choice of factors inside the global buffer and of the tensor that stays above the scratchpads.

    Attributes:
        row: Row of the factors.
        staying: The tensor.
        inner: The factors.
        rest: What they leave over of C, M, Q, R, S.
        cycles: Least cycles.
        energy: Least energy in pJ, without inputs and outputs at DRAM.
        inputs: Least words that enter one ifmap scratchpad, but for visits of M's loops.
        per_input: pJ of one more.
        per_visit: pJ of one more visit of the tensor that stays.
    """

    row: int
    staying: int
    inner: IntArray
    rest: IntArray
    cycles: float
    energy: float
    inputs: int
    per_input: float
    per_visit: float


@njit(cache=True)
def search(
    problem: Problem,
    inner: IntArray,
    keys: IntArray,
    fitting: Fitting,
    machine: Machine,
    objective: int,
    known: FloatArray,
) -> tuple[IntArray, FloatArray]:
    """Find the mapping of least cost of a layer on a design.

    Args:
        problem: The layer and its factorizations.
        inner: Candidates for the factors inside the global buffer, which fit the mesh, shape (n, 8).
        keys: Key of what each leaves over, shape (n,).
        fitting: Which factors at DRAM leave a tile that fits the global buffer.
        machine: The design.
        objective: ``EDP``, ``DELAY`` or ``ENERGY``.
        known: Score of some mapping of this layer that fits this design, or infinities; it saves time and changes
            nothing, for ties go to the first mapping in an order that does not depend on it.

    Returns:
        ``FOUND``, and the score; the first index is -1 if nothing fits.
    """
    record = Record(objective, np.array([-1, 0, 0, 0, 0]), np.full(2, np.inf), known * (1 + 1e-9))
    best, limit = record.best, record.limit
    cycles, energy, first, second = branches(problem, inner, keys, fitting, machine, objective)
    least = np.argmin(np.where(first == first.min(), second, np.inf))
    if first[least] < np.inf:
        i, staying = int(least // 3), int(least % 3)
        explore(problem, branch_of(problem, inner[i], i, staying, machine, cycles[least], energy[least]), keys[i],
                fitting, machine, record)  # fmt: skip
    hopeful = np.flatnonzero((first <= min(best[0], limit[0])) & (first < np.inf))
    hopeful = hopeful[np.argsort(second[hopeful], kind="mergesort")]
    hopeful = hopeful[np.argsort(first[hopeful], kind="mergesort")]
    for place in hopeful:
        if first[place] > limit[0] or not is_below(first[place], second[place], best[0], best[1]):
            break
        i, staying = int(place // 3), int(place % 3)
        explore(problem, branch_of(problem, inner[i], i, staying, machine, cycles[place], energy[place]), keys[i],
                fitting, machine, record)  # fmt: skip
    return record.found, best


@njit(cache=True)
def branch_of(
    problem: Problem, inner: IntArray, row: int, staying: int, machine: Machine, cycles: float, energy: float
) -> Branch:
    """Return a branch with what its bounds need again and again."""
    layer = problem.layer
    return Branch(
        row,
        staying,
        inner,
        leave_over(layer, inner),
        cycles,
        energy,
        least_inputs(layer, inner, staying),
        input_price(inner, machine),
        third_price(layer, inner, staying, machine),
    )


@njit(cache=True)
def branches(
    problem: Problem, inner: IntArray, keys: IntArray, fitting: Fitting, machine: Machine, objective: int
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return least cycles, energy without inputs and outputs at DRAM, and score of all branches, shape (3 n,) each."""
    n = 3 * len(inner)
    cycles, energy, first, second = np.full(n, np.inf), np.full(n, np.inf), np.full(n, np.inf), np.full(n, np.inf)
    per_word = min(machine.energies[0], machine.energies[1]) / 8 * SLACK
    for i in range(len(inner)):
        f, key = inner[i], keys[i]
        tile = f[C1] * f[R1]
        if tile > machine.capacity[1] or tile * f[M0] > machine.capacity[2] or f[M0] > machine.capacity[3]:
            continue
        if fitting.first[0, key] < 0:
            look_up(problem, key, fitting)
        if fitting.first[0, key] == fitting.rows.shape[1]:
            continue
        for staying in range(3):
            branch = 3 * i + staying
            cycles[branch], energy[branch] = bound(problem.layer, f, staying, machine)
            words = fitting.reach[1 if staying == WEIGHTS else 0, key]
            first[branch], second[branch] = score(objective, cycles[branch], energy[branch] + per_word * words)
    return cycles, energy, first, second


@njit(cache=True)
def explore(problem: Problem, branch: Branch, key: int, fitting: Fitting, machine: Machine, record: Record) -> None:
    """Try all factors at DRAM of a branch that may be better than the best so far."""
    per_word = min(machine.energies[0], machine.energies[1]) / 8 * SLACK
    digits = digits_of(problem, key)
    layer, ordering, counted = problem.layer, 0, 0
    if branch.staying == WEIGHTS:
        ordering, counted = 1, layer[C] * layer[M] * layer[R] * layer[S]
        for row in free_rows(problem, digits, fitting):
            at_dram = per_word * free_words(problem, row)
            if not is_hopeless(record, branch.cycles, branch.energy + at_dram):
                try_row(problem, branch, row, at_dram, machine, record)
    rows, words = fitting.rows[ordering], fitting.words[ordering]
    place = fitting.first[ordering, key]
    while place < len(rows):
        row = rows[place]
        if is_hopeless(record, branch.cycles, branch.energy + per_word * (words[place] - counted)):
            break
        if branch.staying != WEIGHTS or not is_free(branch.rest, problem.outer[row]):
            try_row(problem, branch, row, per_word * problem.least[row], machine, record)
        place = next_dividing(problem, digits, rows, place + 1)


@njit(cache=True)
def leave_over(layer: IntArray, inner: IntArray) -> IntArray:
    """Return what inner factors leave over of C, M, Q, R, S."""
    return np.array(
        [
            layer[C] // (inner[CY] * inner[C1]),
            layer[M] // (inner[MX] * inner[MY] * inner[M0]),
            layer[Q] // inner[QX],
            layer[R] // inner[R1],
            layer[S] // inner[SY],
        ]
    )


@njit(cache=True)
def try_row(problem: Problem, branch: Branch, row: int, least_at_dram: float, machine: Machine, record: Record) -> None:
    """Price the orders of a branch with given factors at DRAM, and record the best mapping."""
    layer, dram, energies, staying, rest = (
        problem.layer,
        problem.outer[row],
        machine.energies,
        branch.staying,
        branch.rest,
    )
    inputs = least_inputs_at(layer, branch.inner, staying, rest, dram)
    least_visits = third_visits(staying, rest, dram, layer)
    all_outputs = layer[M] * layer[P] * layer[Q]
    fills = inputs * visits_of_inputs(branch, least_visits)
    energy = branch.energy + more_energy(branch, fills, least_visits)
    cycles = more_cycles(branch, fills, least_visits, all_outputs, 0)
    if is_hopeless(record, cycles, energy + least_at_dram):
        return
    at_dram = DIFFERENT[present(dram)]
    if not problem.is_sharp[row]:
        sharpen(problem, row, at_dram)
    if is_hopeless(record, cycles, energy + min(energies[0], energies[1]) / 8 * SLACK * problem.least[row]):
        return
    glb = np.array([rest[0] // dram[C], rest[1] // dram[M], layer[P] // dram[P], rest[2] // dram[Q],
                    rest[3] // dram[R], rest[4] // dram[S]])  # fmt: skip
    back = energies[0] / 8 + energies[3] / machine.words[0]
    mover = OF_WEIGHTS if staying == 0 else OF_OUTPUT if staying == 1 else OF_INPUT
    at_glb = DIFFERENT[present(glb)]
    for a in range(1, at_dram[0] + 1):
        words_in, words_out = pin_words(problem, row, at_dram[a])
        at_pins = SLACK * ((words_in + words_out - all_outputs) * back + words_out * energies[1] / 8)
        refills = words_in + words_out - all_outputs
        if is_hopeless(record, more_cycles(branch, fills, least_visits, all_outputs, refills), energy + at_pins):
            continue
        for b in range(1, at_glb[0] + 1):
            if stays(glb, at_glb[b], dram, at_dram[a]) != staying:
                continue
            again = visits_again(glb, ORDERS[at_glb[b]], dram, ORDERS[at_dram[a]], mover)
            least_fills = inputs * visits_of_inputs(branch, again)
            least = branch.energy + at_pins + more_energy(branch, least_fills, again)
            if is_hopeless(record, more_cycles(branch, least_fills, again, all_outputs, refills), least):
                continue
            exact_fills = fills_of(layer, branch.inner, glb, at_glb[b], dram, at_dram[a])
            least = branch.energy + at_pins + more_energy(branch, exact_fills, again)
            if not is_hopeless(record, more_cycles(branch, exact_fills, again, all_outputs, refills), least):
                price_orders(problem, branch, row, glb, at_glb[b], at_dram[a], machine, record)


@njit(cache=True)
def fills_of(layer: IntArray, inner: IntArray, glb: IntArray, glb_order: int, dram: IntArray, dram_order: int) -> int:
    """Return the words that enter one ifmap scratchpad."""
    _, n, axis, step, _ = loops_above(layer, inner, glb, ORDERS[glb_order], dram, ORDERS[dram_order])
    return int(input_fills(n, axis, step, np.array([inner[C1], inner[R1], 1])))


@njit(cache=True)
def visits_of_inputs(branch: Branch, visits: int) -> int:
    """Return how often inputs come again for M's loops, given the visits of the tensor that stays."""
    return int(visits if branch.staying == INPUTS else branch.rest[1])


@njit(cache=True)
def more_energy(branch: Branch, fills: int, visits: int) -> float:
    """Return by how much words of inputs and visits of the tensor that stays raise a branch's energy, in pJ."""
    if branch.staying == INPUTS:
        return float(fills - branch.inputs) * branch.per_input * SLACK
    more = float(fills - branch.inputs * branch.rest[1]) * branch.per_input
    return (more + (visits - 1) * branch.per_visit) * SLACK


@njit(cache=True)
def more_cycles(branch: Branch, fills: int, visits: int, outputs: int, refills: int) -> float:
    """Return the least cycles of a branch with so many inputs, visits and words from DRAM to the global buffer."""
    visits_o = visits if branch.staying == OUTPUTS else branch.rest[0] * branch.rest[3] * branch.rest[4]
    reads = fills * branch.inner[QX] * branch.inner[SY] * branch.inner[CY] + (visits_o - 1) * outputs
    writes = visits_o * outputs + refills
    return float(max(branch.cycles, math.ceil(max(reads, writes) / GLB_WORDS_PER_CYCLE * SLACK)))


@njit(cache=True)
def price_orders(
    problem: Problem, branch: Branch, row: int, glb: IntArray, glb_order: int, dram_order: int, machine: Machine,
    record: Record,
) -> None:  # fmt: skip
    """Price one mapping, and record it if it is the best so far."""
    dram, found, best = problem.outer[row], record.found, record.best
    counts = count(problem.layer, branch.inner, glb, ORDERS[glb_order], dram, ORDERS[dram_order])
    prices = price(counts, machine.words, machine.energies)
    found[4] += 1
    first, second = score(record.objective, prices[0], prices[1:].sum())
    if is_below(first, second, best[0], best[1]):
        best[0], best[1] = first, second
        found[0], found[1], found[2], found[3] = branch.row, row, glb_order, dram_order
