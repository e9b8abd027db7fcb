"""The form of the Optimize page: what to search for, where, and with how much effort."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from accel_core.errors import InvalidInputError
from accel_core.evaluators import resolve_settings
from accel_core.optimizers import OPTIMIZERS
from accel_core.optimizers.model_trust import TRUST_LEVELS
from accel_core.platforms import Platform
from pages.components import space_choice
from pages.components.optimize_goals import choose_cost, choose_goals
from pages.components.optimize_plan import SearchPlan, usable
from pages.components.platform_words import words_of
from pages.components.run_form import narrowed
from pages.components.session import category, results, runnable
from pages.components.workload_choice import choices, own_network_uploader

MODEL, FLOW = "model", "flow"
WHERE = "optimize-where"
EVERYTHING = "Everything at once"
MODEL_BUDGET, ASKED_BUDGET, FLOW_BUDGET = 10_000, 200, 24
MAX_MODEL_BUDGET, MAX_FLOW_BUDGET = 100_000, 100_000


@dataclass(frozen=True)
class Asked:
    """What the form says now.

    Attributes:
        plan: The search, None where the form does not describe one.
        is_model: Whether the fitted model is searched, else the real flow.
        fidelity: Whose results the model learns from, or which the flow runs.
        stored: Results of that fidelity, workload and category.
        problem: Why there is no plan, one sentence.
    """

    plan: SearchPlan | None
    is_model: bool
    fidelity: str
    stored: pd.DataFrame
    problem: str = ""


def search_form(platform: Platform) -> Asked:
    """Show the form and return what it says."""
    is_model, fidelity = _choose_where(platform)
    workload, restrictions = _choose_space(platform)
    stored = _stored(platform, fidelity, workload, restrictions)
    possible = _searchable(platform, stored, is_model, fidelity)
    try:
        goals = choose_goals(platform, stored, possible)
        with st.expander("Cost that ranks the picks"):
            weights = choose_cost(platform, goals, stored)
        optimizer, budget, batch, seed, max_uncertainty = _choose_effort(is_model)
        choice = space_choice.current_choice(platform)
        plan = SearchPlan(
            platform.name, workload, restrictions, choice.constraints, goals, weights, optimizer, budget, batch, seed,
            max_uncertainty,
        )  # fmt: skip
        if is_model:
            plan.check()
        else:
            plan.campaign("check", fidelity)
    except InvalidInputError as error:
        return Asked(None, is_model, fidelity, stored, str(error))
    return Asked(plan, is_model, fidelity, stored)


def _choose_where(platform: Platform) -> tuple[bool, str]:
    if not platform.evaluable:
        st.caption("Searches a model of these results: nothing can be run, for they were measured elsewhere.")
        return True, platform.reference
    titles = {MODEL: "Fitted model", FLOW: words_of(platform).flow}
    where = st.segmented_control(
        "Where", [MODEL, FLOW], default=MODEL, required=True, key=WHERE, persist_state="session", width="stretch",
        format_func=titles.__getitem__,
        help="Fitted model: learned from stored results, thousands of designs in seconds; verify its picks afterwards. "
        f"{titles[FLOW]}: every design is evaluated on this machine.",
    )  # fmt: skip
    if where == MODEL:
        return True, platform.reference
    possible = runnable(platform)
    fidelity = st.segmented_control("Fidelity", possible, default=possible[0] if possible else None, required=True,
                                    key="optimize-fidelity", persist_state="session")  # fmt: skip
    return False, fidelity or platform.evaluable[-1]


def _choose_space(platform: Platform) -> tuple[str, dict[str, str]]:
    """Choose the workload and one category; the rest is narrowed on the page Design space."""
    choice = space_choice.current_choice(platform)
    restrictions = dict(choice.restrictions)
    name = category(platform)
    columns = st.columns(1 if name is None else 2)
    if name is not None:
        values = [str(value) for value in choice.space(platform).parameter(name).values]
        default = str(platform.space.parameter(name).default)
        chosen = columns[0].selectbox(
            name.replace("_", " ").capitalize(), values, values.index(default) if default in values else 0,
            key=f"optimize-{platform.name}-category-{'-'.join(values)}", persist_state="session",
        )  # fmt: skip
        restrictions[name] = str(chosen)
    key = f"optimize-{platform.name}-workload"
    workload = columns[-1].selectbox("Workload", choices(platform), key=key, persist_state="session")
    if platform.runs is not None:
        with st.popover("Your own network", width="stretch"):
            own_network_uploader(platform, key)
    rest = {key: value for key, value in restrictions.items() if key != name}
    words = narrowed(rest, len(choice.constraints))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f"Narrowed: {words}" if words else "All other parameters are free", width="stretch")
        st.page_link("pages/design_space.py", label="Design space", width="content")
    return str(workload), restrictions


def _stored(platform: Platform, fidelity: str, workload: str, restrictions: dict[str, str]) -> pd.DataFrame:
    found = usable(results(platform, fidelity), platform, fidelity, workload)
    name = category(platform)
    return found[found[name] == restrictions[name]].reset_index(drop=True) if name and len(found) else found


def _searchable(platform: Platform, stored: pd.DataFrame, is_model: bool, fidelity: str) -> list[str]:
    """Return the metrics that a search can know: those that results have, else those that the fidelity gives."""
    names = list(platform.metrics)
    done = stored[stored["status"] == "ok"] if len(stored) else stored
    if len(done):
        return [name for name in names if name in done and done[name].notna().any()]
    if not is_model and fidelity == "analytical" and platform.analytical is not None:
        known = platform.analytical(
            platform.space.defaults(), platform.default_workload, resolve_settings(platform, fidelity, None)
        )
        return [name for name in names if name in known]
    if not is_model and fidelity == "simulated" and platform.simulate is not None:
        known = platform.simulate(
            platform.space.defaults(), platform.default_workload, resolve_settings(platform, fidelity, None)
        )
        return [name for name in names if name in known]
    return names


def _choose_effort(is_model: bool) -> tuple[str, int, int, int, float | None]:
    """Choose optimizer, budget, batch, seed and how far predictions are trusted."""
    where = "model" if is_model else "flow"
    names = [*([""] if is_model else []), *OPTIMIZERS]
    optimizer = st.selectbox(
        "Optimizer", names, 0 if is_model else names.index("bayesian"), key=f"optimize-{where}-optimizer",
        format_func=lambda name: OPTIMIZERS[name].title if name else EVERYTHING, persist_state="session",
        help="Everything at once predicts thousands of designs, then more near the best. The others ask for a few "
        "designs, learn from their results, and ask again.",
    )  # fmt: skip
    columns = st.columns(3 if optimizer else 2)
    default = FLOW_BUDGET if not is_model else ASKED_BUDGET if optimizer else MODEL_BUDGET
    most = MAX_MODEL_BUDGET if is_model else MAX_FLOW_BUDGET
    budget = columns[0].number_input(
        "Budget", 1, most, default, key=f"optimize-{where}-budget-{bool(optimizer)}", persist_state="session",
        help="Designs to evaluate, all in all.",
    )  # fmt: skip
    batch = min(10 if is_model else 4, int(budget))
    if optimizer:
        batch = columns[1].number_input("Batch", 1, int(budget), batch, key=f"optimize-{where}-batch",
                                        persist_state="session", help="Designs asked for at a time.")  # fmt: skip
    seed = columns[-1].number_input("Seed", 0, 2**31 - 1, 0, key="optimize-seed", persist_state="session")
    percent = None
    if is_model:
        levels = ", ".join(f"{100 * level:g}" for level in TRUST_LEVELS)
        percent = st.number_input(
            "Trust predictions within ± %", 0.5, 1000.0, None, 0.5, key="optimize-uncertainty", format="%g",
            placeholder="as far as needed", persist_state="session",
            help="Designs whose 90 % interval is wider, in any learned metric, are left out: there the model flatters "
            f"rather than knows. Empty: the first of {levels} % that leaves a tenth of the space, else no limit.",
        )  # fmt: skip
    return optimizer, int(budget), int(batch), int(seed), None if percent is None else percent / 100
