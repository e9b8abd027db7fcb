"""Searching a fitted model: predictions are cheap, so whole spaces or large pools are predicted at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.objectives import Goal, directions_of, is_feasible, minimized, violations
from accel_core.optimizers.base import Optimizer
from accel_core.optimizers.candidates import draw_unseen, fingerprints, mutate, only_valid
from accel_core.optimizers.front import front
from accel_core.optimizers.ranking import best_first
from accel_core.optimizers.registry import OPTIMIZERS
from accel_core.space import DesignSpace

Predict = Callable[[pd.DataFrame], pd.DataFrame]
Progress = Callable[[int, int, pd.DataFrame], None]
"""Called with designs predicted so far, the budget, and the front so far."""

CHUNK = 50_000
_PARENTS = 500


@dataclass(frozen=True)
class ModelSearch:
    """What a search of a model found.

    Attributes:
        front: Feasible nondominated designs with their predicted metrics.
        predicted: How many designs were predicted.
        is_exhaustive: Whether these were all valid designs of the space.
        results: Every prediction in order, for `trace`; only the front if the space or pool was large.
    """

    front: pd.DataFrame
    predicted: int
    is_exhaustive: bool
    results: pd.DataFrame


def search_model(
    space: DesignSpace,
    goals: Sequence[Goal],
    predict: Predict,
    budget: int = 200_000,
    *,
    optimizer: str | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    batch: int = 10,
) -> ModelSearch:
    """Find the front that a model predicts.

    Without an optimizer every design is predicted if the space has no more than ``budget``; else a random pool of
    half the budget, and then mutations of the best found, generation by generation.

    Args:
        space: Where to search.
        goals: Objectives and bounds.
        predict: Designs in, a table with the goals' metrics out, row for row; a `Surrogate` gives
            ``lambda designs: model.predict(designs).mean``.
        budget: Most designs to predict.
        optimizer: Name of one of `OPTIMIZERS` to ask instead, ``batch`` designs at a time.
        seed: Of all randomness.
        progress: Told after each chunk or batch.
        batch: Designs asked for at a time.

    Raises:
        InvalidInputError: If the budget or batch is below 1, there is no objective, or predictions miss a metric.
    """
    if budget < 1 or batch < 1:
        raise InvalidInputError(f"budget is {budget} and batch {batch}; allowed: 1 or more")
    if not directions_of(goals):
        raise InvalidInputError("the goals have no objective; allowed: at least one")
    notice = progress or (lambda done, total, best: None)
    if optimizer is not None:
        if optimizer not in OPTIMIZERS:
            raise InvalidInputError(f"optimizer '{optimizer}' is unknown; allowed: {', '.join(OPTIMIZERS)}")
        search = OPTIMIZERS[optimizer](space, goals, seed=seed)
        return _asked(search, predict, budget, batch, notice)
    if space.size_is_exact and cast(int, space.size) <= budget:
        return _exhaustive(space, goals, predict, notice)
    return _evolved(space, goals, predict, budget, seed=seed, notice=notice)


def _asked(search: Optimizer, predict: Predict, budget: int, batch: int, notice: Progress) -> ModelSearch:
    goals = search.goals
    parts: list[pd.DataFrame] = []
    best = pd.DataFrame()
    done = 0
    while done < budget:
        designs = search.ask(min(batch, budget - done))
        if designs.empty:
            break
        parts.append(_predicted(designs, goals, predict).assign(status="ok"))
        search.tell(parts[-1])
        done += len(designs)
        best = front(pd.concat([best, parts[-1]], ignore_index=True), goals)
        notice(done, budget, best)
    results = pd.concat(parts, ignore_index=True) if parts else best
    return ModelSearch(best.reset_index(drop=True), done, done == search.space.size, results)


def _exhaustive(space: DesignSpace, goals: Sequence[Goal], predict: Predict, notice: Progress) -> ModelSearch:
    best = pd.DataFrame()
    done = 0
    for designs in space.iter_chunks(CHUNK):
        best = front(pd.concat([best, _predicted(designs, goals, predict)], ignore_index=True), goals)
        done += len(designs)
        notice(done, cast(int, space.size), best)
    best = best.reset_index(drop=True)
    return ModelSearch(best, done, True, best)


def _evolved(
    space: DesignSpace, goals: Sequence[Goal], predict: Predict, budget: int, *, seed: int, notice: Progress
) -> ModelSearch:
    rng = np.random.default_rng(seed)
    known = np.empty(0, dtype=np.uint64)
    best = pd.DataFrame()
    parents = pd.DataFrame()
    done = 0
    while done < budget:
        count = min(CHUNK, budget - done, max(budget // 20, 1000))
        designs = pd.DataFrame(columns=list(space.names))
        if done >= budget // 2 and len(parents):
            genes = space.to_unit(parents)[rng.integers(0, len(parents), count)]
            designs = only_valid(space, space.from_unit(mutate(space, genes, rng, 1.5 / genes.shape[1], local=0.5)))
            keys = fingerprints(space, designs)
            designs = designs[~np.isin(keys, known) & ~pd.Series(keys).duplicated().to_numpy()]
        if designs.empty:
            designs = draw_unseen(space, count, known, rng)
        if designs.empty:
            break
        known = np.concatenate([known, fingerprints(space, designs)])
        done += len(designs)
        parents = _best(pd.concat([parents, _predicted(designs, goals, predict)], ignore_index=True), goals)
        best = front(parents, goals)
        notice(done, budget, best)
    best = best.reset_index(drop=True)
    return ModelSearch(best, done, done == space.size, best)


def _best(results: pd.DataFrame, goals: Sequence[Goal]) -> pd.DataFrame:
    """Return the whole front, and up to `_PARENTS` rows if it is smaller, the least violating ones first."""
    feasible = is_feasible(results, goals)
    found = front(results, goals)
    if len(found) >= _PARENTS // 10:
        return found.reset_index(drop=True)
    broken = np.maximum(np.nan_to_num(violations(results, goals), nan=np.inf), 0.0).sum(axis=1)
    broken = np.where(feasible, 0.0, np.maximum(broken, 1e-12))
    some = np.argsort(broken, kind="stable")[: 4 * _PARENTS]
    order, _, _ = best_first(minimized(results, goals)[some], broken[some])
    rows = np.union1d(some[order[:_PARENTS]], results.index.get_indexer(found.index))
    return results.iloc[rows].reset_index(drop=True)


def _predicted(designs: pd.DataFrame, goals: Sequence[Goal], predict: Predict) -> pd.DataFrame:
    metrics = predict(designs)
    if len(metrics) != len(designs):
        raise InvalidInputError(f"the model predicted {len(metrics)} rows for {len(designs)} designs; allowed: as many")
    for goal in goals:
        if goal.metric not in metrics and goal.metric not in designs:
            raise InvalidInputError(
                f"the model predicts no '{goal.metric}'; it predicts: {', '.join(map(str, metrics.columns))}"
            )
    columns = [name for name in metrics if name not in designs]
    return pd.concat([designs.reset_index(drop=True), metrics[columns].reset_index(drop=True)], axis=1)
