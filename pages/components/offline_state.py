"""What the page Offline keeps in the session: the step, the limit, the trainings, and what was revealed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pandas as pd
import streamlit as st

from pages.components.offline_asked import Asked
from pages.components.offline_desk import desk, desks
from pages.components.offline_training import NAIVE, Training, choose

STEP, LIMIT, ALPHA, INFEASIBLE, STEPS, APPLICATIONS = (
    "offline-step", "offline-limit", "offline-alpha", "offline-infeasible", "offline-steps", "offline-applications",
)  # fmt: skip
SEED, HIDDEN = "offline-seed", "offline-hidden"
WHY_DESIGN, WHY_APPLICATION = "offline-why-design", "offline-why-application"
MOST_KEPT = 6
LEARN, COMPARE, UNSEEN, WHY = "1 Learn", "2 Compare", "3 Zero-shot", "4 Why this design"
LIMITS = (27.0, 29.0, 100.0)
WIDGETS = (LIMIT, f"{LIMIT}-own", ALPHA, INFEASIBLE, STEPS, SEED, APPLICATIONS, HIDDEN, WHY_DESIGN, WHY_APPLICATION)
"""Those whose values a reload keeps; the address holds the step."""


def area_limit() -> float:
    """Return the area limit in mm2 that is chosen."""
    chosen = str(st.session_state.get(LIMIT) or "27")
    return float(st.session_state.get(f"{LIMIT}-own", 40.0)) if chosen == "Other" else float(chosen)


def trainings() -> list[Training]:
    """Return the session's trainings, the latest last."""
    return desk().trainings


def shown_training() -> Training | None:
    """Return the training that is looked at."""
    return next((entry for entry in trainings() if entry.number == desk().shown), None)


def show(number: int) -> None:
    """Look at another training."""
    desk().shown = number


def begin(asked: Asked, rows: pd.DataFrame) -> None:
    """Start a training and look at it; one under way ends, and the oldest goes when there are many.

    One of the session that is of the same, and done or under way, is looked at instead.
    """
    own, kept = desk(), trainings()
    known = next(
        (entry for entry in kept if entry.asked.key == asked.key and (entry.is_whole or _goes_on(entry))), None
    )
    for entry in kept:
        if entry is not known:
            entry.stop()
    if known is None:
        known = Training(asked, rows, partial(desks().trained, asked), own.is_attended).start()
        kept.append(known)
        del kept[:-MOST_KEPT]
    st.session_state["offline-live"] = True
    show(known.number)


def _goes_on(training: Training) -> bool:
    return training.is_live and not training.is_stopped


def choices_of(training: Training, limit_mm2: float) -> Mapping[str, pd.DataFrame]:
    """Return the first choices of both models under a limit, best first; worked out once a session.

    Raises:
        InvalidInputError: If the optimizer finds too few designs below the limit.
    """
    known = desk().choices
    key = (training.number, limit_mm2)
    if key not in known:
        with st.spinner(f"Optimizing on {'both models' if training.n_models == 2 else 'the naive model'} …"):
            known[key] = _chosen(training, limit_mm2)
    return known[key]


def _chosen(training: Training, limit_mm2: float) -> dict[str, pd.DataFrame]:
    """Return the first choices of each model; where both are the same one, it is optimized once."""
    names = training.asked.names
    if training.n_models == 1:
        rows = choose(training.models[NAIVE], names, limit_mm2)
        return dict.fromkeys(training.models, rows)
    return {name: choose(model, names, limit_mm2) for name, model in training.models.items()}


def is_revealed(training: Training, limit_mm2: float) -> bool:
    """Tell whether the truth about a training's choices was looked at."""
    return limit_mm2 in training.revealed


def revealed_training() -> Training | None:
    """Return the training that is looked at, if its choices under the present limit were revealed."""
    training = shown_training()
    if training is None or not training.is_ready or not is_revealed(training, area_limit()):
        return None
    return training


def limit_form() -> None:
    """Let the person choose the area limit; all steps share it."""
    st.session_state.setdefault(LIMIT, f"{LIMITS[0]:g}")
    st.segmented_control("Area limit [mm²]", [*(f"{limit:g}" for limit in LIMITS), "Other"], required=True, key=LIMIT,
                         persist_state="session", width="stretch")  # fmt: skip
    if st.session_state.get(LIMIT) == "Other":
        st.session_state.setdefault(f"{LIMIT}-own", 40.0)
        st.number_input("Other limit", 5.0, 10_000.0, key=f"{LIMIT}-own", persist_state="session",
                        label_visibility="collapsed")  # fmt: skip


def go_to(step: str) -> None:
    """Show another step of the page; for callbacks."""
    st.session_state[STEP] = step
