"""A simple elitist genetic algorithm: the best designs so far, mutated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.objectives import CostFunction, Goal
from accel_core.optimizers.base import FloatArray, Optimizer
from accel_core.optimizers.candidates import mutate, repaired
from accel_core.optimizers.ranking import best_first
from accel_core.space import DesignSpace


class GeneticSearch(Optimizer):
    """Parents are the best designs told; children differ by resampled genes, with no crossover by default.

    After the genetic algorithm that Kumar, Hofgard and Lev used on Eyeriss under a total-resource constraint: 6
    parents, each gene mutated with probability 0.1 by drawing from its list, the elite kept. Theirs minimizes one
    loss; without a ``cost`` function the best are those of the lowest nondominated rank, the loneliest first.
    """

    name: ClassVar[str] = "genetic"
    title: ClassVar[str] = "Genetic algorithm"
    n_start: ClassVar[int] = 8

    def __init__(
        self,
        space: DesignSpace,
        goals: Sequence[Goal],
        seed: int = 0,
        *,
        parents: int = 6,
        mutation: float = 0.1,
        crossover: float = 0.0,
        cost: CostFunction | None = None,
    ) -> None:
        """Set up the search.

        Args:
            space: Where to search.
            goals: Objectives and bounds; a ``cost`` may use only metrics among them.
            seed: Of all randomness.
            parents: How many of the best designs have children.
            mutation: Chance of each gene to be drawn anew; at least one always is.
            crossover: Chance of a child to take each gene from either of two parents.
            cost: What to minimize instead of all objectives together.

        Raises:
            InvalidInputError: If a number is out of range, or the cost needs a metric that is no goal's.
        """
        super().__init__(space, goals, seed)
        for name, value, least, most in (
            ("parents", parents, 1, 10_000),
            ("mutation", mutation, 0, 1),
            ("crossover", crossover, 0, 1),
        ):
            if not least <= value <= most:
                raise InvalidInputError(f"optimizer 'genetic': {name} is {value}; allowed: {least} to {most}")
        if cost and (missing := [metric for metric in cost.weights if metric not in self._metrics]):
            raise InvalidInputError(
                f"optimizer 'genetic': cost uses '{missing[0]}'; allowed: {', '.join(self._metrics)}"
            )
        self._n_parents, self._mutation, self._crossover, self._cost = parents, mutation, crossover, cost

    def _propose(self, n: int, rng: np.random.Generator, chosen: pd.DataFrame) -> pd.DataFrame:
        if self._told.empty:
            return chosen.iloc[:0]
        parents = self.space.to_unit(self._told.iloc[self._best()[: self._n_parents]])
        children = parents[rng.integers(0, len(parents), n)]
        if self._crossover > 0:
            children = uniform_crossover(children, parents[rng.integers(0, len(parents), n)], rng, self._crossover)
        wanted = self.space.from_unit(mutate(self.space, children, rng, self._mutation))
        return repaired(self.space, wanted, self._known(), rng)

    def _best(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        violation = self.violation()
        if self._cost is None:
            return best_first(self.values(), violation)[0]
        cost = np.where(violation <= 0, self._cost(self._told), 0.0)
        return np.lexsort((cost, violation)).astype(np.int64)


def uniform_crossover(
    first: FloatArray, second: FloatArray, rng: np.random.Generator, probability: float
) -> FloatArray:
    """Return children that, each with a given probability, take every gene from either parent with equal chance."""
    crossed = rng.random(len(first)) < probability
    from_second = crossed[:, None] & (rng.random(first.shape) < 0.5)
    return np.where(from_second, second, first)
