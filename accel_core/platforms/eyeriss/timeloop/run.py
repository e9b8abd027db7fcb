"""Timeloop as the platform's simulator: ``timeloop-mapper`` maps and evaluates each layer in a folder of its own."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from accel_core.errors import InfeasibleError, ToolFailedError, ToolTimeoutError
from accel_core.platforms.base import Settings
from accel_core.platforms.eyeriss.mapping import LoopNest
from accel_core.platforms.eyeriss.timeloop.files import INPUT, layer_files, layer_folders, shape_of
from accel_core.platforms.eyeriss.timeloop.outputs import (
    LOOPS,
    STATISTICS,
    UnreadableError,
    read_loops,
    read_statistics,
)
from accel_core.process import Finished, Limits, run_guarded
from accel_core.workloads import Layer

PROGRAM = "timeloop-mapper"
STAGE = "timeloop"
LOG = "timeloop-mapper.log"
_NO_MAPPING = "no valid mappings found"
_VERSION = re.compile(r"^\W*timeloop\W+(?:version\W*)?v?(?P<version>\d+\.\d[\w.+-]*)", re.IGNORECASE | re.MULTILINE)
_SHORT_OF_MEMORY = ("bad_alloc", "Cannot allocate memory")


class LayerResult(NamedTuple):
    """What Timeloop found for one run of a layer: its numbers, as ``read_statistics`` names them, and its mapping."""

    numbers: dict[str, float]
    mapping: LoopNest


def timeloop_missing() -> str | None:
    """Return in one line why Timeloop cannot run here, or None."""
    if shutil.which(PROGRAM):
        return None
    return f"the program {PROGRAM} is not on PATH; it comes with Timeloop, which no package registry carries"


def simulate_layers(
    design: Mapping[str, Any], layers: tuple[Layer, ...], settings: Settings, folder: Path
) -> tuple[list[LayerResult], dict[str, str]]:
    """Map and evaluate layers one after another; layers of one shape are done once, and no run is repeated.

    Args:
        design: Parameters by name.
        layers: The layers.
        settings: ``energy_table objective victory time_limit_s memory_limit_gb``; the limit of time is on all layers.
        folder: Keeps what went in and came out, one folder a layer.

    Returns:
        A result a layer, and the versions of tools.

    Raises:
        InfeasibleError: If Timeloop finds no mapping of a layer.
        ToolFailedError: If it breaks, or writes what cannot be trusted.
        ToolTimeoutError: If the layers together take too long.
    """
    memory = int(float(settings["memory_limit_gb"]) * 1e9)
    limit = float(settings["time_limit_s"])
    deadline = time.monotonic() + limit
    done: dict[Layer, LayerResult] = {}
    output = ""
    for shape, (name, layer) in layer_folders(layers).items():
        place = folder / name
        _write_files(place, layer_files(design, layer, settings))
        left = Limits(max(deadline - time.monotonic(), 0.001), memory)
        finished = run_guarded([PROGRAM, INPUT], STAGE, left, place)
        output = finished.output
        (place / LOG).write_text(output)
        if finished.timed_out:
            raise ToolTimeoutError(STAGE, f"{layer.name}: not finished when {limit:g} s were over")
        done[shape] = _result(finished, place, layer, memory)
    return [done[shape_of(layer)] for layer in layers], {PROGRAM: _version(output)}


def _write_files(place: Path, files: Mapping[str, str]) -> None:
    """Write the input, and take away what an earlier run may have left there."""
    place.mkdir(parents=True, exist_ok=True)
    for name in (STATISTICS, LOOPS, LOG):
        (place / name).unlink(missing_ok=True)
    for name, text in files.items():
        (place / name).write_text(text, encoding="utf-8")


def _result(finished: Finished, place: Path, layer: Layer, memory: int) -> LayerResult:
    """Read what a run left behind."""
    if _NO_MAPPING in finished.output:
        raise InfeasibleError(STAGE, f"{layer.name}: {PROGRAM} found no mapping that fits within its search")
    if finished.exit_code:
        raise ToolFailedError(STAGE, f"{layer.name}: {_death(finished, memory)}")
    reading = STATISTICS
    try:
        numbers = read_statistics(_text(place / reading), layer)
        reading = LOOPS
        return LayerResult(numbers, read_loops(_text(place / reading), layer))
    except UnreadableError as error:
        raise ToolFailedError(STAGE, f"{layer.name}: {reading}: {error}") from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        raise UnreadableError(f"{PROGRAM} did not write it") from None


def _death(finished: Finished, memory: int) -> str:
    if memory and any(sign in finished.output for sign in _SHORT_OF_MEMORY):
        return f"{PROGRAM} needs more memory than the limit of {memory / 1e9:g} GB"
    last = next((line.strip() for line in reversed(finished.output.splitlines()) if line.strip()), "no output")
    code = finished.exit_code
    how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
    return f"{PROGRAM} {how}: {last[:200]}"


def _version(output: str) -> str:
    """Return the version that the program tells of itself, else where it lies."""
    told = _VERSION.search(output)
    return told["version"] if told else shutil.which(PROGRAM) or PROGRAM
