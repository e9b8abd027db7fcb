"""Which designs to learn from and which to judge by: unseen backend points, unseen architectures, plain folds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.surrogates.tuning import IntArray, seed_for

UNSEEN_BACKEND = "unseen backend"
UNSEEN_ARCHITECTURE = "unseen architecture"


@dataclass(frozen=True)
class Split:
    """One way to divide a table.

    Attributes:
        name: What the test rows are to the training rows, the same for all folds of one kind.
        fold: Number among the splits of that name.
        train: Row positions to learn from.
        test: Row positions to judge by.
        groups: Label of each training row for grouped tuning, or None.
    """

    name: str
    fold: int
    train: IntArray
    test: IntArray
    groups: IntArray | None = None


def unseen_backend_splits(
    X: pd.DataFrame, architecture: Sequence[str], backend: Sequence[str], n_folds: int = 5, seed: int = 0
) -> list[Split]:
    """Hold out backend points of architectures whose other points are learned from.

    Each architecture's points are dealt evenly over the folds. A backend point shared by several architectures is held
    out from all of them at once, so that a test point is new to the model in every architecture; training rows are then
    grouped by point for tuning too.

    Raises:
        InvalidInputError: If a column is missing, or an architecture has a single backend point.
    """
    architectures, points = _codes(X, architecture), _codes(X, backend)
    _check_fold_count(n_folds, int(points.max()) + 1, "different backend points")
    rng = np.random.default_rng(seed_for(seed, UNSEEN_BACKEND))
    fold_of_point = np.full(points.max() + 1, -1)
    dealt = 0
    for code in rng.permutation(architectures.max() + 1):
        own = rng.permutation(np.unique(points[architectures == code]))
        if len(own) < 2:
            row = X.index[int(np.argmax(architectures == code))]
            raise InvalidInputError(
                f"row {row}: its architecture has one backend point; allowed: at least 2, to learn from and to judge by"
            )
        for point in own[fold_of_point[own] < 0]:
            fold_of_point[point] = dealt % n_folds
            dealt += 1
    is_shared = points.max() + 1 <= len(X) // 2
    return _splits(UNSEEN_BACKEND, fold_of_point[points], n_folds, points if is_shared else None)


def unseen_architecture_splits(
    X: pd.DataFrame, architecture: Sequence[str], n_folds: int = 5, seed: int = 0, stratify: str | None = None
) -> list[Split]:
    """Hold out whole architectures; training rows are grouped by architecture for tuning too.

    Args:
        X: Designs.
        architecture: Columns that make an architecture.
        n_folds: Number of folds.
        seed: Seed of the shuffle.
        stratify: Optional architecture column, such as a benchmark, whose values are dealt evenly over the folds.

    Raises:
        InvalidInputError: If a column is missing or there are fewer architectures than folds.
    """
    codes = _codes(X, architecture)
    strata = _codes(X, [stratify]) if stratify else np.zeros(len(X), dtype=np.int64)
    n_groups = int(codes.max()) + 1
    _check_fold_count(n_folds, n_groups, "architectures")
    rng = np.random.default_rng(seed_for(seed, UNSEEN_ARCHITECTURE))
    stratum = np.zeros(n_groups, dtype=np.int64)
    stratum[codes] = strata
    shuffled = rng.permutation(n_groups)
    order = shuffled[np.argsort(stratum[shuffled], kind="stable")]
    fold_of_group = np.empty(n_groups, dtype=np.int64)
    fold_of_group[order] = np.arange(n_groups) % n_folds
    return _splits(UNSEEN_ARCHITECTURE, fold_of_group[codes], n_folds, codes)


def _splits(name: str, folds: IntArray, n_folds: int, groups: IntArray | None) -> list[Split]:
    splits = []
    for fold in range(n_folds):
        train, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        splits.append(Split(name, fold, train, test, None if groups is None else groups[train]))
    return splits


def _codes(X: pd.DataFrame, columns: Sequence[str]) -> IntArray:
    missing = [name for name in columns if name not in X]
    if missing or not columns:
        named = f"column '{missing[0]}'" if missing else "a column to split by"
        raise InvalidInputError(f"the table lacks {named}; it has: {', '.join(map(str, X.columns))}")
    return np.asarray(X.groupby(list(columns), sort=False, dropna=False).ngroup(), dtype=np.int64)


def _check_fold_count(n_folds: int, available: int, what: str) -> None:
    if not 2 <= n_folds <= available:
        raise InvalidInputError(f"n_folds is {n_folds}; allowed: 2 to {available}, the number of {what}")
