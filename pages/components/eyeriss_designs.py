"""The designs that the page Eyeriss shows: the source's two and one's own, how they are evaluated, and undo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from accel_core.evaluators import evaluate
from accel_core.platforms import get_platform
from pages.components.workload_choice import workload_named

PLATFORM = "eyeriss"
DEFAULT_WORKLOAD = "vgg16/conv1_1"

Design = dict[str, int]

BASELINE: Design = {
    "mesh_x": 14, "mesh_y": 12, "glb_depth": 16384, "glb_width": 64, "ifmap_depth": 12, "ifmap_width": 16,
    "weights_depth": 192, "weights_width": 16, "psum_depth": 16, "psum_width": 16,
}  # fmt: skip
OPTIMUM: Design = {
    "mesh_x": 4, "mesh_y": 42, "glb_depth": 512, "glb_width": 512, "ifmap_depth": 6, "ifmap_width": 64,
    "weights_depth": 48, "weights_width": 64, "psum_depth": 8, "psum_width": 128,
}  # fmt: skip
OWN = "Yours"
SOURCES: Mapping[str, Design] = {"Baseline": BASELINE, "Source's optimum": OPTIMUM}
NAMES = (*SOURCES, OWN)

PUBLISHED: Mapping[str, Mapping[str, float]] = {
    "Baseline": {"cycles": 903168, "utilization": 0.5714, "throughput_flops": 188.48e9, "energy_j": 720.99e-6,
                 "edp_js": 651.0e-9},
    "Source's optimum": {"cycles": 602112, "utilization": 0.8571, "throughput_flops": 282.67e9, "energy_j": 305.38e-6,
                         "edp_js": 184.0e-9},
}  # fmt: skip
"""As the source's tables print them for VGG-16's first layer (Kumar, Hofgard and Lev; mapped by Timeloop's random
search, energies of its own Accelergy run). It prints 188.48 GFLOPs for what 903,168 cycles make 188.44."""

SHOWN, VIEW = "eyeriss-shown", "eyeriss-view"
_OWN, _UNDO, _REVISION, _WANTED = "eyeriss-own", "eyeriss-undo", "eyeriss-revision", "eyeriss-wanted"
MAX_UNDO = 50


@dataclass(frozen=True)
class Setup:
    """What designs are evaluated on and how.

    Attributes:
        workload: Name of one of the platform's workloads.
        energy_table: ``scaled`` or ``fixed``.
        mapper: ``exact`` or ``random``.
        objective: What the mapper minimizes.
        patience: Samples without improvement after which the random mapper stops.
        seed: Of the random mapper.
        mapping: A mapping to use as it is; empty lets the mapper find one.
    """

    workload: str
    energy_table: str = "scaled"
    mapper: str = "exact"
    objective: str = "edp"
    patience: int = 100
    seed: int = 0
    mapping: str = ""

    def settings(self) -> dict[str, Any]:
        """Return the settings of fidelity analytical; those of the random mapper only where it is used."""
        chosen: dict[str, Any] = {"energy_table": self.energy_table, "objective": self.objective, "mapper": self.mapper}
        if self.mapper == "random":
            chosen |= {"mapper_patience": self.patience, "mapper_seed": self.seed}
        return chosen | ({"mapping": self.mapping} if self.mapping else {})


def run(designs: pd.DataFrame, setup: Setup, pes: int | None = None, bits_budget: int = 0) -> pd.DataFrame:
    """Evaluate designs that all have the same number of processing elements.

    Args:
        designs: One row a design.
        setup: On what and how.
        pes: Their number of processing elements; None takes it from the first design.
        bits_budget: Most on-chip bits a design may have; 0 is no limit.

    Raises:
        InvalidInputError: If a design, a setting or the mapping is wrong.
    """
    first = designs.iloc[0]
    count = int(first["mesh_x"] * first["mesh_y"]) if pes is None else pes
    space = {"pes": count} | ({"bits_budget": bits_budget} if bits_budget else {})
    runs = workload_named(get_platform(PLATFORM), setup.workload)
    return evaluate(PLATFORM, designs, "analytical", workload=runs, settings={**setup.settings(), **space})


def result_of(design: Mapping[str, int], setup: Setup) -> dict[str, Any]:
    """Return the result row of one design, remembered for as long as the server lives.

    Raises:
        InvalidInputError: If the design, a setting or the mapping is wrong.
    """
    return _result(tuple(design.items()), setup)


@st.cache_resource(
    show_spinner="Preparing the mappers; after an installation they are compiled once, in half a minute …"
)
def prepare() -> None:
    """Map the baseline once in both ways, so that whoever waits for that knows why."""
    for mapper in ("exact", "random"):
        result_of(BASELINE, Setup(DEFAULT_WORKLOAD, mapper=mapper))


@st.cache_data(show_spinner=False, max_entries=512)
def _result(design: tuple[tuple[str, int], ...], setup: Setup) -> dict[str, Any]:
    row: dict[str, Any] = run(pd.DataFrame([dict(design)]), setup).iloc[0].to_dict()
    return row


def own_design() -> Design:
    """Return the person's own design; before they made one, the baseline."""
    design: Design = st.session_state.setdefault(_OWN, dict(BASELINE))
    return design


def shown_name() -> str:
    """Return which design is shown."""
    return str(st.session_state.get(SHOWN) or NAMES[0])


def shown_design() -> Design:
    """Return the design that is shown."""
    name = shown_name()
    return dict(SOURCES[name]) if name in SOURCES else own_design()


def adopt(design: Mapping[str, int], wanted: Sequence[float] | None = None) -> None:
    """Make a design one's own and show it.

    Args:
        design: The design.
        wanted: Shares that were asked for in the triangle, if it comes from there.
    """
    undo: list[tuple[str, Design]] = st.session_state.setdefault(_UNDO, [])
    undo.append((shown_name(), own_design()))
    del undo[:-MAX_UNDO]
    st.session_state[_OWN] = {name: int(design[name]) for name in get_platform(PLATFORM).space.names}
    st.session_state[SHOWN] = OWN
    _revise(wanted)


def undo() -> None:
    """Go back to what was shown before the last `adopt`."""
    past: list[tuple[str, Design]] = st.session_state.get(_UNDO, [])
    if past:
        st.session_state[SHOWN], st.session_state[_OWN] = past.pop()
        _revise(None)


def show_other() -> None:
    """Take notice that another design was chosen to be shown."""
    _revise(None)


def can_undo() -> bool:
    """Tell whether there is something to go back to."""
    return bool(st.session_state.get(_UNDO))


def revision() -> int:
    """Return a number that grows whenever another design is shown."""
    return int(st.session_state.get(_REVISION, 0))


def wanted_shares() -> Sequence[float] | None:
    """Return the shares that the shown design was found for; None if it was not."""
    shares: Sequence[float] | None = st.session_state.get(_WANTED)
    return shares


def _revise(wanted: Sequence[float] | None) -> None:
    st.session_state[_REVISION] = revision() + 1
    st.session_state[_WANTED] = wanted
