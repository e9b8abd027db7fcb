"""Evaluate all 452,760,000 designs of the EdgeTPU-class template, and write the exact optima and latency-area fronts.

    python scripts/enumerate_edgetpu.py [APPLICATION[+APPLICATION ...] ...] [--jobs 2] [--out data/optima]

Names joined by + are designed for together: a design runs all of them, and its runtime is their mean. Without names it
takes the nine applications, the sets of them in the tables of PRIME (Kumar et al., ICLR 2022), and all but one. Each
writes NAME.json (counts, optima under the area limits) and NAME.parquet (the front). It notes how far it is in --runs,
so that a second call goes on where the first was stopped; a change of the model's constants or of the applications
starts anew.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from accel_core.errors import AccelError, InvalidInputError
from accel_core.paths import data_path, runs_path
from accel_core.platforms.edgetpu.applications import applications
from accel_core.platforms.edgetpu.architecture import MEMORIES, constants
from accel_core.platforms.edgetpu.enumeration import N_ARRAYS, Census, empty_census, merge, take_censuses
from accel_core.tables import write_table

LIMITS_MM2 = (27.0, 29.0, 100.0)
BLOCK = 16
"""Arrays at a time: a million designs, of which a quarter differ in more than the instruction memory."""

_NETWORKS = "mobilenet_edgetpu+mobilenet_v2+mobilenet_v3"
_PUBLISHED_SETS = (
    _NETWORKS,
    "mobilenet_v2+mobilenet_v3+m5+m6",
    f"{_NETWORKS}+m4+m5+m6",
    f"{_NETWORKS}+m4+m5+m6+unet+t_rnn_enc",
    f"{_NETWORKS}+m4+m5+m6+t_rnn_enc",
    f"{_NETWORKS}+m4+m5+m6+t_rnn_dec+t_rnn_enc",
    f"{_NETWORKS}+m4+m5+m6+unet+t_rnn_dec+t_rnn_enc",
    "mobilenet_edgetpu+mobilenet_v3",
    "mobilenet_edgetpu+m4",
    "unet+t_rnn_dec",
)
"""Applications designed for together, then those that only zero-shot design trains or tests with (from memory)."""

SETS = tuple(dict.fromkeys((*_PUBLISHED_SETS, *("+".join(name for name in applications() if name != hidden)
                                                for hidden in applications()))))  # fmt: skip
"""The published sets, and all but one of the applications, which is what one designs for who has not seen that one."""

SAVE_SECONDS = 5.0


def parse(words: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="APPLICATION", help="applications, or several joined by +")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--out", type=Path, default=data_path() / "optima")
    parser.add_argument("--runs", type=Path, default=runs_path() / "enumerations")
    parser.add_argument("--arrays", type=int, default=N_ARRAYS, help="only the first so many of the 7,000, for a try")
    return parser.parse_args(words)


def main(words: list[str] | None = None) -> int:
    """Enumerate; 0 if all is done, 2 if a name is wrong."""
    asked = parse(words)
    try:
        names = asked.names or [*applications(), *SETS]
        for name in names:
            check(name)
        for name, census in enumerate_designs(names, asked.arrays, asked.jobs, asked.runs).items():
            write(name, census, asked.out)
    except AccelError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def check(name: str) -> None:
    """Refuse names that are no applications joined by +."""
    for part in name.split("+"):
        if part not in applications():
            raise InvalidInputError(f"application '{part}' is unknown; allowed: {', '.join(applications())}")


def enumerate_designs(names: list[str], n_arrays: int, jobs: int, runs: Path) -> dict[str, Census]:
    """Take the census of each name, together for all that an earlier call left at the same place."""
    notes = {name: read_note(runs / f"{name}.json") for name in names}
    found = {name: census for name, (done, census) in notes.items() if done >= n_arrays}
    for done in sorted({done for done, _ in notes.values() if done < n_arrays}):
        group = {name: census for name, (start, census) in notes.items() if start == done}
        found |= go_on(group, range(done, n_arrays), jobs, runs)
    return {name: found[name] for name in notes}


def go_on(censuses: dict[str, Census], arrays: range, jobs: int, runs: Path) -> dict[str, Census]:
    """Walk over arrays, and note where it is every few seconds."""
    names = list(censuses)
    blocks = [arrays[first : first + BLOCK] for first in range(0, len(arrays), BLOCK)]
    started = saved = time.monotonic()
    for block, found in zip(blocks, walk(names, blocks, jobs), strict=True):
        censuses = {name: merge(censuses[name], census) for name, census in zip(names, found, strict=True)}
        if time.monotonic() - saved > SAVE_SECONDS or block.stop == arrays.stop:
            for name, census in censuses.items():
                save_note(runs / f"{name}.json", block.stop, census)
            saved = time.monotonic()
        show(names, block.stop, arrays, time.monotonic() - started)
    print()
    return censuses


def walk(names: list[str], blocks: list[range], jobs: int) -> Iterator[list[Census]]:
    """Yield the censuses of each block, in their order."""
    if jobs == 1:
        yield from map(partial(census_of, names), blocks)
        return
    with ProcessPoolExecutor(max_workers=jobs) as pool:
        yield from pool.map(partial(census_of, names), blocks)


def census_of(names: list[str], block: range) -> list[Census]:
    """Take the census of a block for each name; runs in a process of its own."""
    sets = [name.split("+") for name in names]
    used = sorted({part for parts in sets for part in parts})
    layers = [applications()[part].layers for part in used]
    return take_censuses(layers, [[used.index(part) for part in parts] for parts in sets], block)


def show(names: list[str], done: int, arrays: range, seconds: float) -> None:
    """Draw the progress bar."""
    title = names[0] if len(names) == 1 else f"{len(names)} at once"
    filled = 40 * done // arrays.stop
    left = seconds / (done - arrays.start) * (arrays.stop - done)
    bar = "#" * filled + "." * (40 - filled)
    print(
        f"\r{title:18.60} [{bar}] {done / arrays.stop:4.0%}  {seconds:4.0f} s, {left:.0f} s left ", end="", flush=True
    )


def digest() -> str:
    """Return what identifies the model: its constants and the applications' layers."""
    content = json.dumps([constants(), [application.rows for application in applications().values()]], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def read_note(note: Path) -> tuple[int, Census]:
    """Return how many arrays are done, and their census."""
    if note.is_file():
        content = json.loads(note.read_text(encoding="utf-8"))
        if content["model"] == digest():
            return int(content["arrays"]), Census.from_mapping(content["census"])
    return 0, empty_census()


def save_note(note: Path, arrays: int, census: Census) -> None:
    """Write the state so that it is always a whole one."""
    note.parent.mkdir(parents=True, exist_ok=True)
    fresh = note.with_suffix(".part")
    fresh.write_text(json.dumps({"model": digest(), "arrays": arrays, "census": census.to_mapping()}), encoding="utf-8")
    os.replace(fresh, note)


def write(name: str, census: Census, out: Path) -> None:
    """Write counts, optima and front, and print them."""
    out.mkdir(parents=True, exist_ok=True)
    summary = summarize(name, census)
    (out / f"{name}.json").write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    front = census.front
    seconds_of_run = run_seconds(front.cycles, name)
    write_table(front.designs().assign(runtime_s=seconds_of_run, chip_area_mm2=front.area_mm2), out / f"{name}.parquet")
    share = census.feasible / census.designs
    print(f"{name}: {census.designs:,} designs, {share:.1%} feasible, {len(front.cycles)} on the front")
    for optimum in summary["optima"]:
        print(f"  at most {optimum['limit_mm2']:g} mm2: {1e3 * optimum['runtime_s']:.2f} ms, {optimum['design']}")


def summarize(name: str, census: Census) -> dict[str, Any]:
    """Return counts, and the fastest design under each area limit."""
    designs = census.front.designs()
    optima = []
    for limit in LIMITS_MM2:
        at = census.front.best_under(limit)
        if at is not None:
            optima.append(
                {
                    "limit_mm2": limit,
                    "runtime_s": run_seconds(census.front.cycles[at], name),
                    "chip_area_mm2": float(census.front.area_mm2[at]),
                    "design": {key: int(value) for key, value in designs.iloc[at].items()},
                }
            )
    runtimes = {"min": census.min_cycles, "mean": census.sum_cycles / max(census.feasible, 1), "max": census.max_cycles}
    return {
        "application": name,
        "model": digest(),
        "designs": census.designs,
        "feasible": census.feasible,
        "too_small": dict(zip(MEMORIES, census.too_small, strict=True)),
        "runtime_s": {key: run_seconds(value, name) for key, value in runtimes.items()},
        "optima": optima,
    }


def run_seconds(cycles: Any, name: str) -> Any:
    """Return the runtime of the usual run of inferences, the mean over the applications."""
    return cycles * constants()["inferences"] / constants()["clock_hz"] / len(name.split("+"))


if __name__ == "__main__":
    sys.exit(main())
