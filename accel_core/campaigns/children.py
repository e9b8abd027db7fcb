"""The processes that a server starts for its runs: begun, found dead, buried, and reaped."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import accel_core
from accel_core.campaigns.folder import FULL, RunFolder, disk_full, tail, write_json
from accel_core.campaigns.owners import identity, is_alive, kill_family
from accel_core.campaigns.queue import TaskQueue
from accel_core.process import spawn_detached

_MAX_CRASHES = 5  # workers that end by themselves with an error, one after the other, before the run is paused
_CANCEL_ROUNDS = 10  # rounds that a worker has to cancel itself before it is killed


class Children:
    """The workers and drivers of one server's runs; not shared between threads."""

    def __init__(
        self, runs: Path, commands: Mapping[str, tuple[str, ...]], stop: Callable[[RunFolder, str], object]
    ) -> None:
        """Prepare.

        Args:
            runs: Folder with one folder a run.
            commands: What starts a ``worker`` or a ``driver`` when the run's folder is appended.
            stop: Pauses a run with a reason.
        """
        self._runs = runs
        self._commands = commands
        self._stop = stop
        self._started: dict[int, str] = {}
        self._crashes: dict[str, int] = {}
        self._cancel_rounds: dict[str, int] = {}

    def spawn(self, folder: RunFolder, role: str) -> None:
        """Start a worker or a driver, and note it at once so that nobody starts it twice."""
        logs = folder.log(role)
        command = [*self._commands[role], str(folder.path)]
        # One thread each: there are as many workers as cores.
        env = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        pid = spawn_detached(command, logs, cwd=Path(accel_core.__file__).parents[1], env=env)
        self._started[pid] = folder.name
        who = "driver" if role == "driver" else f"worker-{pid}"
        if not folder.status_file(who).exists() or role == "driver":
            write_json(folder.status_file(who), {"owner": identity(pid), "state": "starting"}, durable=False)

    def keep_driver(self, folder: RunFolder) -> None:
        """Start the driver of a search unless it lives."""
        status = folder.statuses().get("driver", {})
        if not is_alive(str(status.get("owner", ""))):
            self.spawn(folder, "driver")

    def bury(self, folder: RunFolder, queue: TaskQueue) -> None:
        """Give back what dead workers held, end their tools and forget them."""
        for owner in queue.owners():
            if not is_alive(owner):
                kill_family(owner)
        queue.recover(is_alive)
        for who, status in folder.statuses().items():
            if not is_alive(str(status.get("owner", ""))):
                folder.status_file(who).unlink(missing_ok=True)

    def finish_cancel(self, folder: RunFolder) -> None:
        """Kill workers that did not cancel themselves in time."""
        statuses = folder.statuses().values()
        alive = [owner for status in statuses if is_alive(owner := str(status.get("owner", "")))]
        rounds = self._cancel_rounds.get(folder.name, 0) + 1 if alive else 0
        self._cancel_rounds[folder.name] = rounds
        if rounds > _CANCEL_ROUNDS:
            for owner in alive:
                kill_family(owner)

    def reap(self) -> None:
        """Wait for our children that ended; pause a run whose workers end with an error again and again."""
        for pid, name in list(self._started.items()):
            code = None
            with suppress(ChildProcessError):
                done, status = os.waitpid(pid, os.WNOHANG)
                if done == 0:
                    continue
                code = os.waitstatus_to_exitcode(status)
            del self._started[pid]
            folder = RunFolder(self._runs / name)
            if code == FULL:
                self._stop(folder, str(disk_full(folder.path)))
                continue
            crashes = self._crashes.get(name, 0) + 1 if code is not None and code > 0 else 0
            self._crashes[name] = crashes
            if crashes >= _MAX_CRASHES:
                last = (log_tail(folder, 1) or "no output").splitlines()[-1]
                self._stop(folder, f"campaign '{name}': its processes end at once: {last}")

    def forgive(self, name: str) -> None:
        """Forget the crashes of a run that a person resumed."""
        self._crashes.pop(name, None)


def log_tail(folder: RunFolder, n_lines: int) -> str:
    """Return the last lines that the processes of a run wrote, each with who wrote it."""
    logs = sorted((folder.path / "logs").glob("*.log"), key=lambda path: path.stat().st_mtime)
    return "\n".join(f"[{path.stem}] {line}" for path in logs for line in tail(path, n_lines).splitlines())
