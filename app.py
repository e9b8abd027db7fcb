"""AccelScope's entry: the page list and nothing else. Start it with ``streamlit run app.py``."""

import streamlit as st

st.set_page_config(page_title="AccelScope", page_icon="🔭", layout="wide")

JOURNEY = [
    st.Page("pages/start.py", title="Start", icon="🔭", default=True),
    st.Page("pages/design_space.py", title="Design space", icon="🎛️"),
    st.Page("pages/runs.py", title="Runs", icon="⚙️"),
    st.Page("pages/surrogates.py", title="Surrogates", icon="🧠"),
    st.Page("pages/pareto.py", title="Pareto", icon="📈"),
    st.Page("pages/optimize.py", title="Optimize", icon="🎯"),
]

st.navigation(JOURNEY).run()
