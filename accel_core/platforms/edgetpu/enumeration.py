"""All 452,760,000 designs on one application, or on several at once: how many are feasible, and the exact front.

The space is walked array by array: ``pes_x pes_y cores lanes`` fix how layers are spread. Of the other six parameters
the instruction memory only decides whether a design is feasible, and a smaller one is a smaller chip, so designs that
differ in nothing else are counted together and the least memory that holds the program stands for them on the front.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.platforms.edgetpu.applications import Layers
from accel_core.platforms.edgetpu.architecture import FEASIBLE, INSTRUCTION, MEMORIES, Floats, Indices, Ints, values
from accel_core.platforms.edgetpu.area import area_mm2
from accel_core.platforms.edgetpu.metrics import designs_of
from accel_core.platforms.edgetpu.simulate import simulate

_INSTRUCTION_COLUMN = 7

N_ARRAYS = 7000
"""Combinations of ``pes_x pes_y cores lanes``."""


@dataclass(frozen=True)
class Front:
    """Designs of which none is both smaller and faster than another, by rising area and falling cycles.

    Attributes:
        indices: Shape (designs, 10): which of its values each parameter has.
        area_mm2: Area of each.
        cycles: Cycles of one inference on each, added up over the applications.
    """

    indices: Indices
    area_mm2: Floats
    cycles: Floats

    def best_under(self, limit_mm2: float) -> int | None:
        """Return the number of the fastest design of at most some area, or None."""
        n = int(np.searchsorted(self.area_mm2, limit_mm2, side="right"))
        return n - 1 if n else None

    def designs(self) -> pd.DataFrame:
        """Return the ten parameters of each."""
        return designs_of(self.indices)


@dataclass(frozen=True)
class Census:
    """What a walk over some arrays found.

    Attributes:
        feasible: Designs that run every application.
        too_small: Designs that do not, by the first memory that is too small, in the order of ``MEMORIES``.
        sum_cycles: Of all feasible designs, as are the following two.
        min_cycles: Infinite if there is none.
        max_cycles: 0 if there is none.
        front: The front of the feasible ones.
    """

    feasible: int
    too_small: tuple[int, ...]
    sum_cycles: float
    min_cycles: float
    max_cycles: float
    front: Front

    @property
    def designs(self) -> int:
        """How many designs were walked over."""
        return self.feasible + sum(self.too_small)

    def to_mapping(self) -> dict[str, Any]:
        """Return plain numbers and lists, for a JSON file."""
        numbers = {name: getattr(self, name) for name in ("feasible", "sum_cycles", "min_cycles", "max_cycles")}
        front = {name: getattr(self.front, name).tolist() for name in ("indices", "area_mm2", "cycles")}
        return {**numbers, "too_small": list(self.too_small), "front": front}

    @classmethod
    def from_mapping(cls, content: dict[str, Any]) -> Census:
        """Undo ``to_mapping``."""
        front = content["front"]
        return cls(
            int(content["feasible"]),
            tuple(content["too_small"]),
            float(content["sum_cycles"]),
            float(content["min_cycles"]),
            float(content["max_cycles"]),
            Front(
                np.array(front["indices"], dtype=np.uint8).reshape(-1, 10),
                np.array(front["area_mm2"], dtype=np.float64),
                np.array(front["cycles"], dtype=np.float64),
            ),
        )


def empty_census() -> Census:
    """Return what a walk over no array finds."""
    front = Front(np.zeros((0, 10), dtype=np.uint8), np.zeros(0), np.zeros(0))
    return Census(0, (0,) * len(MEMORIES), 0.0, np.inf, 0.0, front)


def take_censuses(applications: Sequence[Layers], sets: Sequence[Sequence[int]], arrays: range) -> list[Census]:
    """Evaluate all designs of some arrays once on each application, for several sets of them.

    Args:
        applications: Those of all sets.
        sets: Numbers of applications; a design is feasible in a set if it runs each of them.
        arrays: Numbers of arrays, within range(``N_ARRAYS``).
    """
    indices = _indices(arrays)
    runs = [_run(indices, layers) for layers in applications]
    areas = np.stack([area_mm2(designs_of(_with_instruction(indices, i))) for i in range(len(_instruction()))])
    return [_census([runs[number] for number in numbers], indices, areas) for numbers in sets]


def merge(first: Census, second: Census) -> Census:
    """Return the census of two walks together."""
    a, b = first.front, second.front
    return Census(
        first.feasible + second.feasible,
        tuple(x + y for x, y in zip(first.too_small, second.too_small, strict=True)),
        first.sum_cycles + second.sum_cycles,
        min(first.min_cycles, second.min_cycles),
        max(first.max_cycles, second.max_cycles),
        _front(
            np.concatenate([a.indices, b.indices]),
            np.concatenate([a.area_mm2, b.area_mm2]),
            np.concatenate([a.cycles, b.cycles]),
        ),
    )


class _Run(NamedTuple):
    """One application on many designs: the memory that is too small, the program left aside; its bytes; cycles."""

    memory: npt.NDArray[np.int8]
    program_bytes: Floats
    cycles: Floats


def _run(indices: Indices, layers: Layers) -> _Run:
    outcome = simulate(indices, layers)
    memory = np.where(outcome.memory == INSTRUCTION, FEASIBLE, outcome.memory)
    return _Run(memory, outcome.program_bytes, outcome.cycles)


def _census(runs: Sequence[_Run], indices: Indices, areas: Floats) -> Census:
    """Count designs that do all runs.

    Args:
        runs: One of each application.
        indices: Designs, of any instruction memory.
        areas: Shape (instruction memories, designs).
    """
    memory = runs[0].memory
    for run in runs[1:]:
        memory = np.where(memory == FEASIBLE, run.memory, memory)
    rows = np.flatnonzero(memory == FEASIBLE)
    least = np.searchsorted(_instruction(), np.max([run.program_bytes[rows] for run in runs], axis=0))
    too_small = len(_instruction()) * np.bincount(memory[memory != FEASIBLE], minlength=len(MEMORIES))
    too_small[INSTRUCTION] += least.sum()
    fits = least < len(_instruction())
    rows, least = rows[fits], least[fits]
    cycles = np.sum([run.cycles[rows] for run in runs], axis=0)
    many = len(_instruction()) - least
    area = areas[least, rows]
    kept = _maybe_front(area, cycles)
    return Census(
        int(many.sum()),
        tuple(int(count) for count in too_small),
        float((many * cycles).sum()),
        float(cycles.min(initial=np.inf)),
        float(cycles.max(initial=0.0)),
        _front(_with_instruction(indices[rows[kept]], least[kept]), area[kept], cycles[kept]),
    )


def _instruction() -> Ints:
    return values()[_INSTRUCTION_COLUMN]


def _with_instruction(indices: Indices, instruction: int | Ints) -> Indices:
    """Return the designs with other instruction memories."""
    changed = indices.copy()
    changed[:, _INSTRUCTION_COLUMN] = instruction
    return changed


@cache
def _others() -> Indices:
    """Return all combinations of the six parameters beside the array's, with the first instruction memory only."""
    counts = [1 if i == _INSTRUCTION_COLUMN else len(column) for i, column in enumerate(values())][4:]
    return np.indices(counts).reshape(len(counts), -1).T.astype(np.uint8)


def _indices(arrays: range) -> Indices:
    """Return all combinations of the other parameters for each array."""
    counts = [len(column) for column in values()[:4]]
    firsts: Ints = np.stack(np.unravel_index(np.arange(arrays.start, arrays.stop), counts), axis=1)
    others = _others()
    indices = np.empty((len(firsts) * len(others), 10), dtype=np.uint8)
    indices[:, :4] = np.repeat(firsts, len(others), axis=0)
    indices[:, 4:] = np.tile(others, (len(firsts), 1))
    return indices


def _maybe_front(area: Floats, cycles: Floats) -> Ints:
    """Return rows, rising, that hold the front and few others; faster than sorting by both numbers."""
    order = np.argsort(area)
    rows: Ints = np.sort(order[cycles[order] <= np.minimum.accumulate(cycles[order])])
    return rows


def _front(indices: Indices, area: Floats, cycles: Floats) -> Front:
    """Keep what nothing beats; of equals the first."""
    order = np.lexsort((cycles, area))
    best_before = np.concatenate(([np.inf], np.minimum.accumulate(cycles[order])[:-1]))[: len(order)]
    kept = order[cycles[order] < best_before]
    return Front(indices[kept], area[kept], cycles[kept])
