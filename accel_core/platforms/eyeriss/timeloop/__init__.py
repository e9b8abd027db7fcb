"""Timeloop beside our own model: designs and layers as its files, its program as simulator, its outputs as metrics."""

from accel_core.platforms.eyeriss.timeloop.files import timeloop_files

__all__ = ["timeloop_files"]
