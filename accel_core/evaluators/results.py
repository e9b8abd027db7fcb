"""The shape of a result table: the columns every evaluator hands on, in their order."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from accel_core.evaluators.settings import SettingValue, settings_id
from accel_core.metrics import is_metric
from accel_core.space import DesignSpace, design_ids

STATUSES = ("ok", "infeasible", "failed", "timeout")

IDENTITY = ("platform", "workload", "fidelity", "status", "stage", "reason")
PROVENANCE = ("seconds", "tool_versions", "settings", "settings_id", "seed")


@dataclass(frozen=True)
class Provenance:
    """Under what a table of designs was evaluated; the same for all its rows."""

    platform: str
    workload: str
    fidelity: str
    settings: Mapping[str, SettingValue]
    seed: int


def result_table(
    space: DesignSpace, designs: pd.DataFrame, outcomes: Sequence[Mapping[str, Any]], under: Provenance
) -> pd.DataFrame:
    """Join designs and outcomes, row by row, into a result table.

    Args:
        space: The designs' space.
        designs: One row a design, a column a parameter.
        outcomes: One mapping a design: ``status``, metrics, and any of ``stage reason seconds tool_versions``.
        under: Shared provenance.

    Returns:
        Columns ``design_id``, the parameters, ``IDENTITY``, the metrics, ``PROVENANCE``.
    """
    table = designs.loc[:, list(space.names)].reset_index(drop=True)
    table.insert(0, "design_id", design_ids(table, space.names).to_numpy())
    measured = pd.DataFrame(list(outcomes), index=table.index)
    table["platform"], table["workload"], table["fidelity"] = under.platform, under.workload, under.fidelity
    table["status"] = measured["status"]
    for name in ("stage", "reason"):
        table[name] = measured[name].fillna("").astype(str) if name in measured else ""
    for name in measured.columns:
        if is_metric(str(name)) and name not in table:
            table[name] = measured[name].astype(np.float64)
    table["seconds"] = measured["seconds"].astype(np.float64) if "seconds" in measured else 0.0
    table["tool_versions"] = measured["tool_versions"].fillna("{}") if "tool_versions" in measured else "{}"
    table["settings"] = json.dumps(dict(under.settings), sort_keys=True)
    table["settings_id"] = settings_id(under.fidelity, under.settings)
    table["seed"] = under.seed
    return table


def ordered(results: pd.DataFrame, space: DesignSpace) -> pd.DataFrame:
    """Return the table with its columns in the documented order; metrics added later move before provenance."""
    fixed = ["design_id", *space.names, *IDENTITY]
    metrics = [name for name in results.columns if name not in fixed and name not in PROVENANCE]
    return results[[*fixed, *metrics, *PROVENANCE]]
