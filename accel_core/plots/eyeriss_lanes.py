"""Which lanes of an Eyeriss-like mesh a mapping uses, which stay idle, and why; in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from accel_core.platforms.eyeriss.architecture import GLB_WORDS_PER_CYCLE
from accel_core.platforms.eyeriss.mapping import MAY_HOLD, Loop, LoopNest
from accel_core.workloads import Layer


@dataclass(frozen=True)
class Side:
    """One side of the mesh and the loops that are unrolled over it.

    Attributes:
        level: ``columns`` or ``rows``.
        size: How many columns or rows there are.
        loops: Outermost first: the last one tells neighbors apart.
    """

    level: str
    size: int
    loops: tuple[Loop, ...]

    @property
    def used(self) -> int:
        """How many of the columns or rows work."""
        return math.prod(loop.factor for loop in self.loops)

    def indices(self, position: int) -> tuple[int, ...]:
        """Return the value of each loop at a used position."""
        values = []
        for loop in reversed(self.loops):
            position, value = divmod(position, loop.factor)
            values.append(value)
        return tuple(reversed(values))

    def block(self, position: int) -> int:
        """Return which run of equal outer indices a used position lies in."""
        return position // self.loops[-1].factor if len(self.loops) > 1 else position

    def indices_text(self, position: int) -> str:
        """Return the indices in the letters of the loops, such as ``q 1, m 0``."""
        pairs = zip(self.loops, self.indices(position), strict=True)
        return ", ".join(f"{loop.dimension.lower()} {value}" for loop, value in pairs) or "no loop"


def sides(nest: LoopNest, mesh_x: int, mesh_y: int) -> tuple[Side, Side]:
    """Return the columns and the rows of a mesh under a mapping."""
    return Side("columns", mesh_x, nest.columns), Side("rows", mesh_y, nest.rows)


def idle_reasons(nest: LoopNest, layer: Layer, mesh_x: int, mesh_y: int) -> list[str]:
    """Say for each side that is not full whether the layer or the mapping is to blame; empty if every lane works."""
    return [_reason(side, layer) for side in sides(nest, mesh_x, mesh_y) if side.used < side.size]


def _reason(side: Side, layer: Layer) -> str:
    idle = side.size - side.used
    fullest = fullest_unrolling(layer, side.level, side.size)
    most = math.prod(loop.factor for loop in fullest)
    if most <= side.used:
        name = side.level.removesuffix("s") if side.size == 1 else side.level
        dimensions = ", ".join(MAY_HOLD[side.level])
        return (
            f"{side.size} {name} cannot be filled from {dimensions} of this layer: {product_text(side.loops)} is the "
            f"most; {idle} {_words(idle, side.level)} idle."
        )
    filled = "all" if most == side.size else f"{most}"
    return (
        f"The mapping leaves {idle} of {side.size} {side.level} idle ({product_text(side.loops)}); "
        f"{product_text(fullest)} would keep {filled} busy."
    )


def _words(count: int, level: str) -> str:
    return level.removesuffix("s") if count == 1 else level


def product_text(loops: Sequence[Loop]) -> str:
    """Return loops as a product, such as ``M4 × C3 × S3 = 36``; ``no loop`` where there are none."""
    product = math.prod(loop.factor for loop in loops)
    words = " × ".join(f"{loop.dimension}{loop.factor}" for loop in loops)
    return f"{words} = {product}" if len(loops) > 1 else words or "no loop"


@cache
def fullest_unrolling(layer: Layer, level: str, size: int) -> tuple[Loop, ...]:
    """Return perfect factors of the dimensions that a side may unroll, with the largest product up to its size.

    Other levels are left out of account, so that a mapping may still have to do with less.
    """
    best: tuple[Loop, ...] = ()
    reached: dict[int, tuple[Loop, ...]] = {1: ()}
    for dimension in MAY_HOLD[level]:
        for product, loops in list(reached.items()):
            for factor in _divisors(getattr(layer, dimension), size // product):
                reached.setdefault(product * factor, (*loops, Loop(dimension, factor)))
    best = reached[max(reached)]
    return best


def _divisors(number: int, most: int) -> list[int]:
    return [factor for factor in range(2, min(number, most) + 1) if number % factor == 0]


def throttle_words(result: Mapping[str, float]) -> str:
    """Say by how much the global buffer's bandwidth slows the lanes; empty where it does not. No other buffer can.

    Args:
        result: Metrics of one design on one layer: ``cycles lanes macs`` and the accesses to the global buffer, words.
    """
    computing = result["macs"] / result["lanes"]
    slowdown = result["cycles"] / computing
    if slowdown < 1 + 1e-6:
        return ""
    demands = {way: sum(result[f"accesses_glb_{tensor}_{way}"] for tensor in "io") / computing
               for way in ("reads", "writes")}  # fmt: skip
    way, demand = max(demands.items(), key=lambda item: item[1])
    waits = f"the lanes wait {100 * (1 - 1 / slowdown):.0f} % of the time"
    return (
        f"The global buffer throttles: {demand:.1f} {way} a cycle are wanted, {GLB_WORDS_PER_CYCLE} are possible; "
        f"{waits}."
    )
