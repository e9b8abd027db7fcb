"""One design on the page Eyeriss: resource triangle, mesh with its mapping, buffers, energy and reuse."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from accel_core.errors import AccelError
from accel_core.metrics import to_display
from accel_core.platforms import get_platform
from accel_core.platforms.eyeriss.area import area_parts_mm2
from accel_core.platforms.eyeriss.mapping import LoopNest, parse_mapping
from accel_core.plots.eyeriss import LEVELS, Slab, energy_bars, level_color, reuse_bars, squares
from accel_core.plots.eyeriss_lanes import idle_reasons, throttle_words
from accel_core.plots.eyeriss_mesh import mesh
from accel_core.workloads import Layer, Workload
from pages.components.eyeriss_designs import (
    NAMES,
    OWN,
    PLATFORM,
    SHOWN,
    SOURCES,
    Design,
    Setup,
    adopt,
    can_undo,
    own_design,
    result_of,
    revision,
    show_other,
    shown_design,
    shown_name,
    undo,
    wanted_shares,
)
from pages.components.eyeriss_exact import PES, share_beaten
from pages.components.eyeriss_form import sizes_form
from pages.components.eyeriss_shares import nearest, reachable, reference_mm2, resources
from pages.components.eyeriss_timeloop import download_files
from pages.components.plain import plain
from pages.components.style import card, figure, is_dark, metric_row
from pages.components.triangle import take_dropped, triangle
from pages.components.workload_choice import workload_named

TRIANGLE, TOTAL, KEEP_PES, OWN_MAPPING = "eyeriss-triangle", "eyeriss-total", "eyeriss-keep-pes", "eyeriss-mapping"
CORNERS = {"PEs": "mac", "Scratchpads": "weights", "Global buffer": "glb"}
ROW_HEIGHT = 250


def choose_design() -> None:
    """Show which design is looked at, and its sizes."""
    st.session_state.setdefault(SHOWN, NAMES[0])
    with st.container(horizontal=True, horizontal_alignment="right"):
        st.segmented_control("Design", NAMES, required=True, key=SHOWN, on_change=show_other,
                             label_visibility="collapsed", persist_state="session")  # fmt: skip
        with st.popover("Edit sizes"):
            sizes_form()


def metrics_of(result: Mapping[str, Any], setup: Setup) -> None:
    """Show the numbers of a design."""
    beaten = share_beaten(setup, float(result["edp_js"])) if result["mesh_x"] * result["mesh_y"] == PES else None
    rank = "" if beaten is None else f" Better than {100 * beaten:.1f} % of all designs of {PES} PEs."
    lanes, pes = int(result["lanes"]), int(result["mesh_x"] * result["mesh_y"])
    metric_row(
        [
            ("Cycles", f"{result['cycles']:,.0f}", "Clock cycles for the layer or network."),
            ("Utilization", f"{100 * result['utilization']:.2f} %", f"{lanes} of {pes} lanes hold work."),
            ("Energy [µJ]", f"{to_display('energy_j', result['energy_j']):,.1f}", "Of all levels, DRAM included."),
            (
                "EDP [µJ·ms]",
                f"{to_display('edp_js', result['edp_js']):,.1f}",
                f"Energy × runtime at 1 GHz (assumed).{rank}",
            ),
            ("GFLOPs", f"{result['throughput_flops'] / 1e9:.2f}", "(2 × MACs − outputs) / runtime."),
            ("On-chip bits", f"{result['onchip_bits'] / 1e3:,.0f} k", "Global buffer and all scratchpads."),
        ]
    )


def triangle_card() -> None:
    """Show the resource triangle of the shown design."""
    st.subheader("Resources", anchor=False, help="Drag the point, or use the arrow keys: the nearest design under the "
                 "total is found and mapped at once.")  # fmt: skip
    left, right = st.columns([1, 1], vertical_alignment="bottom")
    total = left.number_input("Total area [mm²]", 0.05, 100.0, _default_total(), 0.25, key=TOTAL,
                              persist_state="session", help="On-chip area of multipliers, scratchpads and global "
                              "buffer; by default what the source's designs need.")  # fmt: skip
    is_kept = right.toggle(f"Keep {PES} PEs", False, key=KEEP_PES, persist_state="session", on_change=keep_pes,
                           help="As the source did; its total of resources was the number of PEs alone.")  # fmt: skip
    design = shown_design()
    areas = resources(pd.DataFrame([design]))[0]
    dark = is_dark()
    triangle(
        areas / areas.sum(),
        key=TRIANGLE,
        corners={name: level_color(level, dark) for name, level in CORNERS.items()},
        reach=_reach(float(total), PES if is_kept else 0),
        reference=reference_mm2(),
        marks={name: tuple(resources(pd.DataFrame([known]))[0]) for name, known in SOURCES.items()},
        note=f"{design['mesh_x']} × {design['mesh_y']} PEs, {_used_words(float(areas.sum()), float(total))}",
        revision=revision(),
        wanted=wanted_shares(),
        can_undo=can_undo(),
        on_undo=undo,
    )
    _warn_of_limits(design, float(areas.sum()), float(total), is_kept)


def _warn_of_limits(design: Mapping[str, Any], used_mm2: float, total_mm2: float, is_kept: bool) -> None:
    """Say so where the shown design, its sizes edited, is not among those that the triangle reaches."""
    pes = design["mesh_x"] * design["mesh_y"]
    if used_mm2 > total_mm2:
        st.warning(f"It takes {used_mm2:.3g} of {total_mm2:.3g} mm²; drag the point to a design under the total.")
    if is_kept and pes != PES:
        st.warning(f"It has {pes} PEs, not {PES}; drag the point to one that has.")


@st.cache_data(show_spinner=False)
def _default_total() -> float:
    return math.ceil(100 * resources(pd.DataFrame(list(SOURCES.values()))).sum(axis=1).max()) / 100


def _used_words(used_mm2: float, total_mm2: float) -> str:
    if used_mm2 > total_mm2:
        return f"{used_mm2:.3g} mm², over the total"
    return f"{used_mm2:.3g} of {total_mm2:.3g} mm²"


@st.cache_data(show_spinner=False, max_entries=32)
def _reach(total_mm2: float, pes: int) -> list[list[float]]:
    return reachable(total_mm2, pes)


def take_shares() -> None:
    """Adopt the design nearest to what was let go in the triangle; to be called before any widget is shown."""
    shares = take_dropped(TRIANGLE)
    if shares is None:
        return
    total = float(st.session_state[TOTAL])
    found = nearest(shares, total, shown_design(), PES if st.session_state.get(KEEP_PES) else 0)
    if found is None:
        st.warning(f"No design is as small as {total:g} mm²; raise the total area.")
        show_other()
        return
    adopt(found, shares)


def keep_pes() -> None:
    """Adopt, where the number of PEs is now to be kept and the shown design has another, the nearest that has it."""
    design = shown_design()
    if not st.session_state[KEEP_PES] or design["mesh_x"] * design["mesh_y"] == PES:
        return
    found = nearest(resources(pd.DataFrame([design]))[0], float(st.session_state[TOTAL]), design, PES)
    if found is not None:
        adopt(found)


def mesh_head(setup: Setup) -> tuple[Setup, DeltaGenerator]:
    """Show the mesh's title and tools.

    Returns:
        The setup with the mapping that the person wrote, if any, and the place beside that field.
    """
    left, middle, right = st.columns([5, 4, 4], vertical_alignment="center")
    left.subheader("Mesh and mapping", anchor=False)
    with right:
        download_files(setup, shown_design())
    box = middle.popover("Own mapping", width="stretch")
    with box:
        text = st.text_area("Mapping to use instead", key=OWN_MAPPING, persist_state="session", height=90, width=420,
                            placeholder="Q4 M2 P112 - Q28 P2 - M4X Q2X - M4Y S3Y - - R3 C3 - M2",
                            help="Timeloop's notation, L6 to L0 with '-' between; empty for none.")  # fmt: skip
    return replace(setup, mapping=" ".join((text or "").split())), box


def mesh_card(result: Mapping[str, Any], setup: Setup) -> None:
    """Show the mesh with the mapping on it, why lanes are idle, and the mapping itself."""
    workload = workload_named(get_platform(PLATFORM), setup.workload)
    mappings = mappings_of(str(result["mapping"]), workload)
    name = next(iter(mappings))
    if len(mappings) > 1:
        name = st.selectbox(
            "Layer", list(mappings), key=f"eyeriss-layer-{setup.workload}", label_visibility="collapsed"
        )
    nest = parse_mapping(mappings[name])
    layer = next((one for one in workload.layers if one.name == name), workload.layers[0])
    columns, rows = int(result["mesh_x"]), int(result["mesh_y"])
    figure(mesh(nest, columns, rows, dark=is_dark()), key="eyeriss-mesh", height=ROW_HEIGHT + 50)
    words = mesh_words(result, nest, layer, len(mappings) == 1)
    if setup.mapping:
        words.append("This is your own mapping; empty the field to let the mapper find one.")
    st.html(f'<div class="accel-look">{" ".join(words)}</div>')
    st.code(str(nest), language=None, wrap_lines=True)


def mesh_words(result: Mapping[str, Any], nest: LoopNest, layer: Layer, is_single: bool) -> list[str]:
    """Say how many lanes work, why others do not, and what waits for a buffer."""
    columns, rows = int(result["mesh_x"]), int(result["mesh_y"])
    words = [f"<b>{nest.lanes} of {columns * rows} lanes work.</b>", *idle_reasons(nest, layer, columns, rows)]
    if is_single and (throttled := throttle_words(result)):
        words.append(throttled)
    return words


def mappings_of(text: str, workload: Workload) -> dict[str, str]:
    """Return the mapping of each layer from a result's text, ``layer: mapping; layer: mapping`` for networks."""
    if ": " not in text:
        return {workload.layers[0].name: text}
    pairs = (part.partition(": ") for part in text.split("; ") if part.strip())
    return {name.strip(): mapping.strip() for name, _, mapping in pairs}


