"""An evolutionary optimizer of functions on tables of values: swarms of fireflies, drawn to brighter ones.

Yang's firefly algorithm (2009), on numbers of values instead of real numbers: each firefly flies some of the way to a
brighter one, the farther the weaker drawn, and some of its parameters change at random; it stays where it was if the
new place is darker. The function is all that it asks: a model, and an area known in closed form.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from accel_core.offline.encoding import Indices

Floats = npt.NDArray[np.float64]
Objective = Callable[[Indices], Floats]
"""Takes designs, shape (swarms, fireflies, parameters); returns what to minimize, shape (swarms, fireflies)."""


@dataclass(frozen=True, slots=True)
class Flight:
    """How fireflies move (assumed values).

    Attributes:
        attraction: Largest share of the way to a brighter firefly.
        absorption: How fast the attraction falls with the squared distance, the whole space being 1 wide.
        mutation: Probability that a parameter changes at random.
        leap: Share of these changes that go to any value; the others go to a neighboring one.
    """

    attraction: float = 1.0
    absorption: float = 2.0
    mutation: float = 0.12
    leap: float = 0.4


def fly(
    indices: Indices,
    values: Floats,
    counts: npt.NDArray[np.int64],
    rng: np.random.Generator,
    flight: Flight = Flight(),
) -> Indices:
    """Return where each firefly would fly; each swarm keeps to itself.

    Args:
        indices: Shape (swarms, fireflies, parameters).
        values: What each has, lower is brighter, shape (swarms, fireflies).
        counts: How many values each parameter has.
        rng: Source of chance.
        flight: How they move.
    """
    brighter = np.take_along_axis(indices, _brighter(values, rng)[..., None], axis=1)
    way = brighter - indices
    span = np.maximum(counts - 1, 1)
    distance = np.mean((way / span) ** 2, axis=-1, keepdims=True)
    share = flight.attraction * np.exp(-flight.absorption * distance) * rng.random(way.shape)
    # Chance rounds, so that a part of a step is not always lost.
    moved = indices + np.floor(share * way + rng.random(way.shape)).astype(np.int32)
    return _mutated(np.clip(moved, 0, counts - 1).astype(np.int32), indices, counts, rng, flight)


def _brighter(values: Floats, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return for each firefly the number of a brighter one, for the brightest its own."""
    order = np.argsort(values, axis=1, kind="stable")
    rank = np.argsort(order, axis=1, kind="stable")
    chosen = np.floor(rng.random(values.shape) * rank).astype(np.int64)
    return np.take_along_axis(order, chosen, axis=1)


def _mutated(
    moved: Indices, before: Indices, counts: npt.NDArray[np.int64], rng: np.random.Generator, flight: Flight
) -> Indices:
    is_changed = rng.random(moved.shape) < flight.mutation
    # A firefly that did not move would be evaluated for nothing.
    forced = rng.integers(0, moved.shape[-1], size=moved.shape[:-1])
    is_still = np.all((moved == before) & ~is_changed, axis=-1)
    is_changed |= is_still[..., None] & (np.arange(moved.shape[-1]) == forced[..., None])
    neighbor = np.clip(moved + rng.choice(np.array([-1, 1]), size=moved.shape), 0, counts - 1)
    anywhere = rng.integers(0, counts, size=moved.shape)
    new = np.where(rng.random(moved.shape) < flight.leap, anywhere, neighbor)
    return np.where(is_changed, new, moved).astype(np.int32)


def advance(
    objective: Objective, indices: Indices, values: Floats, counts: npt.NDArray[np.int64], rng: np.random.Generator
) -> tuple[Indices, Floats, Indices, Floats]:
    """Let each firefly fly once, and return where it flew and what that has, then where it stays and what that has."""
    moved = fly(indices, values, counts, rng)
    found = objective(moved)
    is_better = found <= values
    return moved, found, np.where(is_better[..., None], moved, indices), np.where(is_better, found, values)


def minimize(
    objective: Objective,
    start: Indices,
    counts: npt.NDArray[np.int64],
    generations: int,
    n: int,
    rng: np.random.Generator,
) -> tuple[Indices, Floats]:
    """Return the best ``n`` different designs met, best first, and their values; fewer if fewer were met.

    Args:
        objective: What to minimize; infinite for designs that must not be returned is allowed.
        start: First swarms, shape (swarms, fireflies, parameters).
        counts: How many values each parameter has.
        generations: How often they fly.
        n: Designs to return.
        rng: Source of chance.
    """
    indices, values = start, objective(start)
    best, best_values = _best(indices.reshape(-1, indices.shape[-1]), values.ravel(), n)
    for _ in range(generations):
        moved, found, indices, values = advance(objective, indices, values, counts, rng)
        best, best_values = _best(
            np.concatenate([best, moved.reshape(-1, moved.shape[-1])]), np.concatenate([best_values, found.ravel()]), n
        )
    return best, best_values


def _best(indices: Indices, values: Floats, n: int) -> tuple[Indices, Floats]:
    _, first = np.unique(indices, axis=0, return_index=True)
    kept = first[np.lexsort((first, values[first]))][:n]
    return indices[kept], values[kept]
