"""Fidelity ``simulated``: every design handed to a program of somebody else, each in a folder of its own."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from accel_core.errors import EvaluationError, InvalidInputError
from accel_core.evaluators.one_by_one import evaluate_each
from accel_core.evaluators.results import Request


def evaluate_simulated(designs: pd.DataFrame, request: Request) -> pd.DataFrame:
    """Simulate each design, at most ``request.jobs`` at a time.

    Raises:
        InvalidInputError: If the platform has no simulator, or it is not installed.
    """
    simulator = request.platform.simulator
    if simulator is None:
        raise InvalidInputError(f"platform '{request.platform.name}' has no simulator")
    if missing := simulator.missing():
        raise InvalidInputError(f"fidelity simulated is not available here: {missing}")
    return evaluate_each(designs, request, lambda design, folder: _outcome(request, design, folder))


def _outcome(request: Request, design: Mapping[Any, Any], folder: Path) -> dict[str, Any]:
    """Simulate one design; trouble that can be expected becomes a status with stage and reason."""
    assert request.platform.simulator is not None
    started = time.perf_counter()
    try:
        report = request.platform.simulator.run(design, request.workload, request.settings, folder)
    except EvaluationError as trouble:
        outcome: dict[str, Any] = {"status": trouble.status, "stage": trouble.stage, "reason": trouble.reason}
    else:
        outcome = {"status": "ok", **report}
    outcome["tool_versions"] = json.dumps(outcome.get("tool_versions", {}), sort_keys=True)
    outcome["seconds"] = time.perf_counter() - started
    return outcome
