"""What may vary, what is forbidden, and how to draw designs from it."""

from accel_core.space.constraints import Constraint
from accel_core.space.design_space import DesignSpace
from accel_core.space.identity import design_ids
from accel_core.space.parameters import Parameter
from accel_core.space.sample import Sample, cross, discrepancy, sample
from accel_core.space.samplers import SAMPLERS, Sampler

__all__ = [
    "SAMPLERS",
    "Constraint",
    "DesignSpace",
    "Parameter",
    "Sample",
    "Sampler",
    "cross",
    "design_ids",
    "discrepancy",
    "sample",
]
