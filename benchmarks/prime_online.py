"""Searches that run the simulator: what a user would do instead of learning from logs.

All count in the same way. A simulation is one design run on all applications of a row. A design whose area, known in
closed form, is above the limit is turned down without simulating and does not count, for every search alike; nor does a
design that was simulated before. An infeasible design counts. All begin with random designs within the limit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd

from accel_core.objectives import Objective
from accel_core.offline.firefly import minimize
from accel_core.optimizers import make_optimizer
from accel_core.platforms.edgetpu.applications import applications
from accel_core.platforms.edgetpu.architecture import PARAMETERS, SPACE, Floats, Indices, constants, values
from accel_core.platforms.edgetpu.area import area_mm2
from accel_core.platforms.edgetpu.metrics import designs_of, indices_of, latency_s
from accel_core.platforms.edgetpu.simulate import simulate
from benchmarks.prime_rows import Row
from benchmarks.prime_units import Unit

BUDGETS: Mapping[str, Mapping[str, int]] = {
    "evolutionary": {"single": 10_000, "multi": 20_000, "zero": 20_000},
    "random": {"single": 10_000, "multi": 20_000},
    "tpe": {"single": 300, "multi": 300},
}
"""Simulations of each method, by table. Those of TPE are few because its own thinking takes 30 ms a design; a search of
10,000 by fireflies takes a second."""

SWARMS, FIREFLIES = 1, 64
"""Fireflies of the evolutionary search; the best of five sizes tried on rows of the tables, judged by its results."""

ASKED_AT_ONCE = 10
_MOST_ASKED = 10
"""A search that proposes only designs above the limit ends after so many times its budget."""

_COUNTS = tuple(len(column) for column in values())
_INFEASIBLE, _ABOVE_LIMIT = 1e100, 1e200


class BudgetSpent(Exception):  # noqa: N818
    """All simulations of a search are used up."""


def runtimes_s(indices: Indices, names: Sequence[str]) -> Floats:
    """Return the runtime of each design on each application, NaN where infeasible, shape (applications, designs)."""
    found = [latency_s(simulate(indices, applications()[name].layers)) for name in names]
    total: Floats = constants()["inferences"] * np.array(found)
    return total


def areas_mm2(indices: Indices) -> Floats:
    """Return the area of designs."""
    return area_mm2({name: values()[i][indices[:, i]] for i, name in enumerate(PARAMETERS)})


def within(limit_mm2: float, n: int, rng: np.random.Generator) -> Indices:
    """Return uniformly random designs of at most some area."""
    found: list[Indices] = []
    while sum(map(len, found)) < n:
        indices = np.stack([rng.integers(0, count, 4096) for count in _COUNTS], axis=1).astype(np.uint8)
        found.append(indices[areas_mm2(indices) <= limit_mm2])
    return np.concatenate(found)[:n]


class Simulator:
    """Simulates designs within an area limit, each once, and counts them.

    Attributes:
        n: Simulations so far.
        n_feasible: How many of them ran all applications.
        improvements: Simulation (from 1) and mean runtime in s of each design better than all before.
        best: The fastest design.
    """

    def __init__(self, names: Sequence[str], limit_mm2: float, budget: int) -> None:
        """Begin with nothing simulated."""
        self.names, self.limit_mm2, self.budget = tuple(names), limit_mm2, budget
        self.n = self.n_feasible = 0
        self.improvements: list[tuple[int, float]] = []
        self.best: Indices | None = None
        self._known: dict[int, float] = {}

    def __call__(self, indices: Indices) -> Floats:
        """Return what to minimize: mean runtimes, above them infeasible designs, above these what is too large.

        Of infeasible designs those that run more of the applications are the better ones, of too large ones the
        smaller.

        Args:
            indices: Shape (designs, 10).

        Raises:
            BudgetSpent: With the last simulation of the budget, or after it.
        """
        area = areas_mm2(indices)
        found = np.where(area <= self.limit_mm2, np.nan, _ABOVE_LIMIT * area)
        keys = np.ravel_multi_index(tuple(indices.T.astype(np.int64)), _COUNTS)
        wanted = np.flatnonzero(np.isnan(found))
        new = [i for i in wanted if keys[i] not in self._known]
        _, first = np.unique(keys[new], return_index=True)
        self._simulate(indices, keys, np.array(new, dtype=np.int64)[np.sort(first)][: self.budget - self.n])
        if self.n >= self.budget:
            raise BudgetSpent
        found[wanted] = [self._known[keys[i]] for i in wanted]
        return found

    def _simulate(self, indices: Indices, keys: Any, rows: Any) -> None:
        if not len(rows):
            return
        runtimes = runtimes_s(indices[rows].astype(np.uint8), self.names)
        n_failed = np.isnan(runtimes).sum(axis=0)
        scores = np.where(n_failed == 0, runtimes.mean(axis=0), _INFEASIBLE * n_failed)
        for row, score in zip(rows, scores, strict=True):
            self._known[int(keys[row])] = float(score)
            self.n += 1
            self.n_feasible += score < _INFEASIBLE
            if score < min(_INFEASIBLE, self.improvements[-1][1] if self.improvements else np.inf):
                self.improvements.append((self.n, float(score)))
                self.best = indices[row].astype(np.uint8)


def _evolutionary(simulator: Simulator, seed: int) -> None:
    """Run the optimizer of the offline model on the simulator."""
    rng = np.random.default_rng([seed, 11])
    start = within(simulator.limit_mm2, SWARMS * FIREFLIES, rng).reshape(SWARMS, FIREFLIES, -1).astype(np.int32)
    generations = _MOST_ASKED * simulator.budget // start[..., 0].size

    def objective(indices: Any) -> Floats:
        return simulator(indices.reshape(-1, indices.shape[-1])).reshape(indices.shape[:-1])

    minimize(objective, start, np.array(_COUNTS), generations, 1, rng)


def _random(simulator: Simulator, seed: int) -> None:
    rng = np.random.default_rng([seed, 12])
    while True:
        simulator(within(simulator.limit_mm2, 1000, rng))


def _tpe(simulator: Simulator, seed: int) -> None:
    """Run Optuna's tree-structured Parzen estimator; what is turned down it is told as infeasible."""
    search = make_optimizer("motpe", SPACE, (Objective("runtime_s"),), seed)
    designs = designs_of(within(simulator.limit_mm2, search.n_start, np.random.default_rng([seed, 13])))
    n_asked = 0
    while n_asked < _MOST_ASKED * simulator.budget:
        score = simulator(indices_of(designs))
        status = np.where(score < _INFEASIBLE, "ok", "infeasible")
        search.tell(designs.assign(status=status, runtime_s=np.where(score < _INFEASIBLE, score, np.nan)))
        designs = search.ask(ASKED_AT_ONCE)
        n_asked += len(designs)


