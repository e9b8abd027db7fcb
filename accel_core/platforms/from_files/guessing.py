"""Guesses at what the columns of somebody's table are, from headings and values, for a person to correct."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.metrics import METRICS, Direction
from accel_core.platforms.from_files.inference import FEW, MAX_TEXTS, column_name
from accel_core.platforms.from_files.units import split_unit, unit_scale

Role = Literal["parameter", "metric", "workload", "status", "infeasible", "reason", "ignore"]
ROLES: tuple[Role, ...] = ("parameter", "metric", "workload", "status", "infeasible", "reason", "ignore")

MAX_WORKLOADS = 64
MAX_WRONG = 0.05
"""Share of cells that may be taken for slips in a column of numbers; more are a choice that has numbers among it."""
_BRACKETS = re.compile(r"^(?P<name>.*\S)\s*[(\[]\s*(?P<unit>[^()\[\]]{1,12}?)\s*[)\]]$")
_SUFFIX = re.compile(r"^(?P<name>.*[^_\s])[_\s](?:in[_\s])?(?P<unit>[A-Za-zµμ%²^/0-9]{1,8})$")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_UNITS = {
    unit.lower(): unit
    for unit in (
        "W", "mW", "uW", "µW", "nW", "J", "mJ", "uJ", "µJ", "nJ", "pJ", "s", "ms", "us", "µs", "ns", "ps", "Hz",
        "kHz", "MHz", "GHz", "mm2", "mm²", "mm^2", "um2", "um²", "µm2", "µm²", "um^2", "%", "GOPS", "TOPS", "MOPS",
    )
}  # fmt: skip
_KINDS = {"W": "W", "J": "J", "s": "s", "Hz": "Hz", "mm²": "mm²", "op/s": "op/s"}

_IGNORED = {"id", "index", "design_id", "name", "seed", "seconds", "settings", "settings_id", "model_version",
            "tool_versions", "date", "timestamp", "platform", "fidelity", "campaign", "stage", "created_at", "comment",
            "notes"}  # fmt: skip
_WORKLOADS = {"workload", "workloads", "benchmark", "network", "application", "app", "kernel", "dataset", "study"}
_STATUS, _INFEASIBLE, _REASON = {"status"}, {"infeasible", "is_infeasible", "invalid"}, {"reason", "why", "message"}
_STATUSES = {"ok", "infeasible", "failed", "timeout"}
_MORE = {"ipc", "throughput", "performance", "perf", "speedup", "accuracy", "fps", "bandwidth", "score", "gops", "tops",
         "gflops", "efficiency"}  # fmt: skip
_LESS = {"cpi", "latency", "delay", "error", "loss", "cost", "energy", "power", "area", "edp", "runtime", "cycles",
         "misses", "luts", "lut", "ffs", "ff", "bram", "brams", "dsp", "dsps", "gates", "leakage", "wirelength",
         "traffic"}  # fmt: skip
_TIMES = {"runtime", "latency", "time", "delay", "duration", "execution"}
_OF_TOOLS = {"flow", "synthesis", "tool", "wall", "elapsed", "simulation", "compile"}


@dataclass(frozen=True)
class ColumnGuess:
    """What a column is taken for.

    Attributes:
        column: Heading in the file.
        role: What it is.
        name: Of the parameter or metric.
        unit: Of the numbers in the file; empty where nobody says.
        better: Direction of a metric.
        values: What is there, in words.
    """

    column: str
    role: Role
    name: str = ""
    unit: str = ""
    better: Direction | None = None
    values: str = ""


def guess_columns(table: pd.DataFrame) -> list[ColumnGuess]:
    """Return a guess at each column, in order; names differ.

    Raises:
        InvalidInputError: If there is no row or no column, or a few cells of a column of numbers are none.
    """
    if table.empty:
        raise InvalidInputError(f"the table has {len(table)} rows and {len(table.columns)} columns; at least 1 of each")
    found: list[ColumnGuess] = []
    for heading in table.columns:
        _check_numbers(str(heading), table[heading])
        guess = _guess(str(heading), table[heading], any(entry.role == "metric" for entry in found))
        if guess.role in ("workload", "status", "infeasible", "reason") and any(e.role == guess.role for e in found):
            guess = replace(guess, role="ignore")
        guess = _apart(guess, {entry.name for entry in found if entry.name})
        found.append(replace(guess, values=spelled_values(table[heading])))
    return found


def _check_numbers(heading: str, values: pd.Series) -> None:
    """Refuse a column that is a choice of texts only because of a few cells among many numbers."""
    if pd.api.types.is_numeric_dtype(values):
        return
    numbers = pd.to_numeric(values, errors="coerce")
    wrong = numbers.isna() & values.notna()
    if numbers.nunique() > FEW and 0 < wrong.sum() <= MAX_WRONG * len(values):
        at = int(wrong.to_numpy().argmax())
        more = f", nor are {int(wrong.sum()) - 1:,} more" if wrong.sum() > 1 else ""
        raise InvalidInputError(
            f"row {at + 1}, column '{heading}': '{values.iloc[at]!s:.40}' is not a number{more}, "
            f"as the other {int(numbers.notna().sum()):,} cells are; allowed: a number, or empty"
        )


def spelled_values(values: pd.Series) -> str:
    """Return what a column has, in words: a range, a few values, texts."""
    known = values.dropna()
    empty = f", {len(values) - len(known):,} empty" if len(known) < len(values) else ""
    if known.empty:
        return "empty"
    if pd.api.types.is_numeric_dtype(known) and known.dtype != bool:
        distinct = np.unique(known.to_numpy(dtype=np.float64))
        if len(distinct) <= 6:
            return ", ".join(f"{value:g}" for value in distinct) + empty
        return f"{distinct[0]:.4g} … {distinct[-1]:.4g}, {len(distinct):,} values{empty}"
    texts = list(dict.fromkeys(known.astype(str)))
    return ", ".join(f"{text:.20}" for text in texts[:3]) + (f" … {len(texts):,}" if len(texts) > 3 else "") + empty


def _guess(heading: str, values: pd.Series, is_after_metric: bool) -> ColumnGuess:
    slug = column_name(heading)
    is_number = pd.api.types.is_numeric_dtype(values) and values.dtype != bool
    distinct = int(values.nunique() if is_number else values.dropna().astype(str).nunique())
    if slug in _IGNORED or heading.startswith("Unnamed") or distinct == 0:
        return ColumnGuess(heading, "ignore", slug)
    if slug in _INFEASIBLE and distinct <= 2:
        return ColumnGuess(heading, "infeasible")
    return _number(heading, values, distinct, is_after_metric) if is_number else _text(heading, values, distinct)


def _text(heading: str, values: pd.Series, distinct: int) -> ColumnGuess:
    slug = column_name(heading)
    role: Role = "ignore"
    if slug in _REASON:
        role = "reason"
    elif slug in _STATUS and set(values.dropna().astype(str).str.strip().str.lower()) <= _STATUSES:
        role = "status"
    elif slug in _WORKLOADS and distinct <= MAX_WORKLOADS and values.notna().all():
        role = "workload"
    elif distinct <= MAX_TEXTS and values.notna().all() and not (distinct == len(values) and len(values) > FEW):
        role = "parameter"
    return ColumnGuess(heading, role, slug if role in ("parameter", "ignore") else "")


def _number(heading: str, values: pd.Series, distinct: int, is_after_metric: bool) -> ColumnGuess:
    base, unit = _split(heading)
    slug, words = column_name(heading), {word.lower() for word in _WORDS.findall(base)}
    metric = _metric(heading, words, unit, distinct)
    if metric is not None:
        return metric
    is_whole = bool((values.dropna() == values.dropna().round()).all())
    if values.isna().any() or (is_after_metric and not is_whole and distinct > len(values) / 2):
        return ColumnGuess(heading, "metric", slug, unit)
    is_constant = distinct == 1 and len(values) > 1
    return ColumnGuess(heading, "ignore" if is_constant else "parameter", slug, unit)


def _split(heading: str) -> tuple[str, str]:
    """Return a heading without its unit, and the unit; ``Power (mW)`` and ``power_mw`` are the same."""
    bracketed = _BRACKETS.match(heading.strip())
    if bracketed:
        unit = bracketed["unit"]
        return bracketed["name"], _UNITS.get(unit.lower(), unit) if unit not in _UNITS.values() else unit
    ended = _SUFFIX.match(heading.strip())
    if ended and ended["unit"].lower() in _UNITS:
        unit = ended["unit"]
        return ended["name"], unit if unit in _UNITS.values() else _UNITS[unit.lower()]
    return heading, ""


def _kind(unit: str) -> str:
    """Return the stored unit that a unit converts to, empty if none."""
    for stored in _KINDS:
        try:
            unit_scale(unit, stored)
        except InvalidInputError:
            continue
        return stored
    return ""


def _metric(heading: str, words: set[str], unit: str, distinct: int) -> ColumnGuess | None:
    """Return a number's guess where its heading tells; a clock that is asked for is a parameter."""
    slug = column_name(heading)
    kind = _kind(unit) if unit else ""
    if kind == "Hz" or words & {"clock", "frequency", "freq", "fmax"}:
        reached = words & {"effective", "fmax", "max", "achieved", "reached", "real"}
        asked = words & {"target", "requested", "constraint"} or (distinct <= FEW and not reached)
        name = "f_target_hz" if asked else "f_effective_hz"
        return ColumnGuess(heading, "parameter" if asked else "metric", name if kind else slug, unit, _better(name))
    if words & {"target", "per"}:
        return None
    if words & _OF_TOOLS and words & _TIMES:
        return ColumnGuess(heading, "ignore", slug, unit)
    name = _common(slug, words, kind)
    if name:
        return ColumnGuess(heading, "metric", name, unit, METRICS[name].better)
    if kind in ("W", "J", "s", "op/s") or words & (_MORE | _LESS):
        better: Direction = "max" if words & _MORE or kind == "op/s" else "min"
        own = column_name(heading.rpartition("(")[0]) if heading.endswith(")") and "(" in heading[1:] else slug
        return ColumnGuess(heading, "metric", own, unit, better)
    return None


