"""Fidelity ``analytical``: the platform's own equations, vectorized over designs."""

from __future__ import annotations

import time

import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.evaluators.results import Request, result_table


def evaluate_analytical(designs: pd.DataFrame, request: Request) -> pd.DataFrame:
    """Evaluate all designs at once; artifacts and jobs do not matter here.

    Raises:
        InvalidInputError: If the platform has no equations.
    """
    platform = request.platform
    if platform.analytical is None:
        raise InvalidInputError(f"platform '{platform.name}' has no analytical model")
    started = time.perf_counter()
    metrics = platform.analytical(designs, request.workload, request.settings).reset_index(drop=True)
    if "status" not in metrics:
        metrics.insert(0, "status", "ok")
    metrics["seconds"] = (time.perf_counter() - started) / max(len(designs), 1)
    return result_table(designs, metrics, request)
