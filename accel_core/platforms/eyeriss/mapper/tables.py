"""Factorization tables of a layer, made once and shared by all designs that it is mapped on."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numba import njit

from accel_core.errors import InvalidInputError
from accel_core.platforms.eyeriss.architecture import IntArray
from accel_core.platforms.eyeriss.counts import C1, CY, M0, MX, MY, QX, R1, SY, C, M, P, Q, R, S, layer_array
from accel_core.platforms.eyeriss.mapper.orders import N_USUAL
from accel_core.workloads import Layer

BoolArray = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]

_MAX_CACHED_LAYERS = 32
MAX_FACTORIZATIONS = 2_000_000
"""Largest table of a layer's factors at DRAM, which takes about 400 bytes a row; no layer that ships has 30,000."""


def divisors(number: int) -> IntArray:
    """Return all divisors, ascending."""
    small = [d for d in range(1, int(number**0.5) + 1) if number % d == 0]
    return np.array(sorted({*small, *(number // d for d in small)}), np.int64)


class Problem(NamedTuple):
    """A layer and all its factors at DRAM.

    Attributes:
        layer: C, M, P, Q, R, S and the stride.
        shape: How many divisors each dimension has.
        divides: Per dimension whether divisor j divides divisor i, shape (6, most divisors, most divisors).
        outer: All factors at DRAM, shape (n, 6), S fastest, each dimension's divisors ascending.
        digits: Which divisor each is, shape (n, 6).
        least: Words of inputs and outputs that each at least moves from and to DRAM, shape (n,); a bound, made sharp
            for a row when the search first comes to it.
        is_sharp: Where it is, shape (n,).
        streamed: The same if P or Q is innermost at DRAM, shape (n,).
        pins: Per order of its loops the words of inputs read and of outputs written, shape (n, 16, 2); -1 where that
            has not been counted yet. Filled while searching.
    """

    layer: IntArray
    shape: IntArray
    divides: BoolArray
    outer: IntArray
    digits: IntArray
    least: IntArray
    is_sharp: BoolArray
    streamed: IntArray
    pins: IntArray


class Fitting(NamedTuple):
    """Which factors at DRAM leave a tile that fits a global buffer, in two orders.

    Attributes:
        fits: Per row of ``Problem.outer`` whether its tile fits.
        rows: Those that fit, ascending by what they at least move over the pins of DRAM, shape (2, m): first by words
            of inputs and outputs, then by these and the weights, fetched again for each iteration of P and Q at DRAM.
        words: Those words, shape (2, m).
        first: Per order and key of what the array leaves over (``LayerTables.keys``), the first place in ``rows`` whose
            factors divide it; -1 where that has not been looked up yet. Filled while searching.
        reach: Per order and key the least words of any factors that divide; the second order's without the first visit
            of the weights. Filled while searching.
    """

    fits: BoolArray
    rows: IntArray
    words: IntArray
    first: IntArray
    reach: IntArray


class LayerTables:
    """Everything about a layer's factorizations that no design changes; grows with the meshes and buffers asked for."""

    def __init__(self, layer: IntArray) -> None:
        """Make the tables of a layer given by C, M, P, Q, R, S and the stride."""
        self._divisors = tuple(divisors(value) for value in layer[:6])
        shape = np.array([len(entries) for entries in self._divisors], np.int64)
        divides = np.zeros((6, shape.max(), shape.max()), np.bool_)
        for dimension, entries in enumerate(self._divisors):
            divides[dimension, : len(entries), : len(entries)] = entries[:, None] % entries[None, :] == 0
        digits = np.indices(shape.tolist()).reshape(6, -1).T.copy()
        outer = np.column_stack([entries[digits[:, i]] for i, entries in enumerate(self._divisors)])
        self._needed, least, streamed = outer_sizes(layer, outer)
        self.problem = Problem(
            layer,
            shape,
            divides,
            outer,
            digits,
            least,
            np.zeros(len(least), np.bool_),
            streamed,
            np.full((len(outer), N_USUAL, 2), -1, np.int64),
        )
        self._fitting: dict[int, Fitting] = {}
        self._inner: dict[tuple[int, int], tuple[IntArray, IntArray]] = {}

    @classmethod
    def of(cls, layer: Layer) -> LayerTables:
        """Return the tables of a layer, kept for the next time.

        Raises:
            InvalidInputError: If the layer has more than ``MAX_FACTORIZATIONS``, or is too large to be counted.
        """
        sizes = layer_array(layer)
        if (n := math.prod(len(divisors(int(value))) for value in sizes[:6])) > MAX_FACTORIZATIONS:
            raise InvalidInputError(
                f"layer '{layer.name}' can be split between DRAM and the array in {n:,} ways;"
                f" allowed for the exact mapper: up to {MAX_FACTORIZATIONS:,}"
            )
        return _tables_of(tuple(sizes.tolist()))

    def fitting(self, glb_words: int) -> Fitting:
        """Return the factors at DRAM that leave a tile which fits so many words."""
        fits = self._needed <= glb_words
        rows = np.flatnonzero(fits)
        if len(rows) not in self._fitting:  # buffers that fit the same tiles share a table
            layer, outer, least = self.problem.layer, self.problem.outer, self.problem.least
            weights = int(np.prod(layer[[C, M, R, S]])) * outer[rows, P] * outer[rows, Q]
            words = np.stack([least[rows], least[rows] + weights])
            order = np.argsort(words, axis=1, kind="stable")
            first = np.full((2, int(np.prod(self.problem.shape[[C, M, Q, R, S]]))), -1, np.int64)
            self._fitting[len(rows)] = Fitting(
                fits, rows[order], np.take_along_axis(words, order, axis=1), first, np.zeros_like(first)
            )
        return self._fitting[len(rows)]

    def inner(self, mesh_x: int, mesh_y: int) -> tuple[IntArray, IntArray]:
        """Return all factors inside the global buffer on a mesh, shape (n, 8), and the keys of what they leave over."""
        mesh = (mesh_x, mesh_y)
        if mesh not in self._inner:
            factors = inner_factors(self.problem.layer, self._divisors, mesh_x, mesh_y)
            self._inner[mesh] = (factors, self.keys(factors))
        return self._inner[mesh]

    def keys(self, inner: IntArray) -> IntArray:
        """Return one number for what inner factors leave over: the divisors of C, M, Q, R and S as digits."""
        rest, keys = remainder(self.problem.layer, inner), np.zeros(len(inner), np.int64)
        for column, dimension in enumerate((C, M, Q, R, S)):
            digits = np.searchsorted(self._divisors[dimension], rest[:, column])
            keys = keys * self.problem.shape[dimension] + digits
        return keys


def remainder(layer: IntArray, inner: IntArray) -> IntArray:
    """Return what is left over of C, M, Q, R, S for the loops outside the array, shape (n, 5)."""
    return np.column_stack(
        [
            layer[C] // (inner[:, CY] * inner[:, C1]),
            layer[M] // (inner[:, MX] * inner[:, MY] * inner[:, M0]),
            layer[Q] // inner[:, QX],
            layer[R] // inner[:, R1],
            layer[S] // inner[:, SY],
        ]
    )


@lru_cache(maxsize=_MAX_CACHED_LAYERS)
def _tables_of(values: tuple[int, ...]) -> LayerTables:
    return LayerTables(np.array(values, np.int64))


@njit(cache=True)
def outer_sizes(layer: IntArray, factors: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Return per row the global buffer's words and lower bounds of the DRAM words of inputs and outputs.

    If M is not innermost, inputs are fetched again for each of its iterations. If neither C, R nor S is, outputs come
    and go for each iteration of theirs. Both hold if P or Q is, which is the second bound. And the input's tile slides
    along rows or along columns, not both.
    """
    needed, words, streamed = (
        np.empty(len(factors), np.int64),
        np.empty(len(factors), np.int64),
        np.empty(len(factors), np.int64),
    )
    stride, outputs = layer[6], layer[M] * layer[P] * layer[Q]
    for i in range(len(factors)):
        f = factors[i]
        c, r, s = layer[C] // f[C], layer[R] // f[R], layer[S] // f[S]
        p, q = layer[P] // f[P], layer[Q] // f[Q]
        rows, columns = (p - 1) * stride + r, (q - 1) * stride + s
        needed[i] = c * rows * columns + layer[M] // f[M] * p * q
        all_rows, all_columns = (
            run_length(layer[P], p, layer[R], r, stride),
            run_length(layer[Q], q, layer[S], s, stride),
        )
        by_rows = all_rows * columns * f[Q] * f[S]
        by_columns = all_columns * rows * f[P] * f[R]
        inputs = layer[C] * min(by_rows, by_columns)
        outputs_again = (2 * f[C] * f[R] * f[S] - 1) * outputs
        words[i] = min(f[M] * inputs + outputs, inputs + outputs_again)
        streamed[i] = f[M] * inputs + outputs_again
    return needed, words, streamed


@njit(cache=True)
def run_length(outputs: int, tile_outputs: int, filters: int, tile_filters: int, stride: int) -> int:
    """Return the least rows (or columns) fetched while a tile runs over all outputs and filter taps along an axis.

    The innermost of the two loops slides the tile by its step in each of its iterations but the first, anew for each
    iteration of the other, whose own step may cost nothing at best.
    """
    extent = (tile_outputs - 1) * stride + tile_filters
    n_tiles, n_taps = outputs // tile_outputs, filters // tile_filters
    by_outputs = n_taps * (n_tiles - 1) * min(tile_outputs * stride, extent)
    by_taps = n_tiles * (n_taps - 1) * tile_filters
    if n_taps == 1 or n_tiles == 1:
        return int(extent + by_outputs + by_taps)
    return int(extent + min(by_outputs, by_taps))


def inner_factors(layer: IntArray, parts: tuple[IntArray, ...], mesh_x: int, mesh_y: int) -> IntArray:
    """Return the factors of the array and its scratchpads on a mesh, whatever the scratchpads' sizes; shape (n, 8).

    Of those that differ only in how filters (M) are spread over columns and rows, that with most columns is enough: all
    count the same, but for inputs that rows pass on, of which fewer are then written and read.
    """
    columns = [(q, m) for q in parts[Q] for m in parts[M] if q * m <= mesh_x]
    rows = [(s, c, m) for s in parts[S] for c in parts[C] for m in parts[M] if s * c * m <= mesh_y]
    arrays: dict[tuple[int, ...], tuple[int, ...]] = {}
    for x in columns:
        for y in rows:
            if layer[M] % (x[1] * y[2]) == 0:
                arrays[x[0], *y[:2], x[1] * y[2]] = x + y
    spads = np.array([(c, r, m) for c in parts[C] for r in parts[R] for m in parts[M]], np.int64)
    meshes = np.array(list(arrays.values()), np.int64)
    inner = np.column_stack([np.repeat(meshes, len(spads), axis=0), np.tile(spads, (len(meshes), 1))])
    divides = (layer[C] % (inner[:, CY] * inner[:, C1]) == 0) & (
        layer[M] % (inner[:, MX] * inner[:, MY] * inner[:, M0]) == 0
    )
    return np.ascontiguousarray(inner[divides])
