"""Campaigns: what to evaluate, and the machinery that evaluates it on all cores and survives whatever is killed."""

from accel_core.campaigns.campaign import Campaign, OptimizerPlan, SamplerPlan
from accel_core.campaigns.folder import RunFolder, tail
from accel_core.campaigns.headless import run_campaign
from accel_core.campaigns.plan import plan_designs
from accel_core.campaigns.server import CampaignServer
from accel_core.campaigns.status import CampaignStatus, State, read_status

__all__ = [
    "Campaign",
    "CampaignServer",
    "CampaignStatus",
    "OptimizerPlan",
    "RunFolder",
    "SamplerPlan",
    "State",
    "plan_designs",
    "read_status",
    "run_campaign",
    "tail",
]
