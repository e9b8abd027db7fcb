"""A slow twin of ``counts``: it walks the loops above a buffer and keeps its tile as a box, step by step.

It follows the rules in words of ``counts`` and shares none of its arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from accel_core.platforms.eyeriss.mapping import LEVELS, LoopNest
from accel_core.workloads import Layer

SUMMED = "CRS"
"""Dimensions over which partial sums are added."""
AXES = {"inputs": ("C", "PR", "QS"), "weights": ("M", "C", "R", "S"), "outputs": ("M", "P", "Q")}


class Above(NamedTuple):
    """A loop above a buffer: its dimension, iterations, and by how much an iteration moves on in that dimension."""

    dimension: str
    n: int
    step: int


class Step(NamedTuple):
    """One step of a walk: how many such steps it stands for, the index of each dimension, where each one starts."""

    weight: int
    is_summed: bool
    start: dict[str, int]


Box = tuple[tuple[int, int], ...]
"""Where words lie along each axis of a tensor, from and up to."""


class Fetch(NamedTuple):
    """What enters a buffer at a step, none if nothing; ``is_summed`` if partial sums were added to it before."""

    weight: int
    box: Box | None
    is_summed: bool

    @property
    def words(self) -> int:
        """How many words that is."""
        return size_of(self.box)


def size_of(box: Box | None) -> int:
    """Return the words in a box."""
    return math.prod(stop - start for start, stop in box) if box else 0


def loops_above(nest: LoopNest, *levels: str) -> list[Above]:
    """Return the loops of some levels, outermost first, each with the size of what is inside it as its step."""
    flat = [(level, loop) for level in LEVELS for loop in nest.loops(level)]
    found = []
    for place, (level, loop) in enumerate(flat):
        if level in levels:
            inside = [inner.factor for _, inner in flat[place + 1 :] if inner.dimension == loop.dimension]
            found.append(Above(loop.dimension, loop.factor, math.prod(inside)))
    return found


def walk(loops: list[Above], every: bool = False) -> Iterator[Step]:
    """Yield the steps of loops in their order.

    Args:
        loops: Outermost first.
        every: Whether to take every iteration; else 0 and 1 only, where 1 stands for all but the first.
    """
    for indices in product(*(range(loop.n if every else min(loop.n, 2)) for loop in loops)):
        start = dict.fromkeys("CMPQRS", 0)
        for index, loop in zip(indices, loops, strict=True):
            start[loop.dimension] += index * loop.step
        weights = (loop.n - 1 if index and not every else 1 for index, loop in zip(indices, loops, strict=True))
        is_summed = any(start[name] for name in SUMMED)
        yield Step(math.prod(weights), is_summed, start)


def fetches(
    tensor: str, loops: list[Above], tile: dict[str, int], stride: int = 1, every: bool = False
) -> Iterator[Fetch]:
    """Yield what enters a buffer, by the rule for moving tiles.

    Args:
        tensor: One of ``AXES``.
        loops: The loops above the buffer.
        tile: Size of the buffer's tile in each dimension.
        stride: Of the layer.
        every: As ``walk`` takes it.
    """
    scale = {"P": stride, "Q": stride} if tensor == "inputs" else {}
    size = [1 + sum((tile[name] - 1) * scale.get(name, 1) for name in axis) for axis in AXES[tensor]]
    last: list[int] | None = None
    usual: list[int] | None = None
    for step in walk(loops, every):
        corner = [sum(step.start[name] * scale.get(name, 1) for name in axis) for axis in AXES[tensor]]
        box: Box | None = tuple((start, start + extent) for start, extent in zip(corner, size, strict=True))
        if last is not None:
            move = [now - before for now, before in zip(corner, last, strict=True)]
            if not any(move):
                box = None
            elif usual is None or move == usual:
                usual = move
                box = uncovered(box, move)
            else:
                usual = None
        last = corner
        yield Fetch(step.weight, box, step.is_summed)


def uncovered(box: Box, move: list[int]) -> Box:
    """Return what of a box is new after a move: all of it unless it moves along one axis and by less than its size."""
    if sum(map(bool, move)) > 1:
        return box
    return tuple(
        (start, stop) if by == 0 else (max(start, stop - by), stop) if by > 0 else (start, min(stop, start - by))
        for (start, stop), by in zip(box, move, strict=True)
    )


class InColumn(NamedTuple):
    """Inputs of the scratchpads in a column of the array: words read above it, and written and read in one of them."""

    read_above: int
    written: int
    read: int


def in_column(nest: LoopNest, found: Iterator[Fetch], cycles: int) -> InColumn:
    """Give each processing element of a column what it needs, from above or from what a neighbor had just before.

    Processing elements stand in the order filters, channels, taps, taps innermost. Neighbors are used in a step if less
    is read above then; what is the same for several elements is read once.
    """
    apart = nest.extent("C", "weights")
    rows = [nest.factor("rows", name) for name in "MCS"]
    places = [(c * apart, 0, s) for _, c, s in product(*map(range, rows))]
    before: list[Box | None] = []
    shares: dict[tuple[int, int], int] = {}  # per multicast and number of multicasts: words
    passed = 0
    for fetch in found:
        now = [box_at(fetch.box, place) for place in places]
        if fetch.box:
            lone = [box for i, box in enumerate(now) if box not in before[max(i - 1, 0) : i] + before[i + 1 : i + 2]]
            if len(set(lone)) < len(set(now)):
                passed += fetch.weight * fetch.words * (len(now) - len(lone))
            else:
                lone = now
            for same in {lone.count(box) for box in lone}:
                n = sum(1 for box in set(lone) if lone.count(box) == same)
                shares[same, n] = shares.get((same, n), 0) + fetch.weight * fetch.words * n
        before = now
    from_above = 0.0
    for (same, _), words in sorted(shares.items()):
        from_above += words * same / len(places)
    by_neighbor = passed / math.prod(loop.factor for loop in (*nest.columns, *nest.rows))
    return InColumn(sum(shares.values()), int(from_above + by_neighbor), math.floor(cycles + by_neighbor + 0.5))


def box_at(box: Box | None, place: tuple[int, ...]) -> Box | None:
    """Return a box moved to a place."""
    return box and tuple((start + by, stop + by) for (start, stop), by in zip(box, place, strict=True))


def total(found: Iterator[Fetch]) -> int:
    """Return how many words enter in all."""
    return sum(fetch.weight * fetch.words for fetch in found)


def again(found: Iterator[Fetch]) -> int:
    """Return how many words come back to be added to."""
    return sum(fetch.weight * fetch.words for fetch in found if fetch.is_summed)


def counted(nest: LoopNest, layer: Layer, every: bool = False) -> dict[str, int]:
    """Return ``counts.COUNTS`` by name."""
    at_pe, at_glb = loops_above(nest, "dram", "glb"), loops_above(nest, "dram")
    inner = ("columns", "rows", "ifmap", "weights", "psum")
    spad = {name: nest.extent(name, *inner[2:]) for name in "CMPQRS"}
    tile = {name: nest.extent(name, "glb", *inner) for name in "CMPQRS"}
    unrolled = {name: nest.extent(name, "columns", "rows") for name in "CMPQRS"}

    weights_fills = total(fetches("weights", at_pe, spad, every=every))
    psum_drains = total(fetches("outputs", at_pe, spad, every=every))
    psum_fills = again(fetches("outputs", at_pe, spad, every=every))
    inside = [Above(loop.dimension, loop.factor, 1) for level in inner[2:] for loop in nest.loops(level)]
    computing = list(walk([*at_pe, *inside]))  # one step a cycle
    cycles = sum(step.weight for step in computing)
    ifmap = in_column(nest, fetches("inputs", at_pe, spad, layer.stride, every), cycles)
    drained = total(fetches("outputs", at_glb, tile, every=every))
    refilled = again(fetches("outputs", at_glb, tile, every=every))
    different = {"weights": "MCRS", "outputs": "MQ"}
    served = {tensor: math.prod(unrolled[name] for name in names) for tensor, names in different.items()}
    return {
        "lanes": math.prod(unrolled.values()),
        "compute_cycles": cycles,
        "ifmap_fills": ifmap.written,
        "ifmap_reads": ifmap.read,
        "weights_fills": weights_fills,
        "psum_fills": psum_fills,
        "psum_reads": sum(step.weight for step in computing if step.is_summed),
        "glb_i_reads": ifmap.read_above * nest.factor("columns", "Q"),
        "glb_i_writes": total(fetches("inputs", at_glb, tile, layer.stride, every)),
        "glb_o_reads": psum_fills * served["outputs"],
        "glb_o_writes": psum_drains * served["outputs"] + refilled,
        "dram_w_reads": weights_fills * served["weights"],
        "dram_o_reads": refilled,
        "dram_o_writes": drained,
    }
