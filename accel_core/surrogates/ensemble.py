"""One model per fold, averaged: held-out predictions and ensemble members come from the same fits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from accel_core.surrogates.base import Assessment, Learner
from accel_core.surrogates.tables import FloatArray
from accel_core.surrogates.tuning import Partition

MemberFitter = Callable[[FloatArray, FloatArray, int], Learner]
"""Features, targets and the member's number -> a fitted member."""


@dataclass(frozen=True)
class FoldEnsemble:
    """Mean of members; their spread, their own opinion and the noise common to all add up to the uncertainty.

    Attributes:
        members: Fitted models.
        noise: Standard deviation of each target that the members' spread does not show, shape ``(n_targets,)``.
    """

    members: Sequence[Learner]
    noise: FloatArray

    def predict(self, Z: FloatArray, columns: Sequence[int], with_std: bool) -> tuple[FloatArray, FloatArray | None]:
        """Return mean and standard deviation of the chosen targets."""
        total, square, own = np.zeros((3, len(Z), len(columns)))
        for member in self.members:
            mean, std = member.predict(Z, columns, with_std)
            total += mean
            square += mean**2
            own += 0.0 if std is None else std**2
        count = len(self.members)
        mean = total / count
        if not with_std:
            return mean, None
        spread = np.maximum(square / count - mean**2, 0.0) * count / (count - 1)
        return mean, np.sqrt(spread + own / count + self.noise[list(columns)] ** 2)


def assess_by_folds(Z: FloatArray, T: FloatArray, partitions: Sequence[Partition], fit: MemberFitter) -> Assessment:
    """Fit one member without each fold and predict that fold with it; the first partition's members are the model.

    Every row is held out once in each partition. How much two such predictions differ is what the members' spread will
    be on designs never seen, so the rest of the held-out error is noise that must be added to that spread.
    """
    outside = [_held_out(Z, T, partition, fit) for partition in partitions]
    means = np.array([mean for mean, _, _ in outside])
    own = np.mean([std**2 for _, std, _ in outside], axis=0)
    mean = means.mean(axis=0)
    spread = means.var(axis=0, ddof=1).mean(axis=0)
    # From the median, so that a few outliers do not widen every interval; calibration scales it afterwards.
    error = (np.median(np.abs(T - mean), axis=0) / 0.6745) ** 2
    noise = np.sqrt(np.maximum(error - spread - own.mean(axis=0), 0.25 * error))
    std = np.sqrt(spread + own + noise**2)
    return Assessment(FoldEnsemble(outside[0][2], noise), mean, std)


def _held_out(
    Z: FloatArray, T: FloatArray, partition: Partition, fit: MemberFitter
) -> tuple[FloatArray, FloatArray, list[Learner]]:
    mean, std = np.empty_like(T), np.zeros_like(T)
    members = []
    for number, (train, test) in enumerate(partition):
        member = fit(Z[train], T[train], number)
        mean[test], own = member.predict(Z[test], range(T.shape[1]), True)
        if own is not None:
            std[test] = own
        members.append(member)
    return mean, std, members
