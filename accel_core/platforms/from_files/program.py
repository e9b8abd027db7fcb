"""A program of one's own as a platform's simulator: a command line in, a JSON or CSV file out."""

from __future__ import annotations

import csv
import hashlib
import json
import math
import shutil
import string
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from accel_core.errors import EvaluationError, InfeasibleError, InvalidInputError, ToolFailedError, ToolTimeoutError
from accel_core.platforms.base import Program, Settings
from accel_core.platforms.from_files.own_metrics import MetricColumn
from accel_core.process import Finished, Limits, run_guarded
from accel_core.space import DesignSpace
from accel_core.space.documents import check_list, check_mapping
from accel_core.workloads import Workload

STAGE = "program"
MAX_OUTPUT_BYTES = 1_000_000
_KEYS = ("command", "output", "title", "version")
_OWN = ("folder", "python", "workload", "output")
_STATUSES: Mapping[str, type[EvaluationError]] = {
    "infeasible": InfeasibleError,
    "failed": ToolFailedError,
    "timeout": ToolTimeoutError,
}


@dataclass(frozen=True)
class Command:
    """What ``program`` in a ``platform.yaml`` says.

    Attributes:
        folder: Where the program is; ``{folder}`` stands for it.
        words: Program and arguments; ``{name}`` stands for a parameter's value, ``{workload}`` for the workload's name,
            ``{output}`` for the file to write, ``{python}`` for the Python that runs AccelScope.
        output: Name of that file, ending in .json or .csv, in the folder of the evaluation.
        title: What the program is called.
        version: A word that changes when its results do.
        metrics: What the file has.
    """

    folder: Path
    words: tuple[str, ...]
    output: str
    title: str
    version: str
    metrics: tuple[MetricColumn, ...]

    def digest(self) -> str:
        """Return 16 digits that change with the command, what its numbers are, and the files of the folder it names."""
        said = [[entry.metric.name, entry.column, entry.scale] for entry in self.metrics]
        found = hashlib.blake2b(json.dumps([*self.words, self.version, said]).encode(), digest_size=8)
        for word in self.words:
            path = self._path(word)
            if path is not None:
                found.update(path.read_bytes())
        return found.hexdigest()

    def missing(self) -> str | None:
        """Return in one line why the program cannot run here, or None."""
        first = self._command({}, "", "")[0]
        return None if shutil.which(first) else f"the program '{first}' is not installed"

    def run(
        self, design: Mapping[str, Any], workload: Workload, settings: Settings, folder: Path
    ) -> dict[str, float | dict[str, str]]:
        """Evaluate one design in a folder of its own.

        Raises:
            EvaluationError: If the program says that the design cannot be, fails, takes too long, or writes what cannot
                be read; with what it printed last.
        """
        folder.mkdir(parents=True, exist_ok=True)
        output = folder / self.output
        output.unlink(missing_ok=True)
        limits = Limits(float(settings["time_limit_s"]), int(float(settings["memory_limit_gb"]) * 1e9))
        command = self._command(design, workload.name, self.output)
        done = run_guarded(command, STAGE, limits, folder)
        (folder / "program.log").write_text(done.output, encoding="utf-8")
        self._check(done, limits)
        return {**self._metrics(_read(output)), "tool_versions": {self.title: self.version or self.digest()}}

    def _command(self, design: Mapping[str, Any], workload: str, output: str) -> list[str]:
        known = {"folder": str(self.folder), "python": sys.executable, "workload": workload, "output": output}
        values = {name: _spelled(value) for name, value in design.items()} | known
        words = [word.format_map(_Known(values)) for word in self.words]
        path = self._path(words[0])
        return [str(path) if path is not None else words[0], *words[1:]]

    def _path(self, word: str) -> Path | None:
        """Return the file of the folder that a word of the command names, None if it names none."""
        name = word.removeprefix("{folder}/")
        if "{" in name or Path(name).is_absolute() or not (self.folder / name).is_file():
            return None
        return (self.folder / name).resolve()

    def _check(self, done: Finished, limits: Limits) -> None:
        if done.timed_out:
            raise ToolTimeoutError(STAGE, f"{self.title} took longer than {limits.seconds:g} s")
        if done.exit_code:
            last = (done.output.strip().splitlines() or ["it printed nothing"])[-1]
            raise ToolFailedError(STAGE, f"{self.title} ended with exit code {done.exit_code}: {last:.200}")

    def _metrics(self, found: Mapping[str, Any]) -> dict[str, float]:
        status = str(found.get("status") or "ok").strip().lower()
        if status in _STATUSES:
            raise _STATUSES[status](STAGE, str(found.get("reason") or f"{self.title} gives no reason")[:500])
        if status != "ok":
            raise ToolFailedError(
                STAGE, f"{self.output}: status is '{status:.40}'; allowed: ok, {', '.join(_STATUSES)}"
            )
        values = {}
        for entry in self.metrics:
            given = found.get(entry.column)
            try:
                number = math.nan if isinstance(given, bool) else float(given)  # type: ignore[arg-type]
            except (TypeError, ValueError, OverflowError):
                number = math.nan
            if not math.isfinite(number):
                raise ToolFailedError(
                    STAGE, f"{self.output}: {entry.column} is {given!r:.40}; allowed: a finite number"
                )
            values[entry.metric.name] = number * entry.scale
        return values