def _common(slug: str, words: set[str], kind: str) -> str:
    """Return the common metric that a heading means, empty if none; only where its unit is known."""
    if slug in METRICS:
        return slug
    is_count = words <= {"cycles", "cycle", "count", "clock", "latency", "total", "number", "of"}
    leaks = bool(words & {"leakage", "leak", "static"})
    is_part = bool(words & {"cycle", "op", "mac", "inference", "access"})
    meant = {
        "W": "power_leakage_w" if leaks else "power_w" if "power" in words else "",
        "mm²": "cell_area_mm2" if "cell" in words else "chip_area_mm2",
        "J": "energy_j" if "energy" in words and not is_part else "",
        "s": "runtime_s" if words & _TIMES else "",
        "op/s": "throughput_flops",
        "": "cycles" if is_count and "cycles" in words else "",
    }
    return meant.get(kind, "")


def _better(name: str) -> Direction | None:
    return METRICS[name].better if name in METRICS else None


def _apart(guess: ColumnGuess, taken: set[str]) -> ColumnGuess:
    """Give a guess a name that no column before it has."""
    if guess.name not in taken or guess.role not in ("parameter", "metric"):
        return guess
    own = column_name(guess.column)
    number = 2
    while own in taken or own in METRICS:
        own, number = f"{column_name(guess.column)}_{number}", number + 1
    return replace(guess, name=own)