def pictures(setup: Setup, result: Mapping[str, Any]) -> None:
    """Show buffers to scale, energy by level and reuse by tensor, side by side."""
    shown = compared(setup)
    _legend()
    left, middle, right = st.columns(3, gap="small")
    with left, card("eyeriss-buffers", height="stretch"):
        st.subheader("Area, to scale", anchor=False)
        designs = {name: design for name, design in compared_designs().items() if name in shown}
        figure(squares({name: slabs(design) for name, design in designs.items()}, "mm²", dark=is_dark()),
               key="eyeriss-squares", height=ROW_HEIGHT)  # fmt: skip
    with middle, card("eyeriss-energy-bars", height="stretch"):
        st.subheader("Energy by level", anchor=False)
        figure(energy_bars(shown, dark=is_dark()), key="eyeriss-energies", height=ROW_HEIGHT)
    with right, card("eyeriss-reuse", height="stretch"):
        st.subheader("Reuse by tensor", anchor=False, help="Words read and written at each level. Numbers: "
                     "multiply-accumulates for one access of DRAM. Dotted: all multiply-accumulates.")  # fmt: skip
        figure(reuse_bars(result, dark=is_dark()), key="eyeriss-reuses", height=ROW_HEIGHT)


def _legend() -> None:
    """Show once for all three pictures which color is which level."""
    dark = is_dark()
    entries = "".join(
        f'<span><span style="color:{level_color(level, dark)}">■</span> {title}</span>'
        for level, title in LEVELS.items()
    )
    st.html(f'<div class="accel-look" style="display:flex;flex-wrap:wrap;gap:2px 18px">{entries}</div>')


