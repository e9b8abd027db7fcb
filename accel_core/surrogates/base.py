"""What every surrogate is: fitted on tables, predicting tables, each number with an honest uncertainty."""

from __future__ import annotations

import abc
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from accel_core.errors import InvalidInputError, NotFittedError
from accel_core.surrogates.intervals import conformal_multiple
from accel_core.surrogates.tables import FloatArray, TableEncoder, TargetScaler, check_targets
from accel_core.surrogates.tuning import Partition, affordable, make_partitions

Settings = Mapping[str, Any]
"""Hyper-parameters of one candidate model."""


@dataclass(frozen=True)
class Prediction:
    """Predicted metrics and how far to trust them.

    Attributes:
        mean: Predicted values, one row a design and one column a target.
        std: Standard deviations in the same units; one covers about 68 % of designs like the training ones.
        scores: For each target the sorted ``|actual - mean| / std`` of training designs when they were held out.
    """

    mean: pd.DataFrame
    std: pd.DataFrame
    scores: Mapping[str, FloatArray] = field(default_factory=dict)

    def interval(self, level: float) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return lower and upper ends of intervals that hold a share ``level`` (0 to 1) of designs.

        The width in standard deviations is the conformal quantile of the held-out scores (Vovk et al. 2005), so no
        bell shape is assumed; without scores it is the normal quantile.
        """
        widths = pd.DataFrame(
            {name: self.std[name] * conformal_multiple(self.scores.get(str(name)), level) for name in self.std.columns},
            index=self.std.index,
        )
        return self.mean - widths, self.mean + widths


class Learner(Protocol):
    """A model of standardized targets in standardized features."""

    def predict(self, Z: FloatArray, columns: Sequence[int], with_std: bool) -> tuple[FloatArray, FloatArray | None]:
        """Return mean and standard deviation of the chosen targets, each ``(n_designs, len(columns))``."""


@dataclass(frozen=True)
class Assessment:
    """A fitted candidate and what it said of each training row while that row was held out.

    Attributes:
        learner: The model, fitted on all rows.
        mean: Held-out predictions, shape ``(n_designs, n_targets)``, standardized.
        std: Their standard deviations, same shape.
    """

    learner: Learner
    mean: FloatArray
    std: FloatArray


class Surrogate(abc.ABC):
    """A learned model of metrics as functions of design columns.

    Hyper-parameters are chosen for each target by cross-validation among a fixed list of candidates, most promising
    first. How many are tried is computed from ``budget_s``, the size of the table and a nominal cost, not measured, so
    the same seed gives the same model on any machine, however busy; only when a fit has used five times its budget of
    processor time is the list cut short.
    """

    name: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, seed: int = 0, budget_s: float = 10.0) -> None:
        """Set up an unfitted model.

        Args:
            seed: Same seed, same table: same predictions.
            budget_s: Nominal seconds for `fit`; at least one candidate is always tried.

        Raises:
            InvalidInputError: If the budget is not positive.
        """
        if not budget_s > 0:
            raise InvalidInputError(f"surrogate '{self.name}': budget_s is {budget_s}; allowed: above 0")
        self.seed = seed
        self.budget_s = budget_s
        self.settings_: dict[str, Settings] = {}
        self._encoder: TableEncoder | None = None

    @abc.abstractmethod
    def candidates(self) -> list[Settings]:
        """Return hyper-parameters worth trying, most promising first."""

    @abc.abstractmethod
    def candidate_seconds(self, n_rows: int, n_features: int, n_targets: int) -> float:
        """Return the nominal cost of assessing one candidate, on one core of a 2020s machine."""

    @abc.abstractmethod
    def assess(self, settings: Settings, Z: FloatArray, T: FloatArray, partitions: Sequence[Partition]) -> Assessment:
        """Fit one candidate on standardized tables and predict each fold's test rows while holding them out."""

    def fit(self, X: pd.DataFrame, y: pd.DataFrame, groups: npt.ArrayLike | None = None) -> Self:
        """Learn the columns of ``y`` from the columns of ``X``.

        Args:
            X: Design columns, numbers or texts.
            y: Metrics, finite numbers, with the row labels of ``X``.
            groups: Optional label of each row; rows with one label (such as one architecture) are held out together, so
                that tuning and uncertainty are about unseen groups. Fewer than three labels are ignored.

        Raises:
            InvalidInputError: If the tables are too small, do not match, or hold something that is not finite.
        """
        targets = check_targets(X, y)
        encoder = TableEncoder(X)
        Z = encoder.encode(X).features
        if Z.shape[1] == 0:
            raise InvalidInputError("every column of X has one value only; allowed: at least one that varies")
        scaler = TargetScaler(targets)
        partitions = make_partitions(len(X), groups, self.seed)
        # One thread: the same sums in the same order wherever it runs, and workers keep their own cores.
        with threadpool_limits(1):
            assessments, best = self._choose(Z, scaler.forward(targets), partitions)
        self._encoder, self._scaler = encoder, scaler
        self._target_names = [str(name) for name in y.columns]
        self._target_columns = y.columns
        self._assessments, self._best = assessments, best
        self._calibrate(targets)
        return self

    def predict(self, X: pd.DataFrame) -> Prediction:
        """Predict mean and uncertainty; index as ``X``, columns as the ``y`` of `fit`.

        Raises:
            NotFittedError: Before `fit`.
            InvalidInputError: If a column is missing, extra or has values of another kind than in training.
        """
        mean, std = self._predict(X, with_std=True)
        assert std is not None
        return Prediction(self._frame(mean, X), self._frame(std, X), self._scores)

    def predict_mean(self, X: pd.DataFrame) -> pd.DataFrame:
        """Predict means only, which is several times faster on 100,000s of designs."""
        return self._frame(self._predict(X, with_std=False)[0], X)

    @property
    def feature_names(self) -> list[str]:
        """Columns that the model was fitted on."""
        if self._encoder is None:
            raise NotFittedError(f"surrogate '{self.name}' has not been fitted; call fit first")
        return list(self._encoder.names)

    def _choose(
        self, Z: FloatArray, T: FloatArray, partitions: Sequence[Partition]
    ) -> tuple[list[Assessment], npt.NDArray[np.int64]]:
        candidates = self.candidates()
        cost = self.candidate_seconds(Z.shape[0], Z.shape[1], T.shape[1])
        candidates = candidates[: affordable(self.budget_s, cost, len(candidates))]
        last_resort = time.thread_time() + 5 * self.budget_s
        assessments: list[Assessment] = []
        for settings in candidates:
            assessments.append(self.assess(settings, Z, T, partitions))
            if time.thread_time() > last_resort:
                break
        errors = np.array([np.abs(found.mean - T).mean(axis=0) for found in assessments])
        best = errors.argmin(axis=0)
        self._chosen = [candidates[int(index)] for index in best]
        return assessments, best

    def _calibrate(self, targets: FloatArray) -> None:
        """Scale each target's uncertainty so that held-out errors fit it."""
        mean = np.column_stack([self._assessments[b].mean[:, t] for t, b in enumerate(self._best)])
        std = np.column_stack([self._assessments[b].std[:, t] for t, b in enumerate(self._best)])
        mean = self._scaler.backward(mean)
        std = np.maximum(self._scaler.backward_std(mean, std), _smallest_std(mean))
        scores = np.sort(np.abs(targets - mean) / std, axis=0)
        self._std_scale = np.maximum(np.quantile(scores, 0.6827, axis=0), 1e-6)
        self._scores = {name: scores[:, t] / self._std_scale[t] for t, name in enumerate(self._target_names)}
        self.settings_ = dict(zip(self._target_names, self._chosen, strict=True))

    def _predict(self, X: pd.DataFrame, with_std: bool) -> tuple[FloatArray, FloatArray | None]:
        if self._encoder is None:
            raise NotFittedError(f"surrogate '{self.name}' has not been fitted; call fit first")
        encoded = self._encoder.encode(X)
        shape = (len(X), len(self._target_names))
        mean, std = np.empty(shape), np.empty(shape)
        with threadpool_limits(1):
            for index in np.unique(self._best) if len(X) else ():
                columns = np.flatnonzero(self._best == index)
                learner = self._assessments[index].learner
                part, part_std = learner.predict(encoded.features, columns.tolist(), with_std)
                mean[:, columns] = part
                if part_std is not None:
                    std[:, columns] = part_std
        mean = self._scaler.backward(mean)
        if not with_std:
            return mean, None
        std = np.maximum(self._scaler.backward_std(mean, std), _smallest_std(mean)) * self._std_scale
        # Nothing in training says what an unseen text does; the spread of all training rows is the least to admit.
        unknown = np.hypot(std, self._scaler.spread)
        return mean, np.where(encoded.is_novel[:, None], unknown, std)

    def _frame(self, values: FloatArray, X: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame(values, index=X.index, columns=self._target_columns)


def _smallest_std(mean: FloatArray) -> FloatArray:
    """Keep scores finite for targets that a model reproduces exactly."""
    return np.asarray(1e-9 * np.abs(mean) + 1e-30)
