"""The shape of a result table: the columns every evaluator hands on, in their order."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from accel_core.evaluators.settings import model_version, settings_id
from accel_core.metrics import is_metric
from accel_core.platforms import Platform
from accel_core.settings import SettingValue
from accel_core.space import DesignSpace, design_ids
from accel_core.workloads import Workload

STATUSES = ("ok", "infeasible", "failed", "timeout")

IDENTITY = ("platform", "workload", "fidelity", "status", "stage", "reason")
PROVENANCE = ("seconds", "tool_versions", "settings", "settings_id", "model_version", "seed")
NOTES = ("campaign", "sampler")
"""Columns of text that a result table may have beside: how its designs were chosen."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Request:
    """Under what a table of designs is evaluated; the same for all its rows.

    Attributes:
        platform: The designs' platform.
        workload: What the designs run.
        fidelity: How they are evaluated.
        settings: Every setting of the platform's fidelity.
        seed: Seed of the tools.
        artifacts: Folder that keeps what the tools write, ``<design_id>/`` for each design; None keeps nothing.
        jobs: Designs in flight.
        progress: Told how many designs of how many are done, where they are done one by one.
    """

    platform: Platform
    workload: Workload
    fidelity: str
    settings: Mapping[str, SettingValue]
    seed: int = 0
    artifacts: Path | None = None
    jobs: int = 1
    progress: Progress = lambda done, total: None


def result_table(
    designs: pd.DataFrame, outcomes: pd.DataFrame | Sequence[Mapping[Any, Any]], request: Request
) -> pd.DataFrame:
    """Join designs and outcomes, row by row, into a result table.

    Args:
        designs: One row a design, a column a parameter.
        outcomes: One row or mapping a design: ``status``, metrics, the platform's details, and any of ``stage reason
            seconds tool_versions``.
        request: What all rows share.

    Returns:
        Columns ``design_id``, the parameters, ``IDENTITY``, the metrics and details, ``PROVENANCE``.
    """
    names = list(request.platform.space.names)
    table = designs.loc[:, names].reset_index(drop=True)
    if isinstance(outcomes, pd.DataFrame):
        measured = outcomes.reset_index(drop=True)
    else:
        measured = pd.DataFrame(list(outcomes), index=table.index)
    columns: dict[str, Any] = {  # one table made of all columns at once: adding them one by one takes far longer
        "platform": request.platform.name,
        "workload": request.workload.name,
        "fidelity": request.fidelity,
        "status": measured["status"],
        **{name: _words(measured, name, "") for name in ("stage", "reason")},
    }
    for name in measured.columns:
        if is_metric(str(name)) and name not in table:
            columns[str(name)] = measured[name].astype(np.float64)
    columns |= {name: _words(measured, name, "") for name in request.platform.details if name in measured}
    columns["seconds"] = measured["seconds"].astype(np.float64) if "seconds" in measured else 0.0
    columns["tool_versions"] = _words(measured, "tool_versions", "{}")
    columns["settings"] = json.dumps(dict(request.settings), sort_keys=True)
    columns["settings_id"] = settings_id(request.platform, request.fidelity, request.settings)
    columns["model_version"] = model_version(request.platform, request.fidelity)
    columns["seed"] = request.seed
    table.insert(0, "design_id", design_ids(table, names).to_numpy())
    return pd.concat([table, pd.DataFrame(columns, index=table.index)], axis=1)


def _words(measured: pd.DataFrame, name: str, empty: str) -> pd.Series:
    if name not in measured:
        return pd.Series(empty, index=measured.index, dtype="str")
    return measured[name].fillna(empty).astype(str)


def ordered(results: pd.DataFrame, space: DesignSpace) -> pd.DataFrame:
    """Return the table with its columns in the documented order; metrics added later move before provenance."""
    fixed = ["design_id", *space.names, *IDENTITY]
    metrics = [name for name in results.columns if name not in fixed and name not in PROVENANCE]
    return results[[*fixed, *metrics, *PROVENANCE]]