METHODS: dict[str, Callable[[Simulator, int], None]] = {
    "evolutionary": _evolutionary,
    "tpe": _tpe,
    "random": _random,
}


def search(method: str, names: Sequence[str], limit_mm2: float, budget: int, seed: int) -> dict[str, Any]:
    """Run one search to its budget and return what it found, as plain numbers.

    Keys: ``simulations feasible improvements runtime_s design seconds``; runtime and design are None if nothing
    feasible was found.
    """
    started = time.process_time()
    simulator = Simulator(names, limit_mm2, budget)
    with suppress(BudgetSpent):
        METHODS[method](simulator, seed)
    best = None if simulator.best is None else designs_of(simulator.best[None]).iloc[0].to_dict()
    return {
        "simulations": simulator.n,
        "feasible": int(simulator.n_feasible),
        "improvements": simulator.improvements,
        "runtime_s": simulator.improvements[-1][1] if best else None,
        "design": best and {name: int(value) for name, value in best.items()},
        "seconds": time.process_time() - started,
    }


def online_unit(row: Row, method: str, seed: int) -> Unit:
    """Return a search for the applications of a row, which rows that differ in nothing else share."""
    budget = BUDGETS[method][row.table]
    name = f"{'+'.join(row.names)}@{row.limit_mm2:g}-{budget}-seed{seed}"
    return Unit(f"online/{method}", name, lambda: search(method, row.names, row.limit_mm2, budget, seed))


def measure(design: dict[str, int], names: Sequence[str]) -> float | None:
    """Return the mean runtime in s of a design over applications; None if one of them does not run."""
    mean = float(runtimes_s(indices_of(pd.DataFrame([design])), names).mean())
    return None if np.isnan(mean) else mean
