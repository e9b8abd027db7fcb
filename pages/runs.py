"""Runs: launch campaigns, follow them live, and see what failed and why."""

from __future__ import annotations

import streamlit as st

from pages.components.kits import kit_expander
from pages.components.result_upload import upload_expander
from pages.components.run_form import launch_button, launch_form
from pages.components.run_list import campaign_list, selected
from pages.components.run_view import campaign_view
from pages.components.run_yaml import yaml_expander
from pages.components.session import current_platform, runnable, service
from pages.components.style import card, page

REFRESH_S = 1.5


def live() -> None:
    """Show the campaigns; while one runs this part draws itself anew, and at its end the whole page once."""
    statuses = service().campaigns.statuses()
    is_running = any(not status.is_over for status in statuses)
    if not statuses:
        with card("no-runs"):
            st.subheader("No campaign yet", anchor=False)
            ready = "The form beside is ready: launch it, and results show here as they arrive."
            st.write(ready if platform.evaluable else "Campaigns of platforms that can run show here.")
    else:
        with card("campaigns"):
            campaign_list(statuses)
        name = selected(statuses)
        campaign_view(next(status for status in statuses if status.name == name))
    if st.session_state.get("run-was-running") and not is_running:
        st.session_state["run-was-running"] = False
        st.rerun()
    st.session_state["run-was-running"] = is_running


page("Runs", "Evaluate designs for real. Campaigns go on without this page and survive a restart.")
platform = current_platform()
before = service().campaigns.statuses()
left, right = st.columns([1, 2], gap="medium")
with left, card("launch") if platform.evaluable else card("nothing-to-launch"):
    if platform.evaluable:
        st.subheader("Launch a campaign", anchor=False)
        campaign = launch_form(platform, [status.name for status in before])
        launch_button(campaign, "run-launch")
        yaml_expander(campaign)
    else:
        st.subheader("Nothing to launch", anchor=False)
        runnable(platform)
    upload_expander()
    if platform.implement is not None:
        kit_expander()
with right:
    refresh = REFRESH_S if any(not status.is_over for status in before) else None
    st.fragment(live, run_every=refresh)()
