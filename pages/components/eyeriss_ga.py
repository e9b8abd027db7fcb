"""A genetic search in this process that advances in short slices, so that the page that shows it stays alive."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from accel_core.errors import AccelError, InvalidInputError
from accel_core.objectives import NormalizedCost, Objective
from accel_core.optimizers.genetic import GeneticSearch
from accel_core.platforms import get_platform
from accel_core.space import sample
from pages.components.eyeriss_designs import PLATFORM, Setup, run

METRICS: Mapping[str, tuple[str, float]] = {
    "cycles": ("Cycles", 1.0),
    "energy_j": ("Energy", 1.0),
    "throughput_flops": ("GFLOPs", -1.0),
    "utilization": ("Utilization", -1.0),
    "edp_js": ("EDP", 1.0),
}
"""What the loss may weigh: words, and the sign that a positive weight takes in the loss."""
PRESETS: Mapping[str, Mapping[str, float]] = {
    "Source": {"cycles": 1.0, "energy_j": 1.0, "throughput_flops": 1.0, "utilization": 1.0},
    "EDP": {"edp_js": 1.0},
    "Speed": {"cycles": 1.0},
    "Energy": {"energy_j": 1.0},
}
SCALE_SAMPLE = 100
"""Random designs that give means and standard deviations, as in the source."""


@dataclass(frozen=True)
class Asked:
    """What was asked for."""

    setup: Setup
    weights: Mapping[str, float]
    seed: int
    population: int
    parents: int
    mutation: float
    generations: int
    pes: int
    bits_budget: int


@dataclass
class Run:
    """A search under way; lives in the session.

    Attributes:
        asked: What was asked for.
        cost: The loss.
        search: The optimizer.
        results: All evaluated designs in order, with ``loss``.
        generation: How many generations are done.
        seconds: Time spent on them.
        is_paused: Whether it waits for the person.
        problem: Why it ended early; empty if it did not.
    """

    asked: Asked
    cost: NormalizedCost
    search: GeneticSearch
    results: pd.DataFrame = field(default_factory=pd.DataFrame)
    generation: int = 0
    seconds: float = 0.0
    is_paused: bool = False
    problem: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do."""
        return bool(self.problem) or self.generation >= self.asked.generations

    @property
    def is_live(self) -> bool:
        """Whether it makes progress by itself."""
        return not self.is_over and not self.is_paused

    @property
    def seconds_left(self) -> float | None:
        """Time left at the present pace; None before the first generation."""
        if self.generation == 0:
            return None
        return self.seconds / self.generation * (self.asked.generations - self.generation)

    def advance(self, limit_s: float) -> None:
        """Breed and evaluate generations for a while."""
        start = time.monotonic()
        while self.is_live and time.monotonic() - start < limit_s:
            began = time.monotonic()
            try:
                self._one_generation()
            except AccelError as error:
                self.problem = str(error)
            self.seconds += time.monotonic() - began

    def _one_generation(self) -> None:
        # The elite lives on, so a generation after the first needs one design less.
        count = self.asked.population - (1 if self.generation else 0)
        designs = self.search.ask(count)
        if designs.empty:
            raise InvalidInputError("every design of the space has been evaluated")
        results = run(designs, self.asked.setup, self.asked.pes, self.asked.bits_budget)
        self.search.tell(results)
        results = results.assign(loss=self.cost(results))
        self.results = pd.concat([self.results, results], ignore_index=True) if len(self.results) else results
        self.generation += 1

    @property
    def best(self) -> int | None:
        """Row of the least loss; None where no design could be mapped."""
        losses = self.results["loss"].to_numpy(np.float64) if len(self.results) else np.empty(0)
        return int(np.argmin(losses)) if len(losses) and np.isfinite(losses).any() else None


def start(asked: Asked) -> Run:
    """Set up a search: scale the loss by random designs, seed the optimizer.

    Raises:
        InvalidInputError: If no weight is above 0, or too few random designs can be mapped.
    """
    weights = {name: METRICS[name][1] * weight for name, weight in asked.weights.items() if weight > 0}
    if not weights:
        raise InvalidInputError("every weight of the loss is 0; raise at least one")
    settings = {"pes": asked.pes} | ({"bits_budget": asked.bits_budget} if asked.bits_budget else {})
    space = get_platform(PLATFORM).space_under(settings)
    random = sample(space, SCALE_SAMPLE, "random", asked.seed).designs
    cost = NormalizedCost.from_sample(run(random, asked.setup, asked.pes, asked.bits_budget), weights)
    goals = [Objective(name, "min" if weight > 0 else "max") for name, weight in weights.items()]
    search = GeneticSearch(space, goals, asked.seed, parents=asked.parents, mutation=asked.mutation, cost=cost)
    return Run(asked, cost, search)
