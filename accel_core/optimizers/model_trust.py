"""Searching what a fitted model predicts, only as far as the model can be trusted.

A search over predictions finds the designs that the model flatters most. Two limits of their own keep it honest: the
model's own uncertainty, and the chance that a design reaches its target clock at all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.objectives import Bound, Goal, violations
from accel_core.optimizers.candidates import draw_unseen
from accel_core.space import DesignSpace
from accel_core.surrogates.predict_designs import FittedModels
from accel_core.surrogates.tables import TableEncoder

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

UNCERTAINTY = "model_uncertainty"
"""Column: half width of the 90 % interval as a share of the prediction, the largest over the fitted metrics."""

SUCCESS = "success_probability"
"""Column: the smaller of two probabilities: that the design can be built, and that it comes near its target clock."""

LEVEL = 0.9
MIN_SUCCESS = 0.9
N_NEAREST = 400

TRUST_LEVELS = (0.05, 0.1, 0.2, 0.5)
"""How far predictions may be trusted, where nobody says how far: the first level that leaves enough of a space."""

N_PROBED = 1000
MIN_TRUSTED = 0.1
"""The share of `N_PROBED` random designs, of those that can be built, that is enough."""
WEAK_PENALTY = 30.0
"""Inverse strength of the penalty on slopes: thresholds are steep."""


def trusted(goals: Sequence[Goal], max_uncertainty: float, min_success: float = MIN_SUCCESS) -> tuple[Goal, ...]:
    """Return goals for a search over `Predictor`: the given ones, and how far predictions are trusted.

    Args:
        goals: Objectives and bounds.
        max_uncertainty: Largest allowed `UNCERTAINTY`, a share (0.07 is 7 %); infinity is no limit.
        min_success: Smallest allowed `SUCCESS`.
    """
    limit = [Bound("model uncertainty", UNCERTAINTY, upper=max_uncertainty)] if math.isfinite(max_uncertainty) else []
    return (*goals, *limit, Bound("can be built", SUCCESS, lower=min_success))


class Feasibility:
    """How likely a design can be built at all, by logistic regression on those that were tried.

    What cannot be built mostly lies beyond a threshold of some parameter, such as how full a floorplan may be. Few
    designs are tried there; a monotonic model finds the threshold from them, where trees average it away.
    """

    def __init__(self, fitted: FittedModels, results: pd.DataFrame) -> None:
        """Learn from results with status ``ok`` or ``infeasible``; without any of the latter all designs are likely."""
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - see LAZY in tests/test_imports.py

        known = results[results["status"].isin(["ok", "infeasible"])]
        is_ok = (known["status"] == "ok").to_numpy()
        self._share = (is_ok.sum() + 1) / (len(known) + 2)
        self._model: LogisticRegression | None = None
        if is_ok.any() and not is_ok.all():
            X = fitted.features(known[list(fitted.parameters)])
            self._encoder = TableEncoder(X)
            Z = self._encoder.encode(X).features
            self._model = LogisticRegression(C=WEAK_PENALTY, max_iter=5000).fit(Z, is_ok)

    def probability(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return the probability of being feasible of designs with their features."""
        if self._model is None:
            return np.full(len(X), self._share)
        return np.asarray(self._model.predict_proba(self._encoder.encode(X).features)[:, 1], dtype=np.float64)


@dataclass
class Predictor:
    """Predicts designs for `search_model`, and remembers those that come nearest to keeping all limits.

    Attributes:
        fitted: The fitted models.
        feasibility: Tells which designs can be built.
        goals: Whose limits are looked at.
        nearest: The predicted designs that break the limits least, at most `N_NEAREST`.
        seen: Every prediction in order, one table a call.
    """

    fitted: FittedModels
    feasibility: Feasibility
    goals: Sequence[Goal]
    nearest: pd.DataFrame = field(default_factory=pd.DataFrame)
    seen: list[pd.DataFrame] = field(default_factory=list)

    def __call__(self, designs: pd.DataFrame) -> pd.DataFrame:
        """Return the designs with every metric that is fitted or follows, `UNCERTAINTY` and `SUCCESS`."""
        table = predicted_designs(self.fitted, designs, self.feasibility)
        self.seen.append(table)
        candidates = pd.concat([self.nearest, table], ignore_index=True) if len(self.nearest) else table
        broken = np.nan_to_num(violations(candidates, self.goals), nan=np.inf)
        if broken.shape[1]:
            worst = np.maximum(broken, 0.0).max(axis=1)
            # Of designs that break one limit only, the relaxation of that limit is told: keep these first.
            order = np.lexsort([worst, (broken > 0).sum(axis=1) > 1])
            candidates = candidates.iloc[np.union1d(order[: N_NEAREST // 2], np.argsort(worst)[: N_NEAREST // 2])]
        self.nearest = candidates.head(N_NEAREST)
        return table

    def results(self) -> pd.DataFrame:
        """Return every prediction in order, with status ``ok``."""
        if not self.seen:
            return pd.DataFrame()
        return pd.concat(self.seen, ignore_index=True).assign(status="ok")


def predicted_designs(fitted: FittedModels, designs: pd.DataFrame, feasibility: Feasibility) -> pd.DataFrame:
    """Return designs with their predicted metrics and how far to trust them, row for row.

    In contrast to ``FittedModels.predict`` no design is left out; `SUCCESS` tells which ones had better be.
    """
    X = fitted.features(designs[list(fitted.parameters)])
    prediction = fitted.model.predict(X)
    lower, upper = prediction.interval(LEVEL)
    mean = prediction.mean
    table = pd.concat([designs, mean], axis=1)
    if fitted.equations is not None:
        found = fitted.equations.run(table)
        table = pd.concat([table, found[[name for name in found if name not in table]]], axis=1)
    success = np.ones(len(X)) if fitted.classifier is None else fitted.classifier.probability(X)
    table[UNCERTAINTY] = ((upper - lower) / 2 / mean.abs()).max(axis=1)
    table[SUCCESS] = np.minimum(success, feasibility.probability(X))
    return table


def trust_limit(fitted: FittedModels, space: DesignSpace, feasibility: Feasibility, seed: int = 0) -> float:
    """Return the first of `TRUST_LEVELS` within which enough designs of a space are predicted.

    A fixed limit would leave nothing of a space whose metrics jump from design to design.

    Returns:
        A share, for `trusted`; infinity where even the last level leaves too little.
    """
    designs = draw_unseen(space, N_PROBED, np.empty(0, dtype=np.uint64), np.random.default_rng(seed))
    if designs.empty:
        return TRUST_LEVELS[0]
    table = predicted_designs(fitted, designs, feasibility)
    uncertainty = table.loc[table[SUCCESS] >= MIN_SUCCESS, UNCERTAINTY]
    enough = MIN_TRUSTED * len(uncertainty)
    return next((level for level in TRUST_LEVELS if (uncertainty <= level).sum() >= enough), math.inf)
