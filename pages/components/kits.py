"""Process kits: what was understood of the one that runs are for, and how to add another."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from accel_core.errors import InvalidInputError
from accel_core.paths import cache_path, kits_path
from accel_core.physical import check_kit, keep_kit, known_kits, load_technology
from pages.components.plain import plain

_EXAMPLE = """name: my-kit
platform: /path/on/this/machine/to/OpenROAD-flow-scripts/flow/platforms/asap7
"""
_UNITS = {
    "fo4_s": ("FO4 delay", 1e12, "ps"),
    "inverter_input_f": ("inverter input", 1e15, "fF"),
    "nand2_area_um2": ("NAND2 area", 1.0, "µm²"),
    "flip_flop_energy_j": ("flip-flop clock energy", 1e15, "fJ"),
    "wire_ohm_per_um": ("wire resistance", 1.0, "Ω/µm"),
    "wire_f_per_um": ("wire capacitance", 1e15, "fF/µm"),
}


def kit_expander() -> None:
    """Show the kits that are known, what was understood of one, and a field for another's YAML."""
    with st.expander("Process kits"):
        kits = known_kits(kits_path())
        name = st.selectbox("Kit", list(kits), key="kit-shown", help="What is understood of it is shown below.")
        st.caption(f"In the setting *Technology* write `{kits[name]}`, or the path of a platform folder.")
        try:
            with st.spinner("Reading the kit …"):
                _show(_checked(kits[name], load_technology(kits[name], cache_path()).digest))
        except InvalidInputError as error:
            st.info(plain(error))
        text = st.text_area(
            "Add a kit", _EXAMPLE, height=120, key="kit-yaml", max_chars=100_000,
            help="A technology file (docs/technology.md); it names files on the machine that this server runs on.",
        )  # fmt: skip
        if st.button("Check and keep", key="kit-keep"):
            try:
                with st.spinner("Reading the kit …"):
                    place, kit = keep_kit(text, kits_path(), cache_path())
            except InvalidInputError as error:
                st.error(plain(error))
            else:
                st.success(f"{kit['name']} is kept; in the setting *Technology* write `{place}`.")


@st.cache_data(max_entries=16, show_spinner=False)
def _checked(technology: str, digest: str) -> dict[str, Any]:
    """Check a kit once, until a file of it changes."""
    return check_kit(load_technology(technology, cache_path()))


def _show(kit: dict[str, Any]) -> None:
    corner = kit["corner"]
    st.markdown(
        f"**{kit['title']}**, {corner['name'] or 'unnamed corner'}, {kit['supply_v']:g} V, rows of "
        f"{kit['site']['height_um']:g} µm. Cells that synthesis may use: "
        + ", ".join(f"{count['usable']} {kind}" for kind, count in kit["cells"].items() if count["usable"])
    )
    rows = []
    for figure in kit["figures"]:
        title, scale, unit = _UNITS[figure["name"]]
        low, high = (f"{figure[end] * scale:.3g}" for end in ("low", "high"))
        rows.append(
            {
                "": f"{title} ({figure['cell']})",
                "kit": f"{figure['value'] * scale:.3g} {unit}",
                "the node should have": f"{low} to {high} {unit}",
                "basis": figure["basis"],
            }
        )
    st.table(pd.DataFrame(rows).set_index(""))
    for doubt in kit["doubts"]:
        st.warning(doubt)
