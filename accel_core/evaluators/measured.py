"""Fidelity ``measured``: somebody else's results as a result table; nothing is evaluated."""

from __future__ import annotations

import json

import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.evaluators.results import Request, ordered, result_table
from accel_core.evaluators.settings import resolve_settings
from accel_core.platforms import Platform


def measured_results(platform: Platform) -> pd.DataFrame:
    """Return the results that a platform brings along, workload by workload.

    Raises:
        InvalidInputError: If it brings none, or its table is wrong.
    """
    if platform.measured is None:
        raise InvalidInputError(f"platform '{platform.name}' has no measured results")
    given = platform.measured.results()
    names = list(platform.space.names)
    versions = json.dumps({platform.measured.title: platform.measured.digest()})
    settings = resolve_settings(platform, "measured", None)
    tables = []
    for name, rows in given.groupby("workload", sort=False):
        request = Request(platform, platform.workload(str(name)), "measured", settings)
        outcomes = rows.drop(columns=[*names, "workload"]).assign(tool_versions=versions)
        tables.append(ordered(result_table(rows[names], outcomes, request), platform.space))
    return pd.concat(tables, ignore_index=True) if tables else given
