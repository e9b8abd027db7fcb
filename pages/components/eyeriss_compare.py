"""The source's two tables beside ours: baseline, source's optimum and one's own, by every way of mapping."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from accel_core.errors import AccelError
from accel_core.platforms.eyeriss.area import area_mm2, onchip_bits
from accel_core.plots.eyeriss_search import lesson
from pages.components.eyeriss_designs import DEFAULT_WORKLOAD, OWN, PUBLISHED, Setup, result_of
from pages.components.eyeriss_lesson import N_SEEDS, lesson_table
from pages.components.eyeriss_timeloop import simulate_button, simulated
from pages.components.eyeriss_view import compared_designs
from pages.components.plain import plain, plain_table
from pages.components.session import download
from pages.components.style import card, figure, is_dark

PARAMETERS: Mapping[str, tuple[str, str]] = {
    "Mesh": ("mesh_x", "mesh_y"),
    "Global buffer": ("glb_depth", "glb_width"),
    "Ifmap spad": ("ifmap_depth", "ifmap_width"),
    "Weights spad": ("weights_depth", "weights_width"),
    "Psum spad": ("psum_depth", "psum_width"),
}
METRICS: Mapping[str, tuple[str, float, str]] = {
    "Cycles": ("cycles", 1.0, ",.0f"),
    "Utilization [%]": ("utilization", 100.0, ".2f"),
    "GFLOPs": ("throughput_flops", 1e-9, ".2f"),
    "Energy [µJ]": ("energy_j", 1e6, ",.2f"),
    "EDP [µJ·ms]": ("edp_js", 1e9, ",.1f"),
}
WAYS: Mapping[str, str] = {"published": "published", "random": "random search", "exact": "exact mapper",
                             "timeloop": "Timeloop"}  # fmt: skip


def compare_view(setup: Setup, beside: DeltaGenerator) -> None:
    """Show parameters, metrics and what the mapper alone changes."""
    designs = compared_designs()
    try:
        results, mapped = results_table(setup, designs), lesson_table(replace(setup, mapper="exact", seed=0))
    except AccelError as error:
        st.error(plain(error))
        return
    with beside:
        download(results, "eyeriss_comparison", "eyeriss-comparison")
    with card("eyeriss-results"):
        st.subheader("Results", anchor=False, help="Published: as the source prints them. The others are computed "
                     "here, with the layer, energies and options above.")  # fmt: skip
        st.table(plain_table(shown(results)))
        simulate_button(setup, designs)
    left, right = st.columns([2, 3], gap="small")
    with left, card("eyeriss-parameters", height="stretch"):
        st.subheader("Parameters", anchor=False)
        st.table(parameters_table(designs))
    with right, card("eyeriss-lesson", height="stretch"):
        st.subheader("What the mapper alone changes", anchor=False)
        figure(lesson(mapped, dark=is_dark()), key="eyeriss-lesson-figure", height=240,
               look=f"how far the same hardware moves from blue (random, {N_SEEDS} seeds) to orange.")  # fmt: skip


def parameters_table(designs: Mapping[str, Mapping[str, int]]) -> pd.DataFrame:
    """Return one column a design: depth and width of its parts, and what they add up to."""
    table = pd.DataFrame(list(designs.values()))
    totals = zip(onchip_bits(table), area_mm2(table), strict=True)
    columns = {}
    for (name, design), (bits, area) in zip(designs.items(), totals, strict=True):
        parts = {title: f"{design[first]} × {design[second]}" for title, (first, second) in PARAMETERS.items()}
        columns[name] = {**parts, "On-chip bits": f"{bits:,}", "Area [mm²]": f"{area:.3f}"}
    return pd.DataFrame(columns)


def results_table(setup: Setup, designs: Mapping[str, Mapping[str, int]]) -> pd.DataFrame:
    """Return one row a design and way of mapping it, metrics in stored units.

    Raises:
        InvalidInputError: If a setting is wrong.
    """
    rows: list[dict[str, Any]] = []
    for name, design in designs.items():
        if name != OWN and setup.workload == DEFAULT_WORKLOAD:
            rows.append({"design": name, "way": "published", "status": "ok", **PUBLISHED[name]})
        for mapper in ("random", "exact"):
            rows.append(_row(name, mapper, result_of(design, replace(setup, mapper=mapper))))
        if (measured := simulated(setup, design)) is not None:
            rows.append(_row(name, "timeloop", measured))
    return pd.DataFrame(rows)


def _row(name: str, way: str, result: Mapping[str, Any]) -> dict[str, Any]:
    metrics = {metric: result[metric] for metric, _, _ in METRICS.values()}
    return {"design": name, "way": way, "status": result["status"], **metrics}


def shown(results: pd.DataFrame) -> pd.DataFrame:
    """Return the results as the source's table has them: one column a design and way, metrics in rows."""
    columns = {}
    for row in results.to_dict("records"):
        heading = f"{row['design']} · {WAYS[row['way']]}"
        columns[heading] = {
            title: format(row[metric] * scale, layout) if row["status"] == "ok" else row["status"]
            for title, (metric, scale, layout) in METRICS.items()
        }
    return pd.DataFrame(columns)
