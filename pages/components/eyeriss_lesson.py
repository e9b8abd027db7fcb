"""What the mapper alone changes, in one strip and one sentence: the same hardware, mapped in several ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from accel_core.errors import AccelError
from pages.components.eyeriss_designs import BASELINE, DEFAULT_WORKLOAD, PUBLISHED, SOURCES, Setup, result_of
from pages.components.plain import plain

_CSS = """
<style>
.eyeriss-lesson { display: grid; grid-template-columns: repeat(auto-fit, minmax(180px, 1fr)); gap: 8px 18px; }
.eyeriss-way { font-size: 0.88rem; font-variant-numeric: tabular-nums; }
.eyeriss-way > div:first-child { display: flex; justify-content: space-between; }
.eyeriss-way b { font-weight: 650; }
.eyeriss-way.off { opacity: 0.62; }
.eyeriss-bar { height: 9px; border-radius: 5px; background: light-dark(#e6e9f0, #2b3240); overflow: hidden; }
.eyeriss-bar > div { height: 100%; border-radius: 5px; }
.eyeriss-said { font-size: 0.92rem; margin: 0.45rem 0 0; }
</style>
"""
_COLORS = {"published": "light-dark(#6B7280, #A3ABB8)", "random": "light-dark(#7DB3DC, #3F7FB0)",
           "exact": "light-dark(#D55E00, #FF8A3D)"}  # fmt: skip
N_SEEDS = 10


def lesson_strip(setup: Setup) -> None:
    """Show the baseline's utilization as published, by the random search and by the exact mapper."""
    try:
        found = {mapper: result_of(BASELINE, replace(setup, mapper=mapper)) for mapper in ("random", "exact")}
    except AccelError as error:
        st.error(plain(error))
        return
    ways = {way: (float(row["utilization"]), float(row["energy_j"])) for way, row in found.items()
            if row["status"] == "ok"}  # fmt: skip
    if setup.workload == DEFAULT_WORKLOAD:
        published = PUBLISHED["Baseline"]
        ways = {"published": (published["utilization"], published["energy_j"]), **ways}
    boxes = "".join(_way(way, *ways[way], is_off=way != setup.mapper, setup=setup) for way in ways)
    st.html(f'{_CSS}<div class="eyeriss-lesson">{boxes}</div><p class="eyeriss-said">{sentence(ways)}</p>')


def _way(way: str, utilization: float, energy_j: float, *, is_off: bool, setup: Setup) -> str:
    titles = {"published": "published", "random": f"random search, seed {setup.seed}", "exact": "exact mapper"}
    width = f"width:{100 * utilization:.1f}%;background:{_COLORS[way]}"
    return (
        f'<div class="eyeriss-way{" off" if is_off else ""}"><div><span>{titles[way]}</span>'
        f"<span><b>{100 * utilization:.4g} %</b> · {1e6 * energy_j:,.0f} µJ</span></div>"
        f'<div class="eyeriss-bar"><div style="{width}"></div></div></div>'
    )


def sentence(ways: Mapping[str, tuple[float, float]]) -> str:
    """Say in one sentence what the mapping alone brings the baseline.

    Args:
        ways: Utilization (0 to 1) and energy in J by way: published, random, exact.
    """
    if "exact" not in ways:
        return "The baseline has no mapping on this layer."
    start = next((way for way in ("published", "random") if way in ways), "exact")
    before, after = ways[start][0], ways["exact"][0]
    mesh = f"{BASELINE['mesh_x']} × {BASELINE['mesh_y']}"
    if after <= before + 5e-4:
        return (
            f"On this layer the random search finds what the {mesh} baseline can do: {100 * after:.4g} % utilization."
        )
    words = (
        f"By mapping alone the same {mesh} hardware goes from {100 * before:.4g} % to {100 * after:.4g} % utilization"
    )
    source = PUBLISHED["Source's optimum"]["utilization"]
    if start == "published" and after > source:
        return f"{words}; the source's new hardware reached {100 * source:.4g} %."
    return f"{words}."


@st.cache_data(show_spinner="Mapping both designs with ten seeds …", max_entries=16)
def lesson_table(setup: Setup) -> pd.DataFrame:
    """Return utilization and energy of the source's two designs by way, the random search with ten seeds.

    Returns:
        Columns ``design``, ``way``, ``seed``, ``utilization`` (0 to 1), ``energy_j``.
    """
    rows: list[dict[str, Any]] = []
    for name, design in SOURCES.items():
        if setup.workload == DEFAULT_WORKLOAD:
            rows.append({"design": name, "way": "published", "seed": 0, **_two(PUBLISHED[name])})
        for seed in range(N_SEEDS):
            row = result_of(design, replace(setup, mapper="random", seed=seed))
            rows.append({"design": name, "way": "random", "seed": seed, **_two(row)})
        rows.append(
            {"design": name, "way": "exact", "seed": 0, **_two(result_of(design, replace(setup, mapper="exact")))}
        )
    return pd.DataFrame(rows)


def _two(metrics: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(metrics[name]) for name in ("utilization", "energy_j")}
