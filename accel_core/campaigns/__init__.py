"""Campaigns: what to evaluate, and the machinery that evaluates it on all cores and survives whatever is killed.

What runs them is loaded when first asked for, so that a worker, of which there is one a core, carries no optimizers.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from accel_core.campaigns.campaign import Campaign, OptimizerPlan, SamplerPlan
from accel_core.campaigns.folder import RunFolder, tail
from accel_core.campaigns.plan import plan_designs
from accel_core.campaigns.status import CampaignStatus, State, read_status

if TYPE_CHECKING:
    from accel_core.campaigns.headless import run_campaign
    from accel_core.campaigns.results import open_results
    from accel_core.campaigns.server import CampaignServer

_LOADED_LATER = {
    "CampaignServer": "accel_core.campaigns.server",
    "open_results": "accel_core.campaigns.results",
    "run_campaign": "accel_core.campaigns.headless",
}


def __getattr__(name: str) -> Any:
    """Load what runs campaigns."""
    if name not in _LOADED_LATER:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(import_module(_LOADED_LATER[name]), name)


__all__ = [
    "Campaign",
    "CampaignServer",
    "CampaignStatus",
    "OptimizerPlan",
    "RunFolder",
    "SamplerPlan",
    "State",
    "open_results",
    "plan_designs",
    "read_status",
    "run_campaign",
    "tail",
]
