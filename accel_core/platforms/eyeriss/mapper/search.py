"""The search for the best mapping of one layer on one design: branch and bound, exact.

It branches on the factors inside the global buffer and the tensor that stays above the scratchpads, and bounds the
cost of each branch (``bounds``), DRAM included: it moves at least what the best factors at DRAM move that divide what
the array leaves over. Branches whose bound is worse than the best mapping so far are cut. The others are tried, the
least bound first, with all factors at DRAM, the least traffic first until that bound is no better than the best either,
and with all orders that matter (``orders``). Nothing is sampled.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from accel_core.platforms.eyeriss.architecture import IntArray
from accel_core.platforms.eyeriss.cost import FloatArray, price
from accel_core.platforms.eyeriss.counts import (
    C1,
    OF_OUTPUT,
    OF_WEIGHTS,
    R1,
    SY,
    C,
    M,
    P,
    Q,
    R,
    S,
    count,
    glb_reads,
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
    FORWARDED,
    INPUTS,
    OUTPUTS,
    SLACK,
    WEIGHTS,
    Machine,
    bound,
    is_free,
    least_inputs_at,
    may_forward,
    third_visits,
)
from accel_core.platforms.eyeriss.mapper.branch import (
    Branch,
    branch_of,
    fits_pads,
    forwarded_at_best,
    is_of,
    more_cycles,
    more_energy,
    orders_of,
    visits_of_inputs,
)
from accel_core.platforms.eyeriss.mapper.orders import (
    DIFFERENT,
    OF_INPUT,
    ORDERS,
    innermost,
    present,
    visits_again,
)
from accel_core.platforms.eyeriss.mapper.record import Record, is_below, is_hopeless, score
from accel_core.platforms.eyeriss.mapper.tables import Fitting, Problem


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
    forwarding = forwarding_rows(problem.layer, inner)
    cycles, energy, first, second = branches(problem, inner, keys, forwarding, fitting, machine, objective)
    least = np.argmin(np.where(first == first.min(), second, np.inf))
    if first[least] < np.inf:
        i, staying = place_of(int(least), inner, forwarding)
        explore(problem, branch_of(problem, inner[i], i, staying, machine, cycles[least], energy[least]), keys[i],
                fitting, machine, record)  # fmt: skip
    hopeful = np.flatnonzero((first <= min(best[0], limit[0])) & (first < np.inf))
    hopeful = hopeful[np.argsort(second[hopeful], kind="mergesort")]
    hopeful = hopeful[np.argsort(first[hopeful], kind="mergesort")]
    for place in hopeful:
        if first[place] > limit[0] or not is_below(first[place], second[place], best[0], best[1]):
            break
        i, staying = place_of(int(place), inner, forwarding)
        explore(problem, branch_of(problem, inner[i], i, staying, machine, cycles[place], energy[place]), keys[i],
                fitting, machine, record)  # fmt: skip
    return record.found, best


@njit(cache=True)
def forwarding_rows(layer: IntArray, inner: IntArray) -> IntArray:
    """Return the candidates under which weights may stay while inputs are forwarded."""
    rows, n = np.empty(len(inner), np.int64), 0
    for i in range(len(inner)):
        if may_forward(layer, inner[i], FORWARDED):
            rows[n] = i
            n += 1
    return rows[:n]


@njit(cache=True)
def place_of(branch: int, inner: IntArray, forwarding: IntArray) -> tuple[int, int]:
    """Return a branch's candidate and what stays: three for each candidate, then one for each of ``forwarding``."""
    usual = 3 * len(inner)
    if branch < usual:
        return branch // 3, branch % 3
    return int(forwarding[branch - usual]), FORWARDED