def compared_designs() -> dict[str, Design]:
    """Return the source's two designs, and one's own if it differs from both."""
    own = own_design()
    return {**SOURCES, **({OWN: own} if own not in SOURCES.values() else {})}


def compared(setup: Setup) -> dict[str, dict[str, Any]]:
    """Return results of the designs that can be mapped."""
    found = {}
    for name, design in compared_designs().items():
        try:
            row = result_of(design, setup)
        except AccelError:
            continue
        if row["status"] == "ok":
            found[name] = row
    return found


def slabs(design: Design) -> list[Slab]:
    """Return the area of each level of a design, the global buffer at the bottom."""
    parts = area_parts_mm2(pd.DataFrame([design])).iloc[0]
    pes = design["mesh_x"] * design["mesh_y"]
    made = []
    for level in ("glb", "weights", "psum", "ifmap", "mac"):
        if level == "mac":
            words = f"{pes} multiply-accumulate units"
        else:
            each = f"{design[f'{level}_depth']:,} × {design[f'{level}_width']} bits"
            words = each if level == "glb" else f"{pes} × {each}"
        made.append(Slab(level, float(parts[f"area_{level}_mm2"]), words))
    return made


def design_view(setup: Setup, beside: DeltaGenerator) -> None:
    """Show the chosen design with everything around it.

    Args:
        setup: What it is evaluated on.
        beside: Place beside the choice of the view.
    """
    take_shares()
    with beside:
        choose_design()
    place = st.container()
    left, right = st.columns([2, 3], gap="small")
    with left, card("eyeriss-triangle-card", height="stretch"):
        triangle_card()
    with right, card("eyeriss-mesh-card", height="stretch"):
        chosen, box = mesh_head(setup)
        result = _result_or_why(chosen, box)
        if result is not None:
            mesh_card(result, chosen)
    if result is not None:
        with place:
            metrics_of(result, setup)
        pictures(setup, result)


def _result_or_why(setup: Setup, box: DeltaGenerator) -> dict[str, Any] | None:
    """Return the result, or say why there is none: on the page, and in the box with the mapping that lies over it."""
    places = [st, box] if setup.mapping else [st]
    try:
        result = result_of(shown_design(), setup)
    except AccelError as error:
        for place in places:
            place.error(plain(error))
        return None
    if result["status"] != "ok":
        for place in places:
            place.warning(f"{shown_name()} cannot run this: {plain(result['reason'])}")
        return None
    return result
