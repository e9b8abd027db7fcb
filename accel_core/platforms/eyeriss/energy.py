"""What an access, a cycle and a multiply-accumulate of the Eyeriss-like array cost, in pJ.

``fixed`` are the source's numbers whatever the sizes; ``scaled`` (the default) are the same at the source's sizes and
follow a design's buffers by a rule; a YAML file brings the user's own (see ``energy_yaml``).
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.platforms.eyeriss.component_model import SCRATCHPADS, constants, growth
from accel_core.platforms.eyeriss.energy_yaml import ACTIONS, read_energy_file

Floats = npt.NDArray[np.float64]

ENERGIES = (
    "dram_read",
    "dram_write",
    "glb_read",
    "glb_write",
    "glb_leak",
    "ifmap_read",
    "ifmap_write",
    "ifmap_leak",
    "weights_read",
    "weights_write",
    "weights_leak",
    "psum_read",
    "psum_write",
    "psum_leak",
    "mac",
)
"""Columns of a table of energies: pJ per access of one row (DRAM: 64 bits; buffers: their width), pJ per cycle of one
instance in use (``leak``), pJ per multiply-accumulate (``mac``)."""

DEFAULT_TABLE = "scaled"
TABLES = (DEFAULT_TABLE, "fixed")

_PINNED = re.compile(r"(?P<path>.+)#(?P<digest>[0-9a-f]{12})")


@dataclass(frozen=True)
class EnergyTable:
    """Energies of any design.

    Attributes:
        name: The word or file that it was asked for by.
        title: Words for a person.
        source: Where the numbers, and the rule if any, are from.
        is_assumed: Whether a rule carries the numbers further than its source shows.
        energies_pj: In the order of ``ENERGIES``; at the reference sizes if the table follows sizes.
        follows_sizes: Whether energies follow the buffers' depths and widths.
    """

    name: str
    title: str
    source: str
    is_assumed: bool
    energies_pj: tuple[float, ...]
    follows_sizes: bool = False

    def of(self, designs: pd.DataFrame) -> Floats:
        """Return the energies of designs, shape (n, 15) in the order of ``ENERGIES``."""
        energies = np.tile(np.array(self.energies_pj), (len(designs), 1))
        if self.follows_sizes:
            for level in ("glb", *SCRATCHPADS):
                depth, width = designs[f"{level}_depth"].to_numpy(), designs[f"{level}_width"].to_numpy()
                for quantity in ("read", "write", "leak"):
                    energies[:, ENERGIES.index(f"{level}_{quantity}")] *= growth(level, quantity, depth, width)
        return energies

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits that change with any number or rule, as a user's file may between two runs."""
        content = [self.energies_pj, dict(constants()) if self.follows_sizes else None]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:12]


def energy_table(name_or_path: str = DEFAULT_TABLE) -> EnergyTable:
    """Return a table by name, ``scaled`` or ``fixed``, or from a YAML file (one that ends in .yaml or .yml).

    Raises:
        InvalidInputError: If it is neither, or the file is wrong; naming file, level and action. Or if a file says
            something else than when ``pinned_table`` named it.
    """
    if name_or_path in TABLES:
        return _shipped(name_or_path)
    if pinned := _PINNED.fullmatch(name_or_path):
        table = energy_table(pinned["path"])
        if table.digest != pinned["digest"]:
            raise InvalidInputError(
                f"energy table '{table.name}' has changed: its energies have digest {table.digest}, asked for are those"
                f" of {pinned['digest']}; give the file anew to go on with it as it is"
            )
        return table
    if not name_or_path.endswith((".yaml", ".yml")):
        raise InvalidInputError(
            f"energy table '{name_or_path:.80}' is unknown; allowed: {', '.join(TABLES)}, or a .yaml file"
        )
    file = read_energy_file(name_or_path)
    return EnergyTable(name_or_path, file.title, file.source, False, _in_order(file.energies_pj))


def pinned_table(name_or_path: str) -> str:
    """Return a name as it is, and a file as its place and the digest of its energies: ``/place/mine.yaml#<digest>``.

    Raises:
        InvalidInputError: As ``energy_table`` does; a text with a digest is returned without a look at the file.
    """
    if name_or_path in TABLES or _PINNED.fullmatch(name_or_path):
        return name_or_path
    return f"{Path(name_or_path).resolve()}#{energy_table(name_or_path).digest}"


def _shipped(name: str) -> EnergyTable:
    shipped = constants()
    energies = {
        level: {action: shipped["reference"][level].get(key, 0.0) for action, key in actions.items()}
        for level, actions in ACTIONS.items()
    }
    if name == "fixed":
        title, source = "Reference energies at every size", shipped["source"]
    else:
        title, source = "Reference energies, scaled with the sizes", f"{shipped['source']}; {shipped['rule']}"
    return EnergyTable(name, title, source, name != "fixed", _in_order(energies), name != "fixed")


def _in_order(energies: dict[str, dict[str, float]]) -> tuple[float, ...]:
    pairs = (name.split("_") if "_" in name else (name, "compute") for name in ENERGIES)
    return tuple(float(energies[level][action]) for level, action in pairs)
