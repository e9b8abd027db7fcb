"""Fidelity ``analytical``: the platform's own equations, vectorized over designs."""

from __future__ import annotations

import time
from pathlib import Path

import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.evaluators.results import Provenance, result_table
from accel_core.platforms import Platform
from accel_core.workloads import Workload


def evaluate_analytical(
    platform: Platform,
    designs: pd.DataFrame,
    workload: Workload,
    under: Provenance,
    artifacts: Path | None,
    jobs: int,
) -> pd.DataFrame:
    """Evaluate all designs at once; neither ``artifacts`` nor ``jobs`` matters here.

    Raises:
        InvalidInputError: If the platform has no equations.
    """
    if platform.analytical is None:
        raise InvalidInputError(f"platform '{platform.name}' has no analytical model")
    started = time.perf_counter()
    metrics = platform.analytical(designs, workload).reset_index(drop=True)
    if "status" not in metrics:
        metrics.insert(0, "status", "ok")
    metrics["seconds"] = (time.perf_counter() - started) / max(len(designs), 1)
    return result_table(platform.space, designs, metrics.to_dict("records"), under)
