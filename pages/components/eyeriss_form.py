"""What the page Eyeriss evaluates on and with: layer, energy table, mapper; and the sizes of one's own design."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import streamlit as st

from accel_core.errors import AccelError
from accel_core.paths import ENERGY_TABLES, runs_path
from accel_core.platforms import get_platform
from accel_core.platforms.eyeriss.energy import TABLES, energy_table
from accel_core.platforms.eyeriss.random_mapper import PATIENCE
from pages.components.eyeriss_designs import DEFAULT_WORKLOAD, PLATFORM, Design, Setup, adopt, shown_design
from pages.components.plain import plain
from pages.components.workload_choice import choices, own_network_uploader

MAPPERS: Mapping[str, str] = {"random": "Random search", "exact": "Exact"}
OBJECTIVES: Mapping[str, str] = {"edp": "EDP", "delay": "Cycles", "energy": "Energy"}
ENERGIES: Mapping[str, str] = {"scaled": "Scaled with sizes", "fixed": "Fixed (as published)"}


def setup_form() -> Setup:
    """Show the choices in one row and return them."""
    columns = st.columns([4, 4, 5, 3], vertical_alignment="bottom")
    workloads = choices(get_platform(PLATFORM))
    default = workloads.index(DEFAULT_WORKLOAD) if DEFAULT_WORKLOAD in workloads else 0
    workload = columns[0].selectbox("Layer or network", workloads, default, key="eyeriss-workload",
                                    persist_state="session", bind="query-params")  # fmt: skip
    table = columns[1].selectbox(
        "Energy table", TABLES, format_func=lambda name: ENERGIES.get(name, name), key="eyeriss-energy",
        persist_state="session", help="Fixed: the source's energies whatever the sizes. Scaled: the same at the "
        "baseline's sizes, and following the buffers' sizes by a rule elsewhere.",
    )  # fmt: skip
    mapper = columns[2].segmented_control(
        "Mapper", list(MAPPERS), default="exact", required=True, format_func=MAPPERS.__getitem__, key="eyeriss-mapper",
        persist_state="session", width="stretch", help="Who decides which loops run where: a random search that gives "
        "up after some samples without improvement, as the source used, or an exact one.",
    )  # fmt: skip
    with columns[3].popover("Options", width="stretch"):
        objective = st.selectbox("The mapper minimizes", list(OBJECTIVES), format_func=OBJECTIVES.__getitem__,
                                 key="eyeriss-objective", persist_state="session")  # fmt: skip
        patience = st.number_input("Random search: samples without improvement", 1, 1_000_000, PATIENCE,
                                   key="eyeriss-patience", persist_state="session")  # fmt: skip
        seed = st.number_input(
            "Random search: seed", 0, 1_000_000, 0, key="eyeriss-mapper-seed", persist_state="session"
        )
        own = _own_table()
        own_network_uploader(get_platform(PLATFORM), "eyeriss-workload")
    assert mapper is not None
    return Setup(workload, own or table, mapper, objective, int(patience), int(seed))


def _own_table() -> str:
    """Take in an energy table of the person's own; return the path of the file, empty where there is none."""
    upload = st.file_uploader("Your own energy table", type=["yaml", "yml"], key="eyeriss-energy-file",
                              help="Used instead of the two above: pJ by level, or Accelergy's ERT.")  # fmt: skip
    if upload is None:
        return ""
    content = upload.getvalue()
    path = runs_path() / ENERGY_TABLES / f"{hashlib.sha256(content).hexdigest()[:16]}.yaml"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".tmp")
        temporary.write_bytes(content)
        temporary.replace(path)
    try:
        table = energy_table(str(path))
    except AccelError as error:
        st.error(plain(str(error).replace(str(path), upload.name).replace(path.name, upload.name)))
        return ""
    st.caption(f"In use: {plain(table.title)}")
    return str(path)


def sizes_form() -> None:
    """Show every size of the shown design; a change makes it one's own."""
    design = shown_design()
    space = get_platform(PLATFORM).space
    for index in range(0, len(space.names), 2):
        for column, name in zip(st.columns(2), space.names[index : index + 2], strict=False):
            values = [int(value) for value in space.parameter(name).values]
            key = f"eyeriss-size-{name}"
            st.session_state[key] = design[name]
            column.selectbox(name.replace("_", " "), values, key=key, on_change=_take_size, args=(design, name, key))


def _take_size(design: Design, name: str, key: str) -> None:
    adopt({**design, name: st.session_state[key]})
