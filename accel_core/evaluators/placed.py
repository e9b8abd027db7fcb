"""Fidelity ``placed``: every design implemented for real by the physical flow, each in its own process."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pandas as pd

from accel_core.errors import EvaluationError, InvalidInputError
from accel_core.evaluators.results import Provenance, result_table
from accel_core.paths import cache_path
from accel_core.physical import FlowSettings, implement_in_process
from accel_core.platforms import Platform
from accel_core.process import Limits
from accel_core.space import design_ids
from accel_core.workloads import Workload


def evaluate_placed(
    platform: Platform,
    designs: pd.DataFrame,
    workload: Workload,
    under: Provenance,
    artifacts: Path | None,
    jobs: int,
) -> pd.DataFrame:
    """Implement each design, at most ``jobs`` at a time, then add the platform's system metrics.

    Args:
        platform: One that writes RTL and whose designs name ``f_target_hz`` and ``utilization_target``.
        designs: One row a design.
        workload: What the system metrics are for.
        under: Settings and seed of the flow.
        artifacts: Folder that keeps ``<design_id>/`` for each design; None keeps nothing.
        jobs: Designs in flight.

    Raises:
        InvalidInputError: If the platform writes no RTL.
    """
    if platform.rtl is None or platform.system_metrics is None:
        raise InvalidInputError(f"platform '{platform.name}' writes no RTL, so it cannot be placed")
    ids = design_ids(designs, platform.space.names).tolist()
    with ExitStack() as stack:
        folder = artifacts or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        with ThreadPoolExecutor(max_workers=jobs) as pool:
            outcomes = list(
                pool.map(
                    lambda row, name: _outcome(platform, row, folder / name, under),
                    designs.to_dict("records"),
                    ids,
                )
            )
    results = result_table(platform.space, designs, outcomes, under)
    return _with_system_metrics(platform, results, workload)


def _outcome(
    platform: Platform, design: Mapping[Any, Any], artifacts: Path, under: Provenance
) -> dict[str, Any]:
    """Implement one design; trouble that can be expected becomes a status with stage and reason."""
    assert platform.rtl is not None
    started = time.perf_counter()
    settings = under.settings
    flow = FlowSettings(
        f_target_hz=float(design["f_target_hz"]),
        utilization_target=float(design["utilization_target"]),
        activity=float(settings["activity"]),
        seed=under.seed,
    )
    limits = Limits(float(settings["time_limit_s"]), int(float(settings["memory_limit_gb"]) * 1e9))
    technology = str(settings["technology"])
    try:
        report = implement_in_process(platform.rtl(design), technology, flow, artifacts, cache_path(), limits)
    except EvaluationError as trouble:
        outcome: dict[str, Any] = {"status": trouble.status, "stage": trouble.stage, "reason": trouble.reason}
    else:
        outcome = {"status": "ok", **report}
        outcome["tool_versions"] = json.dumps(outcome.get("tool_versions", {}), sort_keys=True)
    outcome["seconds"] = time.perf_counter() - started
    return outcome


def _with_system_metrics(platform: Platform, results: pd.DataFrame, workload: Workload) -> pd.DataFrame:
    """Add what the workload costs to the rows that were implemented; the others stay empty."""
    assert platform.system_metrics is not None
    done = results["status"] == "ok"
    if not done.any():
        return results
    added = platform.system_metrics(results.loc[done], workload)
    fresh = [name for name in added.columns if name not in results.columns]
    return results.join(added[fresh])
