"""Step 3 of the page Offline: a design for a network that the model has never seen, then the truth."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from accel_core.errors import AccelError, InvalidInputError
from accel_core.paths import data_path
from accel_core.plots.offline import ladder
from accel_core.plots.offline_layers import KINDS, kind_colors, kinds_of, layer_towers
from accel_core.rooflines import COUNT
from pages.components.offline_data import best_logged, exact_optimum_s, offered, shipped_log, title_of, truth
from pages.components.offline_desk import desk
from pages.components.offline_legend import legend
from pages.components.offline_reveal import chance_words
from pages.components.offline_state import HIDDEN, LIMITS, WHY, WHY_DESIGN, area_limit, go_to, limit_form
from pages.components.offline_training import launch, load_model
from pages.components.offline_words import design_words
from pages.components.plain import plain
from pages.components.style import card, figure, is_dark, metric_row

if TYPE_CHECKING:
    from accel_core.offline import OfflineModel

DEFAULT_HIDDEN = "mobilenet_v3"

_CHOOSING = threading.Lock()
"""One choice at a time: the first compiles, for about ten seconds, what all others need too."""


def model_path(hidden: str) -> Path:
    """Return the file of the model that never saw an application; scripts/make_offline_models.py writes it."""
    return data_path() / "models" / "offline" / f"{hidden}.npz"


def unseen_view() -> None:
    """Let the person hide an application, show the design predicted for it, and reveal what it is worth."""
    left, right = st.columns([3, 8], gap="small")
    with left, card("offline-unseen-form", height="stretch"):
        st.subheader("Hide an application", anchor=False)
        st.session_state.setdefault(HIDDEN, DEFAULT_HIDDEN)
        hidden = st.selectbox("Application", list(offered().applications()), format_func=title_of, key=HIDDEN,
                              persist_state="session", label_visibility="collapsed")  # fmt: skip
        limit_form()
        st.caption("A model trained on the logs of the other eight has never seen it. All it is told are its layers: "
                   "a row for each size of output, a tower for each layer, the taller the more channels.")  # fmt: skip
        _layers(hidden)
    with right:
        try:
            chosen = zero_shot(hidden, area_limit())
        except AccelError as error:
            st.error(plain(error))
            return
        _prediction(hidden, chosen)
        if (hidden, area_limit()) in _revealed():
            _truth(hidden, chosen)


def _revealed() -> set[tuple[str, float]]:
    return desk().unseen


def revealed_design() -> tuple[str, dict[str, int]] | None:
    """Return the hidden application and the design predicted for it, if it was revealed."""
    hidden, limit = st.session_state.get(HIDDEN, DEFAULT_HIDDEN), area_limit()
    if (hidden, limit) not in _revealed():
        return None
    first = zero_shot(hidden, limit)
    return hidden, {name: int(first[name]) for name in offered().parameters}


@st.cache_resource(show_spinner=False)
def _model(path: str, changed: float) -> OfflineModel:
    return load_model(Path(path))


def zero_shot(hidden: str, limit_mm2: float) -> pd.Series:
    """Return the design that a model predicts fastest for an application that it has never seen.

    Raises:
        InvalidInputError: If the model's file is missing or damaged, or no design is that small.
    """
    path = model_path(hidden)
    if not path.is_file():
        raise InvalidInputError(
            f"{path.name}: no model without {title_of(hidden)}; python scripts/make_offline_models.py {hidden} makes it"
        )
    return _zero_shot(hidden, limit_mm2, str(path), path.stat().st_mtime)


@st.cache_data(show_spinner="Optimizing on a model that has never seen it …", max_entries=64)
def _zero_shot(hidden: str, limit_mm2: float, path: str, changed: float) -> pd.Series:
    return _choose(_model(path, changed), hidden, limit_mm2)


def _choose(model: OfflineModel, hidden: str, limit_mm2: float) -> pd.Series:
    """Return the model's first choice for an application that it knows the layers of.

    Raises:
        InvalidInputError: If it has seen the application, or finds no design that is so small.
    """
    if hidden in model.contexts.names:
        raise InvalidInputError(f"{hidden}.npz: the model has seen {title_of(hidden)}")
    with _CHOOSING:
        return model.optimize(
            limit_mm2, 1, 0, offered().area_mm2, [offered().layers_of(offered().applications()[hidden])]
        ).iloc[0]


@st.cache_resource(show_spinner=False)
def warm_up_unseen() -> threading.Thread:
    """Compile what a choice needs beside another step's view that waits for nothing, once a server."""
    return launch(_warm_up, "offline-unseen-warm-up")


def _warm_up() -> None:
    # What is wrong with a file is said where the person asks for it.
    with suppress(AccelError):
        _choose(load_model(model_path(DEFAULT_HIDDEN)), DEFAULT_HIDDEN, LIMITS[0])


def _layers(hidden: str) -> None:
    """Draw all that the model is told of the hidden application."""
    layers = offered().layers_of(offered().applications()[hidden])
    figure(layer_towers(layers, dark=is_dark()), key="offline-unseen-layers")
    counts = layers[COUNT].groupby(kinds_of(layers)).sum()
    colors = kind_colors(dark=is_dark())
    st.html(legend({f"{words}: {counts[kind]:.0f}": colors[kind] for kind, words in KINDS.items() if kind in counts}))


