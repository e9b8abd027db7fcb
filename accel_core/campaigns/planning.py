"""Putting a run into its folder: the definition, the designs, and what the database knows of them already."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from accel_core.campaigns.campaign import Campaign, OptimizerPlan
from accel_core.campaigns.folder import RunFolder, write_text
from accel_core.campaigns.plan import plan_designs
from accel_core.campaigns.queue import TaskQueue
from accel_core.errors import InvalidInputError
from accel_core.optimizers import OPTIMIZERS
from accel_core.space import design_ids
from accel_core.store import ResultStore, write_part

_ANSWERS = ("ok", "infeasible")  # a failure or a time-out gets another try in another campaign


def submit(campaign: Campaign, runs: Path) -> RunFolder:
    """Write the campaign into the folder of runs, where a server finds it; one that is there runs on.

    Raises:
        InvalidInputError: If another campaign has that name, or it searches with an unknown optimizer.
    """
    if isinstance(campaign.choice, OptimizerPlan) and campaign.choice.name not in OPTIMIZERS:
        raise InvalidInputError(
            f"campaign '{campaign.name}': optimizer.name is '{campaign.choice.name}'; allowed: {', '.join(OPTIMIZERS)}"
        )
    folder = RunFolder(runs / campaign.name)
    if folder.definition.exists() and not _is_same(folder.campaign(), campaign):
        raise InvalidInputError(
            f"campaign '{campaign.name}' exists with another definition ({folder.definition}); choose another name"
        )
    folder.make()
    folder.set_control("run")
    text = campaign.to_yaml()
    if not folder.definition.exists() or folder.definition.read_text(encoding="utf-8") != text:
        write_text(folder.definition, text)  # its age is the run's place in the order of runs
    return folder


def prepare(folder: RunFolder, store: ResultStore) -> None:
    """Queue the designs, unless they are, and note those whose results are stored.

    May be interrupted anywhere and begun again.

    Raises:
        InvalidInputError: If the campaign has no valid designs.
        StoreError: If the database cannot be written.
    """
    campaign = folder.campaign()
    store.save_campaign(
        campaign.name,
        platform=campaign.platform,
        workload=campaign.workload,
        fidelity=campaign.fidelity,
        settings_id=campaign.settings_id,
        definition=folder.definition.read_text(encoding="utf-8"),
    )
    with TaskQueue(folder.queue) as queue:
        if not queue.fact("planned"):
            designs = plan_designs(campaign)
            queue.put(designs, design_ids(designs, campaign.space.names).tolist())
            if not isinstance(campaign.choice, OptimizerPlan):
                queue.set_fact("closed", "yes")
        _reopen_lost(folder, queue, store)
        _note_known(folder, queue, store, campaign)
        queue.set_fact("planned", "yes")


def _note_known(folder: RunFolder, queue: TaskQueue, store: ResultStore, campaign: Campaign) -> None:
    known = _stored(store, campaign, _ANSWERS)
    waiting = known.loc[known["design_id"].isin(queue.waiting())]
    queue.finish(waiting, "")
    store.link(campaign.name, waiting["design_id"].tolist())
    if isinstance(campaign.choice, OptimizerPlan):
        write_part(known, folder.known)


def _reopen_lost(folder: RunFolder, queue: TaskQueue, store: ResultStore) -> None:
    """Evaluate again what was finished but is neither stored nor on its way, as when the database was deleted."""
    done = queue.done()  # read first: whatever is done by now has its part, or is stored
    if done and not any(folder.parts.glob("*.parquet")):
        stored = set(_stored(store, folder.campaign(), None)["design_id"])
        queue.reopen([design_id for design_id in done if design_id not in stored])


def _stored(store: ResultStore, campaign: Campaign, status: tuple[str, ...] | None) -> pd.DataFrame:
    return store.find(
        platform=campaign.platform,
        fidelity=campaign.fidelity,
        workload=campaign.workload,
        status=status,
        settings_id=campaign.settings_id,
    )


def _is_same(old: Campaign, new: Campaign) -> bool:
    """Compare definitions; the number of workers changes no result."""
    return {**vars(old), "workers": 0} == {**vars(new), "workers": 0}