class _Known(dict[str, str]):
    """Leaves a placeholder that has no value as it is."""

    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"


def read_program(
    content: object, folder: Path, space: DesignSpace, metrics: Sequence[MetricColumn], place: str
) -> Command:
    """Read the mapping under ``program``.

    Raises:
        InvalidInputError: If a key or value is not allowed, or a placeholder stands for nothing.
    """
    where = f"{place}, program"
    given = check_mapping(content, where, _KEYS, ("command", "output"))
    words = check_list(given["command"], f"{where}.command")
    clash = next((name for name in space.names if name in _OWN), None)
    if clash is not None:
        raise InvalidInputError(f"{where}: {{{clash}}} stands for something else; give that parameter another name")
    allowed = [*space.names, *_OWN]
    for i, word in enumerate(words):
        for name in _placeholders(word, f"{where}.command.{i}"):
            if name not in allowed:
                raise InvalidInputError(f"{where}.command.{i}: {{{name}}} is unknown; allowed: {', '.join(allowed)}")
    if not words:
        raise InvalidInputError(f"{where}.command is empty; allowed: a program and its arguments")
    output = given["output"]
    if not (isinstance(output, str) and Path(output).name == output and output.endswith((".json", ".csv"))):
        raise InvalidInputError(f"{where}.output is {output!r:.40}; allowed: a file name ending in .json or .csv")
    if not metrics:
        raise InvalidInputError(f"{where}: it writes no metric; allowed: one or more under metrics")
    title, version = (str(given.get(key, "")) for key in ("title", "version"))
    return Command(folder, tuple(words), output, title or Path(words[0]).name, version, tuple(metrics))


def program_of(command: Command) -> Program:
    """Return the command as a platform's program."""
    return Program(command.title, command.missing, command.run)


def _placeholders(word: object, place: str) -> list[str]:
    if not isinstance(word, str):
        raise InvalidInputError(f"{place} is {word!r:.40}; allowed: a text")
    try:
        parts = list(string.Formatter().parse(word))
    except ValueError as error:
        raise InvalidInputError(f"{place} is '{word:.60}': {error}; allowed: {{name}}, and {{{{ for a brace") from None
    if any(name is not None and (not name.isidentifier() or form or conversion) for _, name, form, conversion in parts):
        raise InvalidInputError(f"{place} is '{word:.60}'; allowed: plain names in braces")
    return [name for _, name, _, _ in parts if name is not None]


def _read(path: Path) -> Mapping[str, Any]:
    """Return what a program wrote: one JSON object, or a CSV of one row."""
    try:
        if path.stat().st_size > MAX_OUTPUT_BYTES:
            raise ToolFailedError(STAGE, f"{path.name} is larger than {MAX_OUTPUT_BYTES:,} bytes")
        text = path.read_text(encoding="utf-8-sig")
        found: Any = json.loads(text) if path.suffix == ".json" else _row(text)
    except FileNotFoundError:
        raise ToolFailedError(STAGE, f"{path.name} was not written") from None
    except (OSError, ValueError, csv.Error, RecursionError) as error:
        raise ToolFailedError(STAGE, f"{path.name} cannot be read: {str(error).splitlines()[0]:.200}") from None
    if not isinstance(found, dict):
        raise ToolFailedError(STAGE, f"{path.name} holds no object; allowed: one JSON object, or one CSV row")
    return found


def _row(text: str) -> dict[str, str] | None:
    rows = list(csv.DictReader(text.splitlines(), skipinitialspace=True))
    return rows[0] if len(rows) == 1 else None


def _spelled(value: Any) -> str:
    if isinstance(value, str):
        return value
    number = float(value)
    return str(int(number)) if number.is_integer() and not pd.isna(number) else repr(number)
