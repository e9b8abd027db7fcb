"""Skew made smaller: buffers before early sinks become weaker, those before late ones stronger."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import numpy.typing as npt

from accel_core.physical.clock_tree.tree import Tree
from accel_core.physical.clock_tree.trial import Bench, Trial
from accel_core.physical.technology import Technology

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PASSES = 2
"""So often all aims are gone through; assumed, few trees still change in the third."""

AIMS = ((0.5, 0.1), (0.5, 0.0), (0.3, 0.1), (0.7, 0.1))
"""Where between the earliest and the latest sink all are to come to, and how near to either one a buffer's sinks must
come for it to change, as shares of the skew. Assumed: sizes are few, so that what one aim overshoots another meets."""


def balance(tree: Tree, trial: Trial, bench: Bench, technology: Technology, skew_s: float) -> tuple[Tree, Trial]:
    """Choose sizes anew, one level at a time from the root down, and keep what makes the skew smaller.

    It ends where the skew is as small as is wanted.
    """
    for _ in range(PASSES):
        before = trial.skew_s
        for (share, margin), place in product(AIMS, range(len(tree.levels) - 1, -1, -1)):
            if trial.skew_s <= skew_s:
                return tree, trial
            sized = _sized(tree, place, trial, technology, share, margin)
            if (sized.levels[place].size != tree.levels[place].size).any():
                other = bench.try_out(sized)
                if other.skew_s < trial.skew_s:
                    tree, trial = sized, other
        if trial.skew_s == before:
            break
    return tree, trial


def _sized(tree: Tree, place: int, trial: Trial, technology: Technology, share: float, margin: float) -> Tree:
    """Give buffers of a level the size that brings the middle of their sinks nearest to an aim; see ``AIMS``."""
    low, high = _ranges(tree, trial.latency)[place]
    first, skew = low.min(), trial.skew_s
    level = tree.levels[place]
    start = sum(len(below.size) for below in tree.levels[:place])
    rows = slice(start, start + len(level.size))
    delays = _delays(tree, level.size, trial.load[rows], trial.slope[rows], technology)
    change = delays - delays[np.arange(len(level.size)), level.size][:, None]
    wanted = first + share * skew - (low + high) / 2.0
    size = np.abs(change - wanted[:, None]).argmin(axis=1)
    is_clear = (low > first + margin * skew) & (high < first + (1.0 - margin) * skew)
    size = np.where(is_clear & (margin > 0.0), level.size, size)
    levels = (*tree.levels[:place], replace(level, size=size), *tree.levels[place + 1 :])
    return replace(tree, levels=levels)


def _ranges(tree: Tree, latency: Floats) -> list[tuple[Floats, Floats]]:
    """By level, when the clock comes to the earliest and to the latest sink behind each buffer."""
    low = high = latency
    ranges = []
    for level in tree.levels:
        count = len(level.size)
        first, last = np.full(count, np.inf), np.full(count, -np.inf)
        np.minimum.at(first, level.label, low)
        np.maximum.at(last, level.label, high)
        low, high = first, last
        ranges.append((low, high))
    return ranges


def _delays(tree: Tree, size: Ints, load: Floats, slope: Floats, technology: Technology) -> Floats:
    """Delay of each size in the place of each buffer in s, inf where another is too weak, shape (buffers, sizes)."""
    tables = technology.library.tables
    found = [
        np.where(
            (buffer.load_f >= load) | (size == number),
            tables.lookup(np.full(len(load), buffer.delay), slope, load),
            np.inf,
        )
        for number, buffer in enumerate(tree.buffers)
    ]
    return np.stack(found, axis=1)
