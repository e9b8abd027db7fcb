"""The driver of a search: ``python -m accel_core.campaigns.driver RUN_FOLDER``, a process of its own like a worker.

It asks the optimizer for a batch, queues it, waits until workers have evaluated all of it, and tells the results. Begun
again, it first tells a new optimizer what the queue remembers, batch by batch, and so goes on as if it never stopped.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pandas as pd

from accel_core.campaigns.campaign import Campaign, OptimizerPlan
from accel_core.campaigns.folder import FULL, RunFolder, disk_full, found_no_room, write_json
from accel_core.campaigns.owners import identity
from accel_core.campaigns.queue import TaskQueue
from accel_core.errors import AccelError
from accel_core.optimizers import Optimizer, make_optimizer
from accel_core.space import design_ids

_POLL_S = 0.1
_MAX_STALE = 20  # batches in a row without a new design, after which the search is over


class Driver:
    """One search, from its first batch or from where it was."""

    def __init__(self, folder: RunFolder) -> None:
        """Prepare; ``run`` does the work."""
        campaign = folder.campaign()
        assert isinstance(campaign.choice, OptimizerPlan), "only a search has a driver"
        self._folder = folder
        self._campaign: Campaign = campaign
        self._plan: OptimizerPlan = campaign.choice
        self._optimizer: Optimizer = make_optimizer(
            self._plan.name, campaign.space, self._plan.goals, campaign.seed, self._plan.options
        )
        self._n_told = 0

    def run(self) -> int:
        """Search until the budget is spent or a person wants otherwise; return the exit code."""
        status = {"owner": identity(), "state": "running"}
        write_json(self._folder.status_file("driver"), status, durable=False)
        known = pd.read_parquet(self._folder.known) if self._folder.known.exists() else pd.DataFrame()
        with TaskQueue(self._folder.queue) as queue:
            while self._folder.is_open() and self._folder.definition.exists():
                if not queue.is_idle():
                    time.sleep(_POLL_S)
                    continue
                self._tell(queue)
                if not self._ask(queue, known):
                    queue.set_fact("closed", "yes")
                    break
        return 0

    def _tell(self, queue: TaskQueue) -> None:
        """Tell the complete batches that were not told, in their order."""
        for batch in queue.batches(self._n_told):
            self._optimizer.tell(batch)
            self._n_told += 1

    def _ask(self, queue: TaskQueue, known: pd.DataFrame) -> bool:
        """Queue the next batch; return whether there was one."""
        n_queued = queue.count()
        n_wanted = min(self._plan.batch, self._plan.budget + self._optimizer.n_scaling - n_queued)
        if n_wanted <= 0:
            return False
        for _ in range(_MAX_STALE):
            designs = self._optimizer.ask(n_wanted)
            if designs.empty:
                return False
            ids = design_ids(designs, self._campaign.space.names).tolist()
            fresh = queue.put(designs, ids, batch=self._n_told)
            if fresh:
                if not known.empty:
                    queue.finish(known.loc[known["design_id"].isin(fresh)], "")
                return True
        return False


def main(arguments: Sequence[str]) -> int:
    """Drive the search whose run folder is the only argument; return the exit code."""
    os.nice(5)  # workers first
    folder = RunFolder(Path(arguments[0]))
    try:
        return Driver(folder).run()
    except AccelError as error:
        folder.set_control("pause", str(error))
        return 1
    except (OSError, sqlite3.Error) as error:
        if not found_no_room(error, folder.path):
            raise
        with suppress(OSError):
            folder.set_control("pause", str(disk_full(folder.path)))
        return FULL


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
