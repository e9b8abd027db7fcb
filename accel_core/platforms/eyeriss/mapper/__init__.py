"""The exact mapper: the mapping of least energy-delay product, delay or energy of a layer on each of many designs."""

from accel_core.platforms.eyeriss.mapper.batch import OBJECTIVES, map_designs
from accel_core.platforms.eyeriss.mapper.tables import LayerTables

__all__ = ["OBJECTIVES", "LayerTables", "map_designs"]
