"""Folds for cross-validation and how many candidates a time budget allows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.errors import InvalidInputError

IntArray = npt.NDArray[np.int64]
Fold = tuple[IntArray, IntArray]
"""Row numbers to train on, and row numbers held out."""

Partition = Sequence[Fold]
"""Folds that hold out every row once."""

N_FOLDS = 5
"""The source framework tunes by 5-fold cross-validation (VeriGOOD-ML rtml_ppa.py)."""


def make_folds(n_rows: int, groups: npt.ArrayLike | None, seed: int, n_folds: int = N_FOLDS) -> Partition:
    """Deal the rows, or whole groups of rows, into folds of about equal size.

    Args:
        n_rows: Number of rows, at least two.
        groups: Optional label of each row; rows with one label are held out together. Fewer than three labels are
            ignored, because nothing could be learned from one group alone.
        seed: Seed of the shuffle.
        n_folds: Wanted number of folds; fewer when there are fewer rows or groups.

    Raises:
        InvalidInputError: If there is not one label for each row.
    """
    codes = np.arange(n_rows)
    if groups is not None:
        labels = pd.Series(np.asarray(groups, dtype=object))
        if len(labels) != n_rows:
            raise InvalidInputError(f"there are {len(labels)} group labels for {n_rows} rows; allowed: one each")
        found = pd.factorize(labels)[0].astype(np.int64)
        codes = found if found.max() >= 2 else codes
    n_groups = int(codes.max()) + 1
    order = np.random.default_rng(seed).permutation(n_groups)
    sizes = np.bincount(codes, minlength=n_groups)
    fold_of_group = np.empty(n_groups, dtype=np.int64)
    filled = np.zeros(min(n_folds, n_groups), dtype=np.int64)
    for group in order:
        smallest = int(filled.argmin())
        fold_of_group[group] = smallest
        filled[smallest] += sizes[group]
    fold_of_row = fold_of_group[codes]
    return [(np.flatnonzero(fold_of_row != fold), np.flatnonzero(fold_of_row == fold)) for fold in range(len(filled))]


def make_partitions(n_rows: int, groups: npt.ArrayLike | None, seed: int) -> list[Partition]:
    """Return two different partitions of the same rows; see `make_folds`."""
    return [make_folds(n_rows, groups, seed_for(seed, "partition", number)) for number in range(2)]


def affordable(budget_s: float, candidate_s: float, n_candidates: int) -> int:
    """Return how many candidates of a nominal cost fit a budget: at least one, at most all."""
    return int(min(max(budget_s // max(candidate_s, 1e-9), 1), n_candidates))


def seed_for(seed: int, *parts: object) -> int:
    """Derive a seed for one part of a model, the same in every process."""
    digest = hashlib.sha256(repr((seed, *parts)).encode()).digest()
    return int.from_bytes(digest[:4], "little") >> 1
