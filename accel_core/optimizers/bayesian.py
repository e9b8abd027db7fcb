"""Active search: fit models, predict tens of thousands of designs at once, take the batch that promises most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import log_ndtr

from accel_core.objectives import Goal, objectives_of
from accel_core.optimizers.base import FloatArray, Optimizer
from accel_core.optimizers.candidates import draw, fingerprints, mutate, only_valid
from accel_core.optimizers.fast_gp import FastProcesses, encode
from accel_core.optimizers.improvement import Belief, expected_improvement
from accel_core.optimizers.ranking import all_min, best_first, constrained_ranks
from accel_core.pareto import is_nondominated
from accel_core.space import DesignSpace

MODEL_ROWS = 600
"""Most rows that predictions rest on: half of them the best, the others drawn at random."""

POOL_CELLS = 6_000_000
"""Pool size times model rows; bounds the time of a prediction to some tenths of a second."""

POOL_LEAST, POOL_MOST = 6_000, 40_000
SHORTLIST = 800
DOUBTED = 200
"""Part of the shortlist that is for the picks in doubt."""

FINALISTS = 300
PARENTS = 60
REFERENCE_RANKS = 3
"""The reference point covers the front and this many ranks behind it, so that the ends of the front can grow."""

DOUBT = 3.0
"""Factor on the models' standard deviations for the picks that doubt them.

