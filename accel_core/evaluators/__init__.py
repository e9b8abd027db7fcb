"""Designs + workload + fidelity -> a result table; the one way in which anything is evaluated."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.evaluators.analytical import evaluate_analytical
from accel_core.evaluators.measured import measured_results
from accel_core.evaluators.placed import evaluate_placed
from accel_core.evaluators.results import IDENTITY, NOTES, PROVENANCE, STATUSES, Progress, Request, ordered
from accel_core.evaluators.settings import (
    FIRST_VERSION,
    SETTINGS,
    model_version,
    resolve_settings,
    settings_id,
    settings_of,
)
from accel_core.evaluators.simulated import evaluate_simulated
from accel_core.physical import placed_available
from accel_core.platforms import Platform, get_platform
from accel_core.settings import Setting, SettingValue
from accel_core.workloads import Workload

Evaluator = Callable[[pd.DataFrame, Request], pd.DataFrame]

EVALUATORS: Mapping[str, Evaluator] = {
    "analytical": evaluate_analytical,
    "simulated": evaluate_simulated,
    "placed": evaluate_placed,
}


def evaluate(
    platform_name: str,
    designs: pd.DataFrame,
    fidelity: str,
    *,
    workload: str | Workload | None = None,
    settings: Mapping[str, Any] | None = None,
    artifacts: Path | None = None,
    seed: int = 0,
    jobs: int | None = None,
    progress: Progress = lambda done, total: None,
) -> pd.DataFrame:
    """Evaluate designs and return their result table, in the designs' order.

    Args:
        platform_name: A name of ``PLATFORMS``.
        designs: One row a design, one column a parameter; other columns are left out.
        fidelity: One of the platform's fidelities.
        workload: A name of the platform's workloads, or a workload; None takes the platform's first.
        settings: Settings of the platform's fidelity; those not given take their defaults.
        artifacts: Folder for what the tools write, ``<design_id>/`` for each design; None keeps nothing.
        seed: Seed of the tools.
        jobs: Designs in flight; None takes one per core.
        progress: Told how many designs of how many are done, where they are done one by one.

    Returns:
        Columns ``design_id``, the parameters, ``IDENTITY``, the metrics and details, ``PROVENANCE``.

    Raises:
        InvalidInputError: If a name, a setting or a design is wrong. A design that cannot be built, or on which a
            tool fails, raises nothing: its row says so.
    """
    platform = get_platform(platform_name)
    if fidelity not in platform.evaluable:
        allowed = ", ".join(platform.evaluable) or "none, for its results were measured elsewhere"
        raise InvalidInputError(f"platform '{platform.name}' has no fidelity '{fidelity}'; allowed: {allowed}")
    runs = workload_of(platform, workload)
    resolved = resolve_settings(platform, fidelity, settings)
    platform.space_under(resolved).check(designs)
    request = Request(platform, runs, fidelity, resolved, seed, artifacts, jobs or os.cpu_count() or 1, progress)
    results = EVALUATORS[fidelity](designs.reset_index(drop=True), request)
    return ordered(results, platform.space)


def unavailable(platform: Platform, fidelity: str, technology: str = "nangate45") -> str | None:
    """Return in one line why a platform's fidelity cannot be evaluated on this machine, or None."""
    if fidelity == "placed":
        return placed_available(technology)
    if fidelity == "measured":
        return "its results were measured elsewhere; nothing can be run"
    return platform.program.missing() if fidelity == "simulated" and platform.program else None


def workload_of(platform: Platform, wanted: str | Workload | None) -> Workload:
    """Return a platform's workload by name, the default for None, or a given one of the kind that the platform runs.

    Raises:
        InvalidInputError: If there is none of that name, or it is of another kind.
    """
    if wanted is None:
        return platform.default_workload
    if isinstance(wanted, Workload):
        if bool(wanted.layers) != bool(platform.default_workload.layers):
            own = platform.default_workload
            runs = "layers" if own.layers else "training vectors" if own.n_vectors else "its own workloads"
            given = "layers" if wanted.layers else "vectors"
            raise InvalidInputError(f"workload '{wanted.name}': {platform.name} runs {runs}, not {given}")
        reasons = [platform.runs(operator) for operator in wanted.operators] if platform.runs is not None else []
        if reasons and None not in reasons:
            raise InvalidInputError(
                f"workload '{wanted.name}': {platform.name} runs none of its operators; the first: {reasons[0]}"
            )
        return wanted
    return platform.workload(wanted)


__all__ = [
    "EVALUATORS",
    "FIRST_VERSION",
    "IDENTITY",
    "NOTES",
    "PROVENANCE",
    "SETTINGS",
    "STATUSES",
    "Evaluator",
    "Progress",
    "Request",
    "Setting",
    "SettingValue",
    "evaluate",
    "measured_results",
    "model_version",
    "ordered",
    "resolve_settings",
    "settings_id",
    "settings_of",
    "unavailable",
    "workload_of",
]
