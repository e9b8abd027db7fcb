"""Step 2 of the page Offline: what the naive and the conservative model would build, and then the truth."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from accel_core.errors import AccelError
from accel_core.plots.offline import MODELS, belief_against_truth, span_of
from pages.components.offline_asked import Revealed, asked_words, settings_words
from pages.components.offline_data import Best, best_logged, distinct, exact_optimum_s, titles_of, truths
from pages.components.offline_state import (
    LEARN,
    WHY,
    area_limit,
    choices_of,
    go_to,
    is_revealed,
    show,
    shown_training,
    trainings,
)
from pages.components.offline_training import CONSERVATIVE, NAIVE, Training
from pages.components.plain import plain
from pages.components.style import card, figure, is_dark

EMPTY, HIDDEN, UNKNOWN = "–", "hidden", "not known"


def reveal_view() -> None:
    """Show both models' first choices side by side, as they believe and, once asked for, as they are."""
    training = shown_training()
    if training is None or not training.is_ready:
        _nothing_yet(training)
        return
    limit = area_limit()
    try:
        choices = choices_of(training, limit)
    except AccelError as error:
        st.error(plain(error))
        return
    with card("offline-reveal-head"):
        _head(training, limit, choices)
    true = None
    if is_revealed(training, limit):
        true = truths(choices, training.asked.names)
    best, optimum = _references(training, limit)
    _panels(training, choices, true, best, optimum)
    with card("offline-numbers"):
        st.html(_table(numbers(choices, true, best, optimum)))
    _earlier(training)


def _nothing_yet(training: Training | None) -> None:
    with card("offline-nothing"):
        if training is not None and training.is_live:
            st.markdown("**The training is under way.** What the two models choose will be here.")
        else:
            st.markdown("**Nothing to compare yet.** Train the two models first; it takes less than a minute.")
        st.button("Go to step 1", type="primary", key="offline-to-learn", on_click=go_to, args=(LEARN,))


def _head(training: Training, limit: float, choices: Mapping[str, pd.DataFrame]) -> None:
    asked = training.asked
    was = is_revealed(training, limit)
    counter = f"{len(distinct(choices)) * len(asked.names)} to reveal"
    left, right = st.columns([7, 2], vertical_alignment="center")
    left.markdown(
        f"**{titles_of(asked.names)}**, at most {limit:g} mm²; {settings_words(asked)}.  \n"
        f"Simulations: **0 to choose** · **{counter}**{'' if was else ', if you want to know'}."
    )
    if not was:
        right.button("Reveal the truth", type="primary", width="stretch", key="offline-reveal-button",
                     on_click=_reveal, args=(training, limit, choices))  # fmt: skip
    else:
        right.button("Next: why this design", width="stretch", key="offline-why-next", on_click=go_to, args=(WHY,))


def _reveal(training: Training, limit: float, choices: Mapping[str, pd.DataFrame]) -> None:
    names = training.asked.names
    first = truths(choices, names)[CONSERVATIVE].iloc[0]
    runtime = float(first["runtime_s"]) if first["status"] == "ok" else None
    training.revealed[limit] = Revealed(runtime, exact_optimum_s(names, limit))


def _references(training: Training, limit: float) -> tuple[Best | None, float | None]:
    names = training.asked.names
    return best_logged(training.rows, names, limit), exact_optimum_s(names, limit)


def _panels(
    training: Training,
    choices: Mapping[str, pd.DataFrame],
    true: Mapping[str, pd.DataFrame] | None,
    best: Best | None,
    optimum: float | None,
) -> None:
    marks = {} if best is None else {"best in the log": best.runtime_s}
    if true is not None and optimum is not None:
        marks["exact optimum"] = optimum
    known = [rows["predicted_s"] for rows in choices.values()] + [np.array(list(marks.values()))]
    known += [rows["runtime_s"] for rows in (true or {}).values()]
    span = span_of(*known)
    for column, name in zip(st.columns(2, gap="small"), (NAIVE, CONSERVATIVE), strict=True):
        with column, card(f"offline-panel-{name}", height="stretch"):
            asked = training.asked
            words = "plain regression" if name == NAIVE or asked.is_naive else f"alpha {asked.alpha:g}"
            st.markdown(f"**{MODELS[name][0]}** · {words}")
            shown = belief_against_truth(choices[name], name, span, true=None if true is None else true[name],
                                         marks=marks, dark=is_dark())  # fmt: skip
            figure(
                shown,
                key=f"offline-figure-{name}",
                height=320,
                look=_look(name, choices[name]["predicted_s"].to_numpy(), true),
            )


