"""How energy, leakage and area of Eyeriss's buffers follow from rows (depth) and bits per row (width).

Scratchpads: the register file of Accelergy's ``smartbuffer_RF``, which reproduces all three reference scratchpads from
one set of components. Global buffer: power laws around the reference size. Constants and their sources are in
``data/energy/eyeriss.yaml``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from accel_core.paths import data_path
from accel_core.space.documents import load_document

Floats = npt.NDArray[np.float64]

SCRATCHPADS = ("ifmap", "weights", "psum")


@cache
def constants() -> Mapping[str, Any]:
    """Return the content of ``data/energy/eyeriss.yaml``; not to be changed."""
    content: Mapping[str, Any] = load_document(data_path() / "energy" / "eyeriss.yaml")[1]
    return content


def growth(level: str, quantity: str, depth: npt.ArrayLike, width: npt.ArrayLike) -> Floats:
    """Return a buffer's energy by its energy at the reference size.

    Args:
        level: ``glb`` or one of ``SCRATCHPADS``.
        quantity: ``read``, ``write`` (of one row) or ``leak`` (of one cycle).
        depth: Rows, shape (n,).
        width: Bits per row, shape (n,).

    Returns:
        Shape (n,); exactly 1 at the reference size.
    """
    reference = constants()["reference"][level]
    rows, bits = np.asarray(depth, np.float64), np.asarray(width, np.float64)
    if level == "glb":
        return _sram_growth(quantity, rows / reference["depth"], bits / reference["width"])
    at_reference = register_file_pj(quantity, np.float64(reference["depth"]), np.float64(reference["width"]))
    grown: Floats = register_file_pj(quantity, rows, bits) / at_reference
    return grown


def register_file_pj(quantity: str, depth: npt.ArrayLike, width: npt.ArrayLike) -> Floats:
    """Return pJ of a ``read`` or ``write`` of one row, or of the ``leak`` of one cycle, of scratchpads.

    An access goes to the registers of one row, to the comparators of all rows and to one of two address generators.
    """
    model = constants()["register_file"]
    rows, bits = np.asarray(depth, np.float64), np.asarray(width, np.float64)
    comparator, address = model["comparator"], model["address_generator"]
    if quantity == "leak":
        leak = _storage(rows, bits, model["register"]["leak_pj_per_cycle"], comparator["leak_pj_per_cycle"])
        leak += 2 * address["leak_pj_per_cycle_per_bit"] * _address_bits(rows)
        return leak
    built_rows, built_bits = np.maximum(rows, model["smallest_depth"]), np.maximum(bits, model["smallest_width"])
    share = bits / built_bits * (rows / built_rows) ** model["depth_exponent"]
    access = built_bits * model["register"][f"{quantity}_pj"] + built_rows * comparator["access_pj"]
    pj: Floats = share * access + address["access_pj"] + address["access_pj_per_bit"] * _address_bits(rows)
    return pj


def register_file_um2(depth: npt.ArrayLike, width: npt.ArrayLike) -> Floats:
    """Return the area of scratchpads in um2."""
    model = constants()["register_file"]
    rows, bits = np.asarray(depth, np.float64), np.asarray(width, np.float64)
    um2 = _storage(rows, bits, model["register"]["area_um2"], model["comparator"]["area_um2"])
    um2 += 2 * model["address_generator"]["area_um2_per_bit"] * _address_bits(rows)
    return um2


def _storage(rows: Floats, bits: Floats, per_bit: float, per_comparator: float) -> Floats:
    """Leakage or area of registers and comparators; shares of width * depth leave the comparators of the real rows."""
    comparators = rows * np.minimum(1.0, bits / constants()["register_file"]["smallest_width"])
    total: Floats = rows * bits * per_bit + comparators * per_comparator
    return total


def _address_bits(rows: Floats) -> Floats:
    """Bits that number the rows: log2 rounded up, exact for powers of two, at least 1."""
    bits: Floats = np.maximum(np.frexp(rows - 1)[1], 1).astype(np.float64)
    return bits


def _sram_growth(quantity: str, rows: Floats, bits: Floats) -> Floats:
    rule = constants()["sram"]
    if quantity == "leak":
        return np.power(rows * bits, float(rule["leak_bits_exponent"]))
    return np.power(rows, float(rule["depth_exponent"])) * np.power(bits, float(rule["width_exponent"]))
