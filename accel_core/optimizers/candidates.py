"""Designs to choose from: random ones, mutations, and the nearest ones that are valid and new."""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.space import DesignSpace

FloatArray = npt.NDArray[np.float64]
KeyArray = npt.NDArray[np.uint64]

MAX_LISTED = 1_000_000
"""Largest space of which the last unseen designs are found by listing all."""

_TRIES = 30


def fingerprints(space: DesignSpace, designs: pd.DataFrame) -> KeyArray:
    """Return a 64-bit hash of each design's values; alike for 4 and 4.0, and in every process."""
    if designs.empty:
        return np.empty(0, dtype=np.uint64)
    return np.asarray(pd.util.hash_pandas_object(space.coerce(designs), index=False), dtype=np.uint64)


def draw(space: DesignSpace, n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return up to ``n`` random valid designs, repetitions included; fewer if constraints drop some."""
    return only_valid(space, space.from_unit_constrained(rng.random((n, len(space.parameters)))))


def only_valid(space: DesignSpace, designs: pd.DataFrame) -> pd.DataFrame:
    """Return the designs that are valid."""
    return designs if designs.empty else designs[space.is_valid(designs)].reset_index(drop=True)


def draw_unseen(space: DesignSpace, n: int, known: KeyArray, rng: np.random.Generator) -> pd.DataFrame:
    """Return up to ``n`` different random designs that are not known.

    Fewer only if no more exist, or if constraints leave so few that they are not found in `_TRIES` large draws.
    """
    found = space.from_unit_constrained(np.empty((0, len(space.parameters))))
    batch = max(4 * n, 256)
    for _ in range(_TRIES):
        found = _add_unseen(space, found, draw(space, batch, rng), known)
        if len(found) >= n:
            return found.iloc[:n]
        if space.size_is_exact and cast(int, space.size) <= MAX_LISTED:
            order = rng.permutation(cast(int, space.size))
            return _add_unseen(space, found, space.from_index(order), known).iloc[:n]
        batch = min(2 * batch, 65536)
    return found


def mutate(
    space: DesignSpace,
    parents: FloatArray,
    rng: np.random.Generator,
    probability: float,
    local: float = 0.0,
    genes: npt.NDArray[np.bool_] | None = None,
) -> FloatArray:
    """Change genes of parents, given in the unit cube; at least one gene of each that has a choice.

    Args:
        space: Tells which parameters have more than one value, and how far one step goes.
        parents: Shape ``(n, n_parameters)``.
        rng: Source of randomness.
        probability: Chance of each gene to change.
        local: Share of the changes that go one step up or down instead of anywhere; unordered genes go anywhere.
        genes: Which parameters may change; all if not given.
    """
    is_free = np.array([parameter.size != 1 for parameter in space.parameters])
    free = np.flatnonzero(is_free if genes is None else is_free & genes)
    children = parents.copy()
    if not len(free) or not len(parents):
        return children
    change = rng.random((len(parents), len(free))) < probability
    change[np.arange(len(parents)), rng.integers(0, len(free), len(parents))] = True
    steps = np.array([_step(space, int(index)) for index in free])
    old = children[:, free]
    stepped = np.clip(old + steps * rng.choice([-1.0, 1.0], size=old.shape), 0.0, np.nextafter(1.0, 0.0))
    is_local = (rng.random(old.shape) < local) & (steps > 0)
    children[:, free] = np.where(change, np.where(is_local, stepped, rng.random(old.shape)), old)
    return children


def repaired(space: DesignSpace, wanted: pd.DataFrame, known: KeyArray, rng: np.random.Generator) -> pd.DataFrame:
    """Return the wanted designs that are valid and new, and for each other one a valid new one near it.

    Near ones are sought among the wanted design's mutations and random designs, nearest in the unit cube. Where none
    is found the design is left out.
    """
    keys = fingerprints(space, wanted)
    is_good = space.is_valid(wanted) & ~np.isin(keys, known) & ~pd.Series(keys).duplicated().to_numpy()
    taken = np.concatenate([known, keys[is_good]])
    parts = [wanted[is_good]]
    for row in np.flatnonzero(~is_good):
        parts.append(_nearest(space, wanted.iloc[[int(row)]], taken, rng))
        taken = np.concatenate([taken, fingerprints(space, parts[-1])])
    return pd.concat(parts, ignore_index=True)


def _nearest(space: DesignSpace, wanted: pd.DataFrame, known: KeyArray, rng: np.random.Generator) -> pd.DataFrame:
    center = space.to_unit(wanted)
    near = space.from_unit(mutate(space, np.repeat(center, 256, axis=0), rng, 1.0 / center.shape[1], local=0.7))
    pool = pd.concat([only_valid(space, near), draw(space, 128, rng)], ignore_index=True)
    pool = _add_unseen(space, wanted.iloc[:0], pool, known)
    if pool.empty:
        return pool
    distance = np.abs(space.to_unit(pool) - center).sum(axis=1)
    return pool.iloc[[int(np.argmin(distance))]]


def _step(space: DesignSpace, index: int) -> float:
    parameter = space.parameters[index]
    if parameter.kind == "categorical":
        return 0.0
    return 0.1 if parameter.size is None else max(1.0 / parameter.size, 0.02)


def _add_unseen(space: DesignSpace, found: pd.DataFrame, more: pd.DataFrame, known: KeyArray) -> pd.DataFrame:
    keys = fingerprints(space, more)
    is_new = ~np.isin(keys, np.concatenate([known, fingerprints(space, found)]))
    is_new &= ~pd.Series(keys, dtype=np.uint64).duplicated().to_numpy()
    more = more[is_new].reset_index(drop=True)
    return more if found.empty else pd.concat([found, more], ignore_index=True)
