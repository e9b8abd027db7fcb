"""The design space of Eyeriss-like arrays, under any total of processing elements and on-chip bits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from accel_core.paths import data_path
from accel_core.settings import Setting, SettingValue
from accel_core.space import Constraint, DesignSpace

PES = 168
MAX_PES = 4096
MAX_BITS = 2**40

SPACE = DesignSpace.from_yaml(data_path() / "spaces" / "eyeriss.yaml")

SPACE_SETTINGS: Mapping[str, Setting] = {
    "pes": Setting(PES, "Processing elements in total: mesh_x * mesh_y.", 1, MAX_PES, keyed=False),
    "bits_budget": Setting(
        0, "On-chip bits at most, global buffer and all scratchpads; 0 sets no limit.", 0, MAX_BITS, keyed=False
    ),
}
"""They say which designs there are, not what one costs, so results under different ones may be compared."""


def space_under(settings: Mapping[str, SettingValue]) -> DesignSpace:
    """Return the space under a total of processing elements and a budget of on-chip bits.

    Args:
        settings: All of ``SPACE_SETTINGS``, checked.
    """
    return _space(int(settings["pes"]), int(settings["bits_budget"]))


@lru_cache(maxsize=64)
def _space(pes: int, bits_budget: int) -> DesignSpace:
    space = SPACE if pes == PES else _with_mesh(pes)
    if not bits_budget:
        return space
    spads = " + ".join(f"{level}_depth * {level}_width" for level in ("ifmap", "weights", "psum"))
    budget = Constraint("on-chip bits", f"glb_depth * glb_width + {pes} * ({spads}) <= {bits_budget}")
    return replace(space, constraints=(*space.constraints, budget))


def _with_mesh(pes: int) -> DesignSpace:
    """Return the space with the sides that a total allows; the default mesh is the one nearest in shape to 14 x 12."""
    sides = tuple(side for side in range(1, pes + 1) if pes % side == 0)
    width = min(sides, key=lambda side: (abs(side * side - pes * 7 / 6), side))
    defaults = {"mesh_x": width, "mesh_y": pes // width}
    parameters = tuple(
        replace(entry, values=sides, default=defaults[entry.name]) if entry.name in defaults else entry
        for entry in SPACE.parameters
    )
    total = replace(SPACE.constraints[0], expression=f"mesh_x * mesh_y == {pes}")
    return replace(SPACE, parameters=parameters, constraints=(total,))
