"""Sizes of memories that are known: the published ones, and a grid by the same model.

Both are of CACTI 7 (Balasubramonian et al., ACM TACO 14(2), 2017) at 45 nm, 300 K, as bsg_fakeram drives it: kind
"ram", itrs-lop cells, itrs-hp periphery, the shortest cycle, words rounded up to bytes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import pyarrow.parquet as pq

from accel_core.paths import data_path

BYTE = 8
"""CACTI's words are whole bytes; a narrower word costs as much."""

# What outlines are multiples of: NanGate45's site and row, as the published ones have them.
_GRID_UM = (0.19, 1.4)


@dataclass(frozen=True)
class KnownSize:
    """One row of a table.

    Attributes:
        words: How many.
        bits: Of a word.
        ports: One of ``rtl.PORTS``.
        width_um: Of the outline, on the grid of NanGate45.
        height_um: Likewise.
        area_um2: By CACTI, not on any grid; the outline's for a published one.
        access_s: From the clock's edge to the data.
        cycle_s: Least time between two edges.
        read_energy_j: Of one read.
        write_energy_j: Of one write.
        leakage_w: All the time.
    """

    words: int
    bits: int
    ports: str
    width_um: float
    height_um: float
    area_um2: float
    access_s: float
    cycle_s: float
    read_energy_j: float
    write_energy_j: float
    leakage_w: float


def whole_bytes(bits: int) -> int:
    """Bits of a word as it is built."""
    return -(-bits // BYTE) * BYTE


def snapped(width: float, height: float) -> tuple[float, float]:
    """An outline in um, enlarged to the grid."""
    sides = zip((width, height), _GRID_UM, strict=True)
    wide, high = (round(math.ceil(side / step - 1e-6) * step, 4) for side, step in sides)
    return wide, high


@cache
def grid_sizes() -> tuple[KnownSize, ...]:
    """Those by CACTI alone; its rows lie along the published outlines' height, so the sides are swapped."""
    sizes = []
    for row in _rows("sram45_cacti"):
        row["width_um"], row["height_um"] = snapped(row["height_um"], row["width_um"])
        sizes.append(KnownSize(**row))
    return tuple(sizes)


@cache
def published_sizes() -> tuple[KnownSize, ...]:
    """Those of OpenROAD-flow-scripts' platform nangate45, with their outlines, of which some were enlarged by hand."""
    sizes = []
    for row in _rows("sram45"):
        del row["macro"]
        sizes.append(KnownSize(**row, area_um2=round(row["width_um"] * row["height_um"], 6)))
    return tuple(sizes)


@cache
def known_sizes() -> Mapping[tuple[int, int, str], KnownSize]:
    """All by words, bits and ports, whole bytes if no other is published; a published one before CACTI's."""
    known: dict[tuple[int, int, str], KnownSize] = {}
    for size in (*grid_sizes(), *published_sizes()):
        known[size.words, whole_bytes(size.bits), size.ports] = size
    return known | {(size.words, size.bits, size.ports): size for size in published_sizes()}


def _rows(name: str) -> list[dict[str, Any]]:
    return list(pq.read_table(data_path() / "memories" / f"{name}.parquet").to_pylist())
