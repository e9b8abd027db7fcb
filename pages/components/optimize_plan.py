"""What a person asked the Optimize page to search for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from accel_core.campaigns import Campaign, OptimizerPlan
from accel_core.evaluators import resolve_settings, settings_id
from accel_core.metrics import get_metric
from accel_core.objectives import CostFunction, Goal, objectives_of
from accel_core.platforms import Platform, get_platform
from accel_core.space import Constraint, DesignSpace
from pages.components.style import quantity
from pages.components.workload_choice import own_network

Weights = Mapping[str, float]

ASSUMED_WEIGHTS: Weights = {"energy_j": 1.0, "chip_area_mm2": 1e-3}
"""alpha and beta of alpha * energy + beta * area; the full-stack framework does not publish its own."""

JUDGED = ("f_effective_hz", "power_w", "chip_area_mm2", "runtime_s", "energy_j")
DIGITS = 3


@dataclass(frozen=True)
class SearchPlan:
    """A search, whether of a fitted model or of the real flow.

    Attributes:
        platform: Name of the platform.
        workload: Name of the workload.
        restrictions: Narrows the platform's space, the chosen category included.
        constraints: Added to the platform's own.
        goals: Objectives and bounds in stored units.
        weights: Of the cost that ranks the picks; negative where more is better.
        optimizer: A name of ``OPTIMIZERS``; empty predicts everything at once (fitted model only).
        budget: Evaluations.
        batch: Designs asked for at a time.
        seed: Of all randomness.
        max_uncertainty: How far predictions are trusted, a share; only for the fitted model. None leaves it to the
            model, see `accel_core.optimizers.model_trust.trust_limit`.
    """

    platform: str
    workload: str
    restrictions: Mapping[str, str]
    constraints: tuple[Constraint, ...]
    goals: tuple[Goal, ...]
    weights: Weights
    optimizer: str
    budget: int
    batch: int
    seed: int
    max_uncertainty: float | None = None

    @property
    def cost(self) -> CostFunction:
        """What ranks the picks."""
        return CostFunction(self.weights)

    @property
    def objectives(self) -> tuple[str, ...]:
        """Metrics of the objectives."""
        return tuple(objective.metric for objective in objectives_of(self.goals))

    @property
    def space(self) -> DesignSpace:
        """Where to search."""
        platform = get_platform(self.platform)
        if platform.evaluable:
            return self.campaign("space").space
        narrowed = platform.space.restrict(self.restrictions)
        return replace(narrowed, constraints=(*narrowed.constraints, *self.constraints))

    def check(self) -> None:
        """Find out whether a fitted model can be searched so.

        Raises:
            InvalidInputError: If something in the plan does not fit the platform.
        """
        self._choice()
        assert self.space

    def _choice(self) -> OptimizerPlan:
        budget = max(1, self.budget)
        return OptimizerPlan(self.goals, self.optimizer or "motpe", budget, max(1, min(self.batch, self.budget)))

    def campaign(self, name: str, fidelity: str = "") -> Campaign:
        """Return the campaign that makes this search on the real flow.

        Raises:
            InvalidInputError: If something in the plan does not fit the platform.
        """
        return Campaign(
            name, self.platform, self._choice(), fidelity, self.workload, self.restrictions, self.constraints,
            seed=self.seed, network=own_network(self.workload),
        )  # fmt: skip


def usable(results: pd.DataFrame, platform: Platform, fidelity: str, workload: str) -> pd.DataFrame:
    """Return results of one workload, implemented with the default settings: others cannot be compared with them."""
    if results.empty:
        return results
    wanted = settings_id(platform, fidelity, resolve_settings(platform, fidelity, None))
    return results[(results["workload"] == workload) & (results["settings_id"] == wanted)].reset_index(drop=True)


def reference_point(results: pd.DataFrame, goals: tuple[Goal, ...]) -> list[float] | None:
    """Return the worst value of each objective among results, and a twentieth of the range more; None without any."""
    done = results[results["status"] == "ok"] if len(results) else results
    point = []
    for objective in objectives_of(goals):
        if objective.metric not in done:
            return None
        values = done[objective.metric].to_numpy(dtype=np.float64)
        values = values[np.isfinite(values)]
        if not len(values):
            return None
        margin = 0.05 * (values.max() - values.min()) or 0.05 * abs(values.max()) or 1.0
        point.append(float(values.max() + margin if objective.direction == "min" else values.min() - margin))
    return point


def point_text(goals: tuple[Goal, ...], point: list[float]) -> str:
    """Return a reference point in words, such as ``98 µJ and 0.02 mm²``."""
    names = [objective.metric for objective in objectives_of(goals)]
    return ", ".join(quantity(name, value, 3) for name, value in zip(names, point, strict=True))


def display_scale(goals: tuple[Goal, ...]) -> float:
    """Return what turns a hypervolume in stored units into one in engineering units."""
    return math.prod(get_metric(objective.metric).display_scale for objective in objectives_of(goals))


def volume_unit(goals: tuple[Goal, ...]) -> str:
    """Return the unit of a hypervolume in engineering units."""
    units = [get_metric(objective.metric).display_unit for objective in objectives_of(goals)]
    return "·".join(unit for unit in units if unit)


def rounded(value: float) -> float:
    """Return a number with a few digits, as a person would type it."""
    return float(f"{value:.{DIGITS}g}")


def goal_metrics(plan: SearchPlan) -> list[str]:
    """Return the metrics of all goals, each once."""
    return list(dict.fromkeys(goal.metric for goal in plan.goals))


def compared_metrics(plan: SearchPlan, available: pd.DataFrame) -> list[str]:
    """Return the metrics by which a pick is judged, in the platform's order.

    Those that the flow really measures or that follow from them; exact ones such as cycles would flatter the model.
    """
    platform = get_platform(plan.platform)
    known = [name for name in platform.metrics if name in available]
    judged = {*platform.preferred(JUDGED, known), *goal_metrics(plan)}
    return [name for name in known if name in judged]
