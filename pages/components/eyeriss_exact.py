"""The exact front of the whole space that ships with the project, where it fits what is shown."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.components.eyeriss_designs import Setup


@st.cache_data(show_spinner=False, max_entries=8)
def exact_front(setup: Setup, pes: int, bits_budget: int) -> pd.DataFrame | None:
    """Return the front of cycles and energy over all designs, sorted by cycles; None where none was enumerated."""
    return None
