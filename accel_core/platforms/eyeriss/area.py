"""Bits and area of Eyeriss-like designs.

Areas are Accelergy's at 32 nm: scratchpads and MACs by the components that the source builds them of, the global buffer
in proportion to its bits; the network between them, control and input/output are not in it. Constants and their sources
are in ``data/energy/eyeriss.yaml``.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.platforms.eyeriss.component_model import SCRATCHPADS, constants, register_file_um2

Integers = npt.NDArray[np.int64]

BITS = ("bits_glb", *(f"bits_{level}" for level in SCRATCHPADS))
AREAS = ("area_mac_mm2", "area_glb_mm2", *(f"area_{level}_mm2" for level in SCRATCHPADS))


def bits(designs: pd.DataFrame) -> pd.DataFrame:
    """Return the columns ``BITS``: bits of the global buffer and of each kind of scratchpad, over all PEs."""
    table = {"bits_glb": _bits(designs, "glb")}
    for level in SCRATCHPADS:
        table[f"bits_{level}"] = _pes(designs) * _bits(designs, level)
    return pd.DataFrame(table, index=designs.index)


def onchip_bits(designs: pd.DataFrame) -> Integers:
    """Return all on-chip bits of designs, shape (n,)."""
    total: Integers = bits(designs).to_numpy(np.int64).sum(axis=1)
    return total


def area_mm2(designs: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Return the area of designs in mm2, shape (n,)."""
    total: npt.NDArray[np.float64] = area_parts_mm2(designs).to_numpy(np.float64).sum(axis=1)
    return total


def area_parts_mm2(designs: pd.DataFrame) -> pd.DataFrame:
    """Return the columns ``AREAS``: area in mm2 of all MACs, the global buffer and each kind of scratchpad."""
    area, reference = constants()["area"], constants()["reference"]["glb"]
    bits_in_reference = reference["depth"] * reference["width"]
    table = {
        "area_mac_mm2": _pes(designs) * area["mac_um2"] * 1e-6,
        "area_glb_mm2": area["glb_um2"] * _bits(designs, "glb") / bits_in_reference * 1e-6,
    }
    for level in SCRATCHPADS:
        depth, width = designs[f"{level}_depth"].to_numpy(), designs[f"{level}_width"].to_numpy()
        table[f"area_{level}_mm2"] = _pes(designs) * register_file_um2(depth, width) * 1e-6
    return pd.DataFrame(table, index=designs.index)


def _bits(designs: pd.DataFrame, level: str) -> Integers:
    return _integers(designs, f"{level}_depth") * _integers(designs, f"{level}_width")


def _pes(designs: pd.DataFrame) -> Integers:
    return _integers(designs, "mesh_x") * _integers(designs, "mesh_y")


def _integers(designs: pd.DataFrame, column: str) -> Integers:
    return np.asarray(designs[column], dtype=np.int64)
