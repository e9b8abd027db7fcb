"""Lower bounds of what a mapping costs, from its factors alone.

What a mapping costs is monotone in its counts (``cost.price``), so least counts give a least cost. The factors inside
the global buffer and the tensor that stays in place above the scratchpads fix how often the other two tensors come:

* weights stay (innermost loop P or Q): each output comes and goes once per iteration of C, R and S left over by the
  array, and each input enters once per iteration of M;
* outputs stay (C, R or S): weights enter once per iteration of P and Q, inputs once per iteration of M;
* inputs stay (M): weights once per P and Q, outputs once per C, R and S.

The third tensor comes at least once, and an input's tile slides along one axis at best.

Neighbors forward inputs (``counts``) where the tile moves by one column and comes whole. Where the array has all
columns of the filter, only loops of output columns can do that, by one column a step, and with another loop innermost
no word of that loop's steps, nor of what comes anew under it, is forwarded: the bounds above hold for what is not.
Mappings with output columns innermost are a branch of their own (``FORWARDED``). There, the tile comes whole in every
step, and all of it from a neighbor at best, where that is cheaper. With filter columns split over the array and time,
every word may be forwarded.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from accel_core.platforms.eyeriss.architecture import GLB_WORDS_PER_CYCLE, IntArray
from accel_core.platforms.eyeriss.cost import FloatArray
from accel_core.platforms.eyeriss.counts import C1, CY, M0, MX, MY, QX, R1, STRIDE, SY, C, M, P, Q, R, S
from accel_core.platforms.eyeriss.mapper.tables import run_length

WEIGHTS, OUTPUTS, INPUTS, FORWARDED = range(4)
"""The tensor that stays, as ``orders.STAYING`` numbers them; last, weights that stay while inputs are forwarded."""
SLACK = 1 - 1e-9
"""Bounds are sums in another order than costs; this much less keeps rounding from cutting the best."""


class Machine(NamedTuple):
    """A design as the search sees it.

    Attributes:
        capacity: Words of the global buffer, ifmap, weights and psum.
        words: Words per row of the same.
        energies: pJ, as ``energy.ENERGIES`` lists them.
    """

    capacity: IntArray
    words: IntArray
    energies: FloatArray


@njit(cache=True)
def may_forward(layer: IntArray, inner: IntArray, staying: int) -> bool:
    """Tell whether neighbors may forward words that bounds otherwise take for read from the global buffer."""
    if inner[SY] == 1 or staying in (WEIGHTS, INPUTS):
        return False
    if layer[S] > inner[SY]:
        return True
    return staying == FORWARDED and inner[QX] * layer[STRIDE] == 1 and layer[Q] > 1


@njit(cache=True)
def least_inputs(layer: IntArray, inner: IntArray, staying: int) -> int:
    """Return the least words that enter one ifmap scratchpad, but for visits of M's loops.

    Nothing slides under C's loops, which are innermost if outputs stay and the array has all taps of the filter, nor
    under those of columns.
    """
    q, r, s = layer[Q] // inner[QX], layer[R] // inner[R1], layer[S] // inner[SY]
    channels, stride = layer[C] // inner[CY], layer[STRIDE]
    if staying == FORWARDED and s == 1:
        return int(channels * layer[P] * layer[R] * q)
    if staying == 1 and r * s == 1:
        return int(channels * layer[P] * layer[R] * q)
    by_rows = long_run(layer[P], layer[R], inner[R1], stride) * q * s
    by_columns = layer[P] * layer[R] * long_run(q, s, 1, stride * inner[QX])
    return int(min(by_rows, by_columns) * channels)


@njit(cache=True)
def long_run(outputs: int, filters: int, tile_filters: int, stride: int) -> int:
    """Return ``run_length`` of a tile of one output over loops of both levels.

    With loops of outputs and taps at both levels more than one of them may cost nothing. Then only the innermost is
    sure to be paid for, in all of its iterations but the first; that share is least if it is the smallest prime.
    """
    n_taps = filters // tile_filters
    if n_taps == 1 or outputs == 1:
        return int(run_length(outputs, 1, filters, tile_filters, stride))
    by_outputs = outputs * n_taps // smallest_prime(outputs) * (smallest_prime(outputs) - 1) * min(stride, tile_filters)
    by_taps = outputs * n_taps // smallest_prime(n_taps) * (smallest_prime(n_taps) - 1) * tile_filters
    return int(tile_filters + min(by_outputs, by_taps))


@njit(cache=True)
def smallest_prime(number: int) -> int:
    """Return the smallest prime factor of a number above 1."""
    factor = 2
    while number % factor:
        factor += 1
    return factor


@njit(cache=True)
def least_inputs_at(layer: IntArray, inner: IntArray, staying: int, rest: IntArray, dram: IntArray) -> int:
    """Return the same for given factors at DRAM.

    Without loops of filter taps, rows slide while P is at the global buffer, and start anew with each of its iterations
    at DRAM; but after two iterations the next at DRAM moves by the same vector.
    """
    p = layer[P] // dram[P]
    is_anew = rest[3] * rest[4] == 1 and staying in (WEIGHTS, INPUTS) and p != 2
    if not is_anew:
        return least_inputs(layer, inner, staying)
    full = int(layer[C] // inner[CY] * layer[P] * layer[R] * rest[2])
    if p > 1:
        rows = dram[P] * run_length(p, 1, layer[R], layer[R], layer[STRIDE])
        return min(full, int(layer[C] // inner[CY] * rows * rest[2]))
    has_moving = rest[0] > dram[C] or rest[2] > dram[Q]
    return full if has_moving else least_inputs(layer, inner, staying)


@njit(cache=True)
def input_price(inner: IntArray, machine: Machine) -> float:
    """Return the energy in pJ of one word more in each ifmap scratchpad, without DRAM."""
    per_read = machine.energies[2] / machine.words[0] + inner[MX] * inner[MY] * machine.energies[6] / machine.words[1]
    return float(inner[QX] * inner[SY] * inner[CY] * per_read)


@njit(cache=True)
def forwarding_price(inner: IntArray, machine: Machine) -> float:
    """Return by how much energy in pJ rises if a word more of each ifmap scratchpad is forwarded."""
    read, write = machine.energies[5] / machine.words[1], machine.energies[6] / machine.words[1]
    at_pads = inner[MY] * (read - (inner[QX] * inner[MX] - 1) * write)
    return float((inner[SY] - 1) * inner[CY] * (at_pads - inner[QX] * machine.energies[2] / machine.words[0]))


@njit(cache=True)
def rounding(inner: IntArray, machine: Machine) -> float:
    """Return what Timeloop's rounding of forwarded words to whole ones in each scratchpad may save at most, in pJ."""
    lanes = inner[QX] * inner[MX] * inner[MY] * inner[SY] * inner[CY]
    return float(lanes * (machine.energies[5] + machine.energies[6]) / machine.words[1])


