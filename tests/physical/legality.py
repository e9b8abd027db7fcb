"""Whether a placed design is legal, told from its DEF and the cells' outlines alone, apart from the placer."""

import re
from collections import Counter

from accel_core.physical.technology import Technology

_PLACED = re.compile(r"^- (\S+) (\S+) \+ PLACED \( (\d+) (\d+) \) (\w+) ;$", re.MULTILINE)
_AREA = re.compile(r"^DIEAREA \( 0 0 \) \( (\d+) (\d+) \) ;$", re.MULTILINE)


def violations(text: str, technology: Technology) -> list[str]:
    """What is wrong, a line each: off the grid, outside of the box, on another cell, on the wrong rail."""
    site, row = round(technology.site.width_um * 1000), round(technology.site.height_um * 1000)
    right, top = (int(length) for length in _AREA.search(text).groups())
    found, filled = [], {}
    for name, kind, x, y, way in placed_cells(text):
        macro = technology.lef.macros[kind]
        width, height = round(macro.width_um * 1000), round(macro.height_um * 1000)
        if x % site or y % row:
            found.append(f"{name} is off the grid at {x}, {y}")
        if x + width > right or y + height > top:
            found.append(f"{name} is outside of the box")
        for part in range(height // row):
            for place in range(x // site, -(-(x + width) // site)):
                other = filled.setdefault((y // row + part, place), name)
                if other != name:
                    found.append(f"{name} is on {other}")
        # Row 0 stands upright on ground and every other row is mirrored, so ground is at even edges. Mirroring swaps
        # the edges of cells of an odd number of rows.
        edge = ("ground", "power")[(y // row) % 2]
        other_rail = {"ground": "power", "power": "ground", "": ""}
        own = other_rail[macro.rail] if way == "FS" and height // row % 2 else macro.rail
        if own not in ("", edge):  # some LEF files do not tell
            found.append(f"{name} has {own} on an edge of {edge}")
    return sorted(set(found))


def placed_cells(text: str) -> list[tuple[str, str, int, int, str]]:
    """Name, cell, place in 1/1000 um and orientation of every cell of a DEF file."""
    parts = _PLACED.findall(text.partition("\nPINS")[0])
    return [(name, kind, int(x), int(y), way) for name, kind, x, y, way in parts]


def orientations(text: str) -> Counter[str]:
    """How many cells of a DEF file stand in which orientation."""
    return Counter(way for *_, way in placed_cells(text))
