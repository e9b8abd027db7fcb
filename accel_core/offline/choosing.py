"""Chooses designs by what a model says of them: swarms of fireflies under an area limit; nothing is simulated.

Swarms alone stay in the valley where they start: to leave it on the way to a better one, arrays and memories have to
change together, or the area limit is passed. So random designs that use up the area are looked at first, and swarms
start at those that the model finds best.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.offline.encoding import Encoding, Indices
from accel_core.offline.firefly import minimize
from accel_core.offline.logs import Floats

Area = Callable[[pd.DataFrame], npt.NDArray[np.float64]]
"""Returns the area of designs in mm2, known in closed form."""

DRAWN, SCREENED = 400_000, 16_384
"""Random designs whose area is worked out, and the largest of those under the limit that the model is asked about."""

SWARMS, FIREFLIES, GENERATIONS = 4, 64, 60
"""Size of the optimization after it: about 15,000 predictions, 32,000 in all (assumed)."""

_ABOVE_LIMIT = 1e200


def choose(
    encoding: Encoding,
    slowness: Callable[[Indices], Floats],
    starts: Indices,
    area_limit_mm2: float,
    n: int,
    seed: int,
    area: Area,
) -> Indices:
    """Return the ``n`` designs of the least slowness under an area limit, the best first.

    Args:
        encoding: The parameters.
        slowness: What to minimize, of designs of shape (designs, parameters).
        starts: Designs to start from, beside random ones.
        area_limit_mm2: Largest area.
        n: Designs to return, at most 1000.
        seed: Of the optimizer.
        area: Area of designs.

    Raises:
        InvalidInputError: If an argument is not allowed, or fewer designs under the limit were found.
    """
    if not 1 <= n <= 1000:
        raise InvalidInputError(f"n is {n}; allowed: 1 to 1000")
    if not area_limit_mm2 > 0:
        raise InvalidInputError(f"area limit is {area_limit_mm2:g} mm2; allowed: above 0")
    rng = np.random.default_rng([seed, 7])

    def size(indices: Indices) -> Floats:
        return np.asarray(area(encoding.designs_of(indices)), dtype=np.float64)

    def objective(indices: Indices) -> Floats:
        flat = indices.reshape(-1, indices.shape[-1])
        mm2 = size(flat)
        # Above the limit the smaller chip is the brighter one, so that swarms find their way below.
        found = _ABOVE_LIMIT * np.maximum(mm2, 1.0)
        is_inside = mm2 <= area_limit_mm2
        if is_inside.any():
            found[is_inside] = slowness(flat[is_inside])
        return found.reshape(indices.shape[:-1])

    start = _first_swarms(encoding, slowness, size, starts, area_limit_mm2, rng)
    indices, values = minimize(objective, start, encoding.counts, GENERATIONS, n, rng)
    if (n_found := int((values < _ABOVE_LIMIT).sum())) < n:
        raise InvalidInputError(
            f"area limit is {area_limit_mm2:g} mm2; the optimizer found {n_found} designs below it, not {n}"
        )
    return indices


def _first_swarms(
    encoding: Encoding,
    slowness: Callable[[Indices], Floats],
    size: Callable[[Indices], Floats],
    starts: Indices,
    area_limit_mm2: float,
    rng: np.random.Generator,
) -> Indices:
    """Return the best of many random designs and of the starts, in turns of the swarms; random ones where few fit."""
    drawn = _drawn(encoding, rng)
    mm2 = size(drawn)
    fitting = np.flatnonzero(mm2 <= area_limit_mm2)
    largest = drawn[fitting[np.argsort(-mm2[fitting], kind="stable")[:SCREENED]]]
    screened = np.unique(np.concatenate([largest, starts[size(starts) <= area_limit_mm2]]), axis=0)
    swarms = encoding.random((FIREFLIES, SWARMS), rng)
    if len(screened):
        best = screened[np.argsort(slowness(screened), kind="stable")[: SWARMS * FIREFLIES]]
        swarms.reshape(-1, swarms.shape[-1])[: len(best)] = best
    return swarms.swapaxes(0, 1)


def _drawn(encoding: Encoding, rng: np.random.Generator) -> Indices:
    """Return many random designs, or each once where there are no more: equal ones would crowd out others."""
    if (n := math.prod(encoding.counts.tolist())) > DRAWN:
        return encoding.random((DRAWN,), rng)
    return np.stack(np.unravel_index(np.arange(n), encoding.counts.tolist()), axis=1).astype(np.int32)