@njit(cache=True)
def weight_price(layer: IntArray, inner: IntArray, machine: Machine) -> float:
    """Return the energy in pJ of one visit of all weights, DRAM included."""
    weights = float(layer[C] * layer[M] * layer[R] * layer[S])
    return float(weights * (inner[QX] * machine.energies[9] / machine.words[2] + machine.energies[0] / 8))


@njit(cache=True)
def output_price(layer: IntArray, inner: IntArray, machine: Machine) -> float:
    """Return the energy in pJ of one more visit of all outputs at the scratchpads, without DRAM."""
    per_word = (machine.energies[2] + machine.energies[3]) / machine.words[0] + inner[SY] * inner[
        CY
    ] * machine.energies[12] / machine.words[3]
    return float(layer[M] * layer[P] * layer[Q] * per_word)


@njit(cache=True)
def bound(layer: IntArray, inner: IntArray, staying: int, machine: Machine) -> tuple[float, float]:
    """Return the least cycles, and energy in pJ without inputs and outputs at DRAM, of a branch; infinite if empty.

    Args:
        layer: C, M, P, Q, R, S and the stride.
        inner: Factors inside the global buffer.
        staying: ``WEIGHTS``, ``OUTPUTS``, ``INPUTS`` or ``FORWARDED``.
        machine: The design.
    """
    m, q = layer[M] // (inner[MX] * inner[MY] * inner[M0]), layer[Q] // inner[QX]
    sums = layer[C] * layer[R] * layer[S] // (inner[CY] * inner[C1] * inner[R1] * inner[SY])
    p = layer[P]
    forwards = may_forward(layer, inner, staying)
    if staying == FORWARDED and not forwards:
        return np.inf, np.inf
    if (staying == 0 and p * q == 1 and sums * m > 1) or (staying == 1 and sums == 1) or (staying == 2 and m == 1):
        return np.inf, np.inf
    visits_w = 1 if staying in (WEIGHTS, FORWARDED) else p * q
    visits_o = 1 if staying == 1 else sums
    visits_i = 1 if staying == 2 else m
    outputs = float(layer[M] * p * layer[Q])
    macs = outputs * layer[C] * layer[R] * layer[S]
    shared = inner[SY] * inner[CY]
    lanes = inner[QX] * inner[MX] * inner[MY] * shared
    inputs = float(least_inputs(layer, inner, staying)) * visits_i
    per_input = input_price(inner, machine)
    reads = inputs * inner[QX] * shared + (visits_o - 1) * outputs
    if forwards:
        per_input += min(forwarding_price(inner, machine), 0.0)
        reads = inputs * inner[QX] * inner[CY] + (visits_o - 1) * outputs
    cycles = max(macs / lanes, reads / GLB_WORDS_PER_CYCLE, visits_o * outputs / GLB_WORDS_PER_CYCLE)
    psum_read, psum_write = machine.energies[11] / machine.words[3], machine.energies[12] / machine.words[3]
    energy = (
        macs
        * (
            machine.energies[14]
            + machine.energies[5] / machine.words[1]
            + machine.energies[8] / machine.words[2]
            + psum_write
        )
        + (macs - outputs * shared) * psum_read
        + outputs * machine.energies[3] / machine.words[0]
        + visits_w * weight_price(layer, inner, machine)
        + (visits_o - 1) * output_price(layer, inner, machine)
        + inputs * per_input
        - (rounding(inner, machine) if forwards else 0.0)
        + cycles * (machine.energies[4] + lanes * (machine.energies[7] + machine.energies[10] + machine.energies[13]))
    )
    return math.ceil(cycles * SLACK), energy * SLACK


