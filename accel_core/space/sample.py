"""Drawing designs: n different valid ones, spread as evenly as the chosen sampler can."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.space.design_space import DesignSpace
from accel_core.space.messages import unknown
from accel_core.space.parameters import FloatArray
from accel_core.space.samplers import SAMPLERS

MAX_DESIGNS = 10_000_000
"""Largest sample."""

MAX_DISCREPANCY_DESIGNS = 4096
"""The discrepancy costs time in the square of the number of designs, so it is that of the first so many."""

_MIN_TRIES = 1_000_000
_TRIES_PER_DESIGN = 200
_FRUITLESS_SWAPS = 100
_MAX_SWAPPED_DESIGNS = 10_000


@dataclass(frozen=True, eq=False)
class Sample:
    """Designs and how they were drawn.

    Attributes:
        designs: The table, with index 0 to n - 1.
        discrepancy: Centered L2 discrepancy (Hickernell 1998) of the designs in the unit cube that stands for all
            valid ones (`DesignSpace.to_unit_constrained`), of the parameters that vary; smaller is more even. Of the
            first `MAX_DISCREPANCY_DESIGNS` if there are more; 0 if nothing varies.
        sampler: Name of the sampler.
        seed: Seed of its random numbers.
    """

    designs: pd.DataFrame
    discrepancy: float
    sampler: str
    seed: int


def sample(space: DesignSpace, n: int, sampler: str = "lhs", seed: int = 0) -> Sample:
    """Draw n different valid designs; the same arguments give the same designs.

    The sampler's points are taken in its own order and mapped to designs that meet the countable constraints
    (`DesignSpace.from_unit_constrained`). Designs seen before and those that break an open constraint are passed
    over, and the next points of the sequence take their place. A Latin hypercube first tries to mend them by swapping
    coordinates between points, which keeps its strata.

    Raises:
        InvalidInputError: If the sampler is unknown, a number is out of range, or the space has fewer valid designs.
    """
    if sampler not in SAMPLERS:
        raise InvalidInputError(unknown("sampler", sampler, SAMPLERS))
    if not 1 <= n <= MAX_DESIGNS:
        raise InvalidInputError(f"the number of designs is {n}; allowed: 1 to {MAX_DESIGNS}")
    if seed < 0:
        raise InvalidInputError(f"the seed is {seed}; allowed: 0 or more")
    if space.is_empty:
        raise InvalidInputError(_too_few(space, n, "has 0"))
    if space.is_finite and n > cast(int, space.size):
        raise InvalidInputError(_too_few(space, n, f"has {space.size}"))
    rng = np.random.default_rng(seed)
    batches = SAMPLERS[sampler].batches(len(space.parameters), n, rng)
    if SAMPLERS[sampler].is_stratified:
        batches = _with_first_mended(space, batches, rng)
    designs = _collect(space, n, batches, rng)
    return Sample(designs, discrepancy(space, designs), sampler, seed)


def discrepancy(space: DesignSpace, designs: pd.DataFrame) -> float:
    """Return the centered L2 discrepancy of designs, as `Sample` describes it."""
    varying = [i for i, parameter in enumerate(space.parameters) if parameter.size != 1]
    if not varying or designs.empty:
        return 0.0
    from scipy.stats import qmc  # noqa: PLC0415 - see LAZY in tests/test_imports.py

    points = space.to_unit_constrained(designs.iloc[:MAX_DISCREPANCY_DESIGNS])[:, varying]
    return float(qmc.discrepancy(np.clip(points, 0.0, 1.0), method="CD"))


def cross(architectures: pd.DataFrame, backends: pd.DataFrame) -> pd.DataFrame:
    """Return every architecture with every backend point: the first architecture with all of them, and so on.

    Raises:
        InvalidInputError: If the tables share a column.
    """
    if shared := [name for name in architectures if name in backends]:
        raise InvalidInputError(f"both tables have the column '{shared[0]}'; allowed: no common columns")
    return architectures.merge(backends, how="cross")


def _collect(space: DesignSpace, n: int, batches: Iterator[FloatArray], rng: np.random.Generator) -> pd.DataFrame:
    """Take points of the sequence, in its order, until n different valid designs are found."""
    max_tries = 8 * n if space.size_is_exact else max(_MIN_TRIES, _TRIES_PER_DESIGN * n)
    designs = space.from_unit_constrained(np.empty((0, len(space.parameters))))
    tried = 0
    while len(designs) < n and tried < max_tries:
        points = next(batches)
        tried += len(points)
        drawn = space.from_unit_constrained(points)
        if space.open_constraints:
            drawn = drawn[space.is_valid(drawn)]
        designs = pd.concat([designs, drawn], ignore_index=True).drop_duplicates(ignore_index=True)
    if len(designs) < n and space.size_is_exact:
        designs = _filled(space, designs, n, rng)
    if len(designs) < n:
        raise InvalidInputError(_too_few(space, n, f"showed, in {tried} tries, {len(designs)}"))
    return designs.iloc[:n]


def _too_few(space: DesignSpace, n: int, found: str) -> str:
    names = ", ".join(f"'{constraint.name}'" for constraint in space.constraints)
    remedy = f"; loosen {names} or ask for fewer" if names else "; ask for fewer"
    return f"space '{space.name}' {found} valid designs, {n} different ones were asked for{remedy}"


def _filled(space: DesignSpace, designs: pd.DataFrame, n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Add designs not drawn yet, at random: when nearly all of a space is wanted, a sequence seldom hits the rest."""
    unused = np.setdiff1d(np.arange(cast(int, space.size)), space.to_index(designs), assume_unique=True)
    rest = space.from_index(rng.permutation(unused)[: n - len(designs)])
    return pd.concat([designs, rest], ignore_index=True)


def _with_first_mended(
    space: DesignSpace, batches: Iterator[FloatArray], rng: np.random.Generator
) -> Iterator[FloatArray]:
    yield _mended(space, next(batches), rng)
    yield from batches


def _mended(space: DesignSpace, points: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Swap coordinates between points until their designs are different and valid, or swaps stop helping.

    Each column keeps its values, so a Latin hypercube stays one (Petelet et al. 2010, "Latin hypercube sampling with
    inequality constraints", mend theirs by permutations too).
    """
    if not 1 < len(points) <= _MAX_SWAPPED_DESIGNS:
        return points
    wrong = _wrong(space, points)
    fruitless = 0
    while wrong.any() and fruitless < _FRUITLESS_SWAPS:
        rows = np.union1d(np.flatnonzero(wrong), rng.integers(len(points), size=int(wrong.sum())))
        axis = rng.integers(points.shape[1])
        swapped = points.copy()
        swapped[rows, axis] = points[rng.permutation(rows), axis]
        still_wrong = _wrong(space, swapped)
        fruitless = fruitless + 1 if still_wrong.sum() >= wrong.sum() else 0
        if still_wrong.sum() <= wrong.sum():
            points, wrong = swapped, still_wrong
    return points


def _wrong(space: DesignSpace, points: FloatArray) -> npt.NDArray[np.bool_]:
    """Tell which points give a design that an earlier one gives too, or that breaks an open constraint."""
    designs = space.from_unit_constrained(points)
    repeated = designs.duplicated().to_numpy()
    return repeated | ~space.is_valid(designs) if space.open_constraints else repeated
