"""Offline: learn from logged designs alone, see the naive model fooled, and design for a network nobody simulated."""

from __future__ import annotations

import streamlit as st

from pages.components.offline_data import missing, offer_platform
from pages.components.offline_desk import keep, sit_down
from pages.components.offline_learn import learn_view
from pages.components.offline_reveal import reveal_view
from pages.components.offline_state import COMPARE, LEARN, STEP, UNSEEN, WHY, WIDGETS, revealed_training
from pages.components.offline_training import warm_up
from pages.components.offline_unseen import unseen_view, warm_up_unseen
from pages.components.offline_why import why_view
from pages.components.style import page

VIEWS = {LEARN: learn_view, COMPARE: reveal_view, UNSEEN: unseen_view, WHY: why_view}

page("Offline", "Design from logged designs alone; nothing is simulated until you ask for the truth.")
offer_platform()
if package := missing():
    st.warning(f"This page learns with the package '{package}', which is not installed: pip install {package}.")
    st.stop()
sit_down()
st.session_state.setdefault(STEP, LEARN)
step = st.segmented_control("Step", list(VIEWS), required=True, key=STEP, label_visibility="collapsed",
                            persist_state="session", bind="query-params")  # fmt: skip
VIEWS[step or LEARN]()
keep(WIDGETS)
warm_up()
if step == COMPARE and revealed_training() is not None:
    warm_up_unseen()
