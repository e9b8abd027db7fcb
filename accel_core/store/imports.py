"""A user's table of results becomes result tables: parameters checked against their space, the rest filled in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from accel_core.errors import InvalidInputError, StoreError
from accel_core.evaluators import FIRST_VERSION, NOTES, model_version, resolve_settings, settings_id
from accel_core.evaluators.settings import digest_of, settings_of
from accel_core.metrics import get_metric, is_metric
from accel_core.platforms import PLATFORMS, Platform, get_platform
from accel_core.space import design_ids
from accel_core.store.conflicts import RETRIED, conflict, differences, without_repeats
from accel_core.store.rows import FIXED_COLUMNS, TEXT_COLUMNS, CheckedRows, Kind, check_rows, numbers_of, reject
from accel_core.tables import read_table
from accel_core.workloads import is_own

Keep = Literal["stored", "file"]
KEEP: tuple[Keep, ...] = get_args(Keep)

_LAYER = "layer"
"""Column that the command line adds for rows of several layers; the workload says the same."""
_OPTIONAL = {"status": "ok", "stage": "", "reason": "", "tool_versions": "{}", "settings": "{}"}


@dataclass(frozen=True)
class Imported:
    """What became of the rows of a file.

    Attributes:
        n_new: Were not stored before.
        n_stored: Were stored already, with the same values.
        n_kept: Were stored with other values, which stay.
        n_replaced: Took the place of what was stored with other values.
    """

    n_new: int = 0
    n_stored: int = 0
    n_kept: int = 0
    n_replaced: int = 0

    def __add__(self, other: Imported) -> Imported:
        """Return the counts of both."""
        return Imported(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    def said_of(self, name: str) -> str:
        """Return in words what became of the file of a name, without a full stop."""
        words = [f"{self.n_new} new results from {name}"]
        words += [f"{self.n_stored} stored already"] if self.n_stored else []
        words += [f"{self.n_kept} that differ left as stored"] if self.n_kept else []
        words += [f"{self.n_replaced} replaced"] if self.n_replaced else []
        return "; ".join(words)


def read_import(path: Path) -> pd.DataFrame:
    """Read a file of results; columns that hold text are read as text, whatever it looks like.

    Raises:
        InvalidInputError: As ``read_table``.
    """
    table = read_table(path)
    details = {name for platform in PLATFORMS.values() for name in platform.details}
    for name in {*TEXT_COLUMNS, *NOTES, *details} & set(table.columns):
        if pd.api.types.is_numeric_dtype(table[name].dtype):
            table[name] = table[name].map(_spelled, na_action="ignore").astype("str")
    return table


def _spelled(number: float) -> str:
    return str(int(number)) if float(number).is_integer() else str(number)


def check_import(frame: pd.DataFrame, place: str) -> list[CheckedRows]:
    """Return the rows of a user's file as result tables, one a platform, each result once.

    Raises:
        StoreError: If there is no column ``platform``, a cell is wrong, or a result stands there with two values.
    """
    if "platform" not in frame:
        raise StoreError(f"{place}: column 'platform' is missing; it must name the platform of each row")
    if frame.empty:
        raise StoreError(f"{place}: it has no rows; at least one is needed")
    table = frame.reset_index(drop=True)
    found = []
    for name, rows in table.groupby("platform", sort=False, dropna=False):
        results = _of_platform(_platform(table, name, place), rows, place)
        found.append(without_repeats(check_rows(results, place, is_numbered=True), place))
    return found


def divided(rows: CheckedRows, stored: pd.DataFrame, keep: Keep | None, place: str) -> tuple[CheckedRows, Imported]:
    """Return the rows to insert, and what becomes of all of them.

    Args:
        rows: Of a file, each key once.
        stored: What ``query.stored_like`` finds of them.
        keep: Of those that differ, which; None allows none.
        place: What to call the file in errors.

    Raises:
        ConflictError: If a result is stored with other values, and ``keep`` is None.
    """
    frame, names = rows.frame, list(rows.kinds)
    there = frame.loc[stored.index]
    was_tried, is_tried = stored["status"].isin(RETRIED).to_numpy(), there["status"].isin(RETRIED).to_numpy()
    found = differences(stored, there, names)
    is_other = found.is_different & ~was_tried & ~is_tried
    if is_other.any() and keep is None:
        at = int(is_other.argmax())
        name = str(found.column[at])
        raise conflict(place, there.iloc[at], name, stored.iloc[at].get(name), int(is_other.sum()) - 1)
    is_better = was_tried & ~is_tried
    is_replaced = is_other if keep == "file" else np.zeros_like(is_other)
    stays = there.index[~(is_better | is_replaced)]
    fresh = frame.drop(index=stays)
    n_replaced = int(is_replaced.sum())
    n_kept = int(is_other.sum()) - n_replaced
    return CheckedRows(fresh, rows.kinds), Imported(len(fresh) - n_replaced, len(stays) - n_kept, n_kept, n_replaced)


def completed(rows: CheckedRows, stored: pd.DataFrame, kinds: Mapping[str, Kind]) -> CheckedRows:
    """Return the rows of a file with what it leaves out, or empty, from the results that they replace.

    A result of another status is another result: nothing of the old one stays.

    Args:
        rows: Of one platform.
        stored: What ``query.stored_like`` finds of them, with the columns of ``kinds``.
        kinds: Stored columns of the platform.
    """
    frame = rows.frame.copy()
    same = stored.index[stored["status"] == frame.loc[stored.index, "status"]]
    for name, kind in kinds.items():
        if name not in frame:
            frame[name] = pd.Series(np.nan, index=frame.index, dtype="str" if kind == "text" else np.float64)
        frame.loc[same, name] = frame.loc[same, name].fillna(stored.loc[same, name])
    return CheckedRows(frame, {**kinds, **rows.kinds})


def _platform(table: pd.DataFrame, name: Any, place: str) -> Platform:
    try:
        return get_platform(str(name))
    except InvalidInputError as error:
        row = int((table["platform"].isna() if pd.isna(name) else table["platform"] == name).to_numpy().argmax())
        raise StoreError(f"{place}, row {row + 1}: {error}") from error


def _of_platform(platform: Platform, rows: pd.DataFrame, place: str) -> pd.DataFrame:
    """Return the rows of a platform as a result table, with the file's row numbers, from 0, as index."""
    table = _columns_of(platform, rows, place)
    space, numbers = platform.space, [int(row) + 1 for row in table.index]
    try:
        designs = space.coerce(table[list(space.names)], numbers)
    except InvalidInputError as error:
        raise StoreError(f"{place}, {error}") from error
    table[list(space.names)] = designs
    for name in platform.details:
        if name in table:
            table[name] = table[name].fillna("")
    table = _with_key(platform, table, place)
    metrics = [str(name) for name in table.columns if is_metric(str(name)) and name not in space.names]
    for name in metrics:
        table[name] = _metric(table[name], place)
    reject(
        (table["status"] == "ok") & table[metrics].isna().all(axis=1), table["status"], place,
        f"no metric has a value; needed: one of {', '.join(platform.metrics[:4])}, ..., or another status",
    )  # fmt: skip
    if "seconds" in table:
        seconds = numbers_of(table["seconds"], place)
        reject((seconds < 0) | np.isinf(seconds), table["seconds"], place, "allowed: at least 0 s, or empty")
    return table.drop(columns="is_current")


