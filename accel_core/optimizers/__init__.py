"""Search: ask an optimizer for designs, tell it their results, look at the front."""

from accel_core.optimizers.base import Optimizer
from accel_core.optimizers.front import front, pick
from accel_core.optimizers.model_search import ModelSearch, search_model
from accel_core.optimizers.registry import OPTIMIZERS
from accel_core.optimizers.trace import trace

__all__ = ["OPTIMIZERS", "ModelSearch", "Optimizer", "front", "pick", "search_model", "trace"]