def _prediction(hidden: str, chosen: pd.Series) -> None:
    limit = area_limit()
    with card("offline-unseen-prediction"):
        left, right = st.columns([7, 2], vertical_alignment="center")
        left.markdown(f"**The design it proposes for {title_of(hidden)}**, from its layers alone: "
                      "0 simulations to choose it.")  # fmt: skip
        is_known = (hidden, limit) in _revealed()
        if not is_known:
            right.button("Reveal the truth", type="primary", width="stretch", key="offline-unseen-reveal",
                         on_click=_revealed().add, args=((hidden, limit),))  # fmt: skip
        else:
            right.button("Next: why this design", width="stretch", key="offline-unseen-next", on_click=_explain,
                         args=(hidden,))  # fmt: skip
        words = design_words({name: int(chosen[name]) for name in offered().parameters})
        st.markdown(f"{words} {chosen['chip_area_mm2']:.1f} mm².")
        true = truth(chosen.to_frame().T, (hidden,)).iloc[0] if is_known else None
        metric_row(
            [
                ("Predicted latency", f"{1e3 * chosen['predicted_s']:,.1f} ms", "Of 1000 inferences."),
                ("Thinks that it runs", chance_words(float(chosen["p_fails"])), "Predicted chance that it can run."),
                ("True latency", "hidden" if true is None else _true_words(true), "Of 1000 inferences, simulated."),
                (
                    "Simulations",
                    "0" if true is None else f"{n_to_reveal(hidden, chosen)} to reveal",
                    "Choosing takes none. The best design for the other eight is simulated too.",
                ),
            ]
        )


def n_to_reveal(hidden: str, chosen: pd.Series) -> int:
    """Return how many designs a reveal simulates: the chosen one and the other eight's best, if that is another."""
    others = best_for_others(hidden, area_limit())
    return 1 + (others is not None and any(others[name] != int(chosen[name]) for name in offered().parameters))


def _explain(hidden: str) -> None:
    st.session_state[WHY_DESIGN] = subject_words(hidden)
    go_to(WHY)


def subject_words(hidden: str) -> str:
    """Return how the design for a hidden application is called."""
    return f"Zero-shot design for {title_of(hidden)}"


def _true_words(true: pd.Series) -> str:
    return f"{1e3 * true['runtime_s']:,.1f} ms" if true["status"] == "ok" else "does not run"


def _truth(hidden: str, chosen: pd.Series) -> None:
    limit = area_limit()
    found = truth(chosen.to_frame().T, (hidden,)).iloc[0]
    least = exact_optimum_s([hidden], limit)
    others = best_for_others(hidden, limit)
    instead = None if others is None else truth(pd.DataFrame([others]), (hidden,)).iloc[0]
    logged = best_logged(shipped_log().of([hidden]), [hidden], limit)
    entries: list[tuple[str, float | None, str]] = []
    if least is not None:
        entries.append(("Exact optimum", least, "optimum"))
    entries.append(("Zero-shot design", _latency(found), "chosen"))
    if instead is not None:
        entries.append(("Best for the other eight", _latency(instead), "other"))
    if logged is not None:
        entries.append(("Best in its own log", logged.runtime_s, "other"))
    with card("offline-unseen-truth"):
        st.markdown(verdict(_latency(found), least, None if instead is None else _latency(instead),
                            None if logged is None else logged.runtime_s))  # fmt: skip
        if found["status"] != "ok":
            st.warning(f"It does not run: {plain(found['reason'])}.")
        figure(ladder(entries, dark=is_dark()), key="offline-unseen-figure", height=260,
               look="the zero-shot design against what a user would do instead: take the exact optimum for the other "
               "eight, the best that a search on the simulator could find.")  # fmt: skip


def _latency(row: pd.Series) -> float | None:
    return float(row["runtime_s"]) if row["status"] == "ok" else None


def verdict(found: float | None, optimum: float | None, others: float | None, logged: float | None) -> str:
    """Say in one sentence what a zero-shot design is worth; latencies in s, None where unknown or not running."""
    if found is None:
        return "The zero-shot design does not run: the model misjudged what this network needs."
    words = f"**{1e3 * found:,.1f} ms**"
    if optimum is not None:
        above = 100 * (found / optimum - 1)
        words += ", the exact optimum of all designs" if above < 0.05 else f", {above:.1f} % above the exact optimum"
    parts = []
    if others is not None:
        parts.append(f"{_times(others / found)} than the best design for the other eight")
    if logged is not None:
        parts.append(f"{_times(logged / found)} than the best in its own log, which it never saw")
    return f"The zero-shot design takes {words}" + (f"; {', and '.join(parts)}." if parts else ".")


def _times(ratio: float) -> str:
    return f"{ratio:.2f} × faster" if ratio >= 1 else f"{1 / ratio:.2f} × slower"


def best_for_others(hidden: str, limit_mm2: float) -> dict[str, int] | None:
    """Return the exact optimum for all other applications together; None where it is not known.

    Their mean runtime counts. It is the best that a search on the simulator could find without the hidden one.
    """
    try:
        return offered().optimum([name for name in offered().applications() if name != hidden], limit_mm2).design
    except AccelError:
        return None
