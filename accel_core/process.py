"""The only module that starts subprocesses: each in its own process group, with limits and a clean kill."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from accel_core.errors import ToolNotFoundError

MAX_OUTPUT_BYTES = 4_000_000
_CHUNK = 65_536
_WATCH_S = 0.5
_running: set[int] = set()


@dataclass(frozen=True)
class Limits:
    """Bounds on one subprocess.

    Attributes:
        seconds: Wall-clock time after which the whole process group is killed.
        memory_bytes: Address-space limit (``RLIMIT_AS``) of each process in the group; 0 means none.
    """

    seconds: float = 600.0
    memory_bytes: int = 0


@dataclass(frozen=True)
class Finished:
    """What a finished subprocess left behind.

    Attributes:
        exit_code: As the shell counts it; negative is the signal that ended it.
        output: Standard output and standard error, interleaved; of a long one its last `MAX_OUTPUT_BYTES`.
        timed_out: Whether the time limit ended it.
        cpu_s: User and system time of the process and its waited-for children, in seconds.
    """

    exit_code: int
    output: str
    timed_out: bool
    cpu_s: float


class _Kept:
    """Reads what a process prints and keeps the end of it: a program that prints without end fills no memory."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        self._child = child
        self._chunks: deque[bytes] = deque(maxlen=MAX_OUTPUT_BYTES // _CHUNK)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._child.stdout is not None
        with self._child.stdout as stream, contextlib.suppress(ValueError):
            rest = b""
            while chunk := os.read(stream.fileno(), _CHUNK):
                rest += chunk
                while len(rest) >= _CHUNK:
                    self._chunks.append(rest[:_CHUNK])
                    rest = rest[_CHUNK:]
            self._chunks.append(rest)

    def wait(self, seconds: float) -> None:
        """Wait for the end of the output and of the process.

        Raises:
            subprocess.TimeoutExpired: If they take longer.
        """
        end = time.monotonic() + seconds
        self._reader.join(seconds)
        if self._reader.is_alive():
            raise subprocess.TimeoutExpired(self._child.args, seconds)
        self._child.wait(max(0.0, end - time.monotonic()) + _WATCH_S)

    def all(self) -> bytes:
        """Return what was kept, once the process has ended."""
        self._reader.join()
        return b"".join(self._chunks)


def run(
    command: Sequence[str],
    stage: str,
    limits: Limits,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    own_group: bool = True,
) -> Finished:
    """Run a command to its end or to its limits, then leave nothing of its process group behind.

    Args:
        command: Program and arguments.
        stage: The flow step that wants it, for errors.
        limits: Bounds on it.
        cwd: Its working folder.
        env: Its whole environment, or None for this process' own.
        own_group: False leaves it in this process' group, for tools of a process that was itself started by ``run``:
            then whoever kills that one's group takes its tools along.

    Raises:
        ToolNotFoundError: If the program does not exist; ``stage`` names the step that wanted it.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        child = _start(command, cwd, env, limits.memory_bytes, own_group)
    except FileNotFoundError as error:
        raise ToolNotFoundError(stage, f"the program '{command[0]}' is not installed") from error
    timed_out = False
    if own_group:
        _running.add(child.pid)
    kept = _Kept(child)
    try:
        kept.wait(limits.seconds)
    except subprocess.TimeoutExpired:
        timed_out = True
        _end(child, own_group)
    finally:
        _running.discard(child.pid)
        _end(child, own_group)
    output = kept.all()
    child.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Finished(child.returncode, output.decode(errors="replace"), timed_out, cpu_s)


def run_guarded(command: Sequence[str], stage: str, limits: Limits, cwd: Path) -> Finished:
    """As ``run``, and the program also ends with this process, however this one ends, SIGKILL included.

    Programs of somebody else do not watch their parent as ``end_with`` does, so a process of ours between them does.

    Raises:
        ToolNotFoundError: If the program does not exist.
    """
    if shutil.which(command[0]) is None:
        raise ToolNotFoundError(stage, f"the program '{command[0]}' is not installed")
    paths = os.pathsep.join(filter(None, [str(Path(__file__).resolve().parents[1]), os.environ.get("PYTHONPATH")]))
    guard = [sys.executable, "-m", "accel_core.process", str(os.getpid()), *command]
    return run(guard, stage, limits, cwd, {**os.environ, "PYTHONPATH": paths})


def spawn_detached(
    command: Sequence[str], log: Path, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> int:
    """Start a process that outlives this one (its own session, output to ``log``) and return its process id."""
    with log.open("ab") as stream:
        child = subprocess.Popen(
            list(command),
            cwd=cwd,
            env=dict(env) if env is not None else None,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    child.returncode = 0  # Whoever needs its end asks the system by process id; this object shall not complain.
    return child.pid


def kill_group(pid: int) -> None:
    """Kill a process group that ``run`` or ``spawn_detached`` started; one that is gone already is fine."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def kill_running() -> None:
    """Kill whatever `run` is waiting for in any thread; those calls then return what was left behind."""
    for pid in list(_running):
        kill_group(pid)


def end_with(parent: int) -> None:
    """From now on, end this process and its group as soon as its parent is another one than ``parent``.

    For processes that ``run`` started: whoever is killed with SIGKILL can no longer end them.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_WATCH_S)
        os.killpg(os.getpgrp(), signal.SIGKILL)

    if os.getpgrp() == os.getpid():
        threading.Thread(target=watch, name="parent", daemon=True).start()


def _guard(parent: int, command: Sequence[str]) -> int:
    """Run a command in this process' group and return its exit code; both end with ``parent``."""
    end_with(parent)
    code = subprocess.call(list(command), stdin=subprocess.DEVNULL)
    if code < 0:  # Whoever waits shall see the same signal.
        os.kill(os.getpid(), -code)
    return code


def _end(child: subprocess.Popen[bytes], own_group: bool) -> None:
    if own_group:
        kill_group(child.pid)
    elif child.poll() is None:
        child.kill()


def _start(
    command: Sequence[str],
    cwd: Path | None,
    env: Mapping[str, str] | None,
    memory_bytes: int,
    own_group: bool,
) -> subprocess.Popen[bytes]:
    child = subprocess.Popen(
        list(command),
        cwd=cwd,
        env=dict(env) if env is not None else None,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=own_group,
    )
    # Set from outside, because code between fork and exec is not safe in a process with threads; children inherit it.
    if memory_bytes:
        _limit(child.pid, resource.RLIMIT_AS, memory_bytes)
    _limit(child.pid, resource.RLIMIT_CORE, 0)
    return child


def _limit(pid: int, what: int, value: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # It may have ended already.
        resource.prlimit(pid, what, (value, value))


if __name__ == "__main__":
    sys.exit(_guard(int(sys.argv[1]), sys.argv[2:]))
