"""The Liberty files that Yosys and ABC get: only cells that they may use, only what they look at.

A kit comes packed, in several files, with powers and waveforms that are ten times the rest; ABC unpacks nothing and
reads all of it anew in every run.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from accel_core.errors import InvalidInputError
from accel_core.physical.flip_flops import chosen_flip_flops
from accel_core.physical.liberty_files import read_text
from accel_core.physical.liberty_pins import names_in
from accel_core.physical.liberty_text import Group, parse_groups
from accel_core.physical.technology import Technology

_VERSION = 1  # Part of the cache key: raise it whenever the same kit would give other files.
_GROUPS = (
    "lu_table_template", "operating_conditions", "wire_load", "wire_load_selection", "cell", "ff", "pin", "timing",
    "cell_rise", "cell_fall", "rise_transition", "fall_transition",
)  # fmt: skip
_STATEMENTS = ("fanout_length", "wire_load_from_area")
# Written as `name (value);`, all others as `name : "value";`.
_COMPLEX = ("capacitive_load_unit", "values", "index_1", "index_2", "index_3")
_DROPPED = ("comment", "date", "revision", "define", "define_group", "technology", "library_features")
_MARK = "\f\n"


def synthesis_libraries(technology: Technology, cache: Path | None) -> list[str]:
    """Texts of the Liberty files, those without usable cells left out.

    Raises:
        InvalidInputError: If no cell is left, or no flip-flop.
    """
    stored = cache / f"cells-{_VERSION}-{technology.cells_digest or technology.digest}.lib" if cache else None
    if stored is not None and stored.is_file():
        return stored.read_text().split(_MARK)
    texts = list(_views(technology))
    if stored is not None:
        stored.parent.mkdir(parents=True, exist_ok=True)
        part = stored.with_suffix(f".{os.getpid()}.tmp")
        part.write_text(_MARK.join(texts))
        os.replace(part, stored)
    return texts


def _views(technology: Technology) -> Iterator[str]:
    flops = {cell.name for cell in chosen_flip_flops(technology)}
    if not flops:
        raise InvalidInputError(f"technology {technology.name}: has no usable flip-flop; allowed: one at least")
    usable = {cell.name for cell in technology.usable_cells if not (cell.has_state or cell.is_macro)} | flops
    seen: set[str] = set()
    for path in technology.liberties:
        library = parse_groups(read_text(path))
        chosen = {group.name for group in library.all("cell") if _is_plain(group, flops)} & usable - seen
        seen |= chosen
        if chosen:
            yield "\n".join([*_written(library, chosen, ""), ""])


def _is_plain(cell: Group, flops: Collection[str]) -> bool:
    """Whether a cell computes all its outputs from its inputs, or is one of the flip-flops."""
    if cell.values.get("dont_use") == "true" or cell.values.get("is_isolation_cell") == "true":
        return False
    if cell.name in flops:
        return True
    outputs = [pin for pin in cell.all("pin") if pin.values.get("direction") in ("output", "inout")]
    return bool(outputs) and all("function" in pin.values and "three_state" not in pin.values for pin in outputs)


def _written(group: Group, cells: Collection[str], indent: str) -> Iterator[str]:
    yield f"{indent}{group.kind} ({', '.join(names_in(group.name))}) {{"
    inner = f"{indent}  "
    for name, value in group.values.items():
        if name in _COMPLEX:
            # Numbers lose their quotes in reading.
            text = value if name == "capacitive_load_unit" else '"' + value.replace('"', "") + '"'
            yield f"{inner}{name} ({text});"
        elif name not in _DROPPED:
            yield f'{inner}{name} : "{value}";'
    for part in group.groups:
        if part.kind in _STATEMENTS:
            yield f"{inner}{part.kind} ({part.name});"
        elif part.kind in _GROUPS and (part.kind != "cell" or part.name in cells):
            yield from _written(part, cells, inner)
    yield f"{indent}}}"
