"""Factors at DRAM while searching: which divide what the array leaves over, and what they move over the pins."""

from __future__ import annotations

import numpy as np
from numba import njit

from accel_core.platforms.eyeriss.architecture import IntArray
from accel_core.platforms.eyeriss.counts import AXIS, OF_OUTPUT, STRIDE, C, M, P, Q, R, S, input_fills, visits
from accel_core.platforms.eyeriss.mapper.orders import N_USUAL, ORDERS
from accel_core.platforms.eyeriss.mapper.tables import Fitting, Problem


@njit(cache=True)
def digits_of(problem: Problem, key: int) -> IntArray:
    """Return which divisor of C, M, P, Q, R and S is left over; all of P is."""
    shape, digits = problem.shape, np.zeros(6, np.int64)
    for dimension in (S, R, Q, M, C):
        digits[dimension] = key % shape[dimension]
        key //= shape[dimension]
    digits[P] = shape[P] - 1
    return digits


@njit(cache=True)
def next_dividing(problem: Problem, digits: IntArray, rows: IntArray, start: int) -> int:
    """Return the first place from ``start`` whose factors at DRAM divide what is left over; else the length."""
    of_c, of_m, of_q = problem.divides[C, digits[C]], problem.divides[M, digits[M]], problem.divides[Q, digits[Q]]
    of_r, of_s = problem.divides[R, digits[R]], problem.divides[S, digits[S]]
    for place in range(start, len(rows)):
        row = problem.digits[rows[place]]
        if of_c[row[C]] and of_m[row[M]] and of_q[row[Q]] and of_r[row[R]] and of_s[row[S]]:
            return place
    return len(rows)


@njit(cache=True)
def row_of(problem: Problem, digits: IntArray) -> int:
    """Return the row whose factors at DRAM are given as digits, one divisor of each dimension."""
    row = 0
    for dimension in range(6):
        row = row * problem.shape[dimension] + digits[dimension]
    return int(row)


@njit(cache=True)
def free_rows(problem: Problem, digits: IntArray, fitting: Fitting) -> list[int]:
    """Return the rows that fit and leave all loops which move weights to DRAM; a row counts divisors as digits."""
    shape, factors, found = problem.shape, digits.copy(), [0 for _ in range(0)]
    for p in range(shape[P]):
        for q in range(shape[Q]):
            factors[P], factors[Q] = p, q
            row = row_of(problem, factors)
            if fitting.fits[row] and problem.divides[Q, digits[Q], q]:
                found.append(row)
    return found


@njit(cache=True)
def free_words(problem: Problem, row: int) -> int:
    """Return the least words at DRAM of a row with all loops that move weights, but for the weights' first visit.

    Either P or Q is innermost there, or the weights come again for each iteration of both.
    """
    layer, dram = problem.layer, problem.outer[row]
    again = layer[C] * layer[M] * layer[R] * layer[S] * (dram[P] * dram[Q] - 1)
    return int(min(problem.streamed[row], problem.least[row] + again))


@njit(cache=True)
def look_up(problem: Problem, key: int, fitting: Fitting) -> None:
    """Fill in ``first`` and ``reach`` of a key."""
    layer, digits = problem.layer, digits_of(problem, key)
    n = fitting.rows.shape[1]
    if not fitting.fits[row_of(problem, digits)]:  # with all that is left over at DRAM the tile is smallest
        fitting.first[:, key] = n
        return
    for ordering in range(2):
        place = next_dividing(problem, digits, fitting.rows[ordering], 0)
        fitting.first[ordering, key] = place
        fitting.reach[ordering, key] = fitting.words[ordering, min(place, n - 1)]
    fitting.reach[1, key] -= layer[C] * layer[M] * layer[R] * layer[S]
    for row in free_rows(problem, digits, fitting):
        fitting.reach[1, key] = min(fitting.reach[1, key], free_words(problem, row))


@njit(cache=True)
def pin_words(problem: Problem, row: int, order: int) -> tuple[int, int]:
    """Return ``dram_words`` of a row, and remember those of the usual orders for the next branch or design."""
    if order >= N_USUAL:
        return dram_words(problem.layer, problem.outer[row], ORDERS[order])
    if problem.pins[row, order, 0] < 0:
        inputs, outputs = dram_words(problem.layer, problem.outer[row], ORDERS[order])
        problem.pins[row, order, 0], problem.pins[row, order, 1] = inputs, outputs
    return problem.pins[row, order, 0], problem.pins[row, order, 1]


@njit(cache=True)
def dram_words(layer: IntArray, dram: IntArray, order: IntArray) -> tuple[int, int]:
    """Return the words of inputs that DRAM is read for, and of outputs that it is written."""
    n, axis, step = np.empty(6, np.int64), np.empty(6, np.int64), np.empty(6, np.int64)
    stride = layer[STRIDE]
    extent = np.array(
        [
            layer[C] // dram[C],
            (layer[P] // dram[P] - 1) * stride + layer[R] // dram[R],
            (layer[Q] // dram[Q] - 1) * stride + layer[S] // dram[S],
        ]
    )
    for i in range(6):
        dimension = order[i]
        n[i] = dram[dimension]
        step[i] = layer[dimension] // dram[dimension]
        axis[i] = AXIS[dimension]
        if dimension in (P, Q):
            step[i] *= stride
    outputs = layer[M] // dram[M] * (layer[P] // dram[P]) * (layer[Q] // dram[Q])
    return input_fills(n, axis, step, extent)[0], visits(n, order, OF_OUTPUT) * outputs


@njit(cache=True)
def sharpen(problem: Problem, row: int, at_dram: IntArray) -> None:
    """Replace a row's bound of words at DRAM by the least of its orders, for this and all later designs."""
    outputs = problem.layer[M] * problem.layer[P] * problem.layer[Q]
    least = 0
    for a in range(1, at_dram[0] + 1):
        words_in, words_out = pin_words(problem, row, at_dram[a])
        words = words_in + 2 * words_out - outputs
        least = words if a == 1 else min(least, words)
    problem.least[row] = least
    problem.is_sharp[row] = True
