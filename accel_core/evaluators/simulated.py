"""Fidelity ``simulated``: the platform's own simulator on all designs at once, or somebody's program on each."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from accel_core.errors import EvaluationError, InvalidInputError
from accel_core.evaluators.equations import evaluate_equations
from accel_core.evaluators.one_by_one import evaluate_each
from accel_core.evaluators.results import Request
from accel_core.platforms.base import Program


def evaluate_simulated(designs: pd.DataFrame, request: Request) -> pd.DataFrame:
    """Simulate designs; a program takes each, at most ``request.jobs`` at a time.

    Raises:
        InvalidInputError: If the platform has no simulator, or its program is not installed.
    """
    platform = request.platform
    program = platform.program
    if program is not None:
        if missing := program.missing():
            raise InvalidInputError(f"fidelity simulated is not available here: {missing}")
        return evaluate_each(designs, request, lambda design, folder: _outcome(program, request, design, folder))
    if platform.simulate is None:
        raise InvalidInputError(f"platform '{platform.name}' has no simulator")
    return evaluate_equations(platform.simulate, designs, request)


def _outcome(program: Program, request: Request, design: Mapping[Any, Any], folder: Path) -> dict[str, Any]:
    """Simulate one design; trouble that can be expected becomes a status with stage and reason."""
    started = time.perf_counter()
    try:
        report = program.run(design, request.workload, request.settings, folder)
    except EvaluationError as trouble:
        outcome: dict[str, Any] = {"status": trouble.status, "stage": trouble.stage, "reason": trouble.reason}
    else:
        outcome = {"status": "ok", **report}
    outcome["tool_versions"] = json.dumps(outcome.get("tool_versions", {}), sort_keys=True)
    outcome["seconds"] = time.perf_counter() - started
    return outcome
