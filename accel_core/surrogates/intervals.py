"""How many standard deviations an interval needs."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from accel_core.errors import InvalidInputError


def conformal_multiple(scores: npt.NDArray[np.float64] | None, level: float) -> float:
    """Return the half width, in standard deviations, of an interval that covers a share ``level``.

    Args:
        scores: Sorted held-out ``|actual - mean| / std``, shape ``(n,)``; None or empty gives the normal quantile.
        level: Between 0 and 1, ends excluded.

    Raises:
        InvalidInputError: If the level is not between 0 and 1.
    """
    if not 0 < level < 1:
        raise InvalidInputError(f"interval level is {level}; allowed: above 0 and below 1")
    if scores is None or len(scores) == 0:
        return float(ndtri(0.5 + level / 2))
    # The (n + 1) makes the next design count among the scores (split conformal prediction).
    rank = math.ceil((len(scores) + 1) * level)
    return float(scores[min(rank, len(scores)) - 1])
