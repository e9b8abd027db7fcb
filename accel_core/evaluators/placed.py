"""Fidelity ``placed``: every design implemented for real by the physical flow, each in its own process."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from accel_core.errors import EvaluationError, InvalidInputError
from accel_core.evaluators.one_by_one import evaluate_each
from accel_core.evaluators.results import Request
from accel_core.paths import cache_path
from accel_core.physical import FlowSettings, implement_in_process, load_technology, placed_available
from accel_core.platforms.base import Implementation
from accel_core.platforms.combining import at_reached_clock
from accel_core.process import Limits
from accel_core.rtl import Rtl


def evaluate_placed(designs: pd.DataFrame, request: Request) -> pd.DataFrame:
    """Implement each design, at most ``request.jobs`` at a time, then add what the workload takes, if that is known.

    Raises:
        InvalidInputError: If the platform writes no RTL, or the flow's packages are not installed, or
            the technology cannot be loaded.
    """
    implement = request.platform.implement
    if implement is None:
        raise InvalidInputError(f"platform '{request.platform.name}' writes no RTL, so it cannot be placed")
    if request.settings["activity_source"] == "simulated" and implement.testbench is None:
        raise InvalidInputError(
            f"setting activity_source is 'simulated', but platform '{request.platform.name}' has no testbench; "
            "allowed: global"
        )
    if missing := placed_available(str(request.settings["technology"])):
        raise InvalidInputError(f"fidelity placed is not available here: {missing}")
    load_technology(str(request.settings["technology"]), cache_path())  # a wrong one must not fail design by design
    results = evaluate_each(designs, request, lambda design, folder: _outcome(implement, request, design, folder))
    return _combined(results, request)


def _outcome(implement: Implementation, request: Request, design: Mapping[Any, Any], artifacts: Path) -> dict[str, Any]:
    """Implement one design; trouble that can be expected becomes a status with stage and reason."""
    started = time.perf_counter()
    settings = request.settings
    flow = FlowSettings(
        f_target_hz=float(design["f_target_hz"]),
        utilization_target=float(design["utilization_target"]),
        activity=float(settings["activity"]),
        activity_source=str(settings["activity_source"]),
        conditions=str(settings["conditions"]),
        through=str(settings["through"]),
        clock=str(settings["clock"]),
        hierarchy=str(settings["hierarchy"]),
        seed=request.seed,
    )
    limits = Limits(float(settings["time_limit_s"]), int(float(settings["memory_limit_gb"]) * 1e9))
    technology = str(settings["technology"])
    try:
        report = implement_in_process(_rtl(implement, design, flow), technology, flow, artifacts, cache_path(), limits)
    except EvaluationError as trouble:
        outcome: dict[str, Any] = {"status": trouble.status, "stage": trouble.stage, "reason": trouble.reason}
        outcome["tool_versions"] = _reported_versions(artifacts)
    else:
        outcome = {"status": "ok", **report}
    outcome["tool_versions"] = json.dumps(outcome.get("tool_versions", {}), sort_keys=True)
    outcome["seconds"] = time.perf_counter() - started
    return outcome


def _rtl(implement: Implementation, design: Mapping[Any, Any], flow: FlowSettings) -> Rtl:
    """A design's RTL, with its testbench where its activity is to be simulated."""
    rtl = implement.rtl(design)
    if flow.activity_source != "simulated" or implement.testbench is None:
        return rtl
    return replace(rtl, testbench=implement.testbench(design))


def _reported_versions(artifacts: Path) -> dict[str, str]:
    """Return the tool versions that a run without metrics noted; none if it died before it could."""
    report = artifacts / "report.json"
    versions: dict[str, str] = json.loads(report.read_text()).get("tool_versions", {}) if report.is_file() else {}
    return versions


def _combined(results: pd.DataFrame, request: Request) -> pd.DataFrame:
    """Add energy at the reached clock, and what the workload takes, to the rows that were implemented."""
    done = results["status"] == "ok"
    if not done.any():
        return results
    added = at_reached_clock(results.loc[done])
    if request.platform.combine is not None:
        added = request.platform.combine.run(added, request.workload)
    fresh = [name for name in added.columns if name not in results.columns]
    return results.join(added[fresh])
