"""Optimizers by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from accel_core.errors import InvalidInputError
from accel_core.objectives import Goal
from accel_core.optimizers.base import Optimizer
from accel_core.optimizers.bayesian import BayesianOptimization
from accel_core.optimizers.genetic import GeneticSearch
from accel_core.optimizers.motpe import ParzenSearch
from accel_core.optimizers.nsga2 import NondominatedSorting
from accel_core.optimizers.options import resolve_options
from accel_core.optimizers.random_search import RandomSearch
from accel_core.space import DesignSpace

OPTIMIZERS: Mapping[str, type[Optimizer]] = {
    kind.name: kind for kind in (RandomSearch, ParzenSearch, NondominatedSorting, GeneticSearch, BayesianOptimization)
}
"""Every optimizer by its short name."""

_FORMER_NAMES = {"active": "bayesian"}


def current_name(name: str) -> str:
    """Return an optimizer's name of today; a name of an earlier version, as saved campaigns have it, is translated."""
    return _FORMER_NAMES.get(name, name)


def make_optimizer(
    name: str, space: DesignSpace, goals: Sequence[Goal], seed: int = 0, options: Mapping[str, Any] | None = None
) -> Optimizer:
    """Return a new optimizer; ``options`` are those that its class lists.

    Raises:
        InvalidInputError: If there is no optimizer or option of a name, or a value is not allowed.
    """
    name = current_name(name)
    if name not in OPTIMIZERS:
        raise InvalidInputError(f"optimizer '{name}' is unknown; allowed: {', '.join(OPTIMIZERS)}")
    kind = OPTIMIZERS[name]
    return kind(space, goals, seed, **resolve_options(kind, options or {}))
