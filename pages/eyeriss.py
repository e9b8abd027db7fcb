"""Eyeriss: a row-stationary array under a resource budget, what a mapping makes of it, and a live genetic search."""

from __future__ import annotations

import streamlit as st

from pages.components.eyeriss_compare import compare_view
from pages.components.eyeriss_designs import VIEW, prepare
from pages.components.eyeriss_form import setup_form
from pages.components.eyeriss_lesson import lesson_strip
from pages.components.eyeriss_search_view import search_view
from pages.components.eyeriss_view import design_view
from pages.components.session import service
from pages.components.style import card, page

VIEWS = {"Design": design_view, "Search": search_view, "Compare": compare_view}

page("Eyeriss", "A resource budget, the mapping on it, and what each of the two is worth.")
service()
prepare()
with card("eyeriss-setup"):
    setup = setup_form()
    lesson_strip(setup)
left, right = st.columns([2, 3], vertical_alignment="center")
start = None if VIEW in st.session_state else "Design"
view = left.segmented_control("View", list(VIEWS), default=start, required=True, key=VIEW,
                              label_visibility="collapsed", persist_state="session", bind="query-params")  # fmt: skip
VIEWS[view or "Design"](setup, right)
