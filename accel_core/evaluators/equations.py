"""A platform's own equations or simulator, vectorized over designs, as an evaluation."""

from __future__ import annotations

import time

import pandas as pd

from accel_core.evaluators.results import Request, result_table
from accel_core.platforms.base import Equations


def evaluate_equations(equations: Equations, designs: pd.DataFrame, request: Request) -> pd.DataFrame:
    """Evaluate all designs at once; artifacts and jobs do not matter here."""
    started = time.perf_counter()
    metrics = equations(designs, request.workload, request.settings).reset_index(drop=True)
    if "status" not in metrics:
        metrics.insert(0, "status", "ok")
    metrics["seconds"] = (time.perf_counter() - started) / max(len(designs), 1)
    return result_table(designs, metrics, request)
