"""The three tables of benchmarks/prime.py, from results of units that are there; ``-`` where they are not."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from accel_core.platforms.edgetpu.optima import optimum
from benchmarks.prime_offline import N_CHOICES, OURS, Form
from benchmarks.prime_online import BUDGETS
from benchmarks.prime_results import BySeed, Results, allowed_by_claim, best_s, each, measured
from benchmarks.prime_rows import Row, rows_of
from benchmarks.prime_tables import Measures, aligned, band, fewer, finite, geomean, middle, ratio, share_of_gain

METHOD_TITLES = {"evolutionary": "evolutionary", "random": "random", "tpe": "TPE"}
TOLD: Mapping[Form, str] = {"vector": "told a vector", "layers": "told layers"}
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
    other: Form = "vector" if OURS[table] == "layers" else "layers"
    columns += [
        Column(f"{TOLD[other]}, first", lambda row: results.chosen(row, form=other), scale=1e3),
        Column(f"{TOLD[other]}, best", lambda row: results.chosen(row, N_CHOICES, other), scale=1e3),
    ]
    if table == "zero":
        columns.append(Column("search for the training ones", results.transferred, scale=1e3))
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

    def gain(row: Row, n: int, form: Form | None = None) -> BySeed:
        return each(ratio, results.logged(row), results.chosen(row, n, form))

    def pair(n: int, title: str) -> list[Column]:
        return [
            Column(f"log / offline, {title}", lambda row: gain(row, n), 2, has_mean=True),
            Column(f"share %, {title}", lambda row: each(share_of_gain, gain(row, n), bound(row)), 0, 100.0, "none"),
        ]

    return [
        *pair(1, "first"),
        *pair(N_CHOICES, f"best of {N_CHOICES}"),
        Column("log / told layers, first", lambda row: gain(row, 1, "layers"), 2, has_mean=True),
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

    def told_layers(row: Row) -> BySeed:
        return each(ratio, results.evolved_early(row), results.chosen(row, N_CHOICES, "layers"))

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
        Column("the same / told layers", told_layers, 2, has_mean=True),
        Column("bound", early_bound, 2, has_mean=True),
        Column("it reaches first after", lambda row: to_reach(row, 1), 0, endless=NO_LIMIT),
        Column(f"best of {N_CHOICES} after", lambda row: to_reach(row, N_CHOICES), 0, endless=NO_LIMIT),
        Column("fewer %", saved, 1, 100.0),
    ]


def distance_columns(results: Results) -> list[Column]:
    """Return how far choices are from the optimum."""

    def above(row: Row, n: int, form: Form | None = None) -> BySeed:
        return {seed: runtime / best_s(row) - 1 for seed, runtime in results.chosen(row, n, form).items()}

    return [
        Column("first above optimum %", lambda row: above(row, 1), 1, 100.0),
        Column(f"best of {N_CHOICES} above %", lambda row: above(row, N_CHOICES), 1, 100.0),
        *(
            Column(f"{words}, first above %", lambda row, form=form: above(row, 1, form), 1, 100.0)
            for form, words in TOLD.items()
        ),
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
        return fixed(finite(measured(design, row.tests)) / best_s(row))

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
