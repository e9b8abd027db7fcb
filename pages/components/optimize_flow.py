"""Searches of the real flow: campaigns that an optimizer leads, launched here and followed live."""

from __future__ import annotations

import math

import streamlit as st

from accel_core.campaigns import Campaign, CampaignStatus, OptimizerPlan
from accel_core.campaigns.planning import unused_name
from accel_core.errors import AccelError
from accel_core.objectives import objectives_of
from accel_core.paths import runs_path
from accel_core.platforms import Platform, get_platform
from pages.components.optimize_plan import ASSUMED_WEIGHTS, SearchPlan, reference_point
from pages.components.optimize_view import Progress
from pages.components.plain import plain
from pages.components.session import category, results, service
from pages.components.style import fidelity_badge, progress, status_badge

STEM = "search"
_WEIGHTS = "optimize-flow-weights"


def launch_search(plan: SearchPlan, fidelity: str) -> str:
    """Launch a search of the real flow and return its name.

    Raises:
        AccelError: If it cannot be launched.
    """
    campaigns = service().campaigns
    name = campaigns.launch_next(plan.campaign(unused_name(STEM, runs_path()), fidelity), STEM).name
    st.session_state.setdefault(_WEIGHTS, {})[name] = dict(plan.weights)
    return name


def searches(platform: Platform) -> list[CampaignStatus]:
    """Return the searches of a platform, newest first."""
    found = []
    for status in service().campaigns.statuses():
        campaign = _campaign(status.name)
        if campaign and campaign.platform == platform.name and isinstance(campaign.choice, OptimizerPlan):
            found.append(status)
    return found


def flow_progress(name: str) -> tuple[Progress, CampaignStatus, Campaign]:
    """Return what a search of the real flow has found by now."""
    campaign = service().campaigns.folder(name).campaign()
    plan = plan_of(campaign)
    platform = get_platform(campaign.platform)
    found = results(platform, campaign=name)
    known = results(platform, campaign.fidelity)
    key = category(platform)
    if len(known):
        known = known[known["workload"] == campaign.workload]
        if key is not None:
            known = known[known[key].isin([str(value) for value in campaign.space.parameter(key).values or ()])]
        if len(found):
            known = known[~known["design_id"].isin(found["design_id"])]
    shown = Progress(plan, plan.goals, found, reference_point(known, plan.goals), f"flow-{name}")
    return shown, service().campaigns.status(name), campaign


def plan_of(campaign: Campaign) -> SearchPlan:
    """Return the plan that a campaign carries out; weights are this session's, else the assumed ones."""
    choice = campaign.choice
    assert isinstance(choice, OptimizerPlan), "only a search has a plan"
    given = st.session_state.get(_WEIGHTS, {}).get(campaign.name)
    signs = {goal.metric: 1.0 if goal.direction == "min" else -1.0 for goal in objectives_of(choice.goals)}
    weights = given or {metric: sign * ASSUMED_WEIGHTS.get(metric, 1.0) for metric, sign in signs.items()}
    return SearchPlan(
        campaign.platform, campaign.workload, campaign.restrictions, campaign.constraints, choice.goals, weights,
        choice.name, choice.budget, choice.batch, campaign.seed,
    )  # fmt: skip


def show_head(status: CampaignStatus, campaign: Campaign) -> None:
    """Show how far a search is, and the buttons that pause and end it."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(campaign.name, anchor=False, width="content")
        st.markdown(f"{status_badge(status.state)} {fidelity_badge(campaign.fidelity)}", width="content")
        st.space("stretch")
        _actions(status)
    seconds = None if math.isnan(status.seconds_left) else status.seconds_left
    words = [f"{count} {name}" for name in ("infeasible", "failed", "timeout") if (count := getattr(status, name))]
    progress(status.done, status.total, seconds, ", ".join(words))
    if status.problem:
        st.error(plain(status.problem))


def _actions(status: CampaignStatus) -> None:
    campaigns, name = service().campaigns, status.name
    is_live = status.state in ("planning", "queued", "running")
    action, words = (campaigns.pause, "Pause") if is_live else (campaigns.resume, "Resume")
    if (is_live or status.state in ("paused", "cancelled")) and st.button(words, key=f"optimize-{words}-{name}"):
        try:
            action(name)
        except AccelError as error:
            st.error(plain(error))
            return
        st.rerun()


def _campaign(name: str) -> Campaign | None:
    try:
        return service().campaigns.folder(name).campaign()
    except AccelError:
        return None
