"""One branch of the search: what is fixed in it, which orders belong to it, and what more of something costs in it."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from accel_core.platforms.eyeriss.architecture import GLB_WORDS_PER_CYCLE, IntArray
from accel_core.platforms.eyeriss.counts import C1, CY, M0, MX, MY, QX, R1, SY, C, M, Q, R, S
from accel_core.platforms.eyeriss.mapper.bounds import (
    FORWARDED,
    INPUTS,
    OUTPUTS,
    SLACK,
    WEIGHTS,
    Machine,
    forwarding_price,
    input_price,
    least_inputs,
    may_forward,
    third_price,
)
from accel_core.platforms.eyeriss.mapper.orders import ALL_DIFFERENT, DIFFERENT, STAYING, present
from accel_core.platforms.eyeriss.mapper.tables import Problem


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
        per_read: Words that the global buffer is read for one, at least.
        forwards: Whether the bounds reckon with forwarded inputs (``bounds.may_forward``).
        per_forwarded: By how many pJ energy rises if one is forwarded.
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
    per_read: int
    forwards: bool
    per_forwarded: float
    per_visit: float


@njit(cache=True)
def branch_of(
    problem: Problem, inner: IntArray, row: int, staying: int, machine: Machine, cycles: float, energy: float
) -> Branch:
    """Return a branch with what its bounds need again and again."""
    layer = problem.layer
    forwards = may_forward(layer, inner, staying)
    return Branch(
        row,
        staying,
        inner,
        leave_over(layer, inner),
        cycles,
        energy,
        least_inputs(layer, inner, staying),
        input_price(inner, machine),
        inner[QX] * inner[CY] * (1 if forwards else inner[SY]),
        forwards,
        forwarding_price(inner, machine),
        third_price(layer, inner, staying, machine),
    )


@njit(cache=True)
def fits_pads(inner: IntArray, machine: Machine) -> bool:
    """Tell whether the scratchpads hold the tiles of inner factors."""
    tile, capacity = inner[C1] * inner[R1], machine.capacity
    return bool(tile <= capacity[1] and tile * inner[M0] <= capacity[2] and inner[M0] <= capacity[3])


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
def orders_of(branch: Branch, glb: IntArray, dram: IntArray) -> tuple[IntArray, IntArray]:
    """Return the orders to try at DRAM and the global buffer, each after their number.

    Under a loop of channels at the global buffer nothing is forwarded for those at DRAM.
    """
    if not branch.forwards:
        return DIFFERENT[present(dram)], DIFFERENT[present(glb)]
    if glb[C] > 1:
        return DIFFERENT[present(dram)], ALL_DIFFERENT[present(glb)]
    return ALL_DIFFERENT[present(dram)], ALL_DIFFERENT[present(glb)]


@njit(cache=True)
def is_of(branch: Branch, dimension: int) -> bool:
    """Tell whether orders with this innermost loop are a branch's."""
    if branch.staying == FORWARDED:
        return dimension == Q if branch.rest[4] == 1 else STAYING[dimension] == WEIGHTS
    return bool(STAYING[dimension] == branch.staying)


@njit(cache=True)
def forwarded_at_best(branch: Branch, fills: int) -> int:
    """Return how many of the words that enter a scratchpad would be forwarded if that is for the best."""
    return fills if branch.forwards and branch.per_forwarded < 0 else 0


@njit(cache=True)
def visits_of_inputs(branch: Branch, visits: int) -> int:
    """Return how often inputs come again for M's loops, given the visits of the tensor that stays."""
    return int(visits if branch.staying == INPUTS else branch.rest[1])


@njit(cache=True)
def more_energy(branch: Branch, fills: int, forwarded: int, visits: int) -> float:
    """Return by how much words of inputs and visits of the tensor that stays raise a branch's energy, in pJ."""
    least = branch.inputs if branch.staying == INPUTS else branch.inputs * branch.rest[1]
    inputs = float(fills - least) * branch.per_input
    inputs += float(forwarded - forwarded_at_best(branch, least)) * branch.per_forwarded
    return (inputs + (visits - 1) * branch.per_visit) * SLACK


@njit(cache=True)
def more_cycles(branch: Branch, reads_in: int, visits: int, outputs: int, refills: int) -> float:
    """Return the least cycles of a branch with so many inputs read, visits and words from DRAM to the global buffer."""
    visits_o = visits if branch.staying == OUTPUTS else branch.rest[0] * branch.rest[3] * branch.rest[4]
    reads, writes = reads_in + (visits_o - 1) * outputs, visits_o * outputs + refills
    return float(max(branch.cycles, math.ceil(max(reads, writes) / GLB_WORDS_PER_CYCLE * SLACK)))
