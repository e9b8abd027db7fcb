"""Prints how fast the result store is: ``python benchmarks/store.py [rows]``.

Rows have as many columns as placed Axiline results. Targets: reading 1e5 rows in under a second, and a part of one
design, which is what a worker hands in, in under 50 ms.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from accel_core.evaluators import model_version
from accel_core.platforms import get_platform
from accel_core.space import design_ids, sample
from accel_core.store import KEY, ResultStore, write_part

N_PARTS = 50
REPEATS = 3


def made_up_results(n: int, seed: int = 0) -> pd.DataFrame:
    """Return n rows of the shape of placed results, with random metrics."""
    platform = get_platform("axiline")
    designs = sample(platform.space, n, sampler="random", seed=seed).designs
    rng = np.random.default_rng(seed)
    metrics = {name: rng.random(n) for name in platform.metrics if name not in designs}
    return designs.assign(
        **metrics,
        design_id=design_ids(designs, platform.space.names),
        platform=platform.name,
        workload="train-500k",
        fidelity="placed",
        settings_id="0" * 16,
        model_version=model_version(platform, "placed"),
        status="ok",
        stage="",
        reason="",
        seconds=9.0,
        tool_versions='{"yosys": "0.70"}',
        settings='{"activity": 0.1}',
        seed=seed,
    )


def best_of(action: Callable[[], object], repeats: int = REPEATS) -> float:
    """Return the shortest time in seconds of a few tries."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return min(times)


def main(n: int) -> None:
    """Measure and print."""
    results = made_up_results(n)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with ResultStore(folder / "results.duckdb") as store:
            show(f"add {n:,} rows", best_of(lambda: store.add(results), 1))
            show("add them again (nothing new)", best_of(lambda: store.add(results)))
            found = store.find(platform="axiline")
            rows, columns = found.shape
            show(f"find {rows:,} rows x {columns} columns", best_of(lambda: store.find(platform="axiline")))
            show("find those of one status", best_of(lambda: store.find(status="ok")))
            show("counts", best_of(store.counts))
            show("which keys are missing", best_of(lambda: store.missing(results[list(KEY)])))
            parts = [folder / f"{number}.parquet" for number in range(N_PARTS)]
            fresh = made_up_results(2 * N_PARTS, seed=1)
            fresh["settings_id"] = "1" * 16
            for number, part in enumerate(parts):
                write_part(fresh.iloc[[number]], part)
            took = best_of(lambda: [store.ingest(part) for part in parts], 1)
            show("take in a part of one design", took / N_PARTS)
            show("export CSV", best_of(lambda: store.export(folder / "all.csv"), 1))
            show("export Parquet", best_of(lambda: store.export(folder / "all.parquet"), 1))
        size = (folder / "results.duckdb").stat().st_size
        print(f"{'database file':38} {size / 1e6:9.1f} MB, {size / len(results):.0f} bytes a row")
        with ResultStore(folder / "second.duckdb") as second:
            show("import Parquet", best_of(lambda: second.import_table(folder / "all.parquet"), 1))


def show(what: str, seconds: float) -> None:
    """Print one line."""
    print(f"{what:38} {seconds * 1e3:9.1f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
