"""Mappings of a convolution layer onto an Eyeriss-like array, and Timeloop's one-line notation for them.

A mapping factors each dimension of the layer over seven levels. Outermost first, with what Timeloop's notation calls
them: DRAM (L6) and the global buffer (L5) hold loops of any dimension in any order; columns (L4) unroll only Q and M
over the width of the mesh and rows (L3) only S, C and M over its height; the scratchpads of one PE hold no loops
(ifmap, L2), only C and R (weights, L1) and only M (partial sums, L0). Weights bypass the global buffer. The mesh lays
its loops out in one order: neighbors in a row differ in Q before M, neighbors in a column in S before C before M. The
rules are those of the ``eyeriss_like`` design of the Timeloop and Accelergy exercises.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from accel_core.errors import InvalidInputError
from accel_core.platforms.eyeriss.architecture import words_per_row
from accel_core.workloads import Layer

DIMENSIONS = "CMPQRS"
LEVELS = ("dram", "glb", "columns", "rows", "ifmap", "weights", "psum")
MAY_HOLD: Mapping[str, str] = {
    "dram": DIMENSIONS, "glb": DIMENSIONS, "columns": "QM", "rows": "SCM", "ifmap": "", "weights": "CR", "psum": "M",
}  # fmt: skip
"""The dimensions of each level's loops; on the mesh, innermost first."""
TITLES: Mapping[str, str] = {
    "dram": "DRAM (L6)", "glb": "global buffer (L5)", "columns": "columns (L4)", "rows": "rows (L3)",
    "ifmap": "ifmap scratchpad (L2)", "weights": "weights scratchpad (L1)", "psum": "psum scratchpad (L0)",
}  # fmt: skip
_KEEPS = ("WIO", "IO", "", "", "I", "W", "O")
_AXES: Mapping[str, str] = {"columns": "X", "rows": "Y"}

MAX_NOTATION = 1_000
_LEVEL = re.compile(r"L(?P<number>\d+)(\[[A-Za-z]*\])?")
_LOOP = re.compile(r"(?P<dimension>[A-Z])(?P<factor>\d{1,9})(?P<axis>[XY]?)")


class Loop(NamedTuple):
    """One loop: a dimension and how often it goes round."""

    dimension: str
    factor: int


@dataclass(frozen=True)
class LoopNest:
    """The loops of a mapping by level, outermost first within each; what is not named is 1.

    Those of the mesh are put into the order in which it lays them out.
    """

    dram: tuple[Loop, ...] = ()
    glb: tuple[Loop, ...] = ()
    columns: tuple[Loop, ...] = ()
    rows: tuple[Loop, ...] = ()
    ifmap: tuple[Loop, ...] = ()
    weights: tuple[Loop, ...] = ()
    psum: tuple[Loop, ...] = ()

    def __post_init__(self) -> None:
        """Order the loops of the mesh."""
        for level in _AXES:
            place = MAY_HOLD[level][::-1].index
            object.__setattr__(self, level, tuple(sorted(self.loops(level), key=lambda loop: place(loop.dimension))))

    def loops(self, level: str) -> tuple[Loop, ...]:
        """Return the loops of one of ``LEVELS``, outermost first."""
        loops: tuple[Loop, ...] = getattr(self, level)
        return loops

    def factor(self, level: str, dimension: str) -> int:
        """Return how often a level goes round in a dimension."""
        return math.prod(loop.factor for loop in self.loops(level) if loop.dimension == dimension)

    def extent(self, dimension: str, *levels: str) -> int:
        """Return the product of a dimension's factors over levels; over all of them if none is named."""
        return math.prod(self.factor(level, dimension) for level in levels or LEVELS)

    @property
    def lanes(self) -> int:
        """Processing elements that work."""
        return math.prod(loop.factor for loop in (*self.columns, *self.rows))

    def __str__(self) -> str:
        """Write the mapping in Timeloop's compact notation."""
        return " - ".join(self._level_text(6 - place, level) for place, level in enumerate(LEVELS))

    def _level_text(self, number: int, level: str) -> str:
        words = [f"{loop.dimension}{loop.factor}{_AXES.get(level, '')}" for loop in self.loops(level)]
        return " ".join([f"L{number}[{_KEEPS[6 - number]}]", *words])


def parse_mapping(text: str) -> LoopNest:
    """Read a mapping in Timeloop's compact notation, ``L6[WIO] Q4 M2 P112 - L5[IO] Q28 P2 - L4[] ... - L0[O] M2``.

    Levels stand outermost first, with ``-`` between them; ``L6[WIO]``, ``G1`` and factors of 1 may stand or be left
    out. Loops of the mesh may stand in any order.

    Raises:
        InvalidInputError: If there are not seven levels, a word is no loop, a level may not hold the dimension or
            names it twice.
    """
    if len(text) > MAX_NOTATION:
        raise InvalidInputError(f"mapping: {len(text):,} characters; at most {MAX_NOTATION:,} are allowed")
    parts = [part.split() for part in re.split(r"(?:^|(?<=\s))-(?=\s|$)", text.strip())]
    if len(parts) != len(LEVELS):
        raise InvalidInputError(
            f"mapping '{text[:60]}': {len(parts)} levels with '-' between them; needed: {len(LEVELS)}, L6 to L0"
        )
    return LoopNest(
        *(_level(number, level, words) for number, level, words in zip(range(6, -1, -1), LEVELS, parts, strict=True))
    )


