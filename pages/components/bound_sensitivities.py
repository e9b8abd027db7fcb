"""What each bound costs, in sentences, and the way out when bounds leave no design."""

from __future__ import annotations

import html
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from accel_core.metrics import get_metric
from accel_core.objectives import Goal, objectives_of
from accel_core.relaxations import Relaxation, relaxations
from accel_core.sensitivities import Sensitivity, sensitivities
from pages.components.front import FrontState, set_front
from pages.components.style import quantity

STEP = 0.1
UNCHANGED = 5e-4

_CSS = """
<style>
.accel-bound { display: grid; gap: 7px; font-size: 0.88rem; line-height: 1.35; }
.accel-bound b { font-weight: 600; }
.accel-bound .limit { color: light-dark(#5B4BDB, #9C93FF); font-weight: 600; font-variant-numeric: tabular-nums; }
.accel-bound .hint { color: light-dark(#5b6472, #9aa4b2); }
</style>
"""


def show_sensitivities(points: pd.DataFrame, goals: Sequence[Goal]) -> None:
    """Show one line for each limit."""
    found = sensitivities(points, goals, STEP)
    lines = [
        f'<div><span class="limit">{html.escape(limit_text(sensitivity))}</span><br>'
        f"{html.escape(sentence(sensitivity, goals))}</div>"
        for sensitivity in found
    ]
    hint = '<div class="hint">Drag a line, or type a number at its handle: what the bound costs is told here.</div>'
    st.html(f'{_CSS}<div class="accel-bound">{"".join(lines) or hint}</div>')


def limit_text(sensitivity: Sensitivity | Relaxation) -> str:
    """Return a limit as a formula, such as ``Power ≤ 12 mW``."""
    sign = "≤" if sensitivity.side == "upper" else "≥"
    return f"{get_metric(sensitivity.metric).title} {sign} {quantity(sensitivity.metric, sensitivity.limit)}"


def sentence(sensitivity: Sensitivity, goals: Sequence[Goal]) -> str:
    """Say in words what tightening a limit costs the objectives, such as ``10 % less area costs 7 % energy``."""
    more = f"{100 * STEP:.0f} % {'less' if sensitivity.side == 'upper' else 'more'} {_word(sensitivity.metric)}"
    if sensitivity.n_left == 0:
        return f"{more} leaves no design."
    costs = []
    for objective in objectives_of(goals):
        change = sensitivity.changes[objective.metric]
        worse = 0.0 if change is None else change if objective.direction == "min" else -change
        if worse > UNCHANGED and objective.metric != sensitivity.metric:
            costs.append(f"{100 * worse:.2g} % {_word(objective.metric)}")
    return f"{more} costs {' and '.join(costs) or 'nothing'}."


def offer_way_out(points: pd.DataFrame, goals: Sequence[Goal], state: FrontState, key: str) -> None:
    """Where no design meets all bounds, say which bound is the tightest and offer to relax it."""
    found = relaxations(points, goals)
    if not found:
        st.warning("No design meets all bounds, and none has all the bounded metrics. Clear a bound.")
        return
    words = " and ".join(f"{limit_text(entry)} (nearest: {quantity(entry.metric, entry.nearest)})" for entry in found)
    st.warning(f"No design meets all bounds. {'Tightest' if len(found) == 1 else 'Too tight together'}: {words}.")
    names = " and ".join(f"{_word(entry.metric)} to {quantity(entry.metric, entry.nearest)}" for entry in found)
    st.button(f"Relax {names}", type="primary", key=f"{key}-relax", on_click=relax, args=(state, found, key))


def relax(state: FrontState, found: Sequence[Relaxation], key: str) -> None:
    """Move limits to what a design reaches; the front can undo it."""
    bounds = dict(state.bounds)
    for entry in found:
        lower, upper = bounds[entry.metric]
        bounds[entry.metric] = (entry.nearest, upper) if entry.side == "lower" else (lower, entry.nearest)
    set_front(key, bounds=bounds, selected=state.selected_id)


def _word(metric: str) -> str:
    return get_metric(metric).title.lower()
