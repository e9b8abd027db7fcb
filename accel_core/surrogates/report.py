"""Everything that is reported about models of one data set, as tables: for the README, the page and the figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.platforms import Platform
from accel_core.surrogates import SURROGATES
from accel_core.surrogates.composed import Composed, Derivation, derivation_of
from accel_core.surrogates.roi import TOLERANCE
from accel_core.surrogates.splits import Split, unseen_architecture_splits, unseen_backend_splits
from accel_core.surrogates.studies import importances, learning_curve, sampler_comparison
from accel_core.surrogates.tables import MIN_ROWS
from accel_core.surrogates.validation import ModelFactory, validate, validate_roi
from accel_core.tables import read_table, write_table
from accel_core.workloads import Workload

TABLES = ("errors", "roi_errors", "predictions", "coverage", "roi", "learning_curve", "samplers", "importances")
"""Names of a report's tables; one whose question the data cannot answer is missing."""

TARGETS = ("f_effective_hz", "power_w", "chip_area_mm2", "runtime_s", "energy_j")
MAX_TARGETS = 10
"""The five metrics of the full-stack framework."""

_STUDIED = "gp"
"""The model of the learning curve, the samplers and the importances: the quickest of the accurate ones."""


@dataclass(frozen=True)
class Data:
    """Designs and metrics to learn from.

    Attributes:
        X: Design columns and derived features.
        y: Metrics to predict, and those that they follow from.
        architecture: Columns that make an architecture.
        backend: Columns that make a backend point.
        kind: Optional architecture column whose values are dealt evenly over folds, such as a benchmark.
        equations: What follows from other metrics by the platform's equations; None to learn all.
        targets: The metrics to predict; None for all.
    """

    X: pd.DataFrame
    y: pd.DataFrame
    architecture: Sequence[str]
    backend: Sequence[str]
    kind: str | None = None
    equations: Derivation | None = None
    targets: tuple[str, ...] | None = None

    @property
    def groups(self) -> npt.NDArray[np.int64]:
        """Number of each row's architecture."""
        return np.asarray(self.X.groupby(list(self.architecture), sort=False).ngroup(), dtype=np.int64)

    def splits(self, n_folds: int, seed: int) -> list[Split]:
        """Return both ways of the source framework to hold out designs."""
        return [
            *unseen_backend_splits(self.X, self.architecture, self.backend, n_folds, seed),
            *unseen_architecture_splits(self.X, self.architecture, n_folds, seed, self.kind),
        ]


def data_of(results: pd.DataFrame, platform: Platform, workload: Workload) -> Data:
    """Return what can be learned from a platform's results: rows that are ok, and the targets that they have.

    Raises:
        InvalidInputError: If too few rows are ok or there is no target.
    """
    ok = results[results["status"] == "ok"].reset_index(drop=True)
    targets = targets_of(platform, ok)
    if len(ok) < MIN_ROWS or not targets:
        raise InvalidInputError(
            f"{platform.name}: {len(ok)} designs are ok and all have {len(targets)} metrics; "
            f"allowed: at least {MIN_ROWS} designs and 1 metric"
        )
    X = ok[list(platform.space.names)]
    equations = derivation_of(platform, workload)
    if equations is not None and not _has(ok, equations.needs):
        equations = None
    by_group: dict[str, list[str]] = {"architecture": [], "backend": []}
    kind = None
    for parameter in platform.space.parameters:
        by_group["backend" if parameter.group == "backend" else "architecture"].append(parameter.name)
        if parameter.kind == "categorical" and parameter.group != "backend" and X[parameter.name].nunique() > 1:
            kind = kind or parameter.name
    return Data(
        X=X if platform.features is None else platform.features(X),
        y=ok[list(dict.fromkeys((*targets, *(equations.needs if equations else ()))))],
        architecture=by_group["architecture"],
        backend=by_group["backend"],
        kind=kind,
        equations=equations,
        targets=tuple(targets),
    )


def targets_of(platform: Platform, ok: pd.DataFrame) -> list[str]:
    """Return the metrics to learn: the usual ones that results have, and those of the platform that nothing gives.

    Where the usual ones are fewer than two, others that have a better direction take their place.
    """
    known = [name for name in platform.metrics if _has(ok, [name])]
    found = platform.preferred(TARGETS, known)
    if platform.analytical is None:
        own = [metric.name for metric in platform.own_metrics if metric.better and metric.name in known]
        found += [name for name in own if name not in found]
    return found[:MAX_TARGETS]


