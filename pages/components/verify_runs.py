"""Picks implemented for real: launched as a campaign, their predictions kept in its folder, found again from there."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

import pandas as pd

from accel_core.campaigns import Campaign, RunFolder
from accel_core.campaigns.planning import unused_name
from accel_core.errors import InvalidInputError
from accel_core.metrics import is_metric
from accel_core.paths import runs_path
from accel_core.platforms import Platform, get_platform
from accel_core.plots.optimize import verification
from accel_core.space import design_ids
from accel_core.tables import read_table, write_table
from pages.components.optimize_plan import SearchPlan, compared_metrics
from pages.components.session import results, service
from pages.components.workload_choice import own_network

PREDICTED = "predicted.parquet"
STEM = "verify"
GOAL_PERCENT = 7.0
MAX_BYTES = 10_000_000


@dataclass(frozen=True)
class Verification:
    """Picks and what became of them.

    Attributes:
        campaign: What implements them.
        predicted: ``design_id``, parameters and predicted metrics, best pick first.
        table: `verification` of each pick and metric; no actual value where there is none yet.
        outcomes: Stored results of the picks, one row each, those there are.
    """

    campaign: Campaign
    predicted: pd.DataFrame
    table: pd.DataFrame
    outcomes: pd.DataFrame

    @property
    def metrics(self) -> list[str]:
        """What is compared."""
        return list(dict.fromkeys(self.table["metric"]))

    @property
    def worst(self) -> pd.Series | None:
        """The row with the largest error; None while nothing is measured."""
        known = self.table[self.table["error_percent"].notna()]
        return None if known.empty else known.loc[known["error_percent"].abs().idxmax()]

    @property
    def n_measured(self) -> int:
        """How many picks have a measured value."""
        return int(self.table.loc[self.table["actual"].notna(), "design_id"].nunique())


def launch(plan: SearchPlan, picks: pd.DataFrame) -> str:
    """Implement picks with the platform's most faithful fidelity; return the campaign's name.

    Picks whose result is stored already cost nothing.

    Raises:
        AccelError: If the campaign cannot be launched; nothing is left behind.
    """
    platform = get_platform(plan.platform)
    campaigns = service().campaigns
    designs = platform.space.coerce(picks[list(platform.space.names)]).reset_index(drop=True)
    rows = tuple({str(key): value for key, value in row.items()} for row in designs.to_dict("records"))
    name = unused_name(STEM, runs_path())
    campaign = Campaign(name, plan.platform, rows, platform.reference, plan.workload, seed=plan.seed,
                        network=own_network(plan.workload))  # fmt: skip
    kept = designs.assign(**{metric: picks[metric].to_numpy() for metric in compared_metrics(plan, picks)})
    kept.insert(0, "design_id", design_ids(designs, platform.space.names).to_numpy())
    waiting = runs_path() / f".{STEM}-{time.time_ns()}.parquet"  # until it is known whose folder it goes to
    write_table(kept, waiting)
    try:
        folder = campaigns.launch_next(campaign, STEM)
        os.replace(waiting, folder.path / PREDICTED)
    finally:
        waiting.unlink(missing_ok=True)
    return folder.name


def verifications(platform: Platform) -> list[str]:
    """Return the names of the campaigns that verify picks of a platform, newest first."""
    found = []
    for path in runs_path().glob(f"*/{PREDICTED}"):
        definition = path.parent / "campaign.yaml"
        if definition.is_file():
            found.append((definition.stat().st_mtime_ns, path.parent.name))
    names = [name for _, name in sorted(found, reverse=True)]
    return [name for name in names if _platform_of(name) == platform.name]


def load(name: str) -> Verification:
    """Return a verification as far as it has come.

    Raises:
        InvalidInputError: If its files cannot be read.
    """
    folder = RunFolder(runs_path() / name)
    campaign = folder.campaign()
    predicted = read_table(folder.path / PREDICTED, MAX_BYTES)
    metrics = [column for column in predicted if is_metric(column) and column not in campaign.space.names]
    found = results(get_platform(campaign.platform), campaign.fidelity, name)
    if found.empty:
        found = pd.DataFrame(columns=["design_id", "status", "reason", *metrics])
    outcomes = found[found["design_id"].isin(predicted["design_id"])]
    for metric in metrics:
        if metric not in outcomes:
            outcomes = outcomes.assign(**{metric: float("nan")})
    return Verification(campaign, predicted, verification(predicted, outcomes, metrics), outcomes)


def _platform_of(name: str) -> str:
    try:
        return RunFolder(runs_path() / name).campaign().platform
    except InvalidInputError:
        return ""
