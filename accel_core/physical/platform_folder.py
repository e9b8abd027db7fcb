"""Platform folders of OpenROAD-flow-scripts: ``config.mk`` and ``setRC.tcl`` in the words of our technology files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accel_core.errors import InvalidInputError
from accel_core.physical.liberty_header import read_header
from accel_core.physical.makefile import Makefile
from accel_core.physical.set_rc import WireTable, read_wire_table

CONFIG = "config.mk"
# The platforms with several corners default to the best one; ours is the typical one where they have it.
_TYPICAL = {"CORNER": "TC"}


@dataclass(frozen=True)
class PlatformFolder:
    """A platform as its files tell it.

    Attributes:
        entries: What a technology file says, by its keys; file names are relative to the folder.
        files: The files that were read.
        wires: Resistance and capacitance by layer.
        lowest_layer: Where routing begins, or "" if the platform does not say.
    """

    entries: Mapping[str, Any]
    files: tuple[Path, ...]
    wires: WireTable
    lowest_layer: str


def is_platform_folder(path: Path) -> bool:
    """Whether a folder is in the form of OpenROAD-flow-scripts."""
    return path.is_dir() and (path / CONFIG).is_file()


def read_platform_folder(folder: Path, variables: Mapping[str, str]) -> PlatformFolder:
    """Read a platform; ``variables`` of make are set before, as its users do in the environment.

    Raises:
        InvalidInputError: If a file is missing or not understood, or a variable that is needed is not set.
    """
    makefile = _typical(folder, variables)
    place = f"{folder.name}/{CONFIG}"
    liberty = _files(makefile, place, "LIB_FILES")
    liberty += [file for file in makefile.words("ADDITIONAL_LIBS") if file not in liberty]
    tech, cells = _files(makefile, place, "TECH_LEF"), _files(makefile, place, "SC_LEF")
    node = makefile.value("PROCESS")
    entries: dict[str, Any] = {
        "name": makefile.value("PLATFORM") or folder.name,
        "title": f"{folder.name}, a platform of OpenROAD-flow-scripts",
        "liberty": liberty,
        "lef": [*tech, *cells, *makefile.words("ADDITIONAL_LEFS")],
        "dont_use": [
            *makefile.words("DONT_USE_CELLS"),
            *makefile.words("FILL_CELLS"),
            *makefile.words("TAP_CELL_NAME"),
        ],
        "site": makefile.value("PLACE_SITE"),
        "buffer": _helper(makefile, place, "MIN_BUF_CELL_AND_PORTS", ("cell", "input", "output")),
        "tie_low": _helper(makefile, place, "TIELO_CELL_AND_PORT", ("cell", "output")),
        "tie_high": _helper(makefile, place, "TIEHI_CELL_AND_PORT", ("cell", "output")),
        "macro_halo_um": makefile.words("MACRO_PLACE_HALO"),
        "node_nm": float(node) if node.isdigit() else None,
    }
    rc = folder / (makefile.value("SET_RC_TCL") or makefile.value("RC_FILE") or "setRC.tcl")
    if not rc.is_file():
        raise InvalidInputError(f"{place}: file {rc} does not exist; allowed: a setRC.tcl beside it, or SET_RC_TCL")
    wires = read_wire_table(rc, read_header(folder / liberty[0]).units)
    present = {key: value for key, value in entries.items() if value not in (None, "", [])}
    return PlatformFolder(present, (folder / CONFIG, rc), wires, makefile.value("MIN_ROUTING_LAYER"))


def _typical(folder: Path, variables: Mapping[str, str]) -> Makefile:
    """Read the typical corner where the platform has it, else what it names by itself."""
    # Relative, so that a folder's own path may hold spaces, which make takes for the end of a word.
    given = {"PLATFORM_DIR": ".", "PLATFORM": folder.name, **variables}
    typical = Makefile(folder / CONFIG, {**_TYPICAL, **given})
    names = typical.words("LIB_FILES")
    if names and all((folder / name).is_file() for name in names):
        return typical
    other = Makefile(folder / CONFIG, given)
    names = other.words("LIB_FILES")
    return other if names and all((folder / name).is_file() for name in names) else typical


def _files(makefile: Makefile, place: str, name: str) -> list[str]:
    files = makefile.words(name)
    if not files:
        raise InvalidInputError(f"{place}: {name} is not set; allowed: one or more files")
    for file in files:
        if not (makefile.folder / file).is_file():
            raise InvalidInputError(f"{place}, {name}: file {makefile.folder / file} does not exist")
    return files


def _helper(makefile: Makefile, place: str, name: str, keys: tuple[str, ...]) -> dict[str, str] | None:
    words = makefile.words(name)
    if words and len(words) != len(keys):
        raise InvalidInputError(f"{place}, {name}: is '{' '.join(words):.80}'; allowed: {', '.join(keys)}, or nothing")
    return dict(zip(keys, words, strict=True)) or None