def _columns_of(platform: Platform, rows: pd.DataFrame, place: str) -> pd.DataFrame:
    """Return the columns that say something of this platform: those of others are empty in a file of several.

    Raises:
        StoreError: If a parameter's column is missing, or a column is not known.
    """
    names, layer = platform.space.names, {_LAYER} if platform.default_workload.layers else set()
    lacking = [name for name in names if name not in rows]
    if lacking:
        raise StoreError(f"{place}: column '{lacking[0]}' is missing; {platform.name} needs: {', '.join(names)}")
    kept = []
    for name in map(str, rows.columns):
        if name in layer or (name not in names and rows[name].isna().all()):
            continue
        if name not in (*names, *FIXED_COLUMNS, *NOTES, *platform.details) and not is_metric(name):
            raise StoreError(f"{place}: column '{name}' is neither a parameter of {platform.name} nor a metric")
        kept.append(name)
    return rows[kept].copy()


def _metric(values: pd.Series, place: str) -> pd.Series:
    numbers, metric = numbers_of(values, place), get_metric(str(values.name))
    reject(np.isinf(numbers), values, place, "it must be a finite number, or empty")
    low, high = -np.inf if metric.lower is None else metric.lower, np.inf if metric.upper is None else metric.upper
    reject((numbers < low) | (numbers > high), values, place, f"allowed: {metric.allowed}, or empty")
    return numbers