def _has(table: pd.DataFrame, names: Sequence[str]) -> bool:
    return all(name in table and bool(table[name].notna().all()) for name in names)


def model_factories(data: Data, names: Sequence[str], seed: int = 0, budget_s: float = 3.0) -> dict[str, ModelFactory]:
    """Return functions that make unfitted models; runtime and energy follow from the platform's equations if given.

    Raises:
        InvalidInputError: If no surrogate has one of the names.
    """
    unknown = [name for name in names if name not in SURROGATES]
    if unknown:
        raise InvalidInputError(f"surrogate '{unknown[0]}' is unknown; allowed: {', '.join(SURROGATES)}")

    def factory(name: str) -> ModelFactory:
        return lambda: Composed(SURROGATES[name](seed, budget_s), data.equations, data.targets)

    return {name: factory(name) for name in names}


def build_report(
    data: Data,
    names: Sequence[str] = tuple(SURROGATES),
    *,
    tolerance: float = TOLERANCE,
    n_folds: int = 5,
    seed: int = 0,
    budget_s: float = 3.0,
    progress: Callable[[str], None] = lambda _: None,
) -> dict[str, pd.DataFrame]:
    """Validate models on unseen backend points and unseen architectures, and study the data.

    Args:
        data: What to learn from.
        names: Surrogates to validate.
        tolerance: Half width of the region of interest.
        n_folds: Folds of each split.
        seed: Seed of splits and models.
        budget_s: Nominal seconds of one fit.
        progress: Told what begins.

    Returns:
        Tables by the names of ``TABLES``, without ``samplers``.
    """
    splits = data.splits(n_folds, seed)
    models = model_factories(data, names, seed, budget_s)
    parts = []
    for name, make in models.items():
        progress(name)
        parts.append(validate({name: make}, data.X, data.y, splits, tolerance=tolerance))
    studied = model_factories(data, [_STUDIED], seed, budget_s)
    progress("region of interest")
    two_stage = validate(studied, data.X, data.y, splits, tolerance=tolerance, train_on_roi=True)
    progress("learning curve and importances")
    return {
        "errors": pd.concat([part.errors() for part in parts], ignore_index=True),
        "roi_errors": two_stage.errors(only_roi=True),
        "predictions": pd.concat([part.predictions for part in parts], ignore_index=True),
        "coverage": pd.concat([part.covered for part in parts], ignore_index=True),
        "roi": validate_roi(data.X, data.y, splits, tolerance, seed),
        "learning_curve": _curves(data, studied[_STUDIED], splits, seed),
        "importances": _importances(data, studied[_STUDIED], splits[0]),
    }


def compare_samplers(
    data: Data, samplers: Sequence[str], is_test: npt.NDArray[np.bool_], seed: int = 0, budget_s: float = 3.0
) -> pd.DataFrame:
    """Compare samplers at equal numbers of designs on common test rows; see `studies.sampler_comparison`."""
    make = model_factories(data, [_STUDIED], seed, budget_s)[_STUDIED]
    return sampler_comparison(make, data.X, data.y, samplers, np.flatnonzero(is_test), groups=data.groups, seed=seed)


def write_report(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write each table as ``<name>.parquet``."""
    for name, table in tables.items():
        write_table(table, folder / f"{name}.parquet")


def read_report(folder: Path) -> dict[str, pd.DataFrame]:
    """Read the tables that are in a folder; none gives an empty report."""
    return {name: read_table(folder / f"{name}.parquet") for name in TABLES if (folder / f"{name}.parquet").is_file()}


def _curves(data: Data, make: ModelFactory, splits: Sequence[Split], seed: int) -> pd.DataFrame:
    """Return learning curves on the first fold of each kind of split."""
    firsts = {split.name: split for split in reversed(splits)}
    curves = []
    for name, split in firsts.items():
        most = len(split.train)
        sizes = sorted({max(MIN_ROWS, round(most * share)) for share in (0.1, 0.2, 0.4, 0.7, 1.0)})
        curve = learning_curve(make, data.X, data.y, split, sizes, repeats=2, seed=seed)
        curves.append(curve.assign(split=name))
    return pd.concat(curves, ignore_index=True)


def _importances(data: Data, make: ModelFactory, split: Split) -> pd.DataFrame:
    model = make().fit(data.X.iloc[split.train], data.y.iloc[split.train])
    return importances(model, data.X.iloc[split.test], data.y.iloc[split.test])
