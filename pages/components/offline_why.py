"""Step 4 of the page Offline: a design beside the one that resembles the EdgeTPU, and why it is faster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from accel_core.errors import AccelError
from accel_core.platforms.logged import Breakdown
from accel_core.plots.offline_why import area_bars, layer_bars, part_colors
from pages.components.offline_data import baseline, offered, title_of, truths
from pages.components.offline_legend import legend
from pages.components.offline_state import WHY_APPLICATION, WHY_DESIGN, area_limit, choices_of, revealed_training
from pages.components.offline_training import CONSERVATIVE, NAIVE
from pages.components.offline_unseen import revealed_design, subject_words
from pages.components.offline_words import PARTS, bytes_words, explanation, parameter_words, run_ms
from pages.components.plain import plain
from pages.components.style import card, figure, is_dark

OPTIMUM = "Exact optimum"
BASELINE = "EdgeTPU-like"


@dataclass(frozen=True)
class Subject:
    """A design that can be explained.

    Attributes:
        names: Applications that it may be looked at on.
        design: Its parameters; None is the exact optimum of the application and limit looked at.
    """

    names: tuple[str, ...]
    design: Mapping[str, int] | None


def subjects() -> dict[str, Subject]:
    """Return what can be explained, by words: designs that were revealed, and the exact optimum.

    Raises:
        InvalidInputError: If the file of the model that chose one of them is missing or damaged.
    """
    found: dict[str, Subject] = {}
    if (training := revealed_training()) is not None:
        names, choices = training.asked.names, choices_of(training, area_limit())
        true = truths(choices, names)
        for name, words in ((CONSERVATIVE, "Your model's"), (NAIVE, "The naive model's")):
            chosen = choices[name]
            runtime = true[name]["runtime_s"].to_numpy()
            found[f"{words} first choice"] = Subject(names, _design(chosen.iloc[0]))
            if np.isfinite(runtime).any() and (best := int(np.nanargmin(runtime))):
                found[f"{words} best of {len(chosen)}"] = Subject(names, _design(chosen.iloc[best]))
    if (unseen := revealed_design()) is not None:
        found[subject_words(unseen[0])] = Subject((unseen[0],), unseen[1])
    found[OPTIMUM] = Subject(tuple(offered().applications()), None)
    return found


def _design(row: pd.Series) -> dict[str, int]:
    return {name: int(row[name]) for name in offered().parameters}


def why_view() -> None:
    """Explain a design beside the baseline."""
    with card("offline-why-head"):
        try:
            with st.spinner("Simulating layer by layer …"):
                known = subjects()
            chosen, name = _choose(known)
            subject = known[chosen]
            design = subject.design or offered().optimum([name], area_limit()).design
        except AccelError as error:
            st.error(plain(error))
            return
        designs = (baseline(), design)
        before, after = (offered().breakdown(entry, offered().applications()[name]) for entry in designs)
        areas = (parts_of(designs[0]), parts_of(design))
        st.markdown(" ".join(explanation(before, after, designs, areas)))
    left, right = st.columns([5, 8], gap="small")
    with left, card("offline-why-table", height="stretch"):
        colors = part_colors(PARTS, dark=is_dark())
        st.html(_table(design) + legend({words: colors[part] for part, words in PARTS.items()}))
        figure(area_bars({BASELINE: areas[0], "this design": areas[1]}, PARTS, dark=is_dark()),
               key="offline-why-area-figure", height=72)  # fmt: skip
    with right, card("offline-why-layers", height="stretch"):
        _layers(before, after)


def _choose(known: Mapping[str, Subject]) -> tuple[str, str]:
    left, right = st.columns(2)
    if st.session_state.get(WHY_DESIGN) not in known:
        st.session_state[WHY_DESIGN] = next(iter(known))
    chosen = left.selectbox("Design", list(known), key=WHY_DESIGN, persist_state="session",
                            label_visibility="collapsed")  # fmt: skip
    names = list(known[chosen].names)
    if st.session_state.get(WHY_APPLICATION) not in names:
        st.session_state[WHY_APPLICATION] = names[0]
    name = right.selectbox("On", names, format_func=title_of, key=WHY_APPLICATION, persist_state="session",
                           disabled=len(names) == 1, label_visibility="collapsed")  # fmt: skip
    return chosen, name


def parts_of(design: Mapping[str, int]) -> dict[str, float]:
    """Return the area of each part of a design in mm2."""
    return {name: float(areas[0]) for name, areas in offered().area_parts_mm2(pd.DataFrame([dict(design)])).items()}


def _layers(before: Breakdown, after: Breakdown) -> None:
    st.markdown("**Compute or memory, layer by layer**")
    if after.reason or before.reason:
        st.info("A design that does not run has no times.")
        return
    designs = {_panel(BASELINE, before): before.layers, _panel("This design", after): after.layers}
    figure(layer_bars(designs, run_ms(1.0), dark=is_dark()), key="offline-why-layers-figure", height=356,
           look="layers whose orange bar is the longer one: they wait for memory (buses or DRAM), not for multipliers. "
           "The ten slowest layers, of 1000 inferences.")  # fmt: skip


def _panel(words: str, found: Breakdown) -> str:
    return f"{words}: {run_ms(found.total_s):,.0f} ms, {100 * found.utilization:.0f} % utilized"


_WORDS: Mapping[str, str] = {
    "pes_x": "PEs across", "pes_y": "PEs down", "cores": "Cores of a PE", "lanes": "Lanes of a core",
    "pe_memory_b": "PE memory", "core_memory_b": "Core memory", "activation_memory_b": "Activation memory",
    "instruction_memory_b": "Instruction memory", "parameter_memory_b": "Parameter memory", "dram_gbps": "DRAM",
}  # fmt: skip
_CSS = """
<style>
.offline-why { width: 100%; border-collapse: collapse; font-size: 0.88rem; font-variant-numeric: tabular-nums; }
.offline-why th { font-weight: 500; text-align: right; opacity: 0.72; padding: 1px 4px; }
.offline-why td { text-align: right; padding: 2px 4px; border-top: 1px solid light-dark(#e6e9f0, #2b3240); }
.offline-why td:first-child, .offline-why th:first-child { text-align: left; }
.offline-why .moved td:last-child { font-weight: 650; color: light-dark(#0072B2, #4DA9F0); }
</style>
"""


def _table(design: Mapping[str, int]) -> str:
    base = baseline()
    rows = []
    for name, words in _WORDS.items():
        moved = design[name] != base[name]
        arrow = (" ▲" if design[name] > base[name] else " ▼") if moved else ""
        rows.append(
            f'<tr class="{"moved" if moved else ""}"><td>{words}</td><td>{parameter_words(name, base[name])}</td>'
            f"<td>{parameter_words(name, design[name])}{arrow}</td></tr>"
        )
    chip = [bytes_words(entry["core_memory_b"] * entry["cores"] * entry["pes_x"] * entry["pes_y"])
            for entry in (base, design)]  # fmt: skip
    rows.append(f"<tr><td>All core memory</td><td>{chip[0]}</td><td>{chip[1]}</td></tr>")
    head = f"<tr><th>Parameter</th><th>{BASELINE}</th><th>This design</th></tr>"
    return f'{_CSS}<table class="offline-why">{head}{"".join(rows)}</table>'
