"""A user's table of results becomes a result table: parameters checked against their space, the rest filled in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from accel_core.errors import InvalidInputError, StoreError
from accel_core.evaluators import resolve_settings, settings_id
from accel_core.metrics import is_metric
from accel_core.platforms import Platform, get_platform
from accel_core.space import design_ids
from accel_core.store.rows import FIXED_COLUMNS, cell
from accel_core.tables import read_table

_LAYER = "layer"
"""Column that the command line adds for rows of several layers; the workload says the same."""
_OPTIONAL = {"status": "ok", "stage": "", "reason": "", "tool_versions": "{}", "settings": "{}"}


def read_import(path: Path) -> pd.DataFrame:
    """Return the rows of a user's ``.csv`` or ``.parquet`` file as a result table.

    Raises:
        InvalidInputError: If the file is missing, too large, broken or of another kind.
        StoreError: As `check_import`.
    """
    return check_import(read_table(path), str(path))


def check_import(frame: pd.DataFrame, place: str) -> pd.DataFrame:
    """Return the rows of a user's file as a result table.

    Raises:
        StoreError: If there is no column ``platform``, or a cell is wrong.
        InvalidInputError: If a parameter's value is not allowed.
    """
    if "platform" not in frame:
        raise StoreError(f"{place}: column 'platform' is missing; it must name the platform of each row")
    if frame.empty:
        raise StoreError(f"{place}: it has no rows; at least one is needed")
    groups = []
    for name, rows in frame.groupby("platform", sort=False, dropna=False):
        groups.append(_of_platform(_platform(frame, name, place), rows, place))
    return pd.concat(groups).sort_index()


def _platform(frame: pd.DataFrame, name: Any, place: str) -> Platform:
    try:
        return get_platform(str(name))
    except InvalidInputError as error:
        row = int((frame["platform"].isna() if pd.isna(name) else frame["platform"] == name).to_numpy().argmax())
        raise StoreError(f"{place}, row {row + 1}: {error}") from error


def _of_platform(platform: Platform, rows: pd.DataFrame, place: str) -> pd.DataFrame:
    if platform.default_workload.layers:
        rows = rows.drop(columns=_LAYER, errors="ignore")
    space = platform.space
    lacking = [name for name in space.names if name not in rows]
    if lacking:
        raise StoreError(f"{place}: column '{lacking[0]}' is missing; {platform.name} needs: {', '.join(space.names)}")
    for name in map(str, rows.columns):
        if name not in (*space.names, *FIXED_COLUMNS, *platform.details) and not is_metric(name):
            raise StoreError(f"{place}: column '{name}' is neither a parameter of {platform.name} nor a metric")
    try:
        designs = space.coerce(rows[list(space.names)].reset_index(drop=True))
    except InvalidInputError as error:
        raise StoreError(f"{place}: {error}") from error
    table = rows.drop(columns=["design_id", "settings_id"], errors="ignore")
    for name in space.names:
        table[name] = designs[name].to_numpy()
    table["design_id"] = design_ids(designs, space.names).to_numpy()
    for name in [name for name in rows.columns if is_metric(str(name)) and name not in space.names]:
        table[name] = _metric(rows[name], place)
    table = _with_key(platform, table, place)
    for text, alike in table.groupby("settings", sort=False):
        try:
            platform.space_under(json.loads(str(text))).check(alike, [int(row) + 1 for row in alike.index])
        except InvalidInputError as error:
            raise StoreError(f"{place}: {error}") from error
    return table


def _metric(values: pd.Series, place: str) -> pd.Series:
    numbers = pd.to_numeric(values, errors="coerce")
    _reject(numbers.isna() & values.notna(), values, place, "it must be a number")
    _reject(numbers.abs() == float("inf"), values, place, "it must be a finite number, or empty")
    return numbers.astype("float64")


def _with_key(platform: Platform, table: pd.DataFrame, place: str) -> pd.DataFrame:
    """Fill in workload, fidelity, status and settings where the file leaves them out."""
    defaults: dict[str, Any] = {
        **_OPTIONAL,
        "workload": platform.default_workload.name,
        "fidelity": platform.reference,
        "seed": 0,
    }
    for name, value in defaults.items():
        if name not in table or table[name].isna().all():  # an empty column of a CSV reads as numbers
            table[name] = value
        else:
            table[name] = table[name].fillna(value)
    _allowed(table, "fidelity", platform.fidelities, place)
    _reject(
        ~table["workload"].isin(list(platform.workloads)),
        table["workload"],
        place,
        f"allowed: {platform.workload_words}",
    )
    identities = {}
    for fidelity, text in table[["fidelity", "settings"]].drop_duplicates().itertuples(index=False):
        try:
            given = json.loads(text)
            if not isinstance(given, dict):
                raise TypeError("it is a list or a single value")
            resolved = resolve_settings(platform, fidelity, given)
        except (ValueError, TypeError, AttributeError, InvalidInputError) as error:
            row = int(((table["fidelity"] == fidelity) & (table["settings"] == text)).idxmax())
            raise cell(place, row, "settings", text, f"it must be a JSON object of settings ({error})") from error
        identities[fidelity, text] = (json.dumps(resolved, sort_keys=True), settings_id(platform, fidelity, resolved))
    pairs = [identities[pair] for pair in zip(table["fidelity"], table["settings"], strict=True)]
    return table.assign(settings=[text for text, _ in pairs], settings_id=[digest for _, digest in pairs])


def _allowed(table: pd.DataFrame, name: str, allowed: Any, place: str) -> None:
    _reject(~table[name].isin(list(allowed)), table[name], place, f"allowed: {', '.join(allowed)}")


def _reject(wrong: pd.Series, values: pd.Series, place: str, allowed: str) -> None:
    """Raise for the first wrong cell; rows carry the number of the file's row as their index."""
    if wrong.any():
        at = int(wrong.to_numpy(dtype=bool).argmax())
        raise cell(place, int(values.index[at]), str(values.name), values.iloc[at], allowed)
