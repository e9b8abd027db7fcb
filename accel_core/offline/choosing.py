"""Chooses designs by what a model says of them: swarms of fireflies under an area limit; nothing is simulated."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.offline.encoding import Encoding, Picks
from accel_core.offline.firefly import minimize
from accel_core.offline.logs import Floats

Area = Callable[[pd.DataFrame], npt.NDArray[np.float64]]
"""Returns the area of designs in mm2, known in closed form."""

SWARMS, FIREFLIES, GENERATIONS = 4, 64, 120
"""Size of one optimization: about 31,000 predictions (assumed)."""

_ABOVE_LIMIT = 1e200


def choose(
    encoding: Encoding,
    slowness: Callable[[Picks], Floats],
    starts: Picks,
    area_limit_mm2: float,
    n: int,
    seed: int,
    area: Area,
) -> Picks:
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
    start = encoding.random((SWARMS, FIREFLIES), rng)
    # Half of each swarm starts where the log is fastest.
    known = rng.permutation(starts[: SWARMS * FIREFLIES // 2])
    for i, picks in enumerate(known):
        start[i % SWARMS, i // SWARMS] = picks

    def objective(picks: Picks) -> Floats:
        flat = picks.reshape(-1, picks.shape[-1])
        mm2 = np.asarray(area(encoding.designs_of(flat)), dtype=np.float64)
        # Above the limit the smaller chip is the brighter one, so that swarms find their way below.
        found = _ABOVE_LIMIT * np.maximum(mm2, 1.0)
        is_inside = mm2 <= area_limit_mm2
        if is_inside.any():
            found[is_inside] = slowness(flat[is_inside])
        return found.reshape(picks.shape[:-1])

    picks, values = minimize(objective, start, encoding.counts, GENERATIONS, n, rng)
    if (n_found := int((values < _ABOVE_LIMIT).sum())) < n:
        raise InvalidInputError(
            f"area limit is {area_limit_mm2:g} mm2; the optimizer found {n_found} designs below it, not {n}"
        )
    return picks
