"""Many designs predicted at once from the few that were implemented, for fronts denser than runs can make them.

Only designs that lie in the region of interest more likely than not are predicted (see `accel_core.surrogates.roi`):
the metrics of one whose clock would end far from its target are not what the models learned. A design that turned out
infeasible never reaches its target clock, so it teaches the classifier as one outside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.metrics import is_metric
from accel_core.platforms import Platform
from accel_core.surrogates import SURROGATES
from accel_core.surrogates.composed import CLOCK, ENERGY, POWER, RUNTIME, Composed, Derivation, derivation_of
from accel_core.surrogates.roi import EFFECTIVE_CLOCK, TARGET_CLOCK, TOLERANCE, RoiClassifier, in_roi
from accel_core.surrogates.tables import MIN_ROWS
from accel_core.workloads import Workload

Columns = Callable[[pd.DataFrame], pd.DataFrame]
"""A table of designs -> the same rows with more columns."""

BASE_TARGETS = (CLOCK, POWER, "chip_area_mm2", "cell_area_mm2")


@dataclass(frozen=True)
class FittedModels:
    """What is known of designs that were not implemented.

    Attributes:
        model: Predicts the metrics.
        classifier: Tells designs that can be built and lie in the region of interest; None if all do.
        parameters: Design columns.
        features: Adds derived columns to designs.
        equations: What follows from the learned metrics on the workload; None if nothing does.
        n_rows: Implemented designs that the model learned from.
    """

    model: Composed
    classifier: RoiClassifier | None
    parameters: tuple[str, ...]
    features: Columns
    equations: Derivation | None
    n_rows: int

    def predict(self, designs: pd.DataFrame) -> pd.DataFrame:
        """Return the designs that lie in the region of interest, with their metrics, in their order.

        Metrics that follow from others by definition (cycles, energy, slack) are computed, not learned.
        """
        X = _inputs(designs, self.parameters, self.features)
        if self.classifier is not None:
            X = X[self.classifier.probability(X) >= 0.5]
        if X.empty:
            return designs.loc[X.index]
        mean = self.model.predict_mean(X)
        table = designs.loc[X.index].assign(**{str(name): mean[name] for name in mean})
        if TARGET_CLOCK in table and CLOCK in mean:
            table["worst_slack_s"] = 1.0 / table[TARGET_CLOCK] - 1.0 / mean[CLOCK]
        if self.equations is not None:
            found = self.equations.run(table)
            table = table.assign(**{str(name): found[name] for name in found if name not in table})
        return table

    def uncertainty(self, designs: pd.DataFrame, level: float = 0.9) -> pd.DataFrame:
        """Return the half width of the interval that holds a share ``level`` of designs, for each learned metric."""
        prediction = self.model.predict(_inputs(designs, self.parameters, self.features))
        lower, upper = prediction.interval(level)
        return (upper - lower) / 2


def learn(
    results: pd.DataFrame,
    parameters: Sequence[str],
    *,
    architecture: Sequence[str] = (),
    extra_targets: Sequence[str] = (),
    features: Columns | None = None,
    equations: Derivation | None = None,
    surrogate: str = "gp",
    budget_s: float = 3.0,
    seed: int = 0,
) -> FittedModels:
    """Fit models on implemented designs.

    Args:
        results: Result rows of one platform and workload. Those that are ``ok`` teach metrics, those that are
            ``infeasible`` what to stay away from; others are left out.
        parameters: Columns that make a design.
        architecture: Those of them whose combinations are held out together, so that uncertainty is about unseen ones.
        extra_targets: Metrics to learn besides `BASE_TARGETS`; those that follow from others are left out.
        features: Adds derived columns to designs.
        equations: What follows from learned metrics on a workload; unused where results lack what it needs.
        surrogate: A name of ``SURROGATES``.
        budget_s: Nominal seconds to fit.
        seed: Of the models.

    Raises:
        InvalidInputError: If the surrogate is unknown, or too few designs can be learned from.
    """
    if surrogate not in SURROGATES:
        raise InvalidInputError(f"surrogate is '{surrogate}'; allowed: {', '.join(SURROGATES)}")
    if equations is not None and not set(equations.needs) <= set(results):
        equations = None  # a table of somebody else may not have them; then what it has is learned
    targets = _targets(results, parameters, extra_targets, equations)
    rows = results[_is_complete(results, targets)]
    inside = _inside(rows)
    if inside.sum() < MIN_ROWS:
        raise InvalidInputError(
            f"{int(inside.sum())} of {len(results)} results are ok and near their target clock; "
            f"at least {MIN_ROWS} are needed to predict others"
        )
    X = _inputs(rows, parameters, features or _nothing)
    y = rows[targets].astype(np.float64)
    impossible = _inputs(results[results["status"] == "infeasible"], parameters, features or _nothing)
    classifier = None
    if len(impossible) or (TARGET_CLOCK in X and CLOCK in y):
        outside = np.zeros(len(impossible), dtype=np.bool_)
        classifier = RoiClassifier(seed).fit(
            pd.concat([X, impossible], ignore_index=True), np.concatenate([inside, outside])
        )
    groups = X[list(architecture)].astype(str).agg("|".join, axis=1).to_numpy()[inside] if architecture else None
    model = Composed(SURROGATES[surrogate](seed=seed, budget_s=budget_s), equations)
    model.fit(X[inside], y[inside], groups)
    return FittedModels(model, classifier, tuple(parameters), features or _nothing, equations, int(inside.sum()))


def learn_platform(
    results: pd.DataFrame,
    platform: Platform,
    workload: Workload,
    extra_targets: Sequence[str],
    *,
    surrogate: str = "gp",
    seed: int = 0,
) -> FittedModels:
    """Fit models on a platform's results, with all that the platform knows of itself; else as `learn`."""
    return learn(
        results,
        platform.space.names,
        architecture=[entry.name for entry in platform.space.parameters if entry.group == "architecture"],
        extra_targets=extra_targets,
        features=platform.features,
        equations=derivation_of(platform, workload),
        surrogate=surrogate,
        seed=seed,
    )


def _targets(
    results: pd.DataFrame, parameters: Sequence[str], extra: Sequence[str], equations: Derivation | None
) -> list[str]:
    """Return what has to be learned, and runtime and energy, whose uncertainty may follow from others."""
    derived = {"worst_slack_s"} if TARGET_CLOCK in parameters else set()
    needs: tuple[str, ...] = ()
    if equations is not None:
        needs = equations.needs
        known = [name for name in dict.fromkeys((*needs, POWER)) if name in results]
        derived |= set(equations.gives(results[[*parameters, *known]]))
    wanted = [name for name in dict.fromkeys((*BASE_TARGETS, *needs, *extra)) if name not in derived]
    wanted += [name for name in (RUNTIME, ENERGY) if name not in wanted]
    return [name for name in wanted if name in results and name not in parameters and is_metric(name)]


def _is_complete(results: pd.DataFrame, targets: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    values = results[list(targets)].to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(np.isfinite(values).all(axis=1) & (results["status"] == "ok").to_numpy(dtype=bool))


def _inside(rows: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    if TARGET_CLOCK not in rows or EFFECTIVE_CLOCK not in rows:
        return np.ones(len(rows), dtype=np.bool_)
    return in_roi(rows[TARGET_CLOCK], rows[EFFECTIVE_CLOCK], TOLERANCE)


def _inputs(designs: pd.DataFrame, parameters: Sequence[str], features: Columns) -> pd.DataFrame:
    return features(designs[list(parameters)])


def _nothing(designs: pd.DataFrame) -> pd.DataFrame:
    return designs
