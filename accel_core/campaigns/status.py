"""How far a run is, read from its folder alone: works in any process, with or without a server."""

from __future__ import annotations

import math
import sqlite3
from dataclasses import dataclass
from typing import Any, Literal

from accel_core.campaigns.folder import RunFolder, Wanted
from accel_core.campaigns.owners import is_alive
from accel_core.campaigns.queue import Tally, TaskQueue

State = Literal["planning", "queued", "running", "pausing", "paused", "cancelling", "cancelled", "finished"]


@dataclass(frozen=True)
class CampaignStatus:
    """Progress of a run.

    Attributes:
        name: Campaign.
        state: What it is doing; ``queued`` waits for a free core or for a server.
        total: Designs of the whole campaign (the budget of one that searches).
        done: Finished designs, of any status.
        ok: Finished with a result.
        infeasible: Finished: they cannot exist.
        failed: Finished: a tool broke.
        timeout: Finished: a tool ran out of time.
        reused: Finished designs whose result was stored before.
        running: Designs being evaluated.
        rate_per_s: Evaluations per second lately; NaN when not known.
        seconds_left: Estimated; NaN when not known.
        workers: Processes at work.
        unsaved: Parts on their way to the database.
        problem: What stopped it, one sentence; empty if nothing did.
    """

    name: str
    state: State
    total: int
    done: int = 0
    ok: int = 0
    infeasible: int = 0
    failed: int = 0
    timeout: int = 0
    reused: int = 0
    running: int = 0
    rate_per_s: float = math.nan
    seconds_left: float = math.nan
    workers: int = 0
    unsaved: int = 0
    problem: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen by itself, and every result is in the database."""
        return self.state in ("finished", "paused", "cancelled") and (not self.unsaved or bool(self.problem))


def read_status(folder: RunFolder, total: int) -> CampaignStatus:
    """Return the progress of a run; ``total`` is the campaign's size."""
    control = folder.control()
    workers = live_workers(folder)
    unsaved = sum(1 for _ in folder.parts.glob("*.parquet"))
    begun: dict[Wanted, State] = {"run": "planning", "pause": "paused", "cancel": "cancelled"}
    state = begun[control.wanted]
    empty = CampaignStatus(folder.name, state, total, workers=len(workers), unsaved=unsaved, problem=control.problem)
    if not folder.queue.exists():
        return empty
    try:
        with TaskQueue(folder.queue) as queue:
            tally, is_planned, is_closed = queue.tally(), queue.fact("planned"), queue.fact("closed")
    except sqlite3.Error:
        return empty
    if not is_planned:
        return empty
    done = tally.states.get("done", 0)
    total = tally.total if is_closed else max(total, tally.total)
    state = _state(control.wanted, bool(is_closed) and done == tally.total, bool(workers))
    return CampaignStatus(
        folder.name,
        state,
        total,
        done,
        **{name: tally.statuses.get(name, 0) for name in ("ok", "infeasible", "failed", "timeout")},
        reused=tally.reused,
        running=tally.states.get("running", 0) if workers else 0,
        rate_per_s=tally.rate_per_s if state == "running" else math.nan,
        seconds_left=_seconds_left(tally, total - done) if state == "running" else math.nan,
        workers=len(workers),
        unsaved=unsaved,
        problem=control.problem,
    )


def live_workers(folder: RunFolder) -> dict[str, dict[str, Any]]:
    """Return the last status of the workers that are alive, by name."""
    return {
        who: status
        for who, status in folder.statuses().items()
        if who.startswith("worker-") and is_alive(str(status.get("owner", "")))
    }


def _state(wanted: str, is_finished: bool, has_workers: bool) -> State:
    if is_finished:
        return "finished"
    if wanted == "pause":
        return "pausing" if has_workers else "paused"
    if wanted == "cancel":
        return "cancelling" if has_workers else "cancelled"
    return "running" if has_workers else "queued"


def _seconds_left(tally: Tally, left: int) -> float:
    return left / tally.rate_per_s if tally.rate_per_s > 0 else math.nan
