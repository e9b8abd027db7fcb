"""Running a campaign from the command line: by ourselves, or through the server that owns the database already."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from accel_core.campaigns.campaign import Campaign
from accel_core.campaigns.planning import submit
from accel_core.campaigns.results import own_store
from accel_core.campaigns.server import CampaignServer
from accel_core.campaigns.status import CampaignStatus, read_status
from accel_core.errors import StoreError
from accel_core.paths import database_path, runs_path

Progress = Callable[[CampaignStatus], None]

_POLL_S = 0.5


def run_campaign(
    source: Campaign | str | Path, progress: Progress, *, database: Path | None = None, runs: Path | None = None
) -> CampaignStatus:
    """Run or resume a campaign to its end and return its last status.

    If another process owns the database and serves the same folder of runs, as the dashboard does, the campaign is
    handed to it and only followed here.

    Args:
        source: The campaign, path of its YAML file, or YAML text.
        progress: Called about twice a second.
        database: None takes ``database_path()``.
        runs: None takes ``runs_path()``.

    Raises:
        InvalidInputError: If the campaign is not valid.
        StoreError: If the database cannot be used, or trouble stopped the campaign; what is finished is kept.
        KeyboardInterrupt: After the workers were stopped, if we run it ourselves.
    """
    campaign = source if isinstance(source, Campaign) else Campaign.from_yaml(source)
    runs, database = runs or runs_path(), (database or database_path()).absolute()
    store = own_store(database, runs)
    if store is None:
        return _follow_other(campaign, runs, progress)
    with store, CampaignServer(store, runs) as server:
        server.launch(campaign)
        try:
            return _follow(lambda: server.status(campaign.name), progress)
        except KeyboardInterrupt:
            server.cancel(campaign.name)
            _wait_until_stopped(server, campaign.name)
            raise


def _follow_other(campaign: Campaign, runs: Path, progress: Progress) -> CampaignStatus:
    folder = submit(campaign, runs)
    return _follow(lambda: read_status(folder, campaign.size), progress)


def _follow(status_of: Callable[[], CampaignStatus], progress: Progress) -> CampaignStatus:
    while True:
        status = status_of()
        progress(status)
        if status.problem and status.is_over:
            raise StoreError(status.problem)
        if status.is_over:
            return status
        time.sleep(_POLL_S)


def _wait_until_stopped(server: CampaignServer, name: str, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while server.status(name).workers and time.monotonic() < deadline:
        time.sleep(0.1)
