"""Questions about data rather than models: how much is enough, which sampler, which columns matter."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.surrogates.accuracy import ape, summarize
from accel_core.surrogates.splits import Split
from accel_core.surrogates.tables import MIN_ROWS
from accel_core.surrogates.tuning import IntArray, seed_for
from accel_core.surrogates.validation import Model, ModelFactory


def learning_curve(
    make: ModelFactory,
    X: pd.DataFrame,
    y: pd.DataFrame,
    split: Split,
    sizes: Sequence[int],
    *,
    repeats: int = 3,
    seed: int = 0,
) -> pd.DataFrame:
    """Score a model that learns from ever more of a split's training rows; smaller samples are parts of larger ones.

    When the split has groups, whole groups are added until the size is reached, because a campaign adds architectures.

    Returns:
        One row a size, repeat and metric: ``n_train`` (rows really used), ``repeat``, ``metric`` and the error columns.

    Raises:
        InvalidInputError: If a size is out of range.
    """
    for size in sizes:
        if not MIN_ROWS <= size <= len(split.train):
            raise InvalidInputError(f"learning-curve size is {size}; allowed: {MIN_ROWS} to {len(split.train)}")
    rows = []
    for repeat in range(repeats):
        order = _growing_order(split, np.random.default_rng(seed_for(seed, "curve", repeat)))
        for size in sizes:
            chosen = order[:size]
            groups = None if split.groups is None else split.groups[chosen]
            train = split.train[chosen]
            model = make().fit(X.iloc[train], y.iloc[train], groups)
            rows += [{"n_train": size, "repeat": repeat, **scored} for scored in _score(model, X, y, split.test)]
    return pd.DataFrame(rows)


def sampler_comparison(
    make: ModelFactory,
    X: pd.DataFrame,
    y: pd.DataFrame,
    samplers: Sequence[str] | pd.Series,
    test: IntArray,
    *,
    groups: npt.ArrayLike | None = None,
    repeats: int = 3,
    seed: int = 0,
) -> pd.DataFrame:
    """Train the same model on designs of each sampler, as many of each, and score it on the same test rows.

    Args:
        make: Makes an unfitted model.
        X: Designs of all samplers and of the test.
        y: Their metrics.
        samplers: Sampler of each row.
        test: Row positions to judge by; never learned from.
        groups: Optional architecture of each row; whole architectures are then drawn.
        repeats: Draws from each sampler; a sampler's rows beyond the common size make the draws differ.
        seed: Seed of the draws.

    Returns:
        One row a sampler, repeat and metric: ``sampler``, ``n_train``, ``repeat``, ``metric`` and the error columns.

    Raises:
        InvalidInputError: If there are fewer than two samplers, or one has too few rows.
    """
    label = np.asarray(samplers, dtype=object)
    codes = np.arange(len(X)) if groups is None else pd.factorize(np.asarray(groups, dtype=object))[0]
    usable = ~np.isin(codes, codes[test])
    names = sorted(set(label[usable]))
    sizes = {name: int(((label == name) & usable).sum()) for name in names}
    if len(names) < 2 or min(sizes.values()) < MIN_ROWS:
        raise InvalidInputError(
            f"rows by sampler outside the test: {sizes}; allowed: two samplers, {MIN_ROWS} rows each"
        )
    size = min(sizes.values())
    rows = []
    for name in names:
        pool = np.flatnonzero((label == name) & usable)
        for repeat in range(repeats if sizes[name] > size else 1):
            split = Split(name, repeat, pool, test, None if groups is None else codes[pool])
            chosen = _growing_order(split, np.random.default_rng(seed_for(seed, name, repeat)))[:size]
            train = pool[chosen]
            model = make().fit(X.iloc[train], y.iloc[train], None if groups is None else codes[train])
            for scored in _score(model, X, y, test):
                rows.append({"sampler": name, "n_train": size, "repeat": repeat, **scored})
    return pd.DataFrame(rows)


def importances(model: Model, X: pd.DataFrame, y: pd.DataFrame, repeats: int = 3, seed: int = 0) -> pd.DataFrame:
    """Tell how much worse a fitted model predicts when one column is shuffled (Breiman 2001, permutation importance).

    Args:
        model: Fitted model.
        X: Designs, best ones it was not fitted on.
        y: Their metrics.
        repeats: Shuffles to average over.
        seed: Seed of the shuffles.

    Returns:
        One row a feature and metric: ``feature``, ``metric``, ``importance`` (rise of muAPE, percentage points).
    """
    rng = np.random.default_rng(seed)
    base = _muape(model, X, y)
    rows = []
    for feature in X.columns:
        rise = dict.fromkeys(base, 0.0)
        for _ in range(repeats):
            shuffled = X.copy()
            shuffled[feature] = X[feature].to_numpy()[rng.permutation(len(X))]
            for name, value in _muape(model, shuffled, y).items():
                rise[name] += (value - base[name]) / repeats
        rows += [{"feature": str(feature), "metric": name, "importance": value} for name, value in rise.items()]
    return pd.DataFrame(rows)


def _muape(model: Model, X: pd.DataFrame, y: pd.DataFrame) -> dict[str, float]:
    predicted = model.predict(X).mean
    return {str(name): float(ape(predicted[name], y[name]).mean()) for name in predicted.columns}


def _score(model: Model, X: pd.DataFrame, y: pd.DataFrame, test: IntArray) -> list[dict[str, str | float]]:
    predicted = model.predict(X.iloc[test]).mean
    return [{"metric": str(name), **summarize(ape(predicted[name], y.iloc[test][name]))} for name in predicted.columns]


def _growing_order(split: Split, rng: np.random.Generator) -> IntArray:
    """Return positions within ``split.train`` in random order, groups kept together."""
    if split.groups is None:
        return rng.permutation(len(split.train))
    rank = rng.permutation(int(split.groups.max()) + 1)
    return np.argsort(rank[split.groups], kind="stable")
