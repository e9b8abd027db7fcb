"""The three tables of benchmarks/prime.py, from results of units that are there; ``-`` where they are not."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from accel_core.platforms.edgetpu.optima import optimum
from benchmarks.prime_offline import N_CHOICES, Form, Plan, choice_unit, log_unit
from benchmarks.prime_online import BUDGETS, measure, online_unit
from benchmarks.prime_rows import Row, published, rows_of
from benchmarks.prime_tables import (
    Measures,
    after,
    aligned,
    band,
    fewer,
    finite,
    geomean,
    middle,
    needed,
    ratio,
    share_of_gain,
)
from benchmarks.prime_units import Folder, Unit

BySeed = Mapping[int, float]
METHOD_TITLES = {"evolutionary": "evolutionary", "random": "random", "tpe": "TPE"}
NO_LIMIT = "> budget"


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        title: Its head.
        values: Numbers by seed; of the seed 0 alone what has no seed.
        digits: Behind the point.
        scale: What numbers are multiplied by to be shown.
        endless: What stands for infinity.
        has_mean: Whether the geometric mean over rows says something.
    """

    title: str
    values: Callable[[Row], BySeed]
    digits: int = 1
    scale: float = 1.0
    endless: str = "infeasible"
    has_mean: bool = False


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

    def chosen(self, row: Row, n: int = 1, form: Form = "ours") -> BySeed:
        """Return the runtime of the best of the model's first ``n`` choices."""
        found = self._read(lambda seed: choice_unit(self.folder, row, self.plan, seed, form))
        return {seed: min(map(finite, result["runtime_s"][:n])) for seed, result in found.items()}

    def training_s(self, table: str) -> list[float]:
        """Return how long the trainings of the models of a table took, each once."""
        found = {}
        for row in rows_of(table):
            for made in self._read(lambda seed, row=row: choice_unit(self.folder, row, self.plan, seed)).values():
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
            seed: finite(_measured(tuple(result["design"].items()), row.tests) if result["design"] else None)
            for seed, result in found.items()
        }


@lru_cache(maxsize=1000)
def _measured(design: tuple[tuple[str, int], ...], names: tuple[str, ...]) -> float | None:
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


def fixed(value: float) -> BySeed:
    """Return a number that has no seed."""
    return {0: value}


def latency_columns(results: Results, table: str) -> list[Column]:
    """Return the columns of runtimes in ms."""
    columns = []
    if table == "single":
        columns += [
            Column("best in log", results.logged, scale=1e3),
            Column("naive, first", lambda row: results.chosen(row, form="naive"), scale=1e3),
        ]
    columns += [
        Column("offline, first", results.chosen, scale=1e3),
        Column(f"offline, best of {N_CHOICES}", lambda row: results.chosen(row, N_CHOICES), scale=1e3),
    ]
    if table == "zero":
        columns += [
            Column("told by a vector, first", lambda row: results.chosen(row, form="vector"), scale=1e3),
            Column("search for the training ones", results.transferred, scale=1e3),
        ]
    else:
        columns += [searched_column(results, method, table) for method in METHOD_TITLES]
    return [*columns, Column("optimum", lambda row: fixed(best_s(row)), scale=1e3)]


def searched_column(results: Results, method: str, table: str) -> Column:
    """Return the runtimes that a search on the simulator found."""
    title = f"{METHOD_TITLES[method]}, {BUDGETS[method][table]:,}"
    return Column(title, lambda row: results.searched(row, method), scale=1e3)


def gain_columns(results: Results) -> list[Column]:
    """Return what the single-application table says of the log."""

    def bound(row: Row) -> BySeed:
        return {seed: runtime / best_s(row) for seed, runtime in results.logged(row).items()}

    def gain(row: Row, n: int) -> BySeed:
        return each(ratio, results.logged(row), results.chosen(row, n))

    def pair(n: int, title: str) -> list[Column]:
        return [
            Column(f"log / offline, {title}", lambda row: gain(row, n), 2, has_mean=True),
            Column(f"share %, {title}", lambda row: each(share_of_gain, gain(row, n), bound(row)), 0, 100.0, "none"),
        ]

    return [
        *pair(1, "first"),
        *pair(N_CHOICES, f"best of {N_CHOICES}"),
        Column("published, log", lambda row: fixed(row.published["logged"] / row.published["prime"]), 2, has_mean=True),
        Column("bound: log / optimum", bound, 2, has_mean=True),
    ]


