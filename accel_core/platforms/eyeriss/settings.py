"""What changes an analytical result beside the design and the workload."""

from __future__ import annotations

from collections.abc import Mapping

from accel_core.platforms.eyeriss.energy import DEFAULT_TABLE, pinned_table
from accel_core.platforms.eyeriss.mapper import OBJECTIVES
from accel_core.platforms.eyeriss.random_mapper import MAX_EFFORT, PATIENCE
from accel_core.settings import Setting

EXACT, RANDOM = "exact", "random"

ANALYTICAL: Mapping[str, Setting] = {
    "mapping": Setting("", "Mapping in Timeloop's notation, or 'layer: mapping; ...'; empty lets the mapper find one."),
    "energy_table": Setting(
        DEFAULT_TABLE, "What accesses cost: scaled, fixed, or a YAML file of your own.", pin=pinned_table
    ),
    "objective": Setting("edp", "What the mapper minimizes for each layer.", choices=tuple(OBJECTIVES)),
    "mapper": Setting(
        EXACT, "exact finds the best mapping, random stops after tries in vain.", choices=(EXACT, RANDOM)
    ),
    "mapper_patience": Setting(
        PATIENCE, "Tries in a row without a better mapping that end the random mapper.", 1, MAX_EFFORT
    ),
    "mapper_seed": Setting(0, "Seed of the random mapper.", 0, 2**31 - 1),
}
