"""Layer tables from outside: CSV files with the columns name, C, M, P, Q, R, S, stride, and perhaps repeat."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

from accel_core.errors import InvalidInputError
from accel_core.workloads.files import bounded_content, decoded
from accel_core.workloads.layer import Layer
from accel_core.workloads.network import MAX_LAYERS, MAX_SIZE

MAX_BYTES = 1_000_000

_SEPARATORS = (";", ": ")
"""Between layers, and between a layer and its mapping, where results list what they say of each layer."""

COLUMNS = tuple(field.name for field in fields(Layer))
"""All columns; a table may end before the last, ``repeat``, which then is 1 for every layer."""


def read_layers(path: Path) -> tuple[Layer, ...]:
    """Read the layers of a network; the output is P x Q, the filter R x S.

    A layer is run ``repeat`` times, once where the table does not say.

    Raises:
        InvalidInputError: If the file is missing, too large, not text, has other columns, no layer, a size that is
            not an integer from 1 to ``MAX_SIZE``, or a name that results could not list; with the line at fault.
    """
    rows = csv.reader(
        io.StringIO(decoded(bounded_content(path, MAX_BYTES), path.name, "a CSV file"), newline=""), strict=True
    )
    try:
        columns = _columns(path.name, next(rows, []))
        layers = tuple(
            _layer(f"{path.name}, line {rows.line_num}", columns, row) for row in _bounded(path.name, rows) if any(row)
        )
    except csv.Error as error:
        raise InvalidInputError(f"{path.name}, line {rows.line_num}: not readable as CSV: {error}") from None
    if not layers:
        raise InvalidInputError(f"{path.name} has no layers; allowed: 1 to {MAX_LAYERS:,} below the header")
    return layers


_MOST_NAMES, _MOST_LETTERS = 12, 20


def _listed(names: tuple[str, ...]) -> str:
    """Return names as a message can hold them: whole ones, and a sign where something is left out."""
    if not any(names):
        return "missing"
    shown = [name if len(name) <= _MOST_LETTERS else f"{name[:_MOST_LETTERS]}…" for name in names[:_MOST_NAMES]]
    return ", ".join([*shown, f"… ({len(names)} in all)"] if len(names) > _MOST_NAMES else shown)


def _columns(place: str, header: list[str]) -> tuple[str, ...]:
    names = tuple(name.strip() for name in header)
    if names not in (COLUMNS, COLUMNS[:-1]):
        raise InvalidInputError(
            f"{place}, line 1: the columns are {_listed(names)};"
            f" allowed: {', '.join(COLUMNS[:-1])}, and perhaps {COLUMNS[-1]}"
        )
    return names


def _bounded(place: str, rows: Iterable[list[str]]) -> Iterable[list[str]]:
    for count, row in enumerate(rows):
        if count == MAX_LAYERS:
            raise InvalidInputError(f"{place} has more than {MAX_LAYERS:,} layers; at most that many are allowed")
        yield row


def _layer(place: str, columns: tuple[str, ...], row: list[str]) -> Layer:
    if len(row) != len(columns):
        raise InvalidInputError(f"{place}: {len(row)} values; allowed: {len(columns)} ({', '.join(columns)})")
    name = row[0].strip()
    if not 1 <= len(name) <= 100:
        raise InvalidInputError(f"{place}: the name has {len(name)} characters; allowed: 1 to 100")
    if taken := [mark for mark in _SEPARATORS if mark in name]:
        raise InvalidInputError(
            f"{place}: the name '{name}' has a '{taken[0]}', which parts layers in results; allowed: names without it"
        )
    return Layer(name, *(_size(place, column, text) for column, text in zip(columns[1:], row[1:], strict=True)))


def _size(place: str, column: str, text: str) -> int:
    text = text.strip()
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
    if not 1 <= value <= MAX_SIZE:
        raise InvalidInputError(f"{place}: {column} is {text!r:.40}; allowed: integers 1 to {MAX_SIZE:,}")
    return value
