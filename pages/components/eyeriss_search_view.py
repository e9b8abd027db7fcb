"""The genetic search on the page Eyeriss: weights of the loss, and the population as it moves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from accel_core.errors import AccelError
from accel_core.metrics import to_display
from accel_core.plots.eyeriss_search import loss_curve, population
from pages.components.eyeriss_designs import SOURCES, VIEW, Setup, adopt, result_of
from pages.components.eyeriss_exact import exact_front
from pages.components.eyeriss_ga import METRICS, PRESETS, Asked, Run, start
from pages.components.plain import plain
from pages.components.style import card, figure, is_dark, metric_row, progress

OWN_WEIGHTS = "Own weights"
PRESET, RUN, SEED, PROBLEM = "eyeriss-preset", "eyeriss-run", "eyeriss-ga-seed", "eyeriss-search-problem"
SLICE_S = 0.45
REFRESH_S = 0.6
FIGURE_HEIGHT = 380


def weights_form() -> dict[str, float]:
    """Show presets and one slider a term of the loss; return the weights."""
    st.selectbox("Loss", [*PRESETS, OWN_WEIGHTS], key=PRESET, on_change=_take_preset, persist_state="session",
                 help="Weighted sum of terms, each in standard deviations of 100 random designs. "
                 "Source: cycles + energy − GFLOPs − utilization.")  # fmt: skip
    chosen = PRESETS["Source"]
    weights = {}
    for name, (title, _) in METRICS.items():
        key = f"eyeriss-weight-{name}"
        st.session_state.setdefault(key, chosen.get(name, 0.0))
        weights[name] = st.slider(title, 0.0, 2.0, step=0.1, key=key, persist_state="session",
                                  on_change=_forget_preset)  # fmt: skip
    return weights


def _take_preset() -> None:
    chosen = PRESETS.get(st.session_state[PRESET])
    if chosen is not None:
        for name in METRICS:
            st.session_state[f"eyeriss-weight-{name}"] = chosen.get(name, 0.0)


def _forget_preset() -> None:
    weights = {name: st.session_state[f"eyeriss-weight-{name}"] for name in METRICS}
    same = [title for title, preset in PRESETS.items() if all(weights[n] == preset.get(n, 0.0) for n in METRICS)]
    st.session_state[PRESET] = same[0] if same else OWN_WEIGHTS


def search_form(setup: Setup) -> Asked:
    """Show what a search needs and return it."""
    weights = weights_form()
    left, right = st.columns(2)
    generations = left.number_input("Generations", 1, 5000, 100, key="eyeriss-generations", persist_state="session",
                                    help="The source ran 500.")  # fmt: skip
    st.session_state.setdefault(SEED, 0)
    seed = right.number_input("Seed", 0, 1_000_000, key=SEED, persist_state="session")
    with st.popover("More", width="stretch"):
        size = st.number_input("Population", 2, 200, 8, key="eyeriss-population", persist_state="session")
        parents = st.number_input("Parents", 1, 200, 6, key="eyeriss-parents", persist_state="session")
        mutation = st.number_input("Mutation", 0.0, 1.0, 0.1, 0.05, key="eyeriss-mutation", persist_state="session",
                                   help="Chance of each gene to be drawn anew.")  # fmt: skip
        pes = st.number_input("PEs", 1, 4096, 168, key="eyeriss-pes", persist_state="session")
        budget = st.number_input("On-chip bits at most, 0 for any", 0, 10**9, 0, key="eyeriss-budget",
                                 persist_state="session")  # fmt: skip
    return Asked(setup, weights, int(seed), int(size), int(parents), float(mutation), int(generations), int(pes),
                 int(budget))  # fmt: skip


def search_view(setup: Setup, beside: DeltaGenerator) -> None:
    """Show the form and the search beside it."""
    left, right = st.columns([2, 5], gap="small")
    with left, card("eyeriss-search-form"):
        title, button = st.columns([2, 3], vertical_alignment="center")
        title.subheader("Search", anchor=False)
        # A click on a button of the refreshing part could fall into a refresh and be lost, so they stand here.
        tools = st.container()
        asked = search_form(setup)
        is_started = button.button("Run", type="primary", width="stretch", key="eyeriss-start")
    with right:
        if is_started:
            _begin(asked)
        if problem := st.session_state.pop(PROBLEM, None):
            st.error(plain(problem))
        shown: Run | None = st.session_state.get(RUN)
        if shown is None:
            with card("eyeriss-no-search"):
                st.subheader("No search yet", anchor=False)
                st.write("The form beside is ready: it runs the source's genetic algorithm on this machine, live.")
            return
        with tools:
            _buttons(shown)
        st.fragment(_live, run_every=REFRESH_S if shown.is_live else None)()


def _begin(asked: Asked) -> None:
    try:
        st.session_state[RUN] = start(asked)
    except AccelError as error:
        st.session_state[PROBLEM] = str(error)


def _buttons(shown: Run) -> None:
    left, right = st.columns(2)
    if shown.is_over:
        left.button("Again", width="stretch", key="eyeriss-again", on_click=_again, help="With the next seed.")
    elif shown.is_paused:
        left.button("Go on", width="stretch", key="eyeriss-go-on", on_click=_pause, args=(False,))
    else:
        left.button("Pause", width="stretch", key="eyeriss-pause", on_click=_pause, args=(True,))
    right.button("Show best", width="stretch", key="eyeriss-take", on_click=_take_best,
                 help="Makes the best design yours and shows it.")  # fmt: skip


def _pause(is_paused: bool) -> None:
    st.session_state[RUN].is_paused = is_paused


def _again() -> None:
    asked: Asked = st.session_state[RUN].asked
    st.session_state[SEED] = asked.seed + 1
    _begin(replace(asked, seed=asked.seed + 1))


def _take_best() -> None:
    shown: Run = st.session_state[RUN]
    shown.is_paused = True
    if shown.best is not None:
        adopt(shown.results.iloc[shown.best])
        st.session_state[VIEW] = "Design"


def _live() -> None:
    """Draw what is known, then search for a moment; the other way round all would fade while it searches."""
    shown: Run = st.session_state[RUN]
    note = "paused" if shown.is_paused else f"{len(shown.results):,} designs evaluated"
    progress(shown.generation, shown.asked.generations, shown.seconds_left if shown.is_live else None, note)
    if shown.problem:
        st.error(f"The search ended: {plain(shown.problem)}")
    if shown.best is not None:
        _numbers(shown)
        _figures(shown)
    elif len(shown.results):
        st.info("No design could be mapped so far.")
    if shown.is_live:
        shown.advance(SLICE_S)
        if shown.is_over:
            st.rerun()


def _numbers(shown: Run) -> None:
    row = shown.results.iloc[shown.best]
    size = " · ".join(
        f"{row[f'{level}_depth']}×{row[f'{level}_width']}" for level in ("glb", "ifmap", "weights", "psum")
    )
    metric_row(
        [
            ("Best mesh", f"{row['mesh_x']} × {row['mesh_y']}", f"GLB, ifmap, weights, psum: {size}"),
            ("Cycles", f"{row['cycles']:,.0f}", None),
            ("Utilization", f"{100 * row['utilization']:.2f} %", None),
            ("Energy [µJ]", f"{to_display('energy_j', row['energy_j']):,.1f}", None),
            ("EDP [µJ·ms]", f"{to_display('edp_js', row['edp_js']):,.1f}", None),
        ]
    )


def _figures(shown: Run) -> None:
    asked, dark = shown.asked, is_dark()
    exact = exact_front(asked.setup, asked.pes, asked.bits_budget)
    optimum = None if exact is None else float(np.min(shown.cost(exact)))
    marks = {name: row for name, design in SOURCES.items()
             if (row := result_of(design, asked.setup))["status"] == "ok"}  # fmt: skip
    left, right = st.columns([3, 2], gap="small")
    with left, card("eyeriss-population-card", height="stretch"):
        st.subheader("Population", anchor=False)
        drawn = population(shown.results, asked.population, exact=exact, marks=marks, best=shown.best, dark=dark)
        drawn.update_layout(uirevision="eyeriss")
        look = "the population closing in on the front" if exact is not None else "the population moving down and left"
        figure(drawn, key="eyeriss-population-figure", height=FIGURE_HEIGHT, look=f"{look}; rings are the source's "
               "designs under the same mapper.")  # fmt: skip
    with right, card("eyeriss-loss-card", height="stretch"):
        st.subheader("Loss", anchor=False)
        figure(loss_curve(shown.results["loss"].to_list(), optimum, dark=dark), key="eyeriss-loss-figure",
               height=FIGURE_HEIGHT, look=_gap_words(shown, optimum))  # fmt: skip


def _gap_words(shown: Run, optimum: float | None) -> str:
    best = float(shown.results["loss"].iloc[shown.best])
    if optimum is None:
        return "where the curve has gone flat, more generations find little."
    if best <= optimum + 1e-9:
        return "the curve has reached the exact optimum of the whole space."
    return f"the gap to the exact optimum of the whole space: {best - optimum:.3g} standard deviations."
