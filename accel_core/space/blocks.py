"""Finite parameters tied together by constraints, with every valid combination of them counted.

A constraint such as ``mesh_x * mesh_y == 168`` leaves a handful of thousands of combinations. Guessing points and
throwing the wrong ones away would waste nearly all guesses, so the parameters that such constraints tie together are
enumerated once, as a block. Its valid combinations can then be counted, indexed, and reached from the unit cube.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from accel_core.space.constraints import Constraint
from accel_core.space.parameters import FloatArray, IntArray, Parameter

MAX_COMBINATIONS = 5_000_000
"""Most combinations that one block enumerates (about a second, and 40 MB if all are valid)."""

_CHUNK = 1 << 19


@dataclass(frozen=True, eq=False)
class Block:
    """Parameters that are chosen together.

    A combination's *digits* are the positions of its values, one per parameter; read as a mixed-radix number, the
    last parameter's digit varying fastest, they make its *number*. Its *rank* counts the valid combinations before.

    Attributes:
        parameters: The parameters, all finite.
        valid: Numbers of the valid combinations, ascending; None if all are.
    """

    parameters: tuple[Parameter, ...]
    valid: IntArray | None = None

    @property
    def size(self) -> int:
        """How many valid combinations there are."""
        return math.prod(self.sizes) if self.valid is None else len(self.valid)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """How many values each parameter has."""
        return tuple(parameter.count for parameter in self.parameters)

    @cached_property
    def weights(self) -> tuple[int, ...]:
        """What one step of each parameter's digit adds to a combination's number."""
        return tuple(math.prod(self.sizes[i + 1 :]) for i in range(len(self.sizes)))

    def digits(self, ranks: IntArray) -> list[IntArray]:
        """Return the digits of the combinations of given ranks, one array per parameter."""
        return self._split(ranks if self.valid is None else self.valid[ranks])

    def ranks(self, digits: Sequence[IntArray]) -> IntArray:
        """Return the ranks of combinations, -1 for one that is not valid."""
        numbers = np.zeros(len(digits[0]), dtype=np.int64)
        for digit, weight in zip(digits, self.weights, strict=True):
            numbers += digit * weight
        if self.valid is None:
            return numbers
        ranks = np.searchsorted(self.valid, numbers).astype(np.int64)
        found = np.take(np.append(self.valid, -1), ranks) == numbers
        return np.where(found, ranks, -1)

    def digits_from_unit(self, u: FloatArray) -> list[IntArray]:
        """Map points of the unit cube, shape ``(n, n_parameters)``, to valid combinations.

        This is the inverse Rosenblatt transform (Rosenblatt 1952, "Remarks on a multivariate transformation") of the
        uniform distribution over the valid combinations: the first coordinate picks the first parameter's value in
        proportion to how many valid combinations have it, the second one the second value among those, and so on.
        Even points of the cube thus become even, and always valid, designs; each coordinate keeps its own strata.
        Under constraints all valid combinations are equally likely, logarithmic scales notwithstanding.
        """
        if self.valid is None:
            columns = zip(self.parameters, u.T, strict=True)
            return [parameter.index_of(parameter.from_unit(column)) for parameter, column in columns]
        first = np.zeros(len(u), dtype=np.int64)
        last = np.full(len(u), len(self.valid), dtype=np.int64)
        numbers = np.zeros(len(u), dtype=np.int64)
        digits = []
        for size, weight, column in zip(self.sizes, self.weights, u.T, strict=True):
            chosen = first + np.floor(column * (last - first)).astype(np.int64)
            digit = self.valid[np.minimum(chosen, last - 1)] // weight % size
            numbers += digit * weight
            first = np.searchsorted(self.valid, numbers).astype(np.int64)
            last = np.searchsorted(self.valid, numbers + weight).astype(np.int64)
            digits.append(digit)
        return digits

    def unit_from_digits(self, digits: Sequence[IntArray]) -> FloatArray:
        """Map valid combinations to the unit cube, shape ``(n, n_parameters)``: the opposite of `digits_from_unit`.

        Each coordinate is the middle of the interval that `digits_from_unit` maps to the digit.
        """
        if self.valid is None:
            return np.column_stack([p.to_unit(p.take(d)) for p, d in zip(self.parameters, digits, strict=True)])
        first = np.zeros(len(digits[0]), dtype=np.int64)
        last = np.full(len(digits[0]), len(self.valid), dtype=np.int64)
        numbers = np.zeros(len(digits[0]), dtype=np.int64)
        columns = []
        for weight, digit in zip(self.weights, digits, strict=True):
            numbers += digit * weight
            before, all_before = first, last - first
            first = np.searchsorted(self.valid, numbers).astype(np.int64)
            last = np.searchsorted(self.valid, numbers + weight).astype(np.int64)
            columns.append(((first + last) / 2 - before) / np.maximum(all_before, 1))
        return np.column_stack(columns)

    def _split(self, numbers: IntArray) -> list[IntArray]:
        return [numbers // weight % size for size, weight in zip(self.sizes, self.weights, strict=True)]


def partition(
    parameters: Sequence[Parameter], constraints: Sequence[Constraint]
) -> tuple[tuple[Block, ...], tuple[Constraint, ...]]:
    """Split a space into blocks and the constraints that no block covers.

    A constraint stays out if it speaks of a real, or would tie together more than `MAX_COMBINATIONS`; designs then
    have to be drawn and tested against it. Each finite parameter is in exactly one block, reals are in none; blocks
    stand in the order of their first parameters.
    """
    finite = {parameter.name: parameter for parameter in parameters if parameter.size is not None}
    tied: list[tuple[frozenset[str], list[Constraint]]] = [(frozenset([name]), []) for name in finite]
    left_over = []
    for constraint in sorted(constraints, key=lambda c: _combinations(c.names, finite)):
        touched = [group for group in tied if group[0] & set(constraint.names)]
        names = frozenset(constraint.names).union(*(group[0] for group in touched))
        if _combinations(names, finite) > MAX_COMBINATIONS:
            left_over.append(constraint)
            continue
        tied = [group for group in tied if group not in touched]
        tied.append((names, [c for group in touched for c in group[1]] + [constraint]))
    order = list(finite)
    tied.sort(key=lambda group: min((order.index(name) for name in group[0]), default=len(order)))
    blocks = (_block([finite[n] for n in order if n in names], owned) for names, owned in tied)
    return tuple(blocks), tuple(left_over)


def columns_of(designs: Any, parameters: Sequence[Parameter]) -> dict[str, npt.NDArray[Any]]:
    """Return the columns of a design table as constraints want them: float64, or objects that are texts."""
    return {
        parameter.name: np.asarray(designs[parameter.name], dtype=np.float64 if parameter.is_numeric else object)
        for parameter in parameters
    }


def _combinations(names: Sequence[str] | frozenset[str], finite: dict[str, Parameter]) -> float:
    return math.prod(finite[name].count if name in finite else math.inf for name in names)


def _block(parameters: Sequence[Parameter], constraints: Sequence[Constraint]) -> Block:
    free = Block(tuple(parameters))
    if not constraints:
        return free
    valid = []
    for start in range(0, math.prod(free.sizes), _CHUNK):
        numbers = np.arange(start, min(start + _CHUNK, math.prod(free.sizes)), dtype=np.int64)
        digits = zip(parameters, free.digits(numbers), strict=True)
        columns = columns_of({p.name: p.take(digit) for p, digit in digits}, parameters)
        for constraint in constraints:
            kept = constraint.holds(columns, len(numbers))
            numbers = numbers[kept]
            columns = {name: column[kept] for name, column in columns.items()}
        valid.append(numbers)
    return Block(tuple(parameters), np.concatenate(valid))