def content_of(
    name: str, title: str, guesses: Sequence[ColumnGuess], table_name: str, repeats: str = "refuse"
) -> dict[str, object]:
    """Return the content of the ``platform.yaml`` that says what the guesses say.

    Raises:
        InvalidInputError: If no column is a parameter or none is a metric.
    """
    by_role: dict[str, list[ColumnGuess]] = {role: [entry for entry in guesses if entry.role == role] for role in ROLES}
    for role in ("parameter", "metric"):
        if not by_role[role]:
            raise InvalidInputError(f"no column is a {role}; choose at least one")
    for role in ("workload", "status", "infeasible", "reason"):
        if len(by_role[role]) > 1:
            raise InvalidInputError(f"{len(by_role[role])} columns are {role}; allowed: one")
    results: dict[str, object] = {"table": table_name}
    results |= {role: entry[0].column for role, entry in by_role.items() if role in _KEYED and entry}
    if repeats != "refuse":
        results["repeats"] = repeats
    columns = {entry.name: _parameter_column(entry) for entry in by_role["parameter"]}
    results["columns"] = {name: column for name, column in columns.items() if column != name}
    if not results["columns"]:
        del results["columns"]
    return {
        "name": name,
        "title": title or name,
        "summary": f"{title or name}, results that were measured elsewhere.",
        "results": results,
        "parameters": list(columns),
        "metrics": [_metric_entry(entry) for entry in by_role["metric"]],
    }


_KEYED = ("workload", "status", "infeasible", "reason")


def _parameter_column(entry: ColumnGuess) -> object:
    scaled = (
        entry.unit and split_unit(entry.unit)[1] != 1.0 and entry.name.endswith(f"_{split_unit(entry.unit)[0].lower()}")
    )
    return {"column": entry.column, "unit": entry.unit} if scaled or entry.unit == "Hz" else entry.column


def _metric_entry(entry: ColumnGuess) -> dict[str, str]:
    found = {"name": entry.name, "column": entry.column}
    if entry.unit:
        found["unit"] = entry.unit
    if entry.name not in METRICS and entry.better:
        found["better"] = entry.better
    return found
