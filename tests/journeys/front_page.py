"""A page with nothing but the draggable front over made-up designs, for its browser tests and its benchmark."""

import json

import numpy as np
import pandas as pd
import streamlit as st

from pages.components import style
from pages.components.front import FrontState, front, set_front


def made_up_designs(n: int, seed: int = 0) -> pd.DataFrame:
    """Plausible but invented designs; cycles has many ties, area has holes in the predicted part."""
    rng = np.random.default_rng(seed)
    lanes = np.exp(rng.uniform(0, 4.5, n))
    clock = rng.uniform(2e8, 1.2e9, n)
    power = 1e-3 * (0.22 * lanes + 2) * (clock / 5e8) ** 1.15 * np.exp(rng.normal(0, 0.18, n))
    cycles = np.ceil(60 / lanes + 6).astype(np.int64)
    runtime = 1e4 * cycles / clock * np.exp(rng.normal(0, 0.1, n))
    area = (1.1e-3 * lanes + 4e-3) * (0.5 + clock / 1.6e9) * np.exp(rng.normal(0, 0.1, n))
    is_placed = np.arange(n) < min(300, n // 3)
    area[~is_placed & (rng.random(n) < 0.05)] = np.nan
    return pd.DataFrame(
        {
            "design_id": [f"{seed:02x}{k:014x}" for k in range(n)],
            "fidelity": np.where(is_placed, "placed", "predicted"),
            "f_effective_hz": clock,
            "power_w": power,
            "cycles": cycles,
            "runtime_s": runtime,
            "energy_j": power * runtime,
            "chip_area_mm2": area,
        }
    )


@st.cache_resource(max_entries=4)
def designs_of(n: int, extra: int) -> pd.DataFrame:
    frame = made_up_designs(n)
    return pd.concat([frame, made_up_designs(extra, seed=1)], ignore_index=True) if extra else frame


@st.fragment
def chart() -> None:
    query = st.query_params
    columns = st.columns([3, 1])
    with columns[0], style.card("front"):
        state = front(
            designs_of(int(query.get("n", "3000")), 500 if st.session_state.get("more") else 0),
            query.get("x", "runtime_s"),
            query.get("y", "energy_j"),
            query.get("hidden", "power_w,chip_area_mm2").split(","),
            key="front",
            height=420,
        )
    with columns[1]:
        tell(state)
        if st.button("move from Python"):
            set_front("front", bounds={"power_w": (None, 0.01)})
            st.rerun(scope="fragment")


def tell(state: FrontState) -> None:
    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    st.text(
        json.dumps(
            {
                "runs": st.session_state["runs"],
                "bounds": state.bounds,
                "selected": state.selected_id,
                "hidden": state.hidden_fidelities,
                "n_feasible": state.n_feasible,
                "n_front": state.n_front,
            }
        )
    )


if __name__ == "__main__":
    st.set_page_config(page_title="Front", layout="wide")
    st.title("Front")
    st.toggle("more designs", key="more")
    chart()
