"""The designs of a campaign that knows them all beforehand."""

from __future__ import annotations

import pandas as pd

from accel_core.campaigns.campaign import Campaign, OptimizerPlan, SamplerPlan
from accel_core.errors import InvalidInputError
from accel_core.space import cross, sample

ARCHITECTURE, BACKEND = "architecture", "backend"


def plan_designs(campaign: Campaign) -> pd.DataFrame:
    """Return the designs in the order in which they will be evaluated.

    Empty for a campaign that searches: its designs come batch by batch.

    Raises:
        InvalidInputError: If the space has too few valid designs, or a written-down design is not valid.
    """
    choice = campaign.choice
    if isinstance(choice, OptimizerPlan):
        return campaign.space.defaults().iloc[:0]
    if isinstance(choice, SamplerPlan):
        return _crossed(campaign, choice) if choice.architectures else _drawn(campaign, choice)
    return _written(campaign, choice)


def _drawn(campaign: Campaign, plan: SamplerPlan) -> pd.DataFrame:
    return sample(campaign.space, plan.designs, sampler=plan.name, seed=campaign.seed).designs


def _crossed(campaign: Campaign, plan: SamplerPlan) -> pd.DataFrame:
    """Sample both groups apart and combine each with each, as the full-stack framework does."""
    space = campaign.space
    architectures = sample(space.subspace(ARCHITECTURE), plan.architectures, sampler=plan.name, seed=campaign.seed)
    backends = sample(space.subspace(BACKEND), plan.backends, sampler=plan.name, seed=campaign.seed)
    designs = cross(architectures.designs, backends.designs)[list(space.names)]
    valid = space.is_valid(designs)
    if not valid.any():
        raise InvalidInputError(f"campaign '{campaign.name}': no crossed design meets the constraints")
    return designs.loc[valid].reset_index(drop=True)


def _written(campaign: Campaign, rows: tuple[object, ...]) -> pd.DataFrame:
    space = campaign.space
    table = pd.DataFrame(list(rows))
    strange = [str(name) for name in table.columns if name not in space.names]
    lacking = [name for name in space.names if name not in table or table[name].isna().any()]
    if strange or lacking:
        what = f"'{strange[0]}' is no parameter" if strange else f"'{lacking[0]}' is missing"
        raise InvalidInputError(f"campaign '{campaign.name}', designs: {what}; allowed: {', '.join(space.names)}")
    designs = space.coerce(table[list(space.names)])
    space.check(designs)
    return designs.drop_duplicates(ignore_index=True)