def _with_key(platform: Platform, table: pd.DataFrame, place: str) -> pd.DataFrame:
    """Fill in what the file leaves out, and work out identifiers anew.

    What another version made keeps those that it has: its space and its settings may have been others.
    """
    table = _with_defaults(table, {**_OPTIONAL, "fidelity": platform.reference, "seed": 0})
    table = _with_defaults(table, {"workload": platform.default_workload.name})
    _allowed(table, "fidelity", platform.fidelities, place)
    table = _with_version(platform, table)
    known = table["workload"].isin(list(platform.workloads))
    if platform.runs is not None:  # networks of a person's own are called by their content
        known |= table["workload"].map(lambda name: is_own(str(name)))
    reject(~known, table["workload"], place, f"allowed: {platform.workload_words}")
    identities = {}
    for (fidelity, text, is_current), alike in table.groupby(["fidelity", "settings", "is_current"], sort=False):
        given = _settings(text, alike["settings"], place)
        if is_current:
            identities[fidelity, text, True] = _resolved(platform, str(fidelity), given, alike, place)
        else:
            identities[fidelity, text, False] = (str(text), digest_of(given))
    found = [identities[key] for key in zip(table["fidelity"], table["settings"], table["is_current"], strict=True)]
    worked_out = {
        "design_id": design_ids(table, platform.space.names),
        "settings_id": pd.Series([digest for _, digest in found], index=table.index, dtype="str"),
    }
    for name, digests in worked_out.items():
        own = table[name].where(~table["is_current"]) if name in table else pd.Series(None, table.index, dtype="str")
        table[name] = own.fillna(digests)
    return table.assign(settings=[text for text, _ in found])


def _with_defaults(table: pd.DataFrame, defaults: dict[str, Any]) -> pd.DataFrame:
    filled = {name: table[name].fillna(value) if name in table else value for name, value in defaults.items()}
    return table.assign(**filled)


def _with_version(platform: Platform, table: pd.DataFrame) -> pd.DataFrame:
    """Say which version made each row, and whether that is the present one.

    A table of one's own is taken as of now; one that has identifiers, but no versions, was exported before there were.
    """
    current = table["fidelity"].map(lambda fidelity: model_version(platform, fidelity))
    unsaid = FIRST_VERSION if "settings_id" in table else current
    version = table["model_version"].fillna(unsaid) if "model_version" in table else unsaid
    return table.assign(model_version=version, is_current=version == current)


def _settings(text: Any, values: pd.Series, place: str) -> dict[str, Any]:
    try:
        given = json.loads(text)
        if isinstance(given, dict):
            return given
        problem = "it is a list or a single value"
    except (ValueError, TypeError) as error:
        problem = str(error)
    reject(np.ones(len(values), dtype=np.bool_), values, place, f"it must be a JSON object of settings ({problem})")
    raise AssertionError("a wrong cell is refused")


def _resolved(
    platform: Platform, fidelity: str, given: dict[str, Any], alike: pd.DataFrame, place: str
) -> tuple[str, str]:
    """Return settings as text with their digest, for rows that share them; their designs must lie in the space.

    Settings that came later than the rows and are as they always were are not told, so that old rows stay as they are.
    """
    numbers = [int(row) + 1 for row in alike.index]
    try:
        resolved = resolve_settings(platform, fidelity, given)
    except InvalidInputError as error:
        every = np.ones(len(alike), dtype=np.bool_)
        reject(every, alike["settings"], place, f"it must be a JSON object of settings ({error})")
        raise
    try:
        platform.space_under(given).check(alike, numbers)
    except InvalidInputError as error:
        raise StoreError(f"{place}: {error}") from error
    known = settings_of(platform, fidelity)
    told = {
        name: value
        for name, value in resolved.items()
        if name in given or not (known[name].later and value == known[name].default)
    }
    return json.dumps(told, sort_keys=True), settings_id(platform, fidelity, resolved)


def _allowed(table: pd.DataFrame, name: str, allowed: Iterable[str], place: str) -> None:
    words = list(allowed)
    reject(~table[name].isin(words), table[name], place, f"allowed: {', '.join(words)}")
