"""AccelScope's entry: the page list and nothing else. Start it with ``streamlit run app.py``."""

import streamlit as st

from pages.components.style import follow_deep_link

st.set_page_config(page_title="AccelScope", page_icon="pages/components/icon.png", layout="wide")

JOURNEY = [
    st.Page("pages/start.py", title="Start", default=True),
    st.Page("pages/design_space.py", title="Design space"),
    st.Page("pages/runs.py", title="Runs"),
    st.Page("pages/surrogates.py", title="Surrogates"),
    st.Page("pages/pareto.py", title="Pareto"),
    st.Page("pages/optimize.py", title="Optimize"),
    st.Page("pages/eyeriss.py", title="Eyeriss"),
    st.Page("pages/offline.py", title="Offline"),
    st.Page("pages/add_accelerator.py", title="Add an accelerator"),
]

current = st.navigation(JOURNEY)
follow_deep_link(JOURNEY)
current.run()
