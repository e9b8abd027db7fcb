"""CampaignServer: in the process that owns the database, takes in results and keeps the workers going.

It holds nothing that is not also in the database or in the folders of the runs, so it may be killed at any moment; the
workers go on without it, and the next server takes over where they are.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from accel_core.campaigns.campaign import Campaign, OptimizerPlan
from accel_core.campaigns.children import Children, log_tail
from accel_core.campaigns.errands import Errands
from accel_core.campaigns.folder import RunFolder, Wanted, disk_full, found_no_room, told
from accel_core.campaigns.hold import take_hold
from accel_core.campaigns.planning import claim, give_up, prepare, unused_name
from accel_core.campaigns.queue import TaskQueue
from accel_core.campaigns.status import CampaignStatus, live_workers, read_status
from accel_core.errors import AccelError, InvalidInputError, NameTakenError, StoreError
from accel_core.store import ResultStore

WORKER = (sys.executable, "-m", "accel_core.campaigns.worker")
DRIVER = (sys.executable, "-m", "accel_core.campaigns.driver")

log = logging.getLogger(__name__)


class CampaignServer:
    """Runs the campaigns of one folder into one database, on at most as many cores as there are.

    Use as a context manager, or ``start`` and ``close``. Methods may be called from any thread.
    """

    def __init__(
        self,
        store: ResultStore,
        runs: Path,
        *,
        max_workers: int | None = None,
        worker_command: Sequence[str] = WORKER,
        driver_command: Sequence[str] = DRIVER,
        interval_s: float = 0.3,
    ) -> None:
        """Take hold of the folder of runs.

        Args:
            store: The open database.
            runs: Folder with one folder a run.
            max_workers: Over all campaigns; None means one per core.
            worker_command: What starts a worker when the run's folder is appended.
            driver_command: What starts a search when the run's folder is appended.
            interval_s: Seconds between two looks at the runs.

        Raises:
            StoreError: If another server has the folder.
        """
        self._store = store
        self._runs = runs
        self._max_workers = max_workers or os.cpu_count() or 1
        commands = {"worker": tuple(worker_command), "driver": tuple(driver_command)}
        self._children = Children(runs, commands, self._stop_run)
        self._interval_s = interval_s
        self._hold = take_hold(runs, store.path)
        self._errands = Errands(store, runs)
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._prepared: set[str] = set()
        self._n_linked: dict[str, int] = {}
        self._stuck: dict[str, str] = {}  # runs that are to be paused, and why, while the disk has no room for that

    def __enter__(self) -> CampaignServer:
        """Start."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop looking after the runs; workers go on."""
        self.close()

    def start(self) -> CampaignServer:
        """Look after the runs in a thread of its own, from now on."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._loop, name="campaigns", daemon=True)
            self._thread.start()
            self._errands.start()
        return self

    def close(self) -> None:
        """Stop looking after the runs; workers go on, and another server may take over."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self._errands.close()
        if self._hold >= 0:
            os.close(self._hold)
            self._hold = -1

    def launch(self, campaign: Campaign, *, join: bool = True) -> RunFolder:
        """Run a campaign, or resume the one that has the same name and definition.

        Args:
            campaign: What to run.
            join: False refuses a name that is taken, whatever has it.

        Raises:
            NameTakenError: If another campaign has that name.
            InvalidInputError: If it has no valid designs.
            StoreError: If the database or the folder of runs cannot be written.
        """
        with self._lock:
            folder, is_new = claim(campaign, self._runs, join=join)
            try:
                self._prepare(folder)
            except AccelError as error:
                if is_new:
                    give_up(folder)
                else:
                    self._stop_run(folder, str(error))
                raise
            return folder

    def launch_next(self, campaign: Campaign, stem: str) -> RunFolder:
        """Run a new campaign under its name or, where somebody took that, under the first free ``stem-N``.

        Raises:
            InvalidInputError: If it has no valid designs.
            StoreError: If the database or the folder of runs cannot be written.
        """
        while True:
            try:
                return self.launch(campaign, join=False)
            except NameTakenError:
                campaign = replace(campaign, name=unused_name(stem, self._runs))

    def pause(self, name: str) -> None:
        """Let the designs under way finish, and begin no other."""
        self._want(name, "pause")

    def cancel(self, name: str) -> None:
        """Stop at once; the designs under way are given up, what is finished is kept."""
        self._want(name, "cancel")

    def resume(self, name: str) -> None:
        """Go on with a campaign that was paused or cancelled."""
        with self._lock:
            folder = self._want(name, "run")
            self._children.forgive(name)
            self._prepare(folder)

    def status(self, name: str) -> CampaignStatus:
        """Return the progress of a campaign."""
        folder = self._folder(name)
        try:
            status = read_status(folder, folder.campaign().size)
        except InvalidInputError as error:
            return CampaignStatus(name, "paused", 0, problem=str(error))
        stuck = self._stuck.get(name)
        return replace(status, state="paused", problem=stuck) if stuck else status

    def statuses(self) -> list[CampaignStatus]:
        """Return the progress of all campaigns, newest first."""
        return [self.status(folder.name) for folder in reversed(self._folders())]

    def folder(self, name: str) -> RunFolder:
        """Return the folder of a campaign's run.

        Raises:
            InvalidInputError: If there is no such campaign.
        """
        return self._folder(name)

    def log_tail(self, name: str, n_lines: int = 40) -> str:
        """Return the last lines that the workers of a campaign wrote."""
        return log_tail(self._folder(name), n_lines)

    def round(self) -> None:
        """Look once at every run: take in parts, count workers, start those that are missing."""
        with self._lock:
            self._children.reap()
            folders = self._folders()
            for folder in folders:
                with self._sparing_the_others(folder):
                    self._ingest(folder)
            n_live = sum(len(live_workers(folder)) for folder in folders)
            for folder in folders:
                with self._sparing_the_others(folder):
                    n_live += self._supervise(folder, self._max_workers - n_live)

    def _loop(self) -> None:
        while not self._stop.is_set():
            try:
                self.round()
            except Exception:
                log.exception("a look at the runs failed; the next follows")
            self._stop.wait(self._interval_s)

    @contextmanager
    def _sparing_the_others(self, folder: RunFolder) -> Iterator[None]:
        """Keep trouble with one run from stopping all; a run whose queue cannot be read is paused with the reason."""
        try:
            yield
        except Exception as error:
            log.exception("a look at run '%s' failed; the next follows", folder.name)
            if found_no_room(error, folder.path):
                self._stop_run(folder, str(disk_full(folder.path)))
            elif isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
                self._stop_run(folder, str(_unreadable(folder, error)))

    def _folders(self) -> list[RunFolder]:
        """Return the runs in the order in which they were submitted."""
        found = sorted((path.stat().st_mtime_ns, path.parent) for path in self._runs.glob("*/campaign.yaml"))
        return [RunFolder(path) for _, path in found]

    def _folder(self, name: str) -> RunFolder:
        folder = RunFolder(self._runs / name)
        if not folder.definition.exists():
            known = ", ".join(folder.name for folder in self._folders()) or "none"
            raise InvalidInputError(f"campaign '{name}' is unknown; there are: {known}")
        return folder

    def _prepare(self, folder: RunFolder) -> None:
        try:
            with told(folder.path):
                self._ingest(folder)
                prepare(folder, self._store)
        except sqlite3.Error as error:
            is_full = found_no_room(error, folder.path)
            raise (disk_full(folder.path) if is_full else _unreadable(folder, error)) from error
        self._prepared.add(folder.name)

    def _ingest(self, folder: RunFolder) -> None:
        """Take in the finished parts; the designs of a part that cannot be used are evaluated again."""
        for part in sorted(folder.parts.glob("*.parquet")):
            try:
                self._store.ingest(part, folder.name)
            except StoreError as error:
                log.warning("%s", error)
                if part.exists():  # the database cannot be written: keep the part for the next round
                    folder.set_control(folder.control().wanted, str(error))
                    return
                with TaskQueue(folder.queue) as queue:
                    queue.reopen(queue.of_part(part.name))
            else:
                part.unlink()
                if (control := folder.control()).wanted == "run" and control.problem:
                    folder.set_control("run")

    def _supervise(self, folder: RunFolder, free: int) -> int:
        """Start what the run lacks, with at most ``free`` workers; return how many were started."""
        if folder.name in self._stuck and not self._stop_run(folder, self._stuck[folder.name]):
            return 0
        control = folder.control()
        if control.wanted == "cancel":
            self._children.finish_cancel(folder)
        if control.wanted != "run" or not self._is_ready(folder):
            return 0
        with TaskQueue(folder.queue) as queue:
            self._children.bury(folder, queue)
            n_open, is_closed = queue.n_open(), bool(queue.fact("closed"))
            self._link_reused(folder, queue)
        if is_closed and not n_open:
            return 0
        try:
            campaign = folder.campaign()
        except AccelError as error:  # its platform or a file of its settings is gone since it began
            self._stop_run(folder, str(error))
            return 0
        if isinstance(campaign.choice, OptimizerPlan) and not is_closed:
            self._children.keep_driver(folder)
        wanted = min(campaign.workers or self._max_workers, n_open) - len(live_workers(folder))
        n_new = max(0, min(wanted, free))
        for _ in range(n_new):
            self._children.spawn(folder, "worker")
        return n_new

    def _link_reused(self, folder: RunFolder, queue: TaskQueue) -> None:
        """Make results that were stored before, and that a search asked for again, its own too."""
        if not folder.known.exists():
            return
        reused = queue.of_part("")
        if len(reused) != self._n_linked.get(folder.name, 0):
            self._store.link(folder.name, reused, seed=folder.campaign().seed)
            self._n_linked[folder.name] = len(reused)

    def _is_ready(self, folder: RunFolder) -> bool:
        """Prepare a run that another process submitted, or that the last server left behind."""
        if folder.name in self._prepared:
            return True
        if read_status(folder, 0).state == "finished":
            self._prepared.add(folder.name)
            return True
        try:
            self._prepare(folder)
        except AccelError as error:
            self._stop_run(folder, str(error))
            return False
        return True

    def _want(self, name: str, wanted: Wanted) -> RunFolder:
        """Note what a person wants of a run from now on."""
        folder = self._folder(name)
        with told(folder.path):
            folder.set_control(wanted)
        self._stuck.pop(name, None)
        return folder

    def _stop_run(self, folder: RunFolder, problem: str) -> bool:
        """Pause a run for a trouble; where that cannot be written, remember it here; return whether it was."""
        try:
            folder.set_control("pause", problem)
        except OSError:
            self._stuck[folder.name] = problem
            return False
        self._stuck.pop(folder.name, None)
        return True


def _unreadable(folder: RunFolder, error: sqlite3.Error) -> StoreError:
    return StoreError(
        f"{folder.queue} cannot be used: {error}; its stored results are safe, start it anew by a new name"
    )
