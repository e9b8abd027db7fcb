"""Optimizers by name."""

from collections.abc import Mapping

from accel_core.optimizers.active import ActiveSearch
from accel_core.optimizers.base import Optimizer
from accel_core.optimizers.genetic import GeneticSearch
from accel_core.optimizers.motpe import ParzenSearch
from accel_core.optimizers.nsga2 import NondominatedSorting
from accel_core.optimizers.random_search import RandomSearch

OPTIMIZERS: Mapping[str, type[Optimizer]] = {
    kind.name: kind for kind in (RandomSearch, ParzenSearch, NondominatedSorting, GeneticSearch, ActiveSearch)
}
"""Every optimizer by its short name."""
