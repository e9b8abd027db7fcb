"""What is fixed about the template: the order of its parameters, its memories by number, and the model's constants.

Compiled code of other modules keeps the order of fields and the numbers that stand here: whoever changes them deletes
the ``__pycache__`` of the folder.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from accel_core.paths import data_path
from accel_core.space import DesignSpace
from accel_core.space.documents import load_document

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Indices = npt.NDArray[np.uint8]

SPACE = DesignSpace.from_yaml(data_path() / "spaces" / "edgetpu.yaml")

PARAMETERS = (
    "pes_x",
    "pes_y",
    "cores",
    "lanes",
    "pe_memory_b",
    "core_memory_b",
    "activation_memory_b",
    "instruction_memory_b",
    "parameter_memory_b",
    "dram_gbps",
)
"""In the order of the released data's columns."""

ACTIVATION, PARAMETER, CORE, PE, INSTRUCTION = range(5)
"""Memories in the order in which they are checked."""

MEMORIES = ("activation_memory", "parameter_memory", "core_memory", "pe_memory", "instruction_memory")

FEASIBLE = -1
"""Stands where the number of a memory would say which one is too small."""


class Model(NamedTuple):
    """Whole numbers that timing and capacities need; data/edgetpu.yaml has their meanings and sources."""

    start_cycles: int
    layer_cycles: int
    bundle_cycles: int
    fill_cycles: int
    bus_bytes: int
    header_bytes: int
    bundle_bytes: int
    accumulator_bytes: int
    least_pixels: int
    least_products: int


class Sizes(NamedTuple):
    """Values that the memories may have, in bytes, and cycles that a byte takes at each DRAM bandwidth."""

    pe: Ints
    core: Ints
    activation: Ints
    instruction: Ints
    parameter: Ints
    dram_cycles: Floats


@cache
def constants() -> dict[str, Any]:
    """Return data/edgetpu.yaml."""
    loaded: dict[str, Any] = load_document(data_path() / "edgetpu.yaml")[1]
    return loaded


@cache
def model() -> Model:
    """Return the constants of timing and capacities."""
    return Model(**constants()["timing"], **constants()["capacity"])


@cache
def values() -> tuple[Ints, ...]:
    """Return the values of each parameter."""
    return tuple(np.array(SPACE.parameter(name).values, dtype=np.int64) for name in PARAMETERS)


@cache
def sizes() -> Sizes:
    """Return the values of the memories and the DRAM."""
    pe, core, activation, instruction, parameter, gbps = values()[4:]
    return Sizes(pe, core, activation, instruction, parameter, constants()["clock_hz"] / (gbps * 1e9))