A process fitted on few designs may be sure of what it has hardly seen, such as that one category is always worse; then
expected improvement never looks there again. Assumed; of 1.5 to 4 it did best on `benchmarks/search.py`.
"""

DOUBT_EVERY = 4
"""Each so-many-th design is picked in doubt; assumed."""

MIN_OK = 8
"""Fewest evaluated designs that a model is fitted on."""

IntArray = npt.NDArray[np.int64]


class BayesianOptimization(Optimizer):
    """Gaussian processes of every goal's metric, expected hypervolume improvement times the chance to be feasible.

    After `n_start` evenly spread designs, each `ask` predicts a pool of random designs and mutations of the best known
    ones. Its first design has the largest expected improvement; it is then counted as if it had turned out as
    predicted, which sends the next one elsewhere. Batches of five to ten cost little quality and share the work.
    """

    name: ClassVar[str] = "bayesian"
    title: ClassVar[str] = "Bayesian optimization"
    n_start: ClassVar[int] = 24

    def __init__(self, space: DesignSpace, goals: Sequence[Goal], seed: int = 0) -> None:
        """Set up models without data; see `Optimizer`."""
        super().__init__(space, goals, seed)
        self.metrics_model = FastProcesses(seed)
        self.success_model = FastProcesses(seed)

    def _propose(self, n: int, rng: np.random.Generator, chosen: pd.DataFrame) -> pd.DataFrame:
        is_ok = (self._told["status"] == "ok").to_numpy()
        if is_ok.sum() < MIN_OK:
            return chosen.iloc[:0]
        model = _Model(self, is_ok)
        pool, Z = self._pool(len(model.rows), rng, chosen)
        if pool.empty:
            return pool
        is_rare = self._is_rare(pool)
        short = model.shortlist(Z, is_rare)
        picks = model.choose(Z[short], n, len(self._told) + len(chosen), is_rare[short])
        return pool.iloc[short[picks]].reset_index(drop=True)

    def _is_rare(self, pool: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Tell which designs have, in the categorical parameter that varies most unevenly, the value tried least."""
        rarest, name, value = np.inf, "", None
        for parameter in self.space.parameters:
            if parameter.kind == "categorical" and len(parameter.values) > 1:
                counts = self._told[parameter.name].value_counts().reindex(list(parameter.values), fill_value=0)
                share = counts.min() * len(counts) / max(len(self._told), 1)
                if share < rarest:
                    rarest, name, value = share, parameter.name, counts.idxmin()
        return np.ones(len(pool), dtype=np.bool_) if not name else (pool[name] == value).to_numpy(dtype=np.bool_)

    def _pool(self, n_rows: int, rng: np.random.Generator, chosen: pd.DataFrame) -> tuple[pd.DataFrame, FloatArray]:
        """Return valid new designs to choose from, and their encoding."""
        count = int(np.clip(POOL_CELLS // n_rows, POOL_LEAST, POOL_MOST))
        size = self.space.size
        if self.space.size_is_exact and size is not None and size <= count:
            pool = self.space.from_index(np.arange(size))
        else:
            order, ranks, _ = best_first(self.values(), self.violation())
            parents = self.space.to_unit(self._told.iloc[order[: max(PARENTS, int((ranks == 0).sum()))]])
            children = parents[rng.integers(0, len(parents), count // 2)]
            near = self.space.from_unit(mutate(self.space, children, rng, 1.5 / parents.shape[1], local=0.5))
            far = draw(self.space, count - count // 2, rng)
            pool = pd.concat([only_valid(self.space, near), far], ignore_index=True)
        keys = fingerprints(self.space, pool)
        known = np.concatenate([self._known(), fingerprints(self.space, chosen)])
        is_new = ~np.isin(keys, known) & ~pd.Series(keys).duplicated().to_numpy()
        pool = pool[is_new].reset_index(drop=True)
        return pool, encode(self.space, pool)


class _Model:
    """What the search believes at one `ask`."""

    def __init__(self, search: BayesianOptimization, is_ok: npt.NDArray[np.bool_]) -> None:
        self._goals = search.goals
        told = search.told
        Z = encode(search.space, told)
        values, violation = search.values(), search.violation()
        self.rows = _kept(values[is_ok], violation[is_ok], search.seed)
        ok = told[is_ok]
        metrics = list(dict.fromkeys(goal.metric for goal in search.goals))
        self._metrics = search.metrics_model
        self._metrics.fit(Z[is_ok], ok[metrics], self.rows)
        self._column = {metric: k for k, metric in enumerate(metrics)}
        self._success: FastProcesses | None = None
        if not is_ok.all():
            self._success = search.success_model
            everything = _kept(values, violation, search.seed)
            self._success.fit(Z, pd.DataFrame({"success": is_ok.astype(np.float64)}), everything)
        feasible = values[violation <= 0]
        self.front = feasible[is_nondominated(feasible, all_min(values.shape[1]))]
        self.reference = _reference(values, violation)

    def shortlist(self, Z: FloatArray, is_rare: npt.NDArray[np.bool_]) -> IntArray:
        """Return the pool rows worth a prediction with uncertainty, by a cheap score."""
        if len(Z) <= SHORTLIST:
            return np.arange(len(Z))
        mean = self._metrics.mean(Z)
        success = np.zeros(len(Z))
        if self._success is not None:
            success = np.asarray(log_ndtr((self._success.mean(Z)[:, 0] - 0.5) / 0.2))
        front = thinned(self.front, 40)
        kept = []
        for width, count in ((0.15, SHORTLIST - DOUBTED), (0.15 * DOUBT, DOUBTED)):
            spread = np.broadcast_to(width * self._metrics.spread, mean.shape)
            score = self._score(mean, spread, success, front)
            if width > 0.15:
                score[~is_rare] -= 1e6
            kept.append(np.argsort(-score, kind="stable")[:count])
        return np.unique(np.concatenate(kept))

    def choose(self, Z: FloatArray, n: int, n_known: int, is_rare: npt.NDArray[np.bool_]) -> IntArray:
        """Return up to ``n`` rows, each the best once the earlier ones are counted as known.

        Args:
            Z: Encoded pool.
            n: Rows wanted.
            n_known: Designs told and chosen so far; it says which picks are made in doubt.
            is_rare: Which rows those picks are among.
        """
        mean, std = self._metrics.mean_and_std(Z)
        success = self._log_success(Z)
        central = self._belief(mean, std).central()
        front = self.front
        chosen: list[int] = []
        rows: dict[float, IntArray] = {}
        while len(chosen) < min(n, len(Z)):
            width = DOUBT if (n_known + len(chosen)) % DOUBT_EVERY == DOUBT_EVERY - 1 else 1.0
            among = rows.get(width, np.arange(len(Z)))
            score = self._score(mean[among], width * std[among], success[among], front)
            if width > 1.0:
                score[~is_rare[among]] -= 1e6
            if width not in rows:  # later picks of this kind are among the best of the first
                rows[width] = np.sort(among[np.argsort(-score, kind="stable")[: max(FINALISTS, 3 * n)]])
            score[np.isin(among, chosen)] = -np.inf
            best = int(among[np.argmax(score)])
            chosen.append(best)
            if self.reference is not None:
                front = np.vstack([front, central[[best]]])
        return np.array(chosen, dtype=np.int64)

    def _score(self, mean: FloatArray, std: FloatArray, success: FloatArray, front: FloatArray) -> FloatArray:
        chance = self._log_feasible(mean, std) + success
        if self.reference is None:
            return chance
        gain = expected_improvement(self._belief(mean, std), front, self.reference)
        return np.asarray(np.log(gain + 1e-300) + chance)

    def _belief(self, mean: FloatArray, std: FloatArray) -> Belief:
        """Return the objectives' part of predictions, to be minimized."""
        objectives = objectives_of(self._goals)
        columns = [self._column[objective.metric] for objective in objectives]
        part, part_std, as_log = mean[:, columns].copy(), std[:, columns].copy(), self._metrics.is_log[columns].copy()
        for k, objective in enumerate(objectives):
            if objective.direction == "max":
                if as_log[k]:
                    # The negative of a log-normal value, taken as normal with the same median and spread.
                    part[:, k] = np.exp(part[:, k])
                    part_std[:, k] *= part[:, k]
                    as_log[k] = False
                part[:, k] *= -1.0
        return Belief(part, np.maximum(part_std, 1e-12 * (1 + np.abs(part))), as_log)

    def _log_feasible(self, mean: FloatArray, std: FloatArray) -> FloatArray:
        """Return the log probability that all limits are kept, metrics taken as independent."""
        total = np.zeros(len(mean))
        for goal in self._goals:
            k = self._column[goal.metric]
            for given, sign in ((goal.lower, -1.0), (goal.upper, 1.0)):
                if given is None:
                    continue
                limit = given
                if self._metrics.is_log[k]:
                    # No positive value is below a limit of zero or less, and every one above.
                    limit = float(np.log(limit)) if limit > 0 else -np.inf
                total += log_ndtr(np.clip(sign * (limit - mean[:, k]) / np.maximum(std[:, k], 1e-12), -40, 40))
        return total

    def _log_success(self, Z: FloatArray) -> FloatArray:
        """Return the log probability that a design can be evaluated at all."""
        if self._success is None:
            return np.zeros(len(Z))
        mean, std = self._success.mean_and_std(Z)
        return np.asarray(log_ndtr((mean[:, 0] - 0.5) / np.maximum(std[:, 0], 0.05)))


def thinned(front: FloatArray, n: int) -> FloatArray:
    """Return at most ``n`` points of a front, spread over it."""
    if len(front) <= n:
        return front
    order = np.lexsort(front.T[::-1])
    return front[order[np.linspace(0, len(front) - 1, n).astype(np.int64)]]


def _kept(values: FloatArray, violation: FloatArray, seed: int) -> IntArray:
    """Return the rows a model rests on: all, or the best half of `MODEL_ROWS` and as many random others."""
    if len(values) <= MODEL_ROWS:
        return np.arange(len(values))
    order, _, _ = best_first(values, violation)
    rng = np.random.default_rng([seed, len(values)])
    others = rng.choice(order[MODEL_ROWS // 2 :], MODEL_ROWS - MODEL_ROWS // 2, replace=False)
    return np.sort(np.concatenate([order[: MODEL_ROWS // 2], others]))


def _reference(values: FloatArray, violation: FloatArray) -> FloatArray | None:
    """Return a point somewhat worse than the feasible designs near the front; None if no design is feasible."""
    feasible = violation <= 0
    if not feasible.any():
        return None
    ranks = constrained_ranks(values, violation)
    near = values[feasible & (ranks <= REFERENCE_RANKS)]
    worst = near.max(axis=0)
    spread = worst - near.min(axis=0)
    return np.asarray(worst + 0.1 * np.where(spread > 0, spread, np.maximum(np.abs(worst), 1e-12)))
