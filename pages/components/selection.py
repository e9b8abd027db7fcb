"""Picks from what meets all bounds: the cheapest design by one's own weights, and the selection as files."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from accel_core.metrics import get_metric
from accel_core.objectives import CostFunction
from pages.components.front import FrontState, set_front
from pages.components.session import download
from pages.components.style import quantity

COST_TERMS = (("α", "energy_j"), ("β", "chip_area_mm2"))


def choose_by_cost(kept: pd.DataFrame, state: FrontState, key: str) -> None:
    """Weigh energy against area, and show the cheapest of the designs in `kept`."""
    terms = [(greek, name) for greek, name in COST_TERMS if name in kept]
    units = [get_metric(name) for _, name in terms]
    words = " + ".join(f"{greek} · {unit.title.lower()}" for (greek, _), unit in zip(terms, units, strict=True))
    st.caption(f"Cost = {words}, over the designs that meet all bounds.")
    weights = {}
    for column, (greek, name), unit in zip(st.columns(len(terms) or 1), terms, units, strict=False):
        weight = column.number_input(
            f"{greek} per {unit.display_unit}", 0.0, value=even_weight(kept, name), key=f"pareto-weight-{name}",
            persist_state="session", format="%g",
        )  # fmt: skip
        weights[name] = weight * unit.display_scale
    cost = CostFunction(weights)(kept)
    if not np.isfinite(cost).any():
        st.caption("No design meets all bounds.")
        return
    cheapest = kept.iloc[int(np.nanargmin(cost))]
    parts = ", ".join(quantity(name, float(cheapest[name])) for _, name in terms)
    st.markdown(f"Cheapest: `{str(cheapest['design_id'])[:8]}` at **{np.nanmin(cost):,.4g}** ({parts})")
    st.button(
        "Select it", key="pareto-cheapest", on_click=set_front, args=(key,),
        kwargs={"bounds": state.bounds, "selected": str(cheapest["design_id"])},
        disabled=state.selected_id == cheapest["design_id"],
    )  # fmt: skip


def even_weight(kept: pd.DataFrame, name: str) -> float:
    """Return a round weight that makes a metric's median count about 50, so that all terms start out alike."""
    values = kept[name].dropna().to_numpy(dtype=np.float64)
    median = float(np.median(values)) * get_metric(name).display_scale if len(values) else 0.0
    return float(f"{50 / median:.1g}") if median > 0 else 1.0


def offer_export(kept: pd.DataFrame, best: pd.DataFrame) -> None:
    """Offer the selection as files."""
    which = st.segmented_control(
        "Designs", ["On the front", "Meet all bounds"], default="On the front", required=True, key="pareto-export",
        persist_state="session", label_visibility="collapsed",
    )  # fmt: skip
    table = best if which == "On the front" else kept
    st.caption(f"{len(table):,} designs with parameters, metrics in SI units, and how each is known.")
    download(table.dropna(axis="columns", how="all"), "pareto", "pareto-download")
