"""The list of campaigns: state, progress, and the buttons that pause, resume and cancel."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import streamlit as st

from accel_core.campaigns import CampaignStatus
from accel_core.errors import AccelError
from pages.components.plain import plain
from pages.components.run_join import SELECTED
from pages.components.run_plan import rounded
from pages.components.session import service
from pages.components.style import duration, status_badge

PROBLEM = "run-problem"
"""Session key of what went wrong with the last click, one sentence."""

_SHOWN = 4

_CSS = """
<style>
[class*="st-key-run-row-"] { border-radius: 8px; padding: 0.3rem 0.6rem; }
[class*="st-key-run-row-on-"] {
  background: light-dark(#f1effd, #232136); box-shadow: inset 3px 0 0 light-dark(#5b4bdb, #8b80ff);
}
[class*="st-key-run-row-"] [data-testid="stProgress"] p { font-size: 0.8rem; font-variant-numeric: tabular-nums; }
[class*="st-key-run-row-"] [data-testid="stProgressBarTrack"] {
  background: light-dark(#dfe3ec, #333b4b);
}
[class*="st-key-run-pick-"] button { justify-content: flex-start; min-height: 1.6rem; padding: 0; }
[class*="st-key-run-pick-"] button p { font-weight: 600; overflow-wrap: anywhere; text-align: left; }
</style>
"""


def selected(statuses: Sequence[CampaignStatus]) -> str | None:
    """Return the campaign to show in full: the chosen one, else the newest that runs, else the newest."""
    names = [status.name for status in statuses]
    chosen = st.session_state.get(SELECTED)
    if chosen in names:
        return str(chosen)
    return next((status.name for status in statuses if not status.is_over), names[0] if names else None)


def campaign_list(statuses: Sequence[CampaignStatus]) -> None:
    """Show the newest campaigns, and all of them on request."""
    st.html(_CSS)
    if problem := st.session_state.pop(PROBLEM, None):
        st.error(plain(problem))
    now = selected(statuses)
    shown = statuses
    if len(statuses) > _SHOWN and not st.session_state.get("run-all"):
        shown = [entry for i, entry in enumerate(statuses) if i < _SHOWN or not entry.is_over or entry.name == now]
    with st.container(gap=None):
        for status in shown:
            _row(status, status.name == now)
    if len(statuses) > _SHOWN:
        st.toggle(f"Show all {len(statuses)}", key="run-all", persist_state="session")


def progress_text(status: CampaignStatus) -> str:
    """Return how far a campaign is, how fast it goes and how long it will take."""
    words = [f"{status.done:,} of {status.total:,}"]
    if status.state == "running":
        if not math.isnan(status.rate_per_s):
            words.append(rate(status.rate_per_s))
        if not math.isnan(status.seconds_left) and status.done < status.total:
            is_soon = status.seconds_left < 10
            words.append("a few seconds left" if is_soon else f"about {duration(rounded(status.seconds_left))} left")
    elif status.state == "queued":
        words.append("waits for a free core")
    elif status.state == "planning":
        words = ["drawing the designs"]
    return " · ".join(words)


def rate(per_second: float) -> str:
    """Return a rate in the unit that reads best."""
    if per_second >= 1:
        return f"{per_second:,.0f}/s" if per_second >= 10 else f"{per_second:.1f}/s"
    per_minute = 60 * per_second
    return f"{per_minute:.0f}/min" if per_minute >= 3 else f"{60 * per_minute:.0f}/h"


def _row(status: CampaignStatus, is_selected: bool) -> None:
    with st.container(key=f"run-row-{'on' if is_selected else 'off'}-{status.name}"):
        name, middle, buttons = st.columns([3, 4, 3], vertical_alignment="center")
        with name, st.container(gap=None):
            st.button(
                status.name, type="tertiary", key=f"run-pick-{status.name}", on_click=_select, args=(status.name,)
            )
            st.markdown(status_badge(status.state))
        share = min(1.0, status.done / status.total) if status.total else 0.0
        middle.progress(share, text=progress_text(status))
        with buttons, st.container(horizontal=True, horizontal_alignment="right", gap="small"):
            _actions(status)


def _select(name: str) -> None:
    st.session_state[SELECTED] = name


def _actions(status: CampaignStatus) -> None:
    campaigns, name = service().campaigns, status.name
    if status.state in ("planning", "queued", "running"):
        if st.button("Pause", key=f"run-pause-{name}", help="Designs under way finish first."):
            _act(campaigns.pause, name)
        with st.popover("Cancel"):
            st.write(f"Give up the designs of {name} that are under way? What is finished is kept.")
            if st.button(f"Cancel {name}", type="primary", key=f"run-cancel-{name}"):
                _act(campaigns.cancel, name)
    elif status.state in ("paused", "cancelled", "pausing") and st.button("Resume", key=f"run-resume-{name}"):
        _act(campaigns.resume, name)


def _act(action: Callable[[str], None], name: str) -> None:
    """Do it, and draw the whole page anew: whether the page refreshes itself may change."""
    try:
        action(name)
    except AccelError as error:
        st.session_state[PROBLEM] = str(error)
    st.rerun()
