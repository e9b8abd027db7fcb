"""Putting a run into its folder: the definition, the designs, and what the database knows of them already."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from accel_core.campaigns.campaign import Campaign, OptimizerPlan
from accel_core.campaigns.folder import RunFolder, create_text, told, write_text
from accel_core.campaigns.plan import plan_designs
from accel_core.campaigns.queue import TaskQueue
from accel_core.errors import InvalidInputError, NameTakenError
from accel_core.optimizers import OPTIMIZERS
from accel_core.platforms import get_platform
from accel_core.space import design_ids
from accel_core.store import ResultStore, write_part

_ANSWERS = ("ok", "infeasible")  # a failure or a time-out gets another try in another campaign


def submit(campaign: Campaign, runs: Path) -> RunFolder:
    """Write the campaign into the folder of runs, where a server finds it; one that is there runs on.

    Raises:
        InvalidInputError: If another campaign has that name, or it searches with an unknown optimizer.
        StoreError: If the folder cannot be written.
    """
    return claim(campaign, runs, join=True)[0]


def claim(campaign: Campaign, runs: Path, *, join: bool) -> tuple[RunFolder, bool]:
    """As `submit`, and tell whether the campaign is new; of several who try one name at once, one gets it.

    Raises:
        NameTakenError: If a campaign of that name exists with another definition, or with any where ``join`` is false.
        InvalidInputError: If it searches with an unknown optimizer.
        StoreError: If the folder cannot be written.
    """
    if isinstance(campaign.choice, OptimizerPlan) and campaign.choice.name not in OPTIMIZERS:
        raise InvalidInputError(
            f"campaign '{campaign.name}': optimizer.name is '{campaign.choice.name}'; allowed: {', '.join(OPTIMIZERS)}"
        )
    folder, text = RunFolder(runs / campaign.name), campaign.to_yaml()
    with told(folder.path):
        folder.make()
        if not folder.definition.exists():
            folder.set_control("run")  # a name that was free may have been used and given up
        is_new = create_text(folder.definition, text)
        if not is_new:
            _join(campaign, folder, join)
            folder.set_control("run")
            if folder.definition.read_text(encoding="utf-8") != text:
                write_text(folder.definition, text)  # its age is the run's place in the order of runs
    return folder, is_new


def give_up(folder: RunFolder) -> None:
    """Free the name of a campaign that could not begin; another one may take it with other designs."""
    folder.definition.unlink(missing_ok=True)
    for path in [folder.known, *folder.path.glob(f"{folder.queue.name}*")]:
        path.unlink(missing_ok=True)


def unused_name(stem: str, runs: Path) -> str:
    """Return ``stem-1``, or the first such name that no folder of runs has."""
    number = 1
    while (runs / f"{stem}-{number}").exists():
        number += 1
    return f"{stem}-{number}"


def is_same(old: Campaign, new: Campaign) -> bool:
    """Compare definitions; name and number of workers change no result."""
    alike = {"name": "", "workers": 0}
    return {**vars(old), **alike} == {**vars(new), **alike}


def _join(campaign: Campaign, folder: RunFolder, join: bool) -> None:
    if not is_same(folder.campaign(), campaign):
        text = f"exists with another definition ({folder.definition}); choose another name"
        raise NameTakenError(f"campaign '{campaign.name}' {text}", is_same=False)
    if not join:
        text = "exists with this very definition; join it, or choose another name"
        raise NameTakenError(f"campaign '{campaign.name}' {text}", is_same=True)


def prepare(folder: RunFolder, store: ResultStore) -> None:
    """Queue the designs, unless they are, and note those whose results are stored.

    May be interrupted anywhere and begun again.

    Raises:
        InvalidInputError: If the campaign has no valid designs.
        StoreError: If the database cannot be written, or could not hold the designs.
    """
    campaign = folder.campaign()
    store.check_space(get_platform(campaign.platform).space)
    if campaign.network is not None:
        store.save_workload(campaign.network)
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
    store.link(campaign.name, waiting["design_id"].tolist(), seed=campaign.seed)
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
        seed=campaign.seed,
    )
