"""Predicted against measured picks: a verdict, a table and a figure."""

from __future__ import annotations

import html
import math

import streamlit as st

from accel_core.errors import InvalidInputError
from accel_core.metrics import get_metric, label, to_display
from accel_core.platforms import Platform
from accel_core.plots.optimize import verification_errors
from pages.components.plain import plain
from pages.components.session import download, service
from pages.components.style import card, fidelity_badge, figure, is_dark, progress, status_badge
from pages.components.verify_runs import GOAL_PERCENT, Verification, load, verifications

SELECTED = "verify-selected"

_CSS = """
<style>
.accel-verify { overflow-x: auto; }
.accel-verify table { border-collapse: collapse; width: 100%; font-size: 0.88rem; font-variant-numeric: tabular-nums; }
.accel-verify th, .accel-verify td { padding: 3px 8px; text-align: right; white-space: nowrap; border: 0; }
.accel-verify thead th { font-weight: 600; padding-bottom: 7px; }
.accel-verify tbody th { text-align: left; vertical-align: middle; font-weight: 600; padding-left: 2px; }
.accel-verify tr.predicted { border-top: 1px solid light-dark(#e2e6ee, #2b3240); }
.accel-verify tr.predicted td { padding-top: 8px; }
.accel-verify tr.error td { padding-bottom: 8px; }
.accel-verify tr.predicted td { color: light-dark(#5b6472, #9aa4b2); }
.accel-verify .good, .accel-verify .bad { font-weight: 650; border-radius: 6px; padding: 1px 6px; }
.accel-verify .good { color: light-dark(#047857, #4cd9ac); background: light-dark(#e3f5ee, #12352b); }
.accel-verify .bad { color: light-dark(#b3261e, #ff9d8a); background: light-dark(#fdeceA, #40211d); }
</style>
"""


def verification_cards(platform: Platform) -> bool:
    """Show the chosen verification of a platform; return whether one is still under way."""
    names = verifications(platform)
    if not names:
        return False
    is_running = any(not service().campaigns.status(name).is_over for name in names)
    with card("verify"):
        head, choice = st.columns([3, 2], vertical_alignment="center")
        head.subheader("Predicted against measured", anchor=False)
        chosen = st.session_state.get(SELECTED)
        name = choice.selectbox(
            "Verification", names, names.index(chosen) if chosen in names else 0, key=f"verify-choice-{len(names)}",
            label_visibility="collapsed",
        )  # fmt: skip
        st.session_state[SELECTED] = name
        try:
            _show(load(name))
        except InvalidInputError as error:
            st.error(plain(error))
    return is_running


def _show(found: Verification) -> None:
    status = service().campaigns.status(found.campaign.name)
    st.markdown(f"{status_badge(status.state)} {fidelity_badge(found.campaign.fidelity)}")
    if not status.is_over:
        seconds = None if math.isnan(status.seconds_left) else status.seconds_left
        progress(status.done, status.total, seconds, "implementing the picks")
    if status.problem:
        st.error(plain(status.problem))
    _verdict(found)
    for row in found.outcomes[found.outcomes["status"] != "ok"].itertuples():
        st.warning(f"Pick {row.design_id} could not be measured: {plain(row.reason or row.status)}")
    st.html(_CSS + table_html(found))
    if found.n_measured:
        figure(
            verification_errors(found.table, tolerance_percent=GOAL_PERCENT, dark=is_dark()), key="verify-errors",
            height=110 + 34 * len(found.metrics),
            look=f"points outside the shaded ± {GOAL_PERCENT:g} %, or all on one side: the model is wrong there, and "
            "learns it when you search again.",
        )  # fmt: skip
        download(found.table, found.campaign.name, "verify-download")


def _verdict(found: Verification) -> None:
    worst = found.worst
    if worst is None:
        return
    error, title = abs(float(worst["error_percent"])), get_metric(str(worst["metric"])).title.lower()
    number = int((found.predicted["design_id"] == worst["design_id"]).to_numpy().argmax()) + 1
    measured = f"{found.n_measured} of {len(found.predicted)} picks measured" if (
        found.n_measured < len(found.predicted)) else f"All {len(found.predicted)} picks measured"  # fmt: skip
    words = f"{measured}; the largest error is **{error:.1f} %** ({title} of pick {number})."
    if error <= GOAL_PERCENT:
        st.success(f"{words} Every metric is within {GOAL_PERCENT:g} %.")
    else:
        n_bad = int((found.table["error_percent"].abs() > GOAL_PERCENT).sum())
        st.warning(f"{words} {n_bad} of {len(found.table)} values differ by more than {GOAL_PERCENT:g} %.")


def table_html(found: Verification) -> str:
    """Return the table: a column a metric, and for each pick a row predicted, a row measured and a row of errors."""
    cells = found.table.set_index(["design_id", "metric"])
    titles = "".join(f"<th>{html.escape(label(metric)).replace(' [', '<br>[')}</th>" for metric in found.metrics)
    body = []
    for number, name in enumerate(found.predicted["design_id"]):
        values = [cells.loc[(name, metric)] for metric in found.metrics]
        rows = {
            "predicted": [_number(str(row.name[1]), float(row["predicted"])) for row in values],
            "measured": [_number(str(row.name[1]), float(row["actual"])) for row in values],
            "error": [_error(float(row["error_percent"])) for row in values],
        }
        for kind, texts in rows.items():
            first = f'<th rowspan="3" title="{html.escape(name)}">Pick {number + 1}</th>' if kind == "predicted" else ""
            shown = "".join(f"<td>{text}</td>" for text in texts)
            body.append(f'<tr class="{kind}">{first}<td>{kind}</td>{shown}</tr>')
    head = f'<thead><tr><th colspan="2"></th>{titles}</tr></thead>'
    return f'<div class="accel-verify"><table>{head}<tbody>{"".join(body)}</tbody></table></div>'


def _number(metric: str, value: float) -> str:
    return f"{float(to_display(metric, value)):,.4g}" if math.isfinite(value) else "–"


def _error(percent: float) -> str:
    if not math.isfinite(percent):
        return "–"
    kind = "good" if abs(percent) <= GOAL_PERCENT else "bad"
    return f'<span class="{kind}">{percent:+.1f}&nbsp;%</span>'.replace("-", "−", 1)
