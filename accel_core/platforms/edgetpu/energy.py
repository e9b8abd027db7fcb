"""Energy of one inference, from what it moves and multiplies.

Constants and their sources are in data/edgetpu.yaml. How often what is accessed follows from the timing model; which
accesses a multiply-add makes is assumed.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.platforms.edgetpu.applications import Layers
from accel_core.platforms.edgetpu.architecture import Floats, constants
from accel_core.platforms.edgetpu.latency import Outcome

PARTS = ("mac", "activation", "parameter", "core", "pe", "bus", "dram", "leakage")


def energy_parts_j(
    designs: pd.DataFrame, layers: Layers, outcome: Outcome, area_mm2: Floats, seconds: Floats
) -> dict[str, Floats]:
    """Return the energy of each part of ``PARTS`` for one inference, one entry a design.

    Args:
        designs: The ten parameters.
        layers: The application.
        outcome: Its inference on the designs.
        area_mm2: Area of each design.
        seconds: Runtime of the inference on each.
    """
    known = constants()["energy"]
    size = {name: designs[name].to_numpy(dtype=np.float64) for name in designs}
    macs = float(layers.macs.sum())
    pes = size["pes_x"] * size["pes_y"]
    scale = logic_scale()
    # A row's inputs pass half of its PEs on average; a PE is a square (both assumed).
    row_um = 0.5 * size["pes_x"] * np.sqrt(1e6 * area_mm2 / pes)
    # A lane reads and writes a sum once for four products, and multiplies every parameter it reads once.
    parts_pj = {
        "mac": np.full_like(pes, macs * (known["multiply_pj"] + known["add_pj"]) * scale),
        "activation": 2 * macs * sram_pj_per_byte(size["activation_memory_b"]),
        "parameter": macs * sram_pj_per_byte(size["parameter_memory_b"]),
        "core": outcome.core_reads * pes * size["cores"] * sram_pj_per_byte(size["core_memory_b"]),
        "pe": (outcome.pe_reads + outcome.bus_bytes + layers.output_bytes.sum())
        * sram_pj_per_byte(size["pe_memory_b"]),
        "bus": outcome.bus_bytes * 8e-3 * known["wire_fj_per_bit_um"] * row_um,
        "dram": outcome.dram_bytes * 8 * known["dram_pj_per_bit"],
        "leakage": known["leakage_w_per_mm2"] * area_mm2 * seconds * 1e12,
    }
    return {name: 1e-12 * parts_pj[name] for name in PARTS}


def sram_pj_per_byte(n_bytes: npt.ArrayLike) -> Floats:
    """Return the energy of reading or writing a byte: a power law through two of Horowitz's memories, scaled."""
    known = constants()["energy"]
    relative = np.asarray(n_bytes, dtype=np.float64) / known["sram_bytes"]
    energy: Floats = known["sram_pj_per_byte"] * relative ** known["sram_exponent"] * logic_scale()
    return energy


def logic_scale() -> float:
    """Return the energy of 10 nm over that of 45 nm (Stillmaker and Baas 2017)."""
    known = constants()["energy"]
    new = np.polyval(known["polynomial_10nm"], known["voltage_10nm"])
    return float(new / np.polyval(known["polynomial_45nm"], known["voltage_45nm"]))
