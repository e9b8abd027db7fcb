"""What placement needs of LEF files: the sites, and every cell's size and pin positions."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from accel_core.errors import InvalidInputError

_VERSION = 1  # Part of the cache key: raise it whenever the parsed form changes.
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


@dataclass(frozen=True)
class Macro:
    """A cell's outline.

    Attributes:
        width_um: Along the row.
        height_um: Across the row.
        site: Name of the site it stands on.
        pins: Center of each pin's first shape, in um from the lower left corner.
    """

    width_um: float
    height_um: float
    site: str
    pins: dict[str, tuple[float, float]]


@dataclass(frozen=True)
class Lef:
    """Parsed LEF files: site sizes (width, height) in um, cells by name."""

    sites: dict[str, tuple[float, float]]
    macros: dict[str, Macro]

    def core_site(self) -> tuple[str, float, float]:
        """Name, width and height (um) of the site that most cells stand on."""
        names = [macro.site for macro in self.macros.values() if macro.site in self.sites]
        if not names:
            raise InvalidInputError("LEF: no cell stands on a site that the files define")
        name = max(sorted(set(names)), key=names.count)
        return name, *self.sites[name]


def parse_lef(text: str) -> Lef:
    """Read sites and macros from LEF text; everything else in it is skipped."""
    sites: dict[str, tuple[float, float]] = {}
    macros: dict[str, Macro] = {}
    text = re.sub(r"#[^\n]*", "", text)
    for match in re.finditer(r"^SITE\s+(\S+)\s(.*?)\bEND\s+\1(?!\S)", text, re.MULTILINE | re.DOTALL):
        sites[match[1]] = _size(match[2], match[1])
    for match in re.finditer(r"^MACRO\s+(\S+)\s(.*?)^END\s+\1(?!\S)", text, re.MULTILINE | re.DOTALL):
        width, height = _size(match[2], match[1])
        site = re.search(r"^\s*SITE\s+(\S+)", match[2], re.MULTILINE)
        macros[match[1]] = Macro(width, height, site[1] if site else "", _pins(match[2]))
    return Lef(sites, macros)


def load_lef(files: Sequence[Path], cache: Path | None, digest: str) -> Lef:
    """Read several LEF files into one, through a cache of the parsed form keyed by ``digest`` of their contents."""
    if cache is None:
        return parse_lef("\n".join(file.read_text(errors="replace") for file in files))
    path = cache / f"lef-{_VERSION}-{digest[:16]}.json"
    if path.is_file():
        return _decode(json.loads(path.read_text()))
    lef = parse_lef("\n".join(file.read_text(errors="replace") for file in files))
    cache.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.tmp")
    part.write_text(json.dumps(_encode(lef)))
    os.replace(part, path)
    return lef


def _size(body: str, name: str) -> tuple[float, float]:
    match = re.search(r"\bSIZE\s+(\S+)\s+BY\s+([^\s;]+)", body)
    if match is None:
        raise InvalidInputError(f"LEF, {name}: SIZE is missing")
    return float(match[1]), float(match[2])


def _pins(body: str) -> dict[str, tuple[float, float]]:
    pins: dict[str, tuple[float, float]] = {}
    for match in re.finditer(r"^\s*PIN\s+(\S+)(.*?)^\s*END\s+\1\s*$", body, re.MULTILINE | re.DOTALL):
        shape = re.search(r"\b(?:RECT|POLYGON)\s([^;]*);", match[2])
        if shape:
            numbers = [float(number) for number in _NUMBER.findall(shape[1])]
            xs, ys = numbers[0::2], numbers[1::2]
            pins[match[1]] = ((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2)
    return pins


def _encode(lef: Lef) -> dict[str, object]:
    macros = {name: [m.width_um, m.height_um, m.site, m.pins] for name, m in lef.macros.items()}
    return {"sites": lef.sites, "macros": macros}


def _decode(entry: dict[str, dict[str, list[object]]]) -> Lef:
    sites = {name: (float(str(w)), float(str(h))) for name, (w, h) in entry["sites"].items()}
    macros = {}
    for name, (width, height, site, pins) in entry["macros"].items():
        assert isinstance(pins, dict)
        places = {pin: (float(x), float(y)) for pin, (x, y) in pins.items()}
        macros[name] = Macro(float(str(width)), float(str(height)), str(site), places)
    return Lef(sites, macros)
