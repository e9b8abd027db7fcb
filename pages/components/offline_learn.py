"""Step 1 of the page Offline: a log, an area limit, how careful to be, and the training of two models."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import streamlit as st

from accel_core.errors import AccelError
from accel_core.plots.offline import MODELS, log_picture, training_curves
from pages.components.offline_asked import Asked, asked_words
from pages.components.offline_data import (
    Log,
    best_logged,
    shipped_log,
    title_of,
    titles_of,
    uploaded_log,
)
from pages.components.offline_state import (
    ALPHA,
    APPLICATIONS,
    COMPARE,
    INFEASIBLE,
    SEED,
    STEPS,
    area_limit,
    begin,
    go_to,
    limit_form,
    shown_training,
)
from pages.components.offline_training import DEFAULT_ALPHA, DEFAULT_STEPS, Training
from pages.components.plain import plain
from pages.components.style import card, figure, is_dark, metric_row, progress

ALPHAS = (0.0, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1.0)
REFRESH_S = 0.8
REDRAW_S = 4.0
"""A browser builds a changed figure anew, which takes seconds where the trainings keep all cores busy."""

UPLOAD = "offline-log"
_DRAWN = "offline-drawn"

Rows = Mapping[str, Sequence[Mapping[str, float]]]
"""Rows of the training curves by model."""


def learn_view() -> None:
    """Show the form, the log and the training."""
    left, right = st.columns([3, 8], gap="small")
    with left, card("offline-form", height="stretch"):
        log = log_form()
        asked = training_form(log)
        is_asked = st.button("Train", type="primary", width="stretch", key="offline-train")
        if is_asked and asked.names:
            begin(asked, log.of(asked.names))
        _buttons(shown_training())
    with right:
        if not asked.names:
            st.info("Choose at least one application.")
            return
        log_card(log, asked.names)
        training = shown_training()
        if training is None:
            with card("offline-no-training"):
                st.markdown("**Nothing is learned yet.** *Train* learns two models from these designs alone; "
                            "no design is simulated.")  # fmt: skip
            return
        st.fragment(_live, run_every=REFRESH_S if training.is_live else None)()


def log_form() -> Log:
    """Let the person choose a log; the shipped one where theirs cannot be read."""
    title, options = st.columns([3, 2], vertical_alignment="center")
    title.subheader("Learn", anchor=False)
    with options.popover("Log", width="stretch"):
        upload = st.file_uploader(
            "A log of your own", key=UPLOAD,
            help="Parquet as `python -m accel_core logs edgetpu` or `import --prime` writes it. Truth on this page is "
            "this house's simulator, which the log may not come from.",
        )  # fmt: skip
        # A type that the browser refuses would be told by a small sign alone.
        if upload is not None:
            try:
                log = uploaded_log(upload.name, upload.getvalue())
                st.caption(f"In use: {plain(log.title)}, {len(log.table):,} designs")
                return log
            except AccelError as error:
                st.error(plain(error))
        else:
            st.caption("In use: the shipped log, 20,000 random designs of each application.")
    return shipped_log()


def training_form(log: Log) -> Asked:
    """Show what a training needs and return it."""
    names = _applications(log)
    limit_form()
    for key, value in ((ALPHA, DEFAULT_ALPHA), (INFEASIBLE, True), (STEPS, DEFAULT_STEPS), (SEED, 0)):
        st.session_state.setdefault(key, value)
    alpha = st.select_slider("Conservatism alpha", ALPHAS, key=ALPHA, persist_state="session",
                             format_func=lambda value: f"{value:g}",
                             help="How hard designs that an optimizer would pick, far from the log, are predicted "
                             "slower; 0 trusts every prediction.")  # fmt: skip
    with_infeasible = st.toggle("Learn from infeasible designs", key=INFEASIBLE, persist_state="session",
                                help="Most logged designs cannot run. A model that never sees them does not know "
                                "where not to go.")  # fmt: skip
    with st.popover("More", width="stretch"):
        steps = st.number_input("Training steps", 1, 20_000, step=100, key=STEPS, persist_state="session")
        seed = st.number_input("Seed", 0, 1_000_000, key=SEED, persist_state="session")
    return Asked(log.title, log.key, tuple(names), float(alpha), bool(with_infeasible), int(steps), int(seed))


def _applications(log: Log) -> list[str]:
    known = log.names
    kept = [name for name in st.session_state.get(APPLICATIONS, known[:1]) if name in known]
    st.session_state[APPLICATIONS] = kept or known[:1]
    return st.multiselect("Applications", known, format_func=title_of, key=APPLICATIONS, persist_state="session",
                          help="One, or several to run on the same chip: the model is then told what each looks "
                          "like.")  # fmt: skip


def _buttons(training: Training | None) -> None:
    """Show what can be done with a training; not in the part that refreshes, where a click could be lost."""
    if training is not None and training.is_live:
        st.button("Stop", width="stretch", key="offline-stop", on_click=training.stop)
    elif training is not None and training.is_ready:
        st.button("Next: who is fooled?", width="stretch", key="offline-next", on_click=go_to, args=(COMPARE,))


def log_card(log: Log, names: tuple[str, ...]) -> None:
    """Show the log: counts, its best, and a picture."""
    rows, limit = log.of(names), area_limit()
    is_ok = rows["status"] == "ok"
    best = best_logged(rows, names, limit)
    within = int((is_ok & (rows["chip_area_mm2"] <= limit)).sum())
    with card("offline-log-card"):
        metric_row(
            [
                ("Logged designs", f"{len(rows):,}", f"{plain(log.title)}: {titles_of(names)}."),
                ("Cannot run", f"{100 * (1 - is_ok.mean()):.0f} %", "Some layer or the program does not fit."),
                (f"Run within {limit:g} mm²", f"{within:,}", "Feasible designs under the area limit."),
                ("Best of these", "–" if best is None else f"{1e3 * best.runtime_s:,.1f} ms",
                 "Fastest logged design under the limit, for 1000 inferences."
                 if best else "No logged design under the limit runs all of them."),
            ]
        )  # fmt: skip
        figure(log_picture(rows, limit, best.runtime_s if best and len(names) == 1 else None, dark=is_dark()),
               key="offline-log-figure", height=232,
               look="how few designs run left of the limit: a model must guess what lies below them.")  # fmt: skip


def _live() -> None:
    """Draw how the training goes."""
    training = shown_training()
    if training is None:
        return
    asked = training.asked
    with card("offline-curves"):
        if training.is_live:
            progress(training.steps_done // training.n_models, asked.steps, training.seconds_left, under_way(training))
        elif training.problem:
            st.error(f"Training failed: {plain(training.problem)}")
        else:
            st.markdown(ended_words(training))
        _curves(training)
    if not training.is_live and st.session_state.get("offline-live"):
        st.session_state["offline-live"] = False
        st.rerun()
    st.session_state["offline-live"] = training.is_live


def ended_words(training: Training) -> str:
    """Say what a training that ended was of."""
    asked, done = training.asked, training.steps_done // training.n_models
    words = f"**Training {'stopped' if done < asked.steps else 'done'}:** {asked_words(asked)}, {steps_words(training)}"
    taken = ", by an earlier training of the same" if training.is_taken_over else ""
    return f"{words}{taken}, **0 simulations**."


def steps_words(training: Training) -> str:
    """Return how many steps were taken; where there are two models, of each."""
    done = training.steps_done // training.n_models
    return f"{done:,} steps{' each' if training.n_models == 2 else ''}"


def under_way(training: Training) -> str:
    """Say what a training does that is not done."""
    if training.is_waiting:
        return "waiting for another session's training to end"
    each, models = ("each model", "both models") if training.n_models == 2 else ("the model", "the model")
    return f"steps of {each}" if training.steps_done else f"compiling {models}"


def _curves(training: Training) -> None:
    """Show the newest figures in words at once, and drawn as often as a browser can."""
    rows = {name: list(found) for name, found in list(training.curves.items())}
    if not any(rows.values()):
        if training.is_live and training.first_after:
            st.caption(f"First figures after {training.first_after:,} steps of a model.")
        return
    st.caption(newest(rows))
    drawn = drawn_rows(training, rows)
    figure(training_curves(drawn, training.asked.steps, dark=is_dark()), key="offline-curves-figure", height=168)


def newest(rows: Rows) -> str:
    """Return each model's last error on held-out designs, with its unit."""
    known = [
        f"{MODELS[name][0].lower()} {100 * found[-1]['held_out_error']:.3g} %" for name, found in rows.items() if found
    ]
    return f"Error on held-out designs: {', '.join(known)} of the variance of ln latency."


def drawn_rows(training: Training, rows: Rows, now_s: float | None = None) -> Rows:
    """Return the rows to draw: all at the end, and before it those of the last time that ``REDRAW_S`` was over.

    Args:
        training: Whose rows they are; the session keeps what was drawn of it.
        rows: All so far.
        now_s: Time on any clock that does not go back; None reads one.
    """
    if not training.is_live:
        return rows
    now = time.monotonic() if now_s is None else now_s
    number, since, kept = st.session_state.get(_DRAWN, (0, 0.0, rows))
    if number == training.number and now - since < REDRAW_S:
        return kept  # type: ignore[no-any-return]
    st.session_state[_DRAWN] = (training.number, now, rows)
    return rows
