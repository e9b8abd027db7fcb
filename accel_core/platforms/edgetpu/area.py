"""Area of a design: memories, multipliers, and what lies around them. Constants and sources: data/edgetpu.yaml."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.platforms.edgetpu.architecture import PARAMETERS, Floats, constants

PARTS = ("pe_memory", "core_memory", "buffers", "instruction_memory", "lanes", "control", "base", "dram")


def area_parts_mm2(designs: pd.DataFrame | Mapping[str, npt.ArrayLike]) -> dict[str, Floats]:
    """Return the area of each part of ``PARTS``, one entry a design.

    PE, core and instruction memories are SRAM, whose cells fill a share of their area. Activation and parameter memory
    feed all lanes every cycle, so they are small dual-port memories.
    """
    known = constants()["area"]
    columns = (np.asarray(designs[name], dtype=np.float64) for name in PARAMETERS)
    pes_x, pes_y, cores, lanes, pe, core, activation, instruction, parameter, dram_gbps = columns
    pes = pes_x * pes_y
    all_cores = pes * cores
    sram_um2 = 8 * known["sram_cell_um2"] / known["sram_efficiency"]
    buffer_bits = 8 * (activation + parameter)
    multiply_add_um2 = known["multiplier_um2"] + known["adder_um2"] + known["register_bit_um2"] * known["register_bits"]
    parts_um2 = {
        "pe_memory": pes * pe * sram_um2,
        "core_memory": all_cores * core * sram_um2,
        "buffers": all_cores
        * (2 * known["buffer_um2"] + known["buffer_bit_um2"] * buffer_bits)
        * known["buffer_scale"],
        "instruction_memory": pes * instruction * sram_um2,
        "lanes": all_cores * lanes * constants()["multipliers"] * multiply_add_um2 * known["logic_scale"],
        "control": pes * known["pe_um2"] + all_cores * known["core_um2"],
        "base": np.full_like(pes, known["base_um2"]),
        "dram": dram_gbps * known["dram_um2_per_gbps"],
    }
    return {name: 1e-6 * parts_um2[name] for name in PARTS}


def area_mm2(designs: pd.DataFrame | Mapping[str, npt.ArrayLike]) -> Floats:
    """Return the area of each design."""
    total: Floats = np.sum(list(area_parts_mm2(designs).values()), axis=0)
    return total
