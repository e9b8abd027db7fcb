"""Units of work whose results stay in a folder, so that an interrupted run goes on and a finished one is only read."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from accel_core.paths import ROOT
from accel_core.tables import replaced_when_whole

NOT_SIMULATED = "!accel_core/platforms/edgetpu/rooflines.py"
SOURCES = {
    "log": ("accel_core/platforms/edgetpu/*.py", NOT_SIMULATED, "data/applications/*", "data/edgetpu.yaml"),
    "online": ("accel_core/platforms/edgetpu/*.py", NOT_SIMULATED, "data/applications/*", "data/edgetpu.yaml",
               "accel_core/offline/firefly.py", "benchmarks/prime_online.py"),
    "offline": ("accel_core/platforms/edgetpu/*.py", "data/applications/*", "data/edgetpu.yaml",
                "accel_core/offline/*.py", "accel_core/rooflines.py", "benchmarks/prime_offline.py"),
}  # fmt: skip
"""What a result depends on, but for files after a ``!``; the first part of a unit's kind says which."""


@dataclass(frozen=True)
class Unit:
    """A piece of work.

    Attributes:
        kind: Such as ``online/tpe``; units of a kind take about as long.
        name: Tells it from all others of its kind: whatever changes its result is in it, but for code.
        make: Does the work and returns what JSON can hold.
    """

    kind: str
    name: str
    make: Callable[[], dict[str, Any]]


class Folder:
    """Results by unit, as JSON files.

    Attributes:
        path: Where they are.
        outdated: Units read that another version of the code made.
    """

    def __init__(self, path: Path, is_fresh: bool = False) -> None:
        """Open a folder, which need not be there; fresh means that results of another version are made again."""
        self.path, self._is_fresh = path, is_fresh
        self.outdated: set[str] = set()

    def get(self, unit: Unit) -> dict[str, Any]:
        """Return the result of a unit, made now if it is not there."""
        if (found := self.read(unit)) is not None:
            return found
        made = unit.make()
        text = json.dumps({"code": digest(unit.kind.split("/")[0]), "made": made}, indent=1)
        with replaced_when_whole(self._file(unit)) as partial:
            partial.write_text(text, encoding="utf-8")
        result: dict[str, Any] = json.loads(text)["made"]
        return result

    def read(self, unit: Unit) -> dict[str, Any] | None:
        """Return the result of a unit if it is there."""
        file = self._file(unit)
        if not file.exists():
            return None
        content = json.loads(file.read_text(encoding="utf-8"))
        if content["code"] != digest(unit.kind.split("/")[0]):
            if self._is_fresh:
                return None
            self.outdated.add(f"{unit.kind} {unit.name}")
        made: dict[str, Any] = content["made"]
        return made

    def _file(self, unit: Unit) -> Path:
        return self.path / unit.kind / f"{unit.name}.json"


@cache
def digest(sources: str) -> str:
    """Return a digest of the files of `SOURCES`."""
    found = hashlib.sha256()
    left_out = {file for pattern in SOURCES[sources] if pattern[0] == "!" for file in ROOT.glob(pattern[1:])}
    for pattern in SOURCES[sources]:
        for file in sorted(set(ROOT.glob(pattern)) - left_out) if pattern[0] != "!" else ():
            found.update(file.read_bytes())
    return found.hexdigest()[:16]


def complete(folder: Folder, units: Iterable[Unit]) -> None:
    """Make the results that are missing, in turn, with a line of progress and the time left."""
    missing = [unit for unit in {(unit.kind, unit.name): unit for unit in units}.values() if folder.read(unit) is None]
    spent: dict[str, list[float]] = {}
    for i, unit in enumerate(missing):
        started = time.monotonic()
        folder.get(unit)
        spent.setdefault(unit.kind, []).append(time.monotonic() - started)
        minutes = time_left_s(spent, [later.kind for later in missing[i + 1 :]]) / 60
        words = (
            f"[{i + 1} of {len(missing)}] {unit.kind} {unit.name}: {spent[unit.kind][-1]:.1f} s, {minutes:.0f} min left"
        )
        print(words, file=sys.stderr, flush=True)


def time_left_s(spent: dict[str, list[float]], kinds: Sequence[str]) -> float:
    """Return how long units of some kinds will take, kinds that were not met being like the mean of all."""
    everything = [seconds for times in spent.values() for seconds in times]
    return sum(sum(times) / len(times) for times in (spent.get(kind, everything) for kind in kinds))
