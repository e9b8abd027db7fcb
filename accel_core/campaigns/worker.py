"""A worker: ``python -m accel_core.campaigns.worker RUN_FOLDER``, a process of its own that needs no server.

It takes designs from the queue, evaluates them and drops Parquet parts until nothing is left or a person wants
otherwise. Killed at any moment it loses at most the designs it was working on, and those are evaluated again.
"""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pandas as pd

from accel_core.campaigns.campaign import Campaign
from accel_core.campaigns.folder import FULL, RunFolder, disk_full, found_no_room, write_json
from accel_core.campaigns.owners import MARK, identity, is_alive, kill_family
from accel_core.campaigns.queue import MAX_ATTEMPTS, TaskQueue
from accel_core.errors import is_disk_full
from accel_core.evaluators import evaluate
from accel_core.store import write_part

Evaluate = Callable[[Campaign, pd.DataFrame, Path], pd.DataFrame]
"""Campaign, designs, folder of artifacts -> result table."""

HEARTBEAT_S = 0.5
_PART_S = 1.0  # evaluations shorter than this share a part
_MAX_CHUNK = 2000
_IDLE_S = 0.1


def evaluate_designs(campaign: Campaign, designs: pd.DataFrame, artifacts: Path) -> pd.DataFrame:
    """Evaluate designs as their campaign says, one at a time."""
    return evaluate(
        campaign.platform,
        designs,
        campaign.fidelity,
        workload=campaign.runs,
        settings=campaign.settings,
        artifacts=artifacts,
        seed=campaign.seed,
        jobs=1,
    )


class Worker:
    """One process that works on one run."""

    def __init__(self, folder: RunFolder, evaluate_with: Evaluate) -> None:
        """Prepare; ``run`` does the work."""
        self._folder = folder
        self._campaign = folder.campaign()
        self._evaluate = evaluate_with
        self._owner = identity()
        self._handing_in = threading.Lock()  # held while results become a part, and for ever once cancelled
        self._over = threading.Event()
        self._chunk = 1
        self._n_done = 0
        self._n_parts = 0
        self._doing: list[str] = []
        self._since = time.time()

    def run(self) -> int:
        """Work until nothing is left, or a person wants otherwise; return the exit code."""
        os.environ[MARK] = self._owner
        threading.Thread(target=self._watch, daemon=True).start()
        try:
            self._say("running")
            with TaskQueue(self._folder.queue) as queue:
                while self._folder.is_open() and self._step(queue):
                    pass
        except (OSError, sqlite3.Error) as error:
            self._stop_for(error)
            return FULL if found_no_room(error, self._folder.path) else 1
        finally:
            self._over.set()
        with suppress(OSError):
            self._say("ended")
        return 0

    def _step(self, queue: TaskQueue) -> bool:
        """Do one piece of work; return whether there may be more."""
        for dead in queue.recover(is_alive):
            kill_family(dead)
        designs = queue.claim(self._owner, self._chunk)
        if len(designs):
            self._hand_in(queue, self._evaluated(designs))
            return True
        poisoned = queue.take_poisoned(self._owner)
        if len(poisoned):
            reason = f"the process that evaluated it was killed {MAX_ATTEMPTS} times"
            self._hand_in(queue, failed_results(self._campaign, poisoned, "worker", reason))
            return True
        if queue.is_idle() and queue.fact("closed"):
            return False
        time.sleep(_IDLE_S)
        return True

    def _evaluated(self, designs: pd.DataFrame) -> pd.DataFrame:
        self._doing, self._since = designs["design_id"].tolist(), time.time()
        results = self._results(designs)
        seconds = (time.time() - self._since) / len(designs)
        self._chunk = int(min(max(_PART_S / max(seconds, 1e-6), 1), _MAX_CHUNK, 4 * self._chunk))
        return results

    def _results(self, designs: pd.DataFrame) -> pd.DataFrame:
        """Evaluate; what the evaluator did not foresee fails the design, not the campaign."""
        parameters = designs.drop(columns="design_id")
        try:
            return self._evaluate(self._campaign, parameters, self._folder.artifacts)
        except Exception as error:
            if is_disk_full(error):  # no fault of the design: the run stops, and tries it again when it goes on
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._folder.artifacts)) from error
            traceback.print_exc()
            if len(designs) > 1:
                alone = [self._results(designs.loc[[position]]) for position in designs.index]
                return pd.concat(alone, ignore_index=True)
            return failed_results(self._campaign, designs, "evaluation", f"{type(error).__name__}: {error}")

    def _hand_in(self, queue: TaskQueue, results: pd.DataFrame) -> None:
        with self._handing_in:
            self._n_parts += 1
            name = f"{time.time_ns()}-{os.getpid()}-{self._n_parts}.parquet"
            write_part(results, self._folder.parts / name)
            queue.finish(results, name)
        self._n_done += len(results)
        self._doing = []

    def _stop_for(self, error: Exception) -> None:
        """Stop the whole run for what every worker would meet, such as a full disk; a person resumes it."""
        path = self._folder.path
        problem = str(disk_full(path)) if found_no_room(error, path) else f"{path}: {error}"
        with suppress(OSError):
            self._folder.set_control("pause", problem)
        with suppress(OSError):
            traceback.print_exc()
        with suppress(OSError, sqlite3.Error), TaskQueue(self._folder.queue) as queue:
            queue.release(self._owner)

    def _watch(self) -> None:
        """Say that we are alive, and end everything at once when the run is cancelled."""
        while not self._over.wait(HEARTBEAT_S):
            if self._folder.control().wanted == "cancel":
                self._handing_in.acquire()
                kill_family(self._owner, spare_itself=True)
                with suppress(OSError, sqlite3.Error), TaskQueue(self._folder.queue) as queue:
                    queue.release(self._owner)
                with suppress(OSError):
                    self._say("cancelled")
                os._exit(0)
            with suppress(OSError):  # a full disk stops the work where it matters, in _hand_in
                self._say("running")

    def _say(self, state: str) -> None:
        write_json(
            self._folder.status_file(f"worker-{os.getpid()}"),
            {
                "owner": self._owner,
                "state": state,
                "n_done": self._n_done,
                "design_ids": self._doing[:5],
                "seconds": time.time() - self._since if self._doing else 0.0,
                "heartbeat": time.time(),
            },
            durable=False,
        )


def failed_results(campaign: Campaign, designs: pd.DataFrame, stage: str, reason: str) -> pd.DataFrame:
    """Return result rows for designs that no evaluator returned, all failed for the same reason."""
    return designs.assign(
        platform=campaign.platform,
        workload=campaign.workload,
        fidelity=campaign.fidelity,
        status="failed",
        stage=stage,
        reason=reason,
        seconds=0.0,
        tool_versions="{}",
        settings=json.dumps(dict(campaign.settings), sort_keys=True),
        settings_id=campaign.settings_id,
        model_version=campaign.model_version,
        seed=campaign.seed,
    ).reset_index(drop=True)


def main(arguments: Sequence[str], evaluate_with: Evaluate = evaluate_designs) -> int:
    """Work on the run whose folder is the only argument; return the exit code."""
    return Worker(RunFolder(Path(arguments[0])), evaluate_with).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
