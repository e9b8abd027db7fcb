"""Optimize: search for better designs on a fitted model or on the real flow, and verify the picks."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from accel_core.errors import AccelError, InvalidInputError
from accel_core.evaluators import unavailable
from accel_core.platforms import Platform, get_platform
from pages.components import verify_runs
from pages.components.optimize_flow import flow_progress, launch_search, searches, show_head
from pages.components.optimize_form import FLOW, WHERE, Asked, search_form
from pages.components.optimize_model import ModelRun, fitted, forget_model_run, last_model_run, run_search, trust_of
from pages.components.optimize_plan import reference_point
from pages.components.optimize_view import Progress, better_known, choose_picks, no_design, show_growth, trust_note
from pages.components.plain import plain
from pages.components.platform_words import words_of
from pages.components.session import current_platform, service
from pages.components.style import card, duration, page, progress
from pages.components.verify_view import SELECTED, verification_cards

REFRESH_S = 1.5
SHOWN = "optimize-shown"
PROBLEM = "optimize-problem"
MODEL_SEARCH = "Fitted model"


def problem_key() -> str:
    """Return the session's key of what went wrong with the last click, platform by platform."""
    return f"{PROBLEM}-{platform.name}"


def start_button(asked: Asked) -> bool:
    """Show the button that starts the search."""
    words = "Search the model" if asked.is_model else words_of(platform).search_flow
    return st.button(words, type="primary", width="stretch", disabled=asked.plan is None, key="optimize-start")


def start(asked: Asked) -> None:
    """Start what the form describes; a search of a model is drawn here while it runs."""
    plan = asked.plan
    assert plan is not None
    st.session_state.pop(problem_key(), None)
    try:
        if not asked.is_model:
            st.session_state[SHOWN] = launch_search(plan, asked.fidelity)
            st.rerun()
        learned = fitted(plan, asked.fidelity, asked.stored)
        trust = trust_of(plan, learned, asked.stored)
        run = ModelRun(plan, asked.fidelity, trust, learned.n_rows, reference_point(asked.stored, plan.goals))
        forget_model_run(platform)
        st.session_state[SHOWN] = MODEL_SEARCH
        place = st.empty()
        run_search(run, learned, asked.stored, lambda run, done, seconds: draw(place, run, done, seconds))
    except AccelError as error:
        st.session_state[problem_key()] = (str(error), asked.is_model)
    st.rerun()


def draw(place: st.delta_generator.DeltaGenerator, run: ModelRun, done: int, seconds: float) -> None:
    """Draw a search of a model under way."""
    with place.container():
        progress(done, run.plan.budget, seconds, f"predicted by a model of {run.n_rows} results")
        st.button("Stop", key=f"optimize-stop-{done}", help="What is found by then is kept.")
        show_growth(model_progress(run, f"live-{done}"))


def model_progress(run: ModelRun, key: str = "model") -> Progress:
    """Return a search of a model in the shape that the figures take."""
    return Progress(run.plan, run.goals, run.results, run.reference, key)


def model_results(run: ModelRun) -> None:
    """Show a search of a model that is over."""
    shown = model_progress(run)
    ended = "" if run.is_over else " Stopped early."
    whole = "the whole space, " if run.is_whole else ""
    trust = trust_note(run.plan, run.max_uncertainty)
    st.caption(f"Searched {whole}{len(run.results):,} designs in {duration(run.seconds)}, with a model of "
               f"{run.n_rows:,} {run.fidelity} results.{ended} {trust}")  # fmt: skip
    if run.results.empty:
        st.info("The search was stopped before its first designs.")
        return
    best = show_growth(shown)
    with card("picks"):
        st.subheader("Picks", anchor=False)
        if best.empty:
            st.warning(no_design(shown, run.nearest))
            return
        picks = choose_picks(shown, best)
        better_known(run.plan, run.fidelity, picks)
        verify_button(shown, picks)


