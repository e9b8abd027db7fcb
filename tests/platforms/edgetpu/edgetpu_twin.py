"""The EdgeTPU-class simulator once more: one design, one layer at a time, in plain Python with fractions.

Written from the model's description, not from its code: it tries the ways to spread a layer in another order, grows
tiles and blocks one by one instead of dividing, and adds nothing up in floating point.
"""

from fractions import Fraction
from itertools import product
from math import ceil
from typing import Any

from accel_core.platforms.edgetpu.applications import Row
from accel_core.platforms.edgetpu.architecture import Model

CLOCK_GHZ = Fraction(8, 10)


def share(whole: int, parts: int) -> int:
    """The largest of ``parts`` shares."""
    return ceil(Fraction(whole, parts))


def largest_that(fits: Any) -> int:
    """The largest count from 1 for which ``fits`` still holds, counting up; at least 1."""
    count = 1
    while count < 100_000 and fits(count + 1):
        count += 1
    return count


class On:
    """One layer on the array of one design, spread in one way."""

    def __init__(self, row: Row, d: dict[str, int], x: str, y: str, cores: str) -> None:
        self.row, self.d = row, d
        self.single = row.kind in ("depthwise", "pool", "scale")
        self.has_parameters = row.kind in ("conv", "depthwise", "dense")
        self.row_channels = share(row.M, d["pes_y"]) if y == "channels" else row.M
        self.channels = share(self.row_channels, d["pes_x"]) if x == "channels" else self.row_channels
        self.height = share(row.P, d["pes_y"]) if y == "rows" else row.P
        self.width = share(row.Q, d["pes_x"]) if x == "columns" else row.Q
        pixels = self.height * self.width
        self.core_channels = share(self.channels, d["cores"]) if cores == "channels" else self.channels
        self.pixels = share(pixels, d["cores"]) if cores == "pixels" else pixels
        self.groups = share(self.core_channels, d["lanes"])
        self.filter = row.R * row.S * (1 if self.single else row.C) if self.has_parameters else 0
        self.reduction = row.R * row.S * (1 if self.single else share(row.C, 4))

    @property
    def core_bytes(self) -> int:
        return self.core_channels * self.filter

    def rows_in(self, rows: int) -> int:
        return (rows - 1) * self.row.stride + self.row.R

    def tile_bytes(self, rows: int) -> int:
        """Inputs and outputs of some output rows of a PE; rows between filters count, as memory is not sparse."""
        depth = self.channels if self.single else self.row.C
        line = ((self.width - 1) * self.row.stride + self.row.S) * depth
        kept = max(self.row.R - self.row.stride, 0)
        return (kept + rows * self.row.stride) * line + rows * self.width * self.channels

    def whole_bytes(self) -> int:
        depth = self.channels if self.single else self.row.C
        line = ((self.width - 1) * self.row.stride + self.row.S) * depth
        return self.rows_in(self.height) * line + self.height * self.width * self.channels


def spread(row: Row, d: dict[str, int]) -> On:
    """The fastest way; among equals that with the fewest channels a core, then that which splits channels the least."""
    splits = product(("pixels", "channels"), ("rows", "channels"), ("columns", "channels"))
    ways = [On(row, d, x, y, cores) for cores, y, x in splits]
    return min(ways, key=lambda on: (on.groups * on.pixels, on.core_channels))


def needs(on: On, d: dict[str, int], model: Model) -> list[int]:
    """Least bytes of activation, parameter, core and PE memory."""
    row, lanes = on.row, d["lanes"]
    window = max(on.filter, 1) * lanes if on.single else on.filter
    activation = 2 * window + 4 * lanes * min(model.least_pixels, row.P * row.Q)
    taps = row.R * row.S
    if not on.has_parameters:
        parameter = 0
    elif on.single:
        parameter = 2 * lanes * taps
    else:
        parameter = 2 * lanes * min(max(model.least_products, 4 * taps), taps * row.C)
    return [
        activation,
        parameter,
        min(on.core_channels, lanes) * on.filter,
        min(on.whole_bytes(), 2 * on.tile_bytes(1)),
    ]


def infer(rows: tuple[Row, ...], d: dict[str, int], model: Model) -> dict[str, Any]:
    """One inference: either ``memory``, ``needed`` and ``layer``, or ``cycles``, ``program`` and ``dram``."""
    ons = [spread(row, d) for row in rows]
    names = ("activation_memory_b", "parameter_memory_b", "core_memory_b", "pe_memory_b")
    wants = [needs(on, d, model) for on in ons]
    for memory, name in enumerate(names):
        most = max(want[memory] for want in wants)
        if most > d[name]:
            return {"memory": memory, "needed": most, "layer": [want[memory] for want in wants].index(most)}
    total, working = sum(on.core_bytes for on in ons), max(want[2] for want in wants)
    held = Fraction(1)
    if total > d["core_memory_b"]:
        held = Fraction(d["core_memory_b"] - working, total - working)
    cycles, program, dram = model.start_cycles, 0, 0
    for number, on in enumerate(ons):
        layer_cycles, bundles, moved = _layer(on, d, model, 1 - held, working, (number == 0, number == len(ons) - 1))
        cycles += layer_cycles + model.layer_cycles + model.bundle_cycles * bundles
        program += model.header_bytes + model.bundle_bytes * bundles
        dram += moved
    if program > d["instruction_memory_b"]:
        return {"memory": 4, "needed": program, "layer": -1}
    return {"memory": -1, "cycles": cycles, "program": program, "dram": dram, "resident": float(held)}


def _layer(
    on: On, d: dict[str, int], model: Model, streamed: Fraction, working: int, ends: tuple[bool, bool]
) -> tuple[int, int, int]:
    row, lanes = on.row, d["lanes"]
    window = max(on.filter, 1) * lanes if on.single else on.filter
    held = largest_that(
        lambda pixels: pixels <= on.pixels and 2 * window + 4 * lanes * pixels <= d["activation_memory_b"]
    )
    blocks = share(on.pixels, held)
    words = share(row.C, 4)
    taps = row.R * row.S
    fit = largest_that(lambda n: n <= words and 2 * lanes * 4 * taps * n <= d["parameter_memory_b"])
    slices = 1 if on.single else share(words, fit)
    compute = on.groups * (on.pixels * on.reduction + model.fill_cycles * blocks * slices)

    line = ((row.Q - 1) * row.stride + row.S) * (on.row_channels if on.single else row.C)
    bus = share(on.rows_in(on.height) * line, model.bus_bytes)

    whole_in = on.rows_in(row.P) * ((row.Q - 1) * row.stride + row.S) * row.C
    whole_out = row.P * row.Q * row.M
    if on.whole_bytes() <= d["pe_memory_b"]:
        tiles, read, written = 1, whole_in * ends[0], whole_out * ends[1]
    else:
        step = largest_that(lambda n: n <= on.height and 2 * on.tile_bytes(n) <= d["pe_memory_b"])
        tiles = share(on.height, step)
        twice = (tiles - 1) * max(row.R - row.stride, 0)
        read = ceil(Fraction(whole_in * (on.rows_in(on.height) + twice), on.rows_in(on.height)))
        written = whole_out
    stream = ceil(streamed * on.filter * row.M)
    parts = max(ceil(streamed * on.core_bytes / working), 1) if working else 1
    moved = min(stream * tiles + read, stream + read * parts) + written
    dram = ceil(moved * CLOCK_GHZ / d["dram_gbps"])
    return max(compute, bus, dram), max(on.groups, parts) * tiles, moved
