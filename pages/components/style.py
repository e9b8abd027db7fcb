"""The shared look of the pages: header, cards, empty states, badges, figures and numbers in engineering units."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from accel_core.metrics import get_metric, is_metric, label, to_display
from accel_core.plots import theme
from pages.components.plain import html_text

# `light-dark()` follows the color scheme that Streamlit sets, so a switch of theme needs no rerun.
_CSS = """
<style>
[data-testid="stMainBlockContainer"] { max-width: 1560px; padding-left: 2.2rem; padding-right: 2.2rem; }
[data-testid="stHeader"] { background: transparent; }
[class*="st-key-card-"], [data-testid="stMetric"] {
  background: light-dark(#ffffff, #1a1f29); border-color: light-dark(#e2e6ee, #2b3240) !important;
  box-shadow: 0 1px 2px rgb(16 24 40 / 4%);
}
[data-testid="stMetric"] > div { padding: 0.65rem 0.85rem; }
[data-testid="stMetricLabel"] { opacity: 0.75; }
[data-testid="stMetricValue"] { font-variant-numeric: tabular-nums; font-size: 1.3rem; }
.accel-subtitle { color: light-dark(#5b6472, #9aa4b2); margin: -0.7rem 0 0.4rem; font-size: 1rem; max-width: 75ch; }
[class*="st-key-card-step-"] [data-testid="stPageLink-NavLink"] { padding-left: 0; padding-right: 0; }
.accel-look { color: light-dark(#5b6472, #9aa4b2); font-size: 0.86rem; line-height: 1.45; max-width: 95ch; }
.accel-look b { color: light-dark(#1f2937, #e6e9ef); font-weight: 600; }
</style>
"""

_STATUS_BADGES = {"ok": "green", "infeasible": "orange", "failed": "red", "timeout": "violet"}
_CAMPAIGN_BADGES = {
    "planning": "gray",
    "queued": "gray",
    "running": "blue",
    "pausing": "orange",
    "paused": "orange",
    "cancelling": "gray",
    "cancelled": "gray",
    "finished": "green",
}

_FIGURE_CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
    "toImageButtonOptions": {"format": "svg"},
}


def follow_deep_link(journey: Sequence[st.Page]) -> None:
    """Note that ``app.py`` routes this session, and go to the page that a bare run of it asked for."""
    st.session_state["routed"] = True
    title = st.session_state.pop("deep-link", None)
    for entry in journey:
        if entry.title == title:
            st.switch_page(entry, query_params=_asked_for())


def page(title: str, subtitle: str = "") -> None:
    """Open a page: the shared style, its title and one sentence that says what the page is for."""
    # A new server runs its first deep link as a bare file of pages/, around app.py; go through it.
    if not st.session_state.get("routed"):
        st.session_state["deep-link"] = title
        st.switch_page("app.py", query_params=_asked_for())
    st.html(_CSS)
    st.title(title, anchor=False)
    if subtitle:
        st.html(f'<p class="accel-subtitle">{html_text(subtitle)}</p>')


def change_page(target: str) -> None:
    """Change to another page; the platform stays, for the side bar's choice writes the address anew.

    Streamlit refuses to drop by itself what a widget is bound to in the address, so it is told to keep nothing.
    """
    st.switch_page(target, query_params={})


def _asked_for() -> dict[str, list[str]]:
    """Return what the address asks for behind its ``?``, which a change of page drops unless it is told."""
    return {name: st.query_params.get_all(name) for name in st.query_params}


def card(key: str, **options: Any) -> DeltaGenerator:
    """Return a white card to fill with ``with``; `key` must be unique on the page."""
    return st.container(border=True, key=f"card-{key}", **options)


def look_for(text: str) -> None:
    """Say under a figure what to look for, in one sentence."""
    st.html(f'<div class="accel-look"><b>Look for</b> {html_text(text)}</div>')


def metric_row(items: Iterable[tuple[str, str, str | None]]) -> None:
    """Show (label, value, help or None) side by side in boxes of one height."""
    entries = list(items)
    for column, (name, value, help_text) in zip(st.columns(len(entries)), entries, strict=True):
        column.metric(name, value, help=help_text, border=True, height="stretch")


def empty_state(title: str, text: str, button: str, target: str | None = None, *, key: str) -> bool:
    """Show what is missing and the one button that helps.

    Args:
        title: What is not there yet, in a few words.
        text: One sentence on how to get it.
        button: Words on the button.
        target: Page to switch to on a click, such as ``pages/3_runs.py``; None leaves the click to the caller.
        key: Unique on the page.

    Returns:
        Whether the button was clicked.
    """
    with card(f"empty-{key}"):
        st.subheader(title, anchor=False)
        st.write(text)
        is_clicked = st.button(button, type="primary", key=f"empty-{key}-button")
    if is_clicked and target is not None:
        change_page(target)
    return is_clicked


def status_badge(status: str, count: int | None = None) -> str:
    """Return Markdown for a colored badge of a result's or a campaign's status."""
    color = {**_CAMPAIGN_BADGES, **_STATUS_BADGES}.get(status, "gray")
    return f":{color}-badge[{status}{'' if count is None else f' {count:,}'}]"


def fidelity_badge(fidelity: str) -> str:
    """Return Markdown that tells a measured design from a predicted one: ● placed, ◇ predicted."""
    style = theme.fidelity_style(fidelity)
    mark = {"circle": "●", "square": "■", "triangle": "▲", "pentagon": "⬟", "diamond": "◇"}[style.shape]
    return f":{'gray' if style.is_hollow else 'blue'}-badge[{mark} {style.title}]"


def is_dark() -> bool:
    """Tell whether the person looks at a dark page."""
    return st.context.theme.type == "dark"


def figure(fig: go.Figure, *, key: str, look: str = "", height: int | None = None, on_select: Any = "ignore") -> Any:
    """Show a Plotly figure in the shared look, with a sentence below it that says what to look for."""
    fig.update_layout(template=theme.template(is_dark()))
    if height is not None:
        fig.update_layout(height=height)
    result = st.plotly_chart(fig, theme=None, key=key, config=_FIGURE_CONFIG, on_select=on_select, alt=look or None)
    if look:
        look_for(look)
    return result


def progress(done: int, total: int, seconds_left: float | None = None, note: str = "") -> None:
    """Show how far a run is, with its time left when that is known."""
    words = [f"{done:,} of {total:,}"]
    if seconds_left is not None and done < total:
        words.append(f"about {duration(seconds_left)} left")
    if note:
        words.append(note)
    st.progress(min(1.0, done / total) if total else 0.0, text=" · ".join(words))


def duration(seconds: float) -> str:
    """Return a time span in words, such as ``3 min 20 s``; two parts at most."""
    if not math.isfinite(seconds):
        return "unknown"
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def quantity(metric: str, value: float | None, digits: int = 4) -> str:
    """Return a stored value in its engineering unit, such as ``12.3 mW``; a dash when it is missing."""
    if value is None or not math.isfinite(value):
        return "–"
    shown = float(to_display(metric, value))
    text = f"{shown:,.{digits}g}"
    if "e" in text and abs(shown) >= 1e-4:
        text = f"{shown:,.0f}"
    unit = get_metric(metric).display_unit
    return f"{text} {unit}" if unit else text


def percent(change: float | None) -> str:
    """Return a relative change with its sign, such as ``+7.1 %``; a dash when there is none."""
    if change is None or not math.isfinite(change):
        return "–"
    return f"{100 * change:+.1f} %".replace("-", "−")


def shown_table(frame: pd.DataFrame, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Return a copy for the screen: metrics in engineering units under headings that carry the unit."""
    chosen = frame if columns is None else frame[[name for name in columns if name in frame]]
    shown = {}
    for name in chosen:
        if is_metric(name):
            shown[label(name)] = to_display(name, chosen[name].to_numpy(dtype="float64", na_value=math.nan))
        else:
            shown[str(name).replace("_", " ")] = chosen[name].to_numpy()
    return pd.DataFrame(shown, index=chosen.index)
