"""Results of the units of benchmarks/prime.py that are there, by seed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from accel_core.platforms.edgetpu.optima import optimum
from benchmarks.prime_offline import N_CHOICES, OURS, Form, Plan, choice_unit, log_unit
from benchmarks.prime_online import measure, online_unit
from benchmarks.prime_rows import Row, published, rows_of
from benchmarks.prime_tables import after, finite, needed
from benchmarks.prime_units import Folder, Unit

BySeed = Mapping[int, float]


@dataclass(frozen=True)
class Results:
    """Results that are there.

    Attributes:
        folder: Where they are.
        plan: How models were trained.
        seeds: How many seeds to read.
    """

    folder: Folder
    plan: Plan
    seeds: int

    def _read(self, unit: Callable[[int], Unit]) -> dict[int, dict[str, Any]]:
        found = {seed: self.folder.read(unit(seed)) for seed in range(self.seeds)}
        return {seed: result for seed, result in found.items() if result is not None}

    def online(self, row: Row, method: str) -> dict[int, dict[str, Any]]:
        """Return searches of a row by seed."""
        return self._read(lambda seed: online_unit(row, method, seed))

    def logged(self, row: Row) -> BySeed:
        """Return the runtime of the best logged design."""
        found = self._read(lambda seed: log_unit(row, self.plan, seed))
        return {seed: finite(result["runtime_s"]) for seed, result in found.items()}

    def chosen(self, row: Row, n: int = 1, form: Form | None = None) -> BySeed:
        """Return the runtime of the best of a model's first ``n`` choices; of ours where no form is given."""
        found = self._read(lambda seed: choice_unit(self.folder, row, self.plan, seed, form or OURS[row.table]))
        return {seed: min(map(finite, result["runtime_s"][:n])) for seed, result in found.items()}

    def training_s(self, table: str) -> list[float]:
        """Return how long the trainings of the models of a table took, each once."""
        found = {}
        for row in rows_of(table):
            for made in self._read(
                lambda seed, row=row: choice_unit(self.folder, row, self.plan, seed, OURS[table])
            ).values():
                found[made["trained"]["model"]] = float(made["trained"]["seconds"])
        return list(found.values())

    def searched(self, row: Row, method: str, simulations: float = math.inf) -> BySeed:
        """Return the best runtime that a search found, after all of its simulations or fewer."""
        found = self.online(row, method)
        return {seed: after(result["improvements"], simulations) for seed, result in found.items()}

    def evolved(self, row: Row) -> BySeed:
        """Return the best runtime that the evolutionary search found."""
        return self.searched(row, "evolutionary")

    def evolved_early(self, row: Row) -> BySeed:
        """Return the same after so few simulations that the source's claim would hold."""
        return self.searched(row, "evolutionary", allowed_by_claim(row.table))

    def needed(self, row: Row, target_s: float) -> BySeed:
        """Return the simulations that the evolutionary search takes to a runtime; none if there is none to get to."""
        found = self.online(row, "evolutionary") if math.isfinite(target_s) else {}
        return {seed: needed(result["improvements"], target_s) for seed, result in found.items()}

    def transferred(self, row: Row) -> BySeed:
        """Return how the best design for the training applications does on the test applications."""
        found = self.online(row, "evolutionary")
        return {
            seed: finite(measured(tuple(result["design"].items()), row.tests) if result["design"] else None)
            for seed, result in found.items()
        }


@lru_cache(maxsize=1000)
def measured(design: tuple[tuple[str, int], ...], names: tuple[str, ...]) -> float | None:
    """Return the runtime of a design; None if it does not run."""
    return measure(dict(design), names)


def best_s(row: Row) -> float:
    """Return the runtime of the exact optimum."""
    return optimum(row.tests, row.limit_mm2).runtime_s


def each(function: Callable[[float, float], float], first: BySeed, second: BySeed) -> BySeed:
    """Return a function of two numbers for each seed that has both."""
    return {seed: function(first[seed], second[seed]) for seed in first if seed in second}


def allowed_by_claim(table: str) -> int:
    """Return the simulations that searches need for the first choices to need as many fewer as the source claims."""
    return round(N_CHOICES / (1 - float(published()["claims"][f"{table}_fewer_simulations"])))