def online_columns(results: Results, table: str) -> list[Column]:
    """Return how searches on the simulator compare with the best of the first choices, and in simulations."""
    allowed = allowed_by_claim(table)

    def over(row: Row, method: str, simulations: float = math.inf) -> BySeed:
        return each(ratio, results.searched(row, method, simulations), results.chosen(row, N_CHOICES))

    def to_reach(row: Row, n: int) -> BySeed:
        return results.needed(row, middle(list(results.chosen(row, n).values())))

    def saved(row: Row) -> BySeed:
        # A search that did not get there would have needed more than its budget: so much is saved at least.
        budget = BUDGETS["evolutionary"][table]
        return {seed: fewer(N_CHOICES, min(number, budget)) for seed, number in to_reach(row, N_CHOICES).items()}

    def early_bound(row: Row) -> BySeed:
        return {seed: found / best_s(row) for seed, found in results.evolved_early(row).items()}

    def of_source(method: str) -> Callable[[Row], BySeed]:
        return lambda row: fixed(row.published[method] / row.published["prime"])

    return [
        Column("evolutionary / offline", lambda row: over(row, "evolutionary"), 2, has_mean=True),
        Column("published, evolutionary", of_source("evolutionary"), 2, has_mean=True),
        Column("TPE / offline", lambda row: over(row, "tpe"), 2, has_mean=True),
        Column("published, Bayesian", of_source("bayesian"), 2, has_mean=True),
        Column(
            f"evolutionary at {allowed:,} / offline", lambda row: over(row, "evolutionary", allowed), 2, has_mean=True
        ),
        Column("bound", early_bound, 2, has_mean=True),
        Column("it reaches first after", lambda row: to_reach(row, 1), 0, endless=NO_LIMIT),
        Column(f"best of {N_CHOICES} after", lambda row: to_reach(row, N_CHOICES), 0, endless=NO_LIMIT),
        Column("fewer %", saved, 1, 100.0),
    ]


def distance_columns(results: Results) -> list[Column]:
    """Return how far choices are from the optimum."""

    def above(row: Row, n: int) -> BySeed:
        return {seed: runtime / best_s(row) - 1 for seed, runtime in results.chosen(row, n).items()}

    return [
        Column("first above optimum %", lambda row: above(row, 1), 1, 100.0),
        Column(f"best of {N_CHOICES} above %", lambda row: above(row, N_CHOICES), 1, 100.0),
    ]


def zero_columns(results: Results) -> list[Column]:
    """Return how a design for unseen applications compares with one that a search found for the training ones."""

    def over(row: Row, n: int) -> BySeed:
        return each(ratio, results.transferred(row), results.chosen(row, n))

    def bound(row: Row) -> BySeed:
        return {seed: runtime / best_s(row) for seed, runtime in results.transferred(row).items()}

    def perfect(row: Row) -> BySeed:
        # Of a search that finds the exact optimum for the training applications.
        design = tuple(optimum(row.names, row.limit_mm2).design.items())
        return fixed(finite(_measured(design, row.tests)) / best_s(row))

    def failed(row: Row) -> BySeed:
        return fixed(sum(map(math.isinf, results.transferred(row).values())))

    return [
        Column("search / offline, first", lambda row: over(row, 1), 2, has_mean=True),
        Column(f"best of {N_CHOICES}", lambda row: over(row, N_CHOICES), 2, has_mean=True),
        Column(
            "published", lambda row: fixed(row.published["evolutionary"] / row.published["prime"]), 2, has_mean=True
        ),
        Column("bound: search / optimum", bound, 2, has_mean=True),
        Column("bound, perfect search", perfect, 2, has_mean=True),
        Column("searches infeasible here", failed, 0),
        *distance_columns(results),
    ]


def reach_columns(results: Results, table: str) -> list[Column]:
    """Return how hard a row is for searches on the simulator."""

    def feasible(row: Row) -> BySeed:
        return {s: found["feasible"] / found["simulations"] for s, found in results.online(row, "random").items()}

    def regret(row: Row) -> BySeed:
        return {seed: runtime / best_s(row) - 1 for seed, runtime in results.evolved(row).items()}

    def near(factor: float) -> Column:
        title = f"within {factor - 1:.0%} after"
        return Column(title, lambda row: results.needed(row, factor * best_s(row)), 0, endless=NO_LIMIT)

    return [
        Column("random designs feasible %", feasible, 1, 100.0),
        *map(near, (1.5, 1.1, 1.05, 1.01)),
        Column(f"above optimum % after {BUDGETS['evolutionary'][table]:,}", regret, 1, 100.0, "infeasible"),
    ]


def text(table: str, columns: Sequence[Column], measures: Measures) -> str:
    """Return a table as aligned text, with geometric means of some columns, and note its numbers as they are shown."""
    rows, lines = rows_of(table), []
    medians: dict[int, list[float]] = {}
    for row in rows:
        cells = [row.title]
        for i, column in enumerate(columns):
            found = list(column.values(row).values())
            measures.add(table, row.title, column.title, [column.scale * value for value in found])
            medians.setdefault(i, []).append(middle(found))
            cells.append(band(found, column.digits, column.endless, column.scale))
        lines.append(cells)
    if any(column.has_mean for column in columns):
        means = [geomean(medians[i]) if column.has_mean else math.nan for i, column in enumerate(columns)]
        for column, mean in zip(columns, means, strict=True):
            measures.add(table, "geometric mean", column.title, [] if math.isnan(mean) else [mean])
        cells = [
            band([mean], column.digits) if column.has_mean else "" for column, mean in zip(columns, means, strict=True)
        ]
        lines.append(["geometric mean", *cells])
    return aligned(["applications", *(column.title for column in columns)], lines)