@njit(cache=True)
def branches(
    problem: Problem, inner: IntArray, keys: IntArray, forwarding: IntArray, fitting: Fitting, machine: Machine,
    objective: int,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:  # fmt: skip
    """Return least cycles, energy without inputs and outputs at DRAM, and score of all branches, shape (n,) each."""
    n, usual = 3 * len(inner) + len(forwarding), 3 * len(inner)
    cycles, energy, first, second = np.full(n, np.inf), np.full(n, np.inf), np.full(n, np.inf), np.full(n, np.inf)
    per_word = min(machine.energies[0], machine.energies[1]) / 8 * SLACK
    for i in range(len(inner)):
        f, key = inner[i], keys[i]
        if not fits_pads(f, machine):
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
    for i in range(len(forwarding)):
        f, key, branch = inner[forwarding[i]], keys[forwarding[i]], usual + i
        if fits_pads(f, machine) and fitting.first[0, key] < fitting.rows.shape[1]:
            cycles[branch], energy[branch] = bound(problem.layer, f, FORWARDED, machine)
            at_dram = per_word * fitting.reach[1, key]
            first[branch], second[branch] = score(objective, cycles[branch], energy[branch] + at_dram)
    return cycles, energy, first, second


@njit(cache=True)
def explore(problem: Problem, branch: Branch, key: int, fitting: Fitting, machine: Machine, record: Record) -> None:
    """Try all factors at DRAM of a branch that may be better than the best so far."""
    per_word = min(machine.energies[0], machine.energies[1]) / 8 * SLACK
    digits = digits_of(problem, key)
    layer, ordering, counted = problem.layer, 0, 0
    if branch.staying in (WEIGHTS, FORWARDED):
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
        if branch.staying not in (WEIGHTS, FORWARDED) or not is_free(branch.rest, problem.outer[row]):
            try_row(problem, branch, row, per_word * problem.least[row], machine, record)
        place = next_dividing(problem, digits, rows, place + 1)


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
    energy = branch.energy + more_energy(branch, fills, forwarded_at_best(branch, fills), least_visits)
    cycles = more_cycles(branch, fills * branch.per_read, least_visits, all_outputs, 0)
    if is_hopeless(record, cycles, energy + least_at_dram):
        return
    if not problem.is_sharp[row]:
        sharpen(problem, row, DIFFERENT[present(dram)])
    if is_hopeless(record, cycles, energy + min(energies[0], energies[1]) / 8 * SLACK * problem.least[row]):
        return
    glb = np.array([rest[0] // dram[C], rest[1] // dram[M], layer[P] // dram[P], rest[2] // dram[Q],
                    rest[3] // dram[R], rest[4] // dram[S]])  # fmt: skip
    back = energies[0] / 8 + energies[3] / machine.words[0]
    mover = OF_OUTPUT if staying == OUTPUTS else OF_INPUT if staying == INPUTS else OF_WEIGHTS
    at_dram, at_glb = orders_of(branch, glb, dram)
    for a in range(1, at_dram[0] + 1):
        words_in, words_out = pin_words(problem, row, at_dram[a])
        at_pins = SLACK * ((words_in + words_out - all_outputs) * back + words_out * energies[1] / 8)
        refills = words_in + words_out - all_outputs
        if is_hopeless(
            record, more_cycles(branch, fills * branch.per_read, least_visits, all_outputs, refills), energy + at_pins
        ):
            continue
        for b in range(1, at_glb[0] + 1):
            if not is_of(branch, innermost(glb, at_glb[b], dram, at_dram[a])):
                continue
            again = visits_again(glb, ORDERS[at_glb[b]], dram, ORDERS[at_dram[a]], mover)
            least_fills = inputs * visits_of_inputs(branch, again)
            least = more_energy(branch, least_fills, forwarded_at_best(branch, least_fills), again)
            cycles = more_cycles(branch, least_fills * branch.per_read, again, all_outputs, refills)
            if is_hopeless(record, cycles, branch.energy + at_pins + least):
                continue
            exact_fills, forwarded = fills_of(layer, branch.inner, glb, at_glb[b], dram, at_dram[a])
            least = more_energy(branch, exact_fills, forwarded, again)
            reads = glb_reads(branch.inner, exact_fills, forwarded)
            cycles = more_cycles(branch, reads, again, all_outputs, refills)
            if not is_hopeless(record, cycles, branch.energy + at_pins + least):
                price_orders(problem, branch, row, glb, at_glb[b], at_dram[a], machine, record)


@njit(cache=True)
def fills_of(
    layer: IntArray, inner: IntArray, glb: IntArray, glb_order: int, dram: IntArray, dram_order: int
) -> tuple[int, int]:
    """Return the words that enter one ifmap scratchpad, and those of them that neighbors forward."""
    _, n, axis, step, _ = loops_above(layer, inner, glb, ORDERS[glb_order], dram, ORDERS[dram_order])
    words, beside = input_fills(n, axis, step, np.array([inner[C1], inner[R1], 1]))
    return words, beside if inner[SY] > 1 else 0


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
