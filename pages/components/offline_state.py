"""What the page Offline keeps in the session: the step, the limit, the trainings, and what was revealed."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from pages.components.offline_training import Asked, Training, choose

STEP, LIMIT, ALPHA, INFEASIBLE, STEPS, APPLICATIONS = (
    "offline-step", "offline-limit", "offline-alpha", "offline-infeasible", "offline-steps", "offline-applications",
)  # fmt: skip
WHY_DESIGN = "offline-why-design"
TRAININGS, SHOWN = "offline-trainings", "offline-training"
MOST_KEPT = 6
LEARN, COMPARE, UNSEEN, WHY = "1 Learn", "2 Compare", "3 Zero-shot", "4 Why this design"
LIMITS = (27.0, 29.0, 100.0)
_CHOICES = "offline-choices"


def area_limit() -> float:
    """Return the area limit in mm2 that is chosen."""
    chosen = str(st.session_state.get(LIMIT) or "27")
    return float(st.session_state.get(f"{LIMIT}-own", 40.0)) if chosen == "Other" else float(chosen)


def trainings() -> list[Training]:
    """Return the session's trainings, the latest last."""
    kept: list[Training] = st.session_state.setdefault(TRAININGS, [])
    return kept


def shown_training() -> Training | None:
    """Return the training that is looked at."""
    number = st.session_state.get(SHOWN)
    return next((entry for entry in trainings() if entry.number == number), None)


def show(number: int) -> None:
    """Look at another training."""
    st.session_state[SHOWN] = number


def begin(asked: Asked, rows: pd.DataFrame) -> None:
    """Start a training and look at it; one under way ends, and the oldest goes when there are many."""
    kept = trainings()
    for entry in kept:
        entry.stop()
    training = Training(asked, rows).start()
    kept.append(training)
    del kept[:-MOST_KEPT]
    st.session_state["offline-live"] = True
    show(training.number)


def choices_of(training: Training, limit_mm2: float) -> Mapping[str, pd.DataFrame]:
    """Return the first choices of both models under a limit, best first; worked out once a session.

    Raises:
        InvalidInputError: If the optimizer finds too few designs below the limit.
    """
    known: dict[tuple[int, float], dict[str, pd.DataFrame]] = st.session_state.setdefault(_CHOICES, {})
    key = (training.number, limit_mm2)
    if key not in known:
        names = training.asked.names
        with st.spinner("Optimizing on both models …"):
            known[key] = {name: choose(model, names, limit_mm2) for name, model in training.models.items()}
    return known[key]


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
        st.number_input("Other limit", 5.0, 10_000.0, 40.0, key=f"{LIMIT}-own", persist_state="session",
                        label_visibility="collapsed")  # fmt: skip


def go_to(step: str) -> None:
    """Show another step of the page; for callbacks."""
    st.session_state[STEP] = step
