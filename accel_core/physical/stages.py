"""The clock and the log of a run's stages, and how somebody else follows them."""

from __future__ import annotations

import re
import resource
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

LOG = "flow.log"
_LINE = re.compile(r"^\[ *[\d.]+ s\] stage (\w+)$", re.MULTILINE)
_LOOK_S = 0.2


class Stages:
    """Names each stage in the log, where it is looked up if the process dies, and adds up what it takes."""

    def __init__(self, folder: Path) -> None:
        """Begin an empty log in a folder."""
        self.folder = folder
        self._log = folder / LOG
        self._log.write_text("")
        self._started = time.perf_counter()
        self.seconds: dict[str, float] = {}
        self.cpu_s: dict[str, float] = {}

    def log(self, text: str) -> None:
        """Append a line to the log."""
        with self._log.open("a") as stream:
            stream.write(f"[{time.perf_counter() - self._started:7.3f} s] {text}\n")

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage; one that comes again adds to what it took before."""
        self.log(f"stage {name}")
        begin, cpu = time.perf_counter(), cpu_s()
        try:
            yield
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0.0) + time.perf_counter() - begin, 4)
            self.cpu_s[name] = round(self.cpu_s.get(name, 0.0) + cpu_s() - cpu, 4)


def cpu_s() -> float:
    """CPU time of this process and its ended children so far."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def stages_in(log: str) -> list[str]:
    """Names of the stages that a log's text says were begun."""
    return _LINE.findall(log)


@contextmanager
def followed(folder: Path, tell: Callable[[str], None]) -> Iterator[None]:
    """Call ``tell`` with each stage's name as the run that writes to a folder, in whatever process, begins it."""
    ended = threading.Event()
    (folder / LOG).unlink(missing_ok=True)  # of an earlier run

    def follow() -> None:
        told, over = 0, False
        while not over:
            over = ended.wait(_LOOK_S)
            log = folder / LOG
            begun = stages_in(log.read_text(errors="replace")) if log.is_file() else []
            for name in begun[told:]:
                tell(name)
            told = len(begun)

    watcher = threading.Thread(target=follow, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