def verify_button(shown: Progress, picks: pd.DataFrame) -> None:
    """Offer to evaluate the picks in the platform's best fidelity."""
    platform = get_platform(shown.plan.platform)
    if not platform.evaluable:
        st.caption("These picks are predicted; nothing can be run here to verify them.")
        return
    missing = unavailable(platform, platform.reference)
    words = f"Verify {len(picks)} pick{'s' if len(picks) != 1 else ''} {words_of(platform).done}"
    if missing:
        st.warning(f"Picks cannot be verified: {plain(missing)}")
    if st.button(words, type="primary", disabled=bool(missing), key=f"{shown.key}-verify"):
        try:
            st.session_state[SELECTED] = verify_runs.launch(shown.plan, picks)
        except AccelError as error:
            st.session_state[problem_key()] = (str(error), False)
        st.rerun()


def flow_results(platform: Platform, name: str) -> bool:
    """Show a search of the real flow; return whether it still runs."""
    try:
        shown, status, campaign = flow_progress(name)
    except InvalidInputError as error:
        st.error(plain(error))
        return False
    with card("flow-head"):
        show_head(status, campaign)
    if shown.results.empty:
        st.info("The first results show here as they arrive.")
        return not status.is_over
    best = show_growth(shown)
    with card("picks"):
        st.subheader("Picks", anchor=False)
        if best.empty:
            st.warning(no_design(shown, shown.results))
        else:
            picks = choose_picks(shown, best)
            if campaign.fidelity == platform.reference:
                st.caption("These picks are measured, not predicted: there is nothing left to verify.")
            else:
                verify_button(shown, picks)
    return not status.is_over


def say_problem() -> None:
    """Say what went wrong with the last click; where there is too little to learn from, offer the way out."""
    problem = st.session_state.get(problem_key())
    if problem is None:
        return
    text, is_model = problem
    st.error(plain(text))
    if is_model and platform.evaluable:
        st.button(f"{words_of(platform).search_flow} instead", on_click=take_flow, key="optimize-take-flow")


def take_flow() -> None:
    """Choose the real flow in the form."""
    st.session_state[WHERE] = FLOW
    st.session_state.pop(problem_key(), None)


def right_side() -> None:
    """Show the chosen search and the verified picks; redraws itself while something runs."""
    say_problem()
    model = last_model_run(platform)
    names = [*([MODEL_SEARCH] if model else []), *(status.name for status in searches(platform))]
    is_running = False
    if not names:
        with card("no-search"):
            st.subheader("No search yet", anchor=False)
            flow = words_of(platform).flow
            instead = f", or the {flow.lower()}" if flow else ""
            st.write(f"The form beside is ready: search the fitted model for an answer in seconds{instead}.")
    else:
        chosen = st.session_state.get(SHOWN)
        if len(names) > 1:
            chosen = st.selectbox("Search", names, names.index(chosen) if chosen in names else 0,
                                  key=f"optimize-choice-{'-'.join(names)}", label_visibility="collapsed")  # fmt: skip
        name = chosen if chosen in names else names[0]
        st.session_state[SHOWN] = name
        if name == MODEL_SEARCH and model is not None:
            model_results(model)
        else:
            is_running = flow_results(platform, name)
    is_running |= verification_cards(platform)
    if st.session_state.get("optimize-was-running") and not is_running:
        st.session_state["optimize-was-running"] = False
        st.rerun()
    st.session_state["optimize-was-running"] = is_running


page("Optimize", "Search for better designs, in what was learned or by evaluating each, and verify the picks.")
platform = current_platform()
service()
left, right = st.columns([1, 2], gap="medium")
with left, card("search"):
    # The button stands on top, next to where the results will show; what it starts is known only below.
    title, button = st.columns([2, 3], vertical_alignment="center")
    title.subheader("Search", anchor=False)
    asked = search_form(platform)
    if asked.problem:
        st.error(plain(asked.problem))
    with button:
        is_started = start_button(asked)
with right:
    if is_started:
        start(asked)
    is_live = any(not status.is_over for status in service().campaigns.statuses())
    st.fragment(right_side, run_every=REFRESH_S if is_live else None)()
