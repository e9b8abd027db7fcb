"""What follows by definition from learned metrics: runtime and energy, from a clock and the energy of a cycle.

A platform knows exactly how many cycles a workload takes, so what follows from them need not be learned: its own
equations give it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.errors import InvalidInputError, NotFittedError
from accel_core.platforms import Platform
from accel_core.surrogates.base import Prediction, Surrogate
from accel_core.surrogates.intervals import conformal_multiple
from accel_core.surrogates.tables import FloatArray
from accel_core.workloads import Workload

CLOCK, POWER, RUNTIME, ENERGY = "f_effective_hz", "power_w", "runtime_s", "energy_j"

_STEP = 1e-3
"""Part of a standard deviation by which a metric is moved to see what follows."""

_COUNTS = 0.05
"""Part of an uncertainty from which a learned metric counts as a cause of it."""


@dataclass(frozen=True)
class Derivation:
    """A platform's equations for one workload.

    Attributes:
        needs: Metrics that must be known.
        run: A table of designs with ``needs`` -> the same rows with what follows.
    """

    needs: tuple[str, ...]
    run: Callable[[pd.DataFrame], pd.DataFrame]

    def gives(self, table: pd.DataFrame) -> list[str]:
        """Return the names of what follows for designs whose metrics are known."""
        return [str(name) for name in self.run(table.head(1)) if name not in table]


def derivation_of(platform: Platform, workload: Workload) -> Derivation | None:
    """Return what follows from a platform's implementations on a workload; None where nothing does."""
    combine = platform.combine
    return None if combine is None else Derivation(combine.needs, lambda table: combine.run(table, workload))


class Composed:
    """A surrogate that learns some metrics, and equations that the others follow from.

    The uncertainty of what follows is that of its causes, as if they were independent and small (propagation of
    errors), with the widest of their held-out scores.
    """

    def __init__(
        self, surrogate: Surrogate, equations: Derivation | None = None, targets: Sequence[str] | None = None
    ) -> None:
        """Wrap an unfitted surrogate.

        Args:
            surrogate: Learns every metric that does not follow from others.
            equations: What follows; None lets the surrogate learn all.
            targets: What to predict; other metrics are learned only because these follow from them. None for all.
        """
        self.surrogate = surrogate
        self.equations = equations
        self.targets = targets
        self._columns: list[str] | None = None

    def fit(self, X: pd.DataFrame, y: pd.DataFrame, groups: npt.ArrayLike | None = None) -> Self:
        """Learn the metrics; see `Surrogate.fit`.

        Raises:
            InvalidInputError: If one is asked for without those that it follows from.
        """
        self._derived = self._following(X, y)
        self.surrogate.fit(X, y.drop(columns=self._derived), groups)
        self._columns = [str(name) for name in y if self.targets is None or name in self.targets]
        return self

    def predict(self, X: pd.DataFrame) -> Prediction:
        """Predict all targets, in the order of ``y`` in `fit`."""
        columns = self._fitted_columns()
        known = self.surrogate.predict(X)
        mean = self._completed(X, known.mean)
        std, scores = known.std.copy(), dict(known.scores)
        causes = self._causes(X, known)
        for name in self._derived:
            std[name] = np.sqrt(sum(part[name] ** 2 for part in causes.values()))
            scores[name] = _widest([scores[cause] for cause, part in causes.items() if _counts(part[name], std[name])])
        return Prediction(mean[columns], std[columns], {name: scores[name] for name in columns})

    def predict_mean(self, X: pd.DataFrame) -> pd.DataFrame:
        """Predict means only."""
        columns = self._fitted_columns()
        return self._completed(X, self.surrogate.predict_mean(X))[columns]

    def _following(self, X: pd.DataFrame, y: pd.DataFrame) -> list[str]:
        if self.equations is None:
            return []
        missing = [name for name in self.equations.needs if name not in y]
        if missing:  # then nothing can follow, and asking for it is a mistake
            asked = [name for name in (RUNTIME, ENERGY) if name in y]
            if asked:
                raise InvalidInputError(f"y lacks column '{missing[0]}', which {asked[0]} follows from")
            return []
        needed = X.assign(**{name: y[name] for name in self.equations.needs})
        return [name for name in self.equations.gives(needed) if name in y]

    def _completed(self, X: pd.DataFrame, mean: pd.DataFrame) -> pd.DataFrame:
        if not self._derived or self.equations is None:
            return mean
        found = self.equations.run(X.assign(**{str(name): mean[name] for name in mean}))
        return mean.assign(**{name: found[name] for name in self._derived})

    def _causes(self, X: pd.DataFrame, known: Prediction) -> dict[str, pd.DataFrame]:
        """Return by learned metric how far its standard deviation moves what follows."""
        if self.equations is None or not self._derived:
            return {}
        moved = {}
        for name in self.equations.needs:
            up, down = (
                self._completed(X, known.mean.assign(**{name: known.mean[name] + sign * _STEP * known.std[name]}))
                for sign in (1, -1)
            )
            moved[name] = ((up - down) / (2 * _STEP))[self._derived].abs()
        return moved

    def _fitted_columns(self) -> list[str]:
        if self._columns is None:
            raise NotFittedError(f"surrogate '{self.surrogate.name}' has not been fitted; call fit first")
        return self._columns


def _counts(part: pd.Series, whole: pd.Series) -> bool:
    return bool(part.median() >= _COUNTS * whole.median())


def _widest(scores: Sequence[FloatArray]) -> FloatArray:
    return max(scores, key=lambda entry: conformal_multiple(entry, 0.9))