def _look(name: str, predicted: npt.NDArray[np.float64], true: Mapping[str, pd.DataFrame] | None) -> str:
    if true is None:
        return "how fast it believes its 50 first choices to be; the truth is hidden."
    rows = true[name]
    lost = int((rows["status"] != "ok").sum())
    slower = int((rows["runtime_s"] > predicted).sum())
    if lost == len(rows):
        return f"the crosses: none of its {len(rows)} choices runs. Point at one for the memory that is too small."
    above = f"{slower} of {len(rows) - lost} that run are slower than believed"
    fails = "does" if lost == 1 else "do"
    return (
        f"the crosses: {lost} of its {len(rows)} choices {fails} not run; {above}." if lost else f"the dots: {above}."
    )


def numbers(
    choices: Mapping[str, pd.DataFrame],
    true: Mapping[str, pd.DataFrame] | None,
    best: Best | None,
    optimum: float | None,
) -> pd.DataFrame:
    """Return one row a model about its first choice and its others, in words; what is not known yet is hidden.

    Args:
        choices: First choices by model, best first.
        true: What became of them; None while nobody looked.
        best: Best in the log.
        optimum: Exact optimum in s; None where it is not known.
    """
    rows = {}
    for name, chosen in choices.items():
        after = dict.fromkeys(_AFTER, HIDDEN) if true is None else _after(true[name], best, optimum)
        rows[MODELS[name][0]] = {
            "Predicted": _ms(float(chosen["predicted_s"].iloc[0])),
            "Thinks that it runs": chance_words(float(chosen["p_fails"].iloc[0])),
            **after,
        }
    return pd.DataFrame(rows).T


def chance_words(p_fails: float) -> str:
    """Return how sure a model is that a design runs; a model without infeasible designs never asks itself."""
    return "always" if p_fails == 0 else f"{100 * (1 - p_fails):.0f} %"


_AFTER = ("True", "Above the exact optimum", "Speed against the log's best", "Best of its 50, true", "Of these run")


def _after(true: pd.DataFrame, best: Best | None, optimum: float | None) -> dict[str, str]:
    latency = true["runtime_s"].to_numpy(dtype=np.float64)
    runs = np.isfinite(latency)
    first = float(latency[0]) if runs[0] else None
    values = (
        "does not run" if first is None else _ms(first),
        _above(first, optimum),
        EMPTY if first is None or best is None else f"{best.runtime_s / first:.2f} ×",
        _ms(float(np.nanmin(latency))) if runs.any() else EMPTY,
        f"{int(runs.sum())} of {len(runs)}",
    )
    return dict(zip(_AFTER, values, strict=True))


def _above(first: float | None, optimum: float | None) -> str:
    if first is None:
        return EMPTY
    return UNKNOWN if optimum is None else f"{100 * (first / optimum - 1):.1f} %"


def _ms(seconds: float) -> str:
    return f"{1e3 * seconds:,.1f} ms"


_CSS = """
<style>
.offline-table { width: 100%; border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
.offline-table th { font-weight: 500; text-align: right; opacity: 0.72; padding: 2px 10px; }
.offline-table td { text-align: right; padding: 3px 10px; border-top: 1px solid light-dark(#e6e9f0, #2b3240); }
.offline-table td:first-child, .offline-table th:first-child { text-align: left; font-weight: 600; opacity: 1; }
.offline-table .off { opacity: 0.5; }
.offline-table .bad { color: light-dark(#C2410C, #FF8A3D); font-weight: 600; }
</style>
"""


def _table(rows: pd.DataFrame) -> str:
    head = "".join(f"<th>{name}</th>" for name in ("First choice", *rows.columns))
    kinds = {HIDDEN: "off", "does not run": "bad"}
    body = "".join(
        f"<tr><td>{name}</td>" + "".join(f'<td class="{kinds.get(value, "")}">{value}</td>' for value in row) + "</tr>"
        for name, row in zip(rows.index, rows.to_numpy(), strict=True)
    )
    return f'{_CSS}<table class="offline-table"><tr>{head}</tr>{body}</table>'


def _earlier(training: Training) -> None:
    """Show the session's trainings, to go back to."""
    ready = [entry for entry in trainings() if entry.is_ready]
    if len(ready) < 2:
        return
    numbers = [entry.number for entry in ready]
    words = {entry.number: summary(entry) for entry in ready}
    st.session_state["offline-earlier"] = training.number
    st.selectbox("Trainings of this session", numbers, format_func=words.__getitem__, key="offline-earlier",
                 on_change=_show_chosen)  # fmt: skip


def _show_chosen() -> None:
    show(int(st.session_state["offline-earlier"]))


def summary(training: Training) -> str:
    """Return a training in one line: what was asked for, and how good its first choice turned out to be."""
    asked = training.asked
    known = [f"{limit:g} mm²: {_outcome(found)}" for limit, found in training.revealed.items()]
    return f"{asked_words(asked)}, {asked.steps:,} steps · {', '.join(known) or 'not revealed'}"


def _outcome(found: Revealed) -> str:
    if found.runtime_s is None:
        return "first choice does not run"
    if found.optimum_s is None:
        return f"first choice {_ms(found.runtime_s)}, optimum not known"
    return f"{found.runtime_s / found.optimum_s:.2f} × the optimum"
