"""What the tables of benchmarks/prime.py are worked out with: ratios, shares of a gain, simulations, bands over seeds.

A design that does not run has an infinite runtime, and a search that never gets somewhere needs infinitely many
simulations.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

Improvements = Sequence[Sequence[float]]
"""Simulation (from 1) and runtime of each design better than all before."""


def finite(runtime_s: float | None) -> float:
    """Return a runtime, infinite if there is none."""
    return math.inf if runtime_s is None else runtime_s


def ratio(theirs: float, ours: float) -> float:
    """Return how many times faster ours is: 0 if it does not run, infinite if only theirs does not."""
    return 0.0 if math.isinf(ours) else theirs / ours


def share_of_gain(reached: float, bound: float) -> float:
    """Return the share of a possible ratio that was reached, on a logarithmic scale; NaN if nothing is to be gained."""
    if not bound > 1:
        return math.nan
    return math.log(reached) / math.log(bound) if reached > 0 else -math.inf


def geomean(values: Sequence[float]) -> float:
    """Return the geometric mean; NaN if a value is 0 or infinite, which would stand for a design that does not run."""
    if not len(values) or not all(0 < value < math.inf for value in values):
        return math.nan
    return math.exp(sum(map(math.log, values)) / len(values))


def needed(improvements: Improvements, target_s: float) -> float:
    """Return the simulations that a search took to a runtime or below, infinite if it did not get there."""
    return next((number for number, runtime_s in improvements if runtime_s <= target_s), math.inf)


def after(improvements: Improvements, simulations: float) -> float:
    """Return the best runtime of a search after so many simulations."""
    return min((runtime_s for number, runtime_s in improvements if number <= simulations), default=math.inf)


def fewer(spent: float, others: float) -> float:
    """Return by which share a number of simulations is smaller than another search's; negative if it is larger."""
    return 1.0 - spent / others


def middle(values: Sequence[float]) -> float:
    """Return the median, infinite if half of the values are; NaN for none."""
    if not len(values):
        return math.nan
    return float(np.quantile(values, 0.5, method="inverted_cdf" if np.isinf(values).any() else "linear"))


def band(values: Sequence[float], digits: int = 1, endless: str = "infeasible", scale: float = 1.0) -> str:
    """Write the median, and in brackets the least and the most where they differ; ``-`` for no or unknown values."""
    if not len(values) or np.isnan(values).any():
        return "-"
    shown = [endless if math.isinf(value) else f"{scale * value:z,.{digits}f}"
             for value in (middle(values), min(values), max(values))]  # fmt: skip
    return shown[0] if shown[1] == shown[2] else f"{shown[0]} ({shown[1]}-{shown[2]})"


def aligned(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table whose columns are as wide as their widest cell, numbers to the right."""
    widths = [max(len(line[i]) for line in (header, *rows)) for i in range(len(header))]
    lines = [
        "| "
        + " | ".join([cell.rjust(width) if i else cell.ljust(width) for i, (cell, width) in enumerate(pairs)])
        + " |"
        for pairs in (list(zip(line, widths, strict=True)) for line in (header, *rows))
    ]
    rule = "|" + "|".join("-" * (width + 1) + (":" if i else "-") for i, width in enumerate(widths)) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


class Measures:
    """Collects everything that the tables show, as one long table."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._rows: list[dict[str, object]] = []

    def add(self, table: str, row: str, measure: str, values: Sequence[float]) -> Sequence[float]:
        """Note a measure of all seeds, and return it."""
        if len(values):
            self._rows.append(
                {"table": table, "row": row, "measure": measure, "median": middle(values), "least": float(min(values)),
                 "most": float(max(values)), "seeds": len(values)}
            )  # fmt: skip
        return values

    def table(self) -> pd.DataFrame:
        """Return columns ``table row measure median least most seeds``."""
        return pd.DataFrame(self._rows)
