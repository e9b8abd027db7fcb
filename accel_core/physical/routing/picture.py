"""A picture of how full the routing grid is, in the frame of the layout's picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from accel_core.physical.floorplan import Floorplan
from accel_core.physical.graph import Floats
from accel_core.physical.layout import INK, MARGIN, PAPER, SIZE, frame_of
from accel_core.physical.routing.crowding import worst_side
from accel_core.physical.routing.result import Routing

# Points of cividis (Nunez, Anderton and Renslow, PLOS ONE 2018), which color-blind readers see as others do, and the
# vermilion of Okabe and Ito, which is not on it, for what does not fit.
_SCALE = np.array([(0, 32, 77), (49, 68, 107), (102, 105, 112), (149, 143, 120), (203, 186, 105), (255, 234, 70)])
_OVERFULL = (213, 94, 0)
_BAR = 200  # Pixels.
_BOX = 13


def draw_congestion(path: Path, routing: Routing, floorplan: Floorplan) -> None:
    """Write a PNG as large as the layout's: every grid cell in the color of its fullest side, and a legend below."""
    image = Image.new("RGB", (SIZE, SIZE), PAPER)
    draw = ImageDraw.Draw(image)
    _, left, bottom, right, top = frame_of(floorplan)
    colors = _colors(worst_side(routing.fill))
    colors[worst_side(routing.overflow) > 0] = _OVERFULL
    box = tuple(round(edge) for edge in (left, top, right, bottom))
    # The picture's first row is the uppermost.
    cells = Image.fromarray(colors[::-1].astype(np.uint8), "RGB")
    image.paste(cells.resize((box[2] - box[0], box[3] - box[1]), Image.Resampling.NEAREST), (box[0], box[1]))
    draw.rectangle(box, outline=INK, width=1)
    _legend(draw, routing)
    image.save(path, compress_level=4)


def _colors(share: Floats) -> Floats:
    """The scale's color for each share, shape (..., 3)."""
    at = np.clip(share, 0.0, 1.0) * (len(_SCALE) - 1)
    colors = np.stack([np.interp(at, np.arange(len(_SCALE)), _SCALE[:, channel]) for channel in range(3)], axis=-1)
    return np.asarray(np.round(colors))


def _legend(draw: ImageDraw.ImageDraw, routing: Routing) -> None:
    font = ImageFont.load_default(15)
    y = SIZE - (MARGIN + 18)
    text = "tracks used  0 %"
    draw.text((MARGIN, y), text, fill=INK, font=font)
    x = MARGIN + draw.textlength(text, font) + 7
    for pixel, color in enumerate(_colors(np.linspace(0.0, 1.0, _BAR)).astype(int).tolist()):
        draw.line((x + pixel, y + 2, x + pixel, y + 2 + _BOX), fill=tuple(color))
    x += _BAR + 7
    draw.text((x, y), "100 %", fill=INK, font=font)
    x += draw.textlength("100 %", font) + 18
    draw.rectangle((x, y + 2, x + _BOX, y + 2 + _BOX), fill=_OVERFULL)
    draw.text((x + _BOX + 7, y), "over", fill=INK, font=font)
    straight = routing.wirelength_um - routing.detour_um
    detour = routing.detour_um / straight if straight else 0.0
    text = f"fullest {routing.fill.max():.0%}, detours {detour:.1%}"
    draw.text((SIZE - MARGIN - draw.textlength(text, font), y), text, fill=INK, font=font)