@njit(cache=True)
def third_price(layer: IntArray, inner: IntArray, staying: int, machine: Machine) -> float:
    """Return the energy in pJ of one more visit of the tensor that stays; 0 for inputs, which are counted by words."""
    if staying in (WEIGHTS, FORWARDED):
        return float(weight_price(layer, inner, machine))
    if staying == OUTPUTS:
        return float(output_price(layer, inner, machine))
    return 0.0


@njit(cache=True)
def third_visits(staying: int, rest: IntArray, dram: IntArray, layer: IntArray) -> int:
    """Return the least visits of the tensor that stays above the scratchpads, given the factors at DRAM.

    Its loops at DRAM save visits too if the global buffer has no loop that moves it; else all of them are visits.
    """
    sums = rest[0] * rest[3] * rest[4] == dram[C] * dram[R] * dram[S]
    if staying in (WEIGHTS, FORWARDED):
        return 1 if is_free(rest, dram) else int(dram[P] * dram[Q])
    if staying == 1:
        is_alone = rest[1] == dram[M] and layer[P] == dram[P] and rest[2] == dram[Q]
        return 1 if is_alone else int(dram[C] * dram[R] * dram[S])
    is_alone = sums and layer[P] == dram[P] and rest[2] == dram[Q]
    return 1 if is_alone else int(dram[M])


@njit(cache=True)
def is_free(rest: IntArray, dram: IntArray) -> bool:
    """Tell whether no loop at the global buffer moves the weights, so that they may stay under P and Q at DRAM too."""
    return bool(rest[0] == dram[C] and rest[1] == dram[M] and rest[3] == dram[R] and rest[4] == dram[S])
