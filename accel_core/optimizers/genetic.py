"""A simple elitist genetic algorithm: the best designs so far, mutated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.objectives import Cost, Goal, NormalizedCost, loss_weights
from accel_core.optimizers.base import FloatArray, Optimizer
from accel_core.optimizers.candidates import fingerprints, mutate, repaired
from accel_core.optimizers.options import resolve_options
from accel_core.optimizers.ranking import best_first
from accel_core.optimizers.tied import followed, free_genes
from accel_core.settings import Setting, SettingValue
from accel_core.space import DesignSpace, sample

SAMPLE = 100
SAMPLE_SEED = 0

IntArray = np.ndarray[tuple[int], np.dtype[np.int64]]


class GeneticSearch(Optimizer):
    """Parents are the best designs told; children differ by resampled genes, with no crossover by default.

    After the genetic algorithm that Kumar, Hofgard and Lev used on Eyeriss under a total-resource constraint: 8 designs
    a generation, 6 parents, each gene mutated with probability 0.1 by drawing from its list, the elite kept. Theirs
    minimizes one loss; without one the best are those of the lowest nondominated rank, the loneliest first. Two things
    differ. Theirs evaluates the elite again in every generation, because its mapper draws at random and another try
    may be luckier; here a design has one result and keeps it. And a child is never a copy of a design known before.

    Parameters that a constraint decides, such as the second side of a mesh of so many units, follow the others: they
    are no genes, and a mutation of the first side is not undone.
    """

    name: ClassVar[str] = "genetic"
    title: ClassVar[str] = "Genetic algorithm"
    n_start: ClassVar[int] = 8
    options: ClassVar[Mapping[str, Setting]] = {
        "parents": Setting(6, "How many of the best designs have children.", 1, 10_000),
        "population": Setting(0, "Parents are among the elite and so many less one told last; 0: all.", 0, 1_000_000),
        "mutation": Setting(0.1, "Chance of each gene to be drawn anew.", 0, 1),
        "crossover": Setting(0.0, "Chance of a child to have two parents.", 0, 1),
        "loss": Setting("", "What to minimize: a preset's name or metric=weight,..., normalized; empty: the front."),
        "sample": Setting(SAMPLE, "Random designs that set the scale of the loss.", 2, 100_000),
    }

    def __init__(
        self,
        space: DesignSpace,
        goals: Sequence[Goal],
        seed: int = 0,
        *,
        parents: int = 6,
        population: int = 0,
        mutation: float = 0.1,
        crossover: float = 0.0,
        cost: Cost | None = None,
        loss: str | Mapping[str, float] | None = None,
        sample: int = SAMPLE,
    ) -> None:
        """Set up the search.

        Args:
            space: Where to search.
            goals: Objectives and bounds.
            seed: Of all randomness but the sample of the loss.
            parents: How many of the best designs have children.
            population: Parents are chosen among the best design of all and so many less one that were told last; 0:
                among all. Asked for one less than the population at a time, 8 gives the generations of the source.
            mutation: Chance of each gene to be drawn anew; at least one always is.
            crossover: Chance of a child to take each gene from either of two parents.
            cost: What to minimize instead of all objectives together.
            loss: The same as weights by metric or a name of `LOSSES`, each metric normalized by a sample.
            sample: How many random designs (of seed `SAMPLE_SEED`, whatever the search's) come first to set the scale
                of the loss. They are told like others but have no children.

        Raises:
            InvalidInputError: If a number is out of range, the loss is not understood, or comes beside a cost.
        """
        given = {"parents": parents, "population": population, "mutation": mutation, "crossover": crossover}
        resolve_options(self, given | {"sample": sample})
        if cost is not None and loss:
            raise InvalidInputError("optimizer 'genetic': both a cost and a loss are given; allowed: one of them")
        self._loss = loss_weights(loss) if loss else None
        wanted = self._loss if self._loss is not None else cost.weights if cost is not None else {}
        super().__init__(space, goals, seed, metrics=tuple(wanted))
        self._n_parents, self._population = parents, population
        self._mutation, self._crossover, self._cost = mutation, crossover, cost
        self._genes = free_genes(space)
        none = pd.DataFrame(columns=list(space.names))
        self._sample = none if self._loss is None else _random_designs(space, sample)
        self._sample_keys = fingerprints(space, self._sample)

    @classmethod
    def n_scaling_under(cls, options: Mapping[str, SettingValue]) -> int:
        """Return how many designs set the scale of the loss, if there is one."""
        return int(options.get("sample", SAMPLE)) if options.get("loss") else 0

    @property
    def n_scaling(self) -> int:
        """How many designs come first that only set the scale of the loss; a budget counts them apart."""
        return len(self._sample)

    @property
    def cost(self) -> Cost | None:
        """What is minimized; None without a cost, and as long as too little is known for the scale of a loss."""
        if self._loss is None:
            return self._cost
        is_ok = (self._told["status"] == "ok").to_numpy(dtype=bool)
        of_sample = is_ok & np.isin(self._keys, self._sample_keys)
        enough = of_sample if of_sample.sum() > 1 else is_ok
        return NormalizedCost.from_sample(self._told[enough], self._loss) if enough.sum() > 1 else None

    def _starting(self, n: int) -> pd.DataFrame:
        scaling = self._sample[~np.isin(self._sample_keys, self._known())].iloc[:n]
        if len(scaling) == n:
            return scaling
        return pd.concat([scaling, super()._starting(n - len(scaling))], ignore_index=True)

    def _n_begun(self) -> int:
        return int((~np.isin(self._known(), self._sample_keys)).sum())

    def _propose(self, n: int, rng: np.random.Generator, chosen: pd.DataFrame) -> pd.DataFrame:
        if self._told.empty:
            return chosen.iloc[:0]
        parents = self.space.to_unit(self._told.iloc[self._best()[: self._n_parents]])
        children = parents[rng.integers(0, len(parents), n)]
        if self._crossover > 0:
            children = uniform_crossover(children, parents[rng.integers(0, len(parents), n)], rng, self._crossover)
        mutated = mutate(self.space, children, rng, self._mutation, genes=self._genes)
        wanted = followed(self.space, self.space.from_unit(mutated), mutated != children)
        return repaired(self.space, wanted, self._known(), rng)

    def _best(self) -> IntArray:
        """Return the rows told that may have children, best first."""
        violation = self.violation()
        cost = self.cost
        if cost is not None:
            values = np.where(violation <= 0, cost(self._told), 0.0)
            order = np.lexsort((values, violation)).astype(np.int64)
        else:
            order = best_first(self.values(), violation)[0]
        is_bred = ~np.isin(self._keys, self._sample_keys)
        if is_bred.any():
            order = order[is_bred[order]]
        if self._population:
            is_recent = np.zeros(len(self._told), dtype=np.bool_)
            is_recent[np.sort(order)[::-1][: self._population - 1]] = True
            is_recent[order[0]] = True
            order = order[is_recent[order]]
        return order


def uniform_crossover(
    first: FloatArray, second: FloatArray, rng: np.random.Generator, probability: float
) -> FloatArray:
    """Return children that, each with a given probability, take every gene from either parent with equal chance."""
    crossed = rng.random(len(first)) < probability
    from_second = crossed[:, None] & (rng.random(first.shape) < 0.5)
    return np.where(from_second, second, first)


def _random_designs(space: DesignSpace, n: int) -> pd.DataFrame:
    """Return random designs, none if constraints that cannot be counted leave too few."""
    size = space.size
    try:
        return sample(space, n if size is None else min(n, size), "random", SAMPLE_SEED).designs
    except InvalidInputError:
        return pd.DataFrame(columns=list(space.names))
