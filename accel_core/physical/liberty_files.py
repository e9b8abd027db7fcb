"""Liberty files on disk: plain or gzipped, several as one library, through a cache of the parsed form."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from accel_core.errors import InvalidInputError
from accel_core.physical.liberty import Cell, Energy, Leakage, Library, Pin, State
from accel_core.physical.liberty_reader import parse_library
from accel_core.physical.tables import Tables

_VERSION = 5  # Part of the cache key: raise it whenever the parsed form changes.
_FIELDS = ("name", "time_s", "capacitance_f", "slew_low", "slew_high", "delay_threshold", "slew_derate")


def load_library(paths: Sequence[Path], cache: Path | None, digest: str) -> Library:
    """Read Liberty files as one library, through a cache keyed by ``digest``, that of the files' contents.

    Args:
        paths: The files, ``.lib`` or ``.lib.gz``; where two have a cell of the same name, the first has it.
        cache: Folder of parsed libraries, or None to parse anew.
        digest: Changes with what the files hold.

    Raises:
        InvalidInputError: If a file is not Liberty (or not gzip, though its name says so), or the files do not fit
            together.
    """
    if cache is None:
        return parse_library(*map(read_text, paths))
    stored = cache / f"liberty-{_VERSION}-{digest[:16]}.npz"
    if stored.is_file():
        return _read(stored)
    library = parse_library(*map(read_text, paths))
    cache.mkdir(parents=True, exist_ok=True)
    part = stored.with_suffix(f".{os.getpid()}.tmp")
    with part.open("wb") as stream:
        _write(stream, library)
    os.replace(part, stored)
    return library


def read_text(path: Path) -> str:
    """Return a file's text, unpacked if its name ends in ``.gz``.

    Raises:
        InvalidInputError: If it cannot be unpacked.
    """
    if path.suffix != ".gz":
        return path.read_text(errors="replace")
    try:
        return gzip.decompress(path.read_bytes()).decode(errors="replace")
    except (gzip.BadGzipFile, EOFError) as error:
        raise InvalidInputError(f"{path.name}: is not a gzip file ({error})") from error


def _write(stream: object, library: Library) -> None:
    plain = {name: asdict(cell) for name, cell in library.cells.items()}
    fields = {key: getattr(library, key) for key in _FIELDS}
    text = json.dumps({"cells": plain, **fields})
    np.savez(stream, meta=np.frombuffer(text.encode(), dtype=np.uint8), **library.tables.arrays())  # type: ignore[arg-type]


def _read(path: Path) -> Library:
    with np.load(path, allow_pickle=False) as arrays:
        meta = json.loads(arrays["meta"].tobytes())
        tables = Tables(*(arrays[key] for key in Tables.KEYS))
    cells = {name: _cell(entry) for name, entry in meta.pop("cells").items()}
    return Library(**meta, cells=cells, tables=tables)


def _cell(entry: dict[str, Any]) -> Cell:
    pins = {
        name: Pin(**{**pin, "capacitance_f": tuple(pin["capacitance_f"])}) for name, pin in entry.pop("pins").items()
    }
    rows: dict[str, Any] = {key: [tuple(row) for row in entry.pop(key)] for key in ("arcs", "checks")}
    rows["energies"] = [Energy(*row) for row in entry.pop("energies")]
    rows["leakages"] = [Leakage(*row) for row in entry.pop("leakages")]
    rows["states"] = [State(*row) for row in entry.pop("states")]
    return Cell(**entry, pins=pins, **rows)
