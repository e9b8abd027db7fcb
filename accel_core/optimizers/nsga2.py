"""NSGA-II (Deb, Pratap, Agarwal and Meyarivan 2002) as ask and tell, without generations that wait for each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import pandas as pd

from accel_core.objectives import Goal
from accel_core.optimizers.base import Optimizer
from accel_core.optimizers.candidates import mutate, repaired
from accel_core.optimizers.genetic import uniform_crossover
from accel_core.optimizers.ranking import best_first
from accel_core.optimizers.tied import followed, free_genes
from accel_core.space import DesignSpace

POPULATION = 50
CROSSOVER = 0.9


class NondominatedSorting(Optimizer):
    """Binary tournaments by constrained rank and crowding among the best `POPULATION` designs, uniform crossover.

    The population is the best of all designs told, which is what merging parents with children and keeping the best
    leads to. It so depends on the results alone, and designs told from elsewhere take part at once. A library's sampler
    would tie them to generations that only it can count.
    """

    name: ClassVar[str] = "nsga2"
    title: ClassVar[str] = "NSGA-II"
    n_start: ClassVar[int] = 30

    def __init__(self, space: DesignSpace, goals: Sequence[Goal], seed: int = 0) -> None:
        """Set up the search; see `Optimizer`."""
        super().__init__(space, goals, seed)
        self._genes = free_genes(space)

    def _propose(self, n: int, rng: np.random.Generator, chosen: pd.DataFrame) -> pd.DataFrame:
        if self._told.empty:
            return chosen.iloc[:0]
        order, _, _ = best_first(self.values(), self.violation())
        population = self.space.to_unit(self._told.iloc[order[:POPULATION]])
        # Rows stand from best to worst, so the smaller of two numbers wins the tournament.
        winners = rng.integers(0, len(population), (2, n, 2)).min(axis=2)
        children = uniform_crossover(population[winners[0]], population[winners[1]], rng, CROSSOVER)
        changed = rng.random(n) < 1.0 - (1.0 - 1.0 / population.shape[1]) ** population.shape[1]
        mutated = mutate(self.space, children, rng, 1.0 / population.shape[1], local=0.5, genes=self._genes)
        mutated = np.where(changed[:, None], mutated, children)
        wanted = followed(self.space, self.space.from_unit(mutated), mutated != children)
        return repaired(self.space, wanted, self._known(), rng)
