"""What placement and wires need of LEF files: sites, routing layers, and every cell's outline, pins and power rails."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass, field
from pathlib import Path

from accel_core.errors import InvalidInputError

_VERSION = 3  # Part of the cache key: raise it whenever the parsed form changes.
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


@dataclass(frozen=True)
class Macro:
    """A cell's outline.

    Attributes:
        width_um: Along the row.
        height_um: Across the row.
        site: Name of the site it stands on.
        pins: Center of each pin's first shape, in um from the lower left corner.
        rail: What its lower edge is on when it is not flipped: ``power``, ``ground``, or "" if the file does not tell.
    """

    width_um: float
    height_um: float
    site: str
    pins: dict[str, tuple[float, float]]
    rail: str = ""


@dataclass(frozen=True)
class Layer:
    """A routing layer; lengths are in um.

    Attributes:
        direction: The preferred one, ``horizontal``, ``vertical`` or "".
        width_um: Least width of a wire.
        pitch_um: The lesser of the pitches of its tracks in both directions.
        across_um: Pitch of the tracks of its direction; 0 if it is ``pitch_um``.
        offset_um: Where the first of them is, from the left or lower edge.
    """

    direction: str
    width_um: float
    pitch_um: float
    across_um: float = 0.0
    offset_um: float = 0.0

    @property
    def step_um(self) -> float:
        """Distance of neighboring tracks of its direction."""
        return self.across_um or self.pitch_um


@dataclass(frozen=True)
class Lef:
    """Parsed LEF files: site sizes (width, height) in um, cells by name, routing layers from the lowest up."""

    sites: dict[str, tuple[float, float]]
    macros: dict[str, Macro]
    layers: dict[str, Layer] = field(default_factory=dict)

    def core_site(self) -> tuple[str, float, float]:
        """Name, width and height (um) of the site that most cells stand on."""
        names = [macro.site for macro in self.macros.values() if macro.site in self.sites]
        if not names:
            raise InvalidInputError("LEF: no cell stands on a site that the files define")
        name = max(sorted(set(names)), key=names.count)
        return name, *self.sites[name]


def parse_lef(text: str) -> Lef:
    """Read sites, routing layers and macros from LEF text; everything else in it is skipped."""
    sites: dict[str, tuple[float, float]] = {}
    macros: dict[str, Macro] = {}
    text = re.sub(r"#[^\n]*", "", text)
    for match in re.finditer(r"^SITE\s+(\S+)\s(.*?)\bEND\s+\1(?!\S)", text, re.MULTILINE | re.DOTALL):
        sites[match[1]] = _size(match[2], match[1])
    for match in re.finditer(r"^MACRO\s+(\S+)\s(.*?)^END\s+\1(?!\S)", text, re.MULTILINE | re.DOTALL):
        width, height = _size(match[2], match[1])
        site = re.search(r"^\s*SITE\s+(\S+)", match[2], re.MULTILINE)
        shapes = _shapes(match[2])
        pins = {pin: ((x0 + x1) / 2, (y0 + y1) / 2) for pin, (_, ((x0, y0, x1, y1), *_)) in shapes.items()}
        macros[match[1]] = Macro(width, height, site[1] if site else "", pins, _rail(shapes, height))
    return Lef(sites, macros, _layers(text))


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


_Box = tuple[float, float, float, float]


def _shapes(body: str) -> dict[str, tuple[str, list[_Box]]]:
    """Use and boxes (left, lower, right, upper edge in um from the lower left corner) of every pin with a shape."""
    origin = re.search(r"^\s*ORIGIN\s+(\S+)\s+(\S+)", body, re.MULTILINE)
    dx, dy = (float(origin[1]), float(origin[2].rstrip(";"))) if origin else (0.0, 0.0)
    pins: dict[str, tuple[str, list[_Box]]] = {}
    for match in re.finditer(r"^\s*PIN\s+(\S+)(.*?)^\s*END\s+\1\s*$", body, re.MULTILINE | re.DOTALL):
        use = re.search(r"\bUSE\s+(\w+)", match[2])
        boxes = []
        for shape in re.finditer(r"\b(?:RECT|POLYGON)\s([^;]*);", match[2]):
            numbers = [float(number) for number in _NUMBER.findall(re.sub(r"\bMASK\s+\d+", "", shape[1]))]
            xs, ys = numbers[0::2], numbers[1::2]
            boxes.append((min(xs) + dx, min(ys) + dy, max(xs) + dx, max(ys) + dy))
        if boxes:
            pins[match[1]] = (use[1].lower() if use else "signal", boxes)
    return pins


def _rail(shapes: dict[str, tuple[str, list[_Box]]], height: float) -> str:
    """Which supply has the shape whose middle is nearest to the lower edge."""
    heights = [
        (abs(lower + upper) / 2, use)
        for use, boxes in shapes.values()
        if use in ("power", "ground")
        for _, lower, _, upper in boxes
    ]
    distance, use = min(heights, default=(height, ""))
    return use if distance < height / 8 else ""


def _layers(text: str) -> dict[str, Layer]:
    """Routing layers in the order of the text, which LEF wants to be from the lowest up."""
    layers = {}
    for match in re.finditer(r"^LAYER\s+(\S+)\s*\n(.*?)^END\s+\1(?!\S)", text, re.MULTILINE | re.DOTALL):
        body = match[2]
        pitch = re.search(r"^\s*PITCH\s+([\d.eE+-]+)(?:\s+([\d.eE+-]+))?", body, re.MULTILINE)
        width = re.search(r"^\s*WIDTH\s+([\d.eE+-]+)\s*;", body, re.MULTILINE)
        way = re.search(r"^\s*DIRECTION\s+(HORIZONTAL|VERTICAL)", body, re.MULTILINE)
        if re.search(r"^\s*TYPE\s+ROUTING\b", body, re.MULTILINE) and pitch and width:
            layers[match[1]] = _layer(body, way[1].lower() if way else "", float(width[1]), pitch)
    return layers


def _layer(body: str, direction: str, width: float, pitch: re.Match[str]) -> Layer:
    """LEF gives pitch and offset for vertical tracks, then for horizontal ones if those have others."""
    place = 1 if direction == "horizontal" else 0
    pitches = [float(value) for value in pitch.groups() if value]
    found = re.search(r"^\s*OFFSET\s+([\d.eE+-]+)(?:\s+([\d.eE+-]+))?", body, re.MULTILINE)
    offsets = [float(value) for value in found.groups() if value] if found else [0.0]
    return Layer(direction, width, min(pitches), pitches[place % len(pitches)], offsets[place % len(offsets)])


def _encode(lef: Lef) -> dict[str, object]:
    macros = {name: [m.width_um, m.height_um, m.site, m.pins, m.rail] for name, m in lef.macros.items()}
    layers = {name: list(astuple(layer)) for name, layer in lef.layers.items()}
    return {"sites": lef.sites, "macros": macros, "layers": layers}


def _decode(entry: dict[str, dict[str, list[object]]]) -> Lef:
    sites = {name: (float(str(w)), float(str(h))) for name, (w, h) in entry["sites"].items()}
    macros = {}
    for name, (width, height, site, pins, rail) in entry["macros"].items():
        assert isinstance(pins, dict)
        places = {pin: (float(x), float(y)) for pin, (x, y) in pins.items()}
        macros[name] = Macro(float(str(width)), float(str(height)), str(site), places, str(rail))
    layers = {
        name: Layer(str(way), *(float(str(length)) for length in lengths))
        for name, (way, *lengths) in entry["layers"].items()
    }
    return Lef(sites, macros, layers)
