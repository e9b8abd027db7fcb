"""MOTPE: Optuna's multi-objective tree-structured Parzen estimator (Ozaki et al. 2020), with constraints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import optuna
import pandas as pd
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import Trial, TrialState

from accel_core.objectives import Goal, directions_of, objectives_of, violations
from accel_core.optimizers.base import Optimizer
from accel_core.optimizers.candidates import fingerprints, repaired
from accel_core.space import DesignSpace, Parameter

optuna.logging.set_verbosity(optuna.logging.WARNING)

_TRIES = 2


class ParzenSearch(Optimizer):
    """Optuna's multivariate TPE on a study in memory; running designs keep a batch from crowding at one place.

    Bounds enter as constraints. A design that could not be evaluated enters without values, as broken by more than any
    bound. TPE likes to propose what it knows already, or what the space's own constraints forbid; after `_TRIES`
    such proposals the nearest valid new design is taken.
    """

    name: ClassVar[str] = "motpe"
    title: ClassVar[str] = "MOTPE"
    n_start: ClassVar[int] = 20

    def __init__(self, space: DesignSpace, goals: Sequence[Goal], seed: int = 0) -> None:
        """Set up an empty study; see `Optimizer`."""
        super().__init__(space, goals, seed)
        self._distributions = {parameter.name: _distribution(parameter) for parameter in space.parameters}
        self._restart()

    def _restart(self) -> None:
        minimize, maximize = optuna.study.StudyDirection.MINIMIZE, optuna.study.StudyDirection.MAXIMIZE
        directions = [minimize if d == "min" else maximize for d in directions_of(self.goals)]
        self._study = optuna.create_study(directions=directions)
        self._running: dict[int, Trial] = {}
        self._finished: set[int] = set()

    def _propose(self, n: int, rng: np.random.Generator, chosen: pd.DataFrame) -> pd.DataFrame:
        if self._told.empty:
            return chosen.iloc[:0]
        self._study.sampler = optuna.samplers.TPESampler(
            seed=int(rng.integers(2**31)),
            multivariate=True,
            n_startup_trials=1,
            constant_liar=True,
        )
        taken = np.concatenate([self._known(), fingerprints(self.space, chosen)])
        designs = chosen.iloc[:0]
        for _ in range(n):
            trial, design = self._next(taken, rng)
            if trial is None:
                break
            key = fingerprints(self.space, design)
            self._running[int(key[0])] = trial
            taken = np.concatenate([taken, key])
            designs = pd.concat([designs, design], ignore_index=True)
        return designs

    def _next(self, taken: Any, rng: np.random.Generator) -> tuple[Trial | None, pd.DataFrame]:
        """Return a running trial and its design, valid and new; no trial if there is none."""
        for _ in range(_TRIES):
            trial = self._study.ask(self._distributions)
            design = self._design(trial.params)
            if self.space.is_valid(design)[0] and fingerprints(self.space, design)[0] not in taken:
                return trial, design
            self._study.tell(trial, state=TrialState.FAIL)
        design = repaired(self.space, design, taken, rng)
        if design.empty:
            return None, design
        self._study.enqueue_trial(self._params(design.iloc[0]))
        return self._study.ask(self._distributions), design

    def _learn(self, rows: pd.DataFrame) -> None:
        keys = [int(key) for key in fingerprints(self.space, rows)]
        if len(set(keys)) < len(keys) or not self._finished.isdisjoint(keys):
            # A trial cannot be changed, so results told anew make a new study.
            self._restart()
            rows, keys = self._told, [int(key) for key in self._keys]
        broken = violations(rows, self.goals)
        for place, key in enumerate(keys):
            row = rows.iloc[place]
            is_ok = row["status"] == "ok"
            limits = {f"limit {i}": float(v) for i, v in enumerate(broken[place])} if is_ok else {"status": 1e9}
            values = [float(row[o.metric]) for o in objectives_of(self.goals)] if is_ok else None
            # Optuna takes a pruned trial without values into account, and by its constraints alone.
            state = TrialState.COMPLETE if is_ok else TrialState.PRUNED
            if trial := self._running.pop(key, None):
                # Trials count in the order of telling, asked for or not; so a replay ends in the same study.
                self._study.tell(trial, state=TrialState.FAIL)
            self._study.add_trial(
                optuna.trial.create_trial(
                    state=state,
                    values=values,
                    params=self._params(row),
                    distributions=self._distributions,
                    constraints=limits,
                )
            )
        self._finished |= set(keys)

    def _params(self, row: pd.Series) -> dict[str, Any]:
        """Return a design in Optuna's terms: an ordinal by its position, so that its order counts."""
        params: dict[str, Any] = {}
        for parameter in self.space.parameters:
            value = row[parameter.name]
            if parameter.kind == "ordinal":
                params[parameter.name] = int(parameter.index_of([value])[0])
            elif parameter.kind == "integer":
                params[parameter.name] = int(value)
            else:
                params[parameter.name] = float(value) if parameter.kind == "real" else str(value)
        return params

    def _design(self, params: dict[str, Any]) -> pd.DataFrame:
        return pd.DataFrame(
            {
                p.name: [p.values[params[p.name]] if p.kind == "ordinal" else params[p.name]]
                for p in self.space.parameters
            }
        )


def _distribution(parameter: Parameter) -> BaseDistribution:
    low, high, is_log = parameter.low, parameter.high, parameter.scale == "log"
    if parameter.kind == "real":
        assert low is not None
        assert high is not None
        return FloatDistribution(low, high, log=is_log)
    if parameter.kind == "integer":
        assert low is not None
        assert high is not None
        return IntDistribution(int(low), int(high), log=is_log)
    if parameter.kind == "ordinal":
        return IntDistribution(0, len(parameter.values) - 1)
    return CategoricalDistribution(parameter.values)
