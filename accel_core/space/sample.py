"""Drawing designs: n different valid ones, spread as evenly as the chosen sampler can."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd
from scipy.stats import qmc

from accel_core.errors import InvalidInputError
from accel_core.space.design_space import DesignSpace
from accel_core.space.messages import unknown
from accel_core.space.parameters import FloatArray
from accel_core.space.samplers import SAMPLERS

MAX_DESIGNS = 10_000_000
"""Largest sample."""

MAX_DISCREPANCY_DESIGNS = 4096
"""The discrepancy costs time in the square of the number of designs, so it is that of the first so many."""


@dataclass(frozen=True, eq=False)
class Sample:
    """Designs and how they were drawn.

    Attributes:
        designs: The table, with index 0 to n - 1.
        discrepancy: Centered L2 discrepancy (Hickernell 1998) of the designs in the unit cube of the parameters that
            vary; smaller is more even. Of the first `MAX_DISCREPANCY_DESIGNS` if there are more; 0 if nothing varies.
        sampler: Name of the sampler.
        seed: Seed of its random numbers.
    """

    designs: pd.DataFrame
    discrepancy: float
    sampler: str
    seed: int


def sample(space: DesignSpace, n: int, sampler: str = "lhs", seed: int = 0) -> Sample:
    """Draw n different valid designs; the same arguments give the same designs.

    Raises:
        InvalidInputError: If the sampler is unknown, ``n`` is out of range, or the space has fewer valid designs.
    """
    if sampler not in SAMPLERS:
        raise InvalidInputError(unknown("sampler", sampler, SAMPLERS))
    if not 1 <= n <= MAX_DESIGNS:
        raise InvalidInputError(f"the number of designs is {n}; allowed: 1 to {MAX_DESIGNS}")
    if space.size_is_exact and n > cast(int, space.size):
        raise InvalidInputError(f"space '{space.name}' has {space.size} valid designs; {n} were asked for")
    rng = np.random.default_rng(seed)
    batches = SAMPLERS[sampler](len(space.parameters), n, rng)
    designs = _collect(space, n, batches, rng)
    return Sample(designs, discrepancy(space, designs), sampler, seed)


def discrepancy(space: DesignSpace, designs: pd.DataFrame) -> float:
    """Return the centered L2 discrepancy of designs, as `Sample` describes it."""
    varying = [i for i, parameter in enumerate(space.parameters) if parameter.size != 1]
    if not varying or designs.empty:
        return 0.0
    points = space.to_unit(designs.iloc[:MAX_DISCREPANCY_DESIGNS])[:, varying]
    return float(qmc.discrepancy(points, method="CD"))


def cross(architectures: pd.DataFrame, backends: pd.DataFrame) -> pd.DataFrame:
    """Return every architecture with every backend point: the first architecture with all of them, and so on.

    Raises:
        InvalidInputError: If the tables share a column.
    """
    if shared := [name for name in architectures if name in backends]:
        raise InvalidInputError(f"both tables have the column '{shared[0]}'; allowed: tables without common columns")
    return architectures.merge(backends, how="cross")


def _collect(space: DesignSpace, n: int, batches: Iterator[FloatArray], rng: np.random.Generator) -> pd.DataFrame:
    """Take points of the sequence, in its order, until n different valid designs are found."""
    designs = space.from_unit_constrained(np.empty((0, len(space.parameters))))
    tried = 0
    while len(designs) < n and tried < max(64 * n, 4_000_000):
        points = next(batches)
        tried += len(points)
        drawn = space.from_unit_constrained(points)
        if space.open_constraints:
            drawn = drawn[space.is_valid(drawn)]
        designs = pd.concat([designs, drawn], ignore_index=True).drop_duplicates(ignore_index=True)
    if len(designs) < n:
        raise InvalidInputError(
            f"space '{space.name}': only {len(designs)} of {n} valid designs found in {tried} tries"
        )
    return designs.iloc[:n]
