"""Picks from what meets all bounds: the cheapest design by one's own weights, and the selection as files."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from accel_core.metrics import get_metric
from accel_core.objectives import CostFunction
from accel_core.platforms import Platform
from pages.components.front import FrontState, set_front
from pages.components.session import download
from pages.components.style import quantity

COST_METRICS = ("energy_j", "chip_area_mm2")


def choose_by_cost(platform: Platform, kept: pd.DataFrame, state: FrontState, key: str) -> None:
    """Weigh energy against area, or other metrics where these are not known, and show the cheapest in `kept`."""
    known = [name for name in platform.metrics if name in kept and kept[name].notna().any()]
    terms = list(zip("αβ", platform.preferred(COST_METRICS, known), strict=False))
    units = [get_metric(name) for _, name in terms]
    signs = [-1.0 if unit.better == "max" else 1.0 for unit in units]
    words = " ".join(f"{'−' if sign < 0 else '+'} {greek} · {unit.title.lower()}" for (greek, _), unit, sign in zip(
        terms, units, signs, strict=True)).removeprefix("+ ")  # fmt: skip
    st.caption(f"Cost = {words}, over the designs that meet all bounds.")
    weights = {}
    for column, (greek, name), unit, sign in zip(st.columns(len(terms) or 1), terms, units, signs, strict=False):
        weight = column.number_input(
            f"{greek} per {unit.display_unit}", 0.0, value=even_weight(kept, name), key=f"pareto-weight-{name}",
            persist_state="session", format="%g",
        )  # fmt: skip
        weights[name] = sign * weight * unit.display_scale
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
