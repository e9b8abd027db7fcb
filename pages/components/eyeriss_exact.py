"""What ships of the exact enumeration of the whole space: fronts and optima, where they fit what is shown.

``scripts/make_eyeriss_optimum.py`` maps every design of 168 processing elements exactly and keeps those that no other
beats in cycles, energy and on-chip bits together.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from accel_core.pareto import is_nondominated
from accel_core.paths import data_path
from accel_core.platforms.eyeriss.energy import TABLES
from pages.components.eyeriss_designs import DEFAULT_WORKLOAD, Setup

FOLDER = "results/eyeriss"
PES = 168
OBJECTIVE = "edp"
AXES = ["cycles", "energy_j"]


def exact_front(setup: Setup, pes: int, bits_budget: int) -> pd.DataFrame | None:
    """Return the designs that none beats in cycles and energy within a budget, sorted by cycles.

    A loss that only falls with both has its least value on it.  The front of all three metrics holds the front of any
    budget of bits, because a design that is beaten is beaten by one of no more bits.

    Args:
        setup: What designs are evaluated on; the mapper is always the exact one.
        pes: Processing elements.
        bits_budget: Most on-chip bits; 0 is no limit.

    Returns:
        Result rows; None where the space was not enumerated for this or no design keeps the budget.
    """
    if not _is_enumerated(setup) or pes != PES:
        return None
    designs = _shipped(setup.energy_table)
    if designs is None:
        return None
    if bits_budget:
        designs = designs[designs["onchip_bits"] <= bits_budget]
    if designs.empty:
        return None
    best = designs[is_nondominated(designs[AXES].to_numpy(np.float64), ["min", "min"])]
    return best.sort_values(AXES).reset_index(drop=True)


def _is_enumerated(setup: Setup) -> bool:
    return (setup.workload, setup.objective) == (DEFAULT_WORKLOAD, OBJECTIVE) and setup.energy_table in TABLES


@st.cache_data(show_spinner=False, max_entries=4)
def _shipped(energy_table: str) -> pd.DataFrame | None:
    path = data_path() / FOLDER / f"optimum_{energy_table}.parquet"
    return pd.read_parquet(path) if path.is_file() else None


def share_beaten(setup: Setup, edp_js: float) -> float | None:
    """Return the share of all enumerated designs, 0 to 1, whose energy-delay product is worse; None if not known."""
    if not _is_enumerated(setup):
        return None
    known = _distribution(setup.energy_table)
    if known is None:
        return None
    return 1.0 - float(np.interp(edp_js, known["edp_js"], known["share"]))


@st.cache_data(show_spinner=False, max_entries=4)
def _distribution(energy_table: str) -> pd.DataFrame | None:
    path = data_path() / FOLDER / f"edp_{energy_table}.parquet"
    return pd.read_parquet(path) if path.is_file() else None
