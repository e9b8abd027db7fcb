"""Ours beside the released data: how often random designs are feasible, and how long they take."""

from __future__ import annotations

import numpy as np

from accel_core.platforms.edgetpu.applications import Application
from accel_core.platforms.edgetpu.architecture import FEASIBLE, Indices, constants, values
from accel_core.platforms.edgetpu.metrics import latency_s
from accel_core.platforms.edgetpu.simulate import simulate

COMPARED = ("feasible", "min_ms", "mean_ms", "max_ms")


def random_indices(n: int, seed: int) -> Indices:
    """Return uniformly random designs, as which of its values each parameter has."""
    rng = np.random.default_rng(seed)
    return np.stack([rng.integers(0, len(column), n) for column in values()], axis=1).astype(np.uint8)


def comparison(application: Application, n: int, seed: int) -> tuple[dict[str, float], dict[str, float]]:
    """Return ``COMPARED`` of n random designs here, and of the released ones.

    Runtimes are of the 1000 inferences that the released ones must be of.
    """
    outcome = simulate(random_indices(n, seed), application.layers)
    runtime_ms = 1e3 * constants()["inferences"] * latency_s(outcome)[outcome.memory == FEASIBLE]
    found = (len(runtime_ms) / n, runtime_ms.min(), runtime_ms.mean(), runtime_ms.max())
    theirs = application.released
    share = theirs["feasible"] / (theirs["feasible"] + theirs["infeasible"])
    return (
        dict(zip(COMPARED, map(float, found), strict=True)),
        {"feasible": share, **{name: theirs[name] for name in COMPARED[1:]}},
    )