def _level(number: int, level: str, words: list[str]) -> tuple[Loop, ...]:
    if words and (named := _LEVEL.fullmatch(words[0])):
        if int(named["number"]) != number:
            raise InvalidInputError(f"mapping: level '{words[0]}' stands where L{number} is expected")
        words = words[1:]
    loops = [loop for word in words if (loop := _loop(level, word)) is not None]
    names = [loop.dimension for loop in loops]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InvalidInputError(f"mapping: {TITLES[level]} has {twice[0]} twice; each dimension may stand once a level")
    return tuple(loops)


def _loop(level: str, word: str) -> Loop | None:
    match = _LOOP.fullmatch(word)
    if match is None or match["dimension"] not in f"{DIMENSIONS}GN" or int(match["factor"]) < 1:
        raise InvalidInputError(
            f"mapping: '{word}' at {TITLES[level]} is no loop; write one of {DIMENSIONS} and a factor"
        )
    dimension, factor, axis = match["dimension"], int(match["factor"]), match["axis"]
    if axis != _AXES.get(level, "") and axis:
        raise InvalidInputError(f"mapping: '{word}' at {TITLES[level]} unrolls over {axis}; X stands at L4, Y at L3")
    if factor == 1:
        return None
    if dimension not in MAY_HOLD[level]:
        allowed = ", ".join(MAY_HOLD[level]) or "none"
        raise InvalidInputError(f"mapping: {TITLES[level]} has {dimension}{factor}; allowed there: {allowed}")
    return Loop(dimension, factor)


def check_mapping(nest: LoopNest, layer: Layer, design: Mapping[str, Any]) -> None:
    """Check that a mapping is one of a layer and fits a design.

    Args:
        nest: The mapping.
        layer: The layer.
        design: The platform's parameters by name.

    Raises:
        InvalidInputError: Naming the dimension whose factors do not multiply to the layer, or the level that is too
            small, with the numbers.
    """
    check_factors(nest, layer)
    if overflow := overflowing(nest, layer, design):
        raise InvalidInputError(f"mapping: {overflow.sentence}")


def check_factors(nest: LoopNest, layer: Layer) -> None:
    """Check that each dimension's factors multiply to the layer.

    Raises:
        InvalidInputError: Naming the dimension and the numbers.
    """
    for dimension in DIMENSIONS:
        product, wanted = nest.extent(dimension), getattr(layer, dimension)
        if product != wanted:
            raise InvalidInputError(
                f"mapping: the factors of {dimension} multiply to {product};"
                f" layer '{layer.name}' has {dimension} = {wanted}"
            )


class Overflow(NamedTuple):
    """The first level that a mapping does not fit: what it needs, what there is, and of what."""

    level: str
    needed: int
    available: int
    unit: str

    @property
    def sentence(self) -> str:
        """Say it with the numbers."""
        return f"{TITLES[self.level]} needs {self.needed:,} {self.unit}; the design has {self.available:,}"


def overflowing(nest: LoopNest, layer: Layer, design: Mapping[str, Any]) -> Overflow | None:
    """Return the innermost level that a mapping does not fit, or None."""
    words = {level: int(design[f"{level}_depth"]) * words_per_row(level, int(design[f"{level}_width"]))
             for level in ("psum", "weights", "ifmap", "glb")}  # fmt: skip
    needs = tile_words(nest, layer)
    for level, available in words.items():
        if needs[level] > available:
            return Overflow(level, needs[level], available, "words")
    for level, side in (("rows", "mesh_y"), ("columns", "mesh_x")):
        used = math.prod(loop.factor for loop in nest.loops(level))
        if used > int(design[side]):
            return Overflow(level, used, int(design[side]), level)
    return None


def tile_words(nest: LoopNest, layer: Layer) -> dict[str, int]:
    """Return the words that each buffer must hold at once; the halo of the input included."""
    inner = ("psum", "weights", "rows", "columns", "glb")
    channels, filters, rows, columns, height, width = (nest.extent(name, *inner) for name in "CMPQRS")
    input_words = channels * ((rows - 1) * layer.stride + height) * ((columns - 1) * layer.stride + width)
    psum, c, r = nest.factor("psum", "M"), nest.factor("weights", "C"), nest.factor("weights", "R")
    return {"psum": psum, "weights": psum * c * r, "ifmap": c * r, "glb": input_words + filters * rows * columns}
