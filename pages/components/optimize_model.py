"""Searching a fitted model while the page looks on: progress, time left, and figures that grow."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import streamlit as st

from accel_core.errors import InvalidInputError
from accel_core.objectives import Goal
from accel_core.optimizers import search_model
from accel_core.optimizers.model_trust import Feasibility, Predictor, trust_limit, trusted
from accel_core.platforms import Platform, get_platform
from accel_core.surrogates.predict_designs import FittedModels, learn_platform
from accel_core.surrogates.tables import MIN_ROWS
from pages.components.optimize_plan import SearchPlan, goal_metrics
from pages.components.session import service
from pages.components.workload_choice import workload_named

SURROGATE = "gp"
REDRAW_S = 0.8
SPACE_KEY = "optimize-model-search"


@dataclass
class ModelRun:
    """A search of a fitted model, under way or over.

    Attributes:
        plan: What was asked for.
        fidelity: Whose results the model learned from.
        max_uncertainty: How far its predictions are trusted, a share; infinity is no limit.
        n_rows: How many results it learned from.
        reference: Reference point of the hypervolume, stored units.
        results: Every prediction so far, in order, with status.
        nearest: Designs that come nearest to keeping all limits.
        seconds: Time of the search.
        is_whole: Whether every valid design was predicted.
        is_over: False while it runs, and after it was stopped.
    """

    plan: SearchPlan
    fidelity: str
    max_uncertainty: float
    n_rows: int
    reference: list[float] | None
    results: pd.DataFrame = field(default_factory=pd.DataFrame)
    nearest: pd.DataFrame = field(default_factory=pd.DataFrame)
    seconds: float = 0.0
    is_whole: bool = False
    is_over: bool = False

    @property
    def goals(self) -> tuple[Goal, ...]:
        """The plan's goals and how far predictions are trusted."""
        return trusted(self.plan.goals, self.max_uncertainty)


def last_model_run(platform: Platform) -> ModelRun | None:
    """Return the newest search of a model of the platform in this session."""
    return st.session_state.get(run_key(platform.name))


def forget_model_run(platform: Platform) -> None:
    """Show no search of a model of the platform any more."""
    st.session_state.pop(run_key(platform.name), None)


def run_key(platform: str) -> str:
    """Return the session's key of a platform's search."""
    return f"{SPACE_KEY}-{platform}"


def fitted(plan: SearchPlan, fidelity: str, stored: pd.DataFrame) -> FittedModels:
    """Return the model of the stored results, fitted once for each state of the database.

    Raises:
        InvalidInputError: If there are too few results to learn from.
    """
    if stored.empty:
        raise InvalidInputError(
            f"there are no {fidelity} results of this kind for workload {plan.workload}; "
            f"at least {MIN_ROWS} are needed to predict others"
        )
    store = service().store
    extra = tuple(goal_metrics(plan))
    rest = (plan.platform, fidelity, plan.workload, tuple(sorted(stored["design_id"])) if len(stored) else ())
    return _fitted(str(store.path), rest, extra, stored)


@st.cache_resource(show_spinner="Fitting the model …", max_entries=4)
def _fitted(database: str, rest: tuple[Any, ...], extra: tuple[str, ...], _stored: pd.DataFrame) -> FittedModels:
    platform = get_platform(rest[0])
    return learn_platform(_stored, platform, workload_named(platform, rest[2]), extra, surrogate=SURROGATE)


def trust_of(plan: SearchPlan, learned: FittedModels, stored: pd.DataFrame) -> float:
    """Return how far a search trusts predictions: as asked for, else as far as leaves something to find."""
    if plan.max_uncertainty is not None:
        return plan.max_uncertainty
    with st.spinner("Seeing how far the model can be trusted …"):
        return trust_limit(learned, plan.space, Feasibility(learned, stored), plan.seed)


def run_search(
    run: ModelRun, learned: FittedModels, stored: pd.DataFrame, draw: Callable[[ModelRun, int, float], None]
) -> ModelRun:
    """Search; ``draw`` is called about once a second with designs done and seconds left, and may end it by raising.

    What was found is kept in the session at every step, so a stopped search shows what it had.
    """
    st.session_state[run_key(run.plan.platform)] = run
    predictor = Predictor(learned, Feasibility(learned, stored), run.goals)
    started = time.monotonic()
    last = started - REDRAW_S

    def notice(done: int, total: int, best: pd.DataFrame) -> None:
        nonlocal last
        now = time.monotonic()
        run.seconds = now - started
        if now - last >= REDRAW_S or done >= total:
            last = now
            run.results, run.nearest = predictor.results(), predictor.nearest
            draw(run, done, run.seconds / done * (total - done))

    plan = run.plan
    found = search_model(
        plan.space, run.goals, predictor, plan.budget, optimizer=plan.optimizer or None, seed=plan.seed,
        progress=notice, batch=plan.batch,
    )  # fmt: skip
    run.results, run.nearest = predictor.results(), predictor.nearest
    run.seconds, run.is_whole, run.is_over = time.monotonic() - started, found.is_exhaustive, True
    return run
