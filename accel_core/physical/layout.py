"""A picture of the placed cells, colored by RTL module."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from accel_core.physical.floorplan import Floorplan
from accel_core.physical.lef import Macro
from accel_core.physical.netlist import Netlist
from accel_core.physical.placement import Placement
from accel_core.physical.technology import UNITS_PER_UM, Technology

SIZE = 900
MARGIN = 28
_LEGEND = 40
# Okabe and Ito's palette, which color-blind readers can tell apart, lightened for areas; the last is for the rest.
COLORS = ("#56B4E9", "#E69F00", "#3CB99A", "#CC79A7", "#F0D858", "#4F7CCB", "#E07B4F", "#9AA5B1")
PAPER, _CORE, INK, _RAIL = "#FFFFFF", "#F4F6FA", "#2B3440", "#DDE3EC"


def draw_layout(
    path: Path,
    netlist: Netlist,
    technology: Technology,
    floorplan: Floorplan,
    placement: Placement,
    modules: Sequence[str],
) -> None:
    """Write a PNG of ``SIZE`` pixels a side: the core box with its cells, ports on its edge, and a legend below."""
    side = SIZE
    image = Image.new("RGB", (side, side), PAPER)
    draw = ImageDraw.Draw(image)
    scale, left, bottom, right, top = frame_of(floorplan)
    draw.rectangle((left, top, right, bottom), fill=_CORE, outline=INK, width=1)
    shown = [name for name, _ in Counter(modules).most_common(len(COLORS) - 1)]
    color_of = {name: COLORS[index] for index, name in enumerate(sorted(shown))}
    row = scale * floorplan.row_um
    gap = 0.08 * row
    macros = technology.lef.macros
    places = zip(netlist.instances, placement.x.tolist(), placement.y.tolist(), modules, strict=True)
    for cell, x, y, module in places:
        x0 = left + scale * x / UNITS_PER_UM
        y1 = bottom - scale * y / UNITS_PER_UM
        height = row * technology.rows_of(cell.cell)
        if technology.is_macro(cell.cell):
            _draw_macro(draw, (x0, y1), scale, macros[cell.cell], color_of.get(module, COLORS[-1]))
            continue
        box = (x0, y1 - height + gap, x0 + scale * macros[cell.cell].width_um - gap / 2, y1 - gap)
        draw.rectangle(box, fill=color_of.get(module, COLORS[-1]))
    tick = 3
    for x, y in floorplan.port_places:
        px, py = left + scale * x, bottom - scale * y
        draw.rectangle((px - tick / 2, py - tick / 2, px + tick / 2, py + tick / 2), fill=INK)
    _legend(draw, color_of, len(set(modules)) > len(shown), floorplan, side)
    image.save(path, compress_level=4)


def _draw_macro(draw: ImageDraw.ImageDraw, corner: tuple[float, float], scale: float, macro: Macro, color: str) -> None:
    """A memory: its outline, with a cross as floorplans have it."""
    left, bottom = corner
    right, top = left + scale * macro.width_um, bottom - scale * macro.height_um
    draw.rectangle((left, top, right, bottom), fill=color, outline=INK, width=2)
    draw.line((left, top, right, bottom), fill=INK)
    draw.line((left, bottom, right, top), fill=INK)


def frame_of(floorplan: Floorplan) -> tuple[float, float, float, float, float]:
    """Pixels of a um, and where the left, lower, right and upper edges of the core box are in a picture of it."""
    room = SIZE - 2 * MARGIN
    scale = min(room / floorplan.width_um, (room - _LEGEND) / floorplan.height_um)
    left = (SIZE - scale * floorplan.width_um) / 2
    bottom = MARGIN + (room - _LEGEND + scale * floorplan.height_um) / 2
    return scale, left, bottom, left + scale * floorplan.width_um, bottom - scale * floorplan.height_um


def _legend(draw: ImageDraw.ImageDraw, color_of: dict[str, str], has_rest: bool, plan: Floorplan, side: int) -> None:
    font = ImageFont.load_default(15)
    y = side - (MARGIN + 18)
    size = f"{plan.width_um:.1f} x {plan.height_um:.1f} um"
    end = side - MARGIN
    draw.text((end - draw.textlength(size, font), y), size, fill=INK, font=font)
    limit = end - draw.textlength(size, font) - 20
    x = float(MARGIN)
    entries = [*color_of.items(), *([("other", COLORS[-1])] if has_rest else [])]
    box = 13
    for name, color in entries:
        width = box + 7 + draw.textlength(name, font) + 18
        if x + width > limit:
            draw.text((x, y), "…", fill=INK, font=font)
            return
        draw.rectangle((x, y + 2, x + box, y + 2 + box), fill=color)
        draw.text((x + box + 7, y), name, fill=INK, font=font)
        x += width
