"""Formulas over parameters as a platform's own simulator, such as the cycles of a workload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.metrics import get_metric, is_metric
from accel_core.platforms.base import Settings
from accel_core.space import DesignSpace
from accel_core.space.documents import check_mapping
from accel_core.space.expressions import Expression, Type, parse
from accel_core.workloads import Workload


@dataclass(frozen=True)
class Formulas:
    """Metrics as formulas over parameters and the metrics before them.

    Attributes:
        by_metric: In the order in which they are worked out.
        texts: Parameters that are texts.
    """

    by_metric: Mapping[str, Expression]
    texts: tuple[str, ...]

    def simulate(self, designs: pd.DataFrame, _workload: Workload, _settings: Settings) -> pd.DataFrame:
        """Return a copy of the designs with the metrics."""
        columns = {
            str(name): designs[name].to_numpy(dtype=object if name in self.texts else np.float64) for name in designs
            if name in self.texts or pd.api.types.is_numeric_dtype(designs[name])
        }  # fmt: skip
        found = {}
        for name, expression in self.by_metric.items():
            found[name] = columns[name] = expression.numbers(columns, len(designs))
        return designs.assign(**found)

    def evaluate(self, designs: pd.DataFrame, workload: Workload, settings: Settings) -> pd.DataFrame:
        """As `simulate`, with a status: a design is infeasible where a metric is no number, or one that means nothing.

        So is one of which a formula divides by zero.
        """
        found = self.simulate(designs, workload, settings)
        reasons = np.full(len(found), "", dtype=object)
        for name in self.by_metric:
            metric, values = get_metric(name), found[name].to_numpy()
            low = -np.inf if metric.lower is None else metric.lower
            high = np.inf if metric.upper is None else metric.upper
            for row in np.flatnonzero(~(np.isfinite(values) & (low <= values) & (values <= high))):
                reasons[row] = reasons[row] or f"{name} is {values[row]:g}; allowed: {metric.allowed}"
        lost = reasons != ""
        found.loc[lost, list(self.by_metric)] = np.nan
        return found.assign(
            status=np.where(lost, "infeasible", "ok"), stage=np.where(lost, "formulas", ""), reason=reasons
        )


def read_formulas(content: object, space: DesignSpace, place: str) -> Formulas:
    """Read the mapping under ``formulas``: metric -> formula.

    Raises:
        InvalidInputError: If a metric or a name in a formula is unknown, or a formula cannot be read.
    """
    where = f"{place}, formulas"
    given = check_mapping(content, where, list(content) if isinstance(content, Mapping) else ["cycles"])
    types: dict[str, Type] = {entry.name: "number" if entry.is_numeric else "text" for entry in space.parameters}
    found = {}
    for name, text in given.items():
        if not is_metric(str(name)) or name in types:
            raise InvalidInputError(
                f"{where}: '{name!s:.40}' is no metric; allowed: common metrics, and those declared"
            )
        try:
            expression = parse(text if isinstance(text, str) else f"{text}")
            expression.check_number(types)
        except InvalidInputError as error:
            raise InvalidInputError(f"{where}.{name}: {error}") from None
        found[str(name)] = expression
        types[str(name)] = "number"
    return Formulas(found, tuple(entry.name for entry in space.parameters if not entry.is_numeric))
