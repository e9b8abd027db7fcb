"""Search: ask an optimizer for designs, tell it their results, look at the front."""

from accel_core.optimizers.base import Optimizer
from accel_core.optimizers.front import front, pick
from accel_core.optimizers.model_search import ModelSearch, search_model
from accel_core.optimizers.options import resolve_options
from accel_core.optimizers.registry import OPTIMIZERS, current_name, make_optimizer
from accel_core.optimizers.trace import trace

__all__ = [
    "OPTIMIZERS",
    "ModelSearch",
    "Optimizer",
    "current_name",
    "front",
    "make_optimizer",
    "pick",
    "resolve_options",
    "search_model",
    "trace",
]
