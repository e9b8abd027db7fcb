"""Implement the Axiline designs that ship under ``data/results``, for real; resumes where it stopped.

Architectures and backend points are sampled apart and crossed, as the full-stack framework does. Every campaign below
is cut into one part per architecture; a finished part is never run again, so the script may be stopped at any moment.
``--combine`` implements nothing: it works out anew what follows from the implementations that ship.

    python scripts/make_axiline_results.py [--jobs N] [--campaign NAME] [--pack | --combine]
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from accel_core.evaluators import evaluate, model_version, ordered
from accel_core.metrics import is_metric
from accel_core.paths import data_path, runs_path
from accel_core.platforms import get_platform
from accel_core.platforms.combining import at_reached_clock
from accel_core.space import cross, sample
from accel_core.tables import read_table, write_table

PICTURE_PIXELS = 360
PICTURE_COLORS = 24


@dataclass(frozen=True)
class Shipped:
    """One campaign of the shipped results."""

    name: str
    benchmark: str
    sampler: str
    n_architectures: int
    n_backend: int = 12
    seed: int = 0
    utilization: str = "0.4..0.9"


# The first four are what models are scored on; three compare samplers at equal size against the first as test set; the
# last shows where floorplans become too full.
CAMPAIGNS = (
    Shipped("axiline-svm", "svm", "lhs", 24),
    Shipped("axiline-linear", "linear", "lhs", 8),
    Shipped("axiline-logistic", "logistic", "lhs", 8),
    Shipped("axiline-recommender", "recommender", "lhs", 8),
    Shipped("axiline-svm-lhs", "svm", "lhs", 8, seed=1),
    Shipped("axiline-svm-sobol", "svm", "sobol", 8, seed=1),
    Shipped("axiline-svm-halton", "svm", "halton", 8, seed=1),
    Shipped("axiline-svm-full", "svm", "lhs", 8, seed=2, utilization="0.9..1.0"),
)


def planned(campaign: Shipped) -> list[pd.DataFrame]:
    """Return the campaign's designs, one table per architecture."""
    space = get_platform("axiline").space.restrict(
        {"benchmark": campaign.benchmark, "utilization_target": campaign.utilization}
    )
    architectures = sample(space.subspace("architecture"), campaign.n_architectures, campaign.sampler, campaign.seed)
    backend = sample(space.subspace("backend"), campaign.n_backend, campaign.sampler, campaign.seed)
    return [
        cross(architectures.designs.iloc[[index]], backend.designs)[list(space.names)]
        for index in range(campaign.n_architectures)
    ]


def implement(campaign: Shipped, folder: Path, jobs: int) -> None:
    """Implement every architecture of a campaign that has no finished part yet."""
    tables = planned(campaign)
    for index, designs in enumerate(tables):
        part = folder / campaign.name / f"{index:03d}.parquet"
        if part.exists():
            continue
        started = time.perf_counter()
        results = evaluate("axiline", designs, "placed", artifacts=folder / campaign.name / "artifacts", jobs=jobs)
        results["campaign"], results["sampler"] = campaign.name, campaign.sampler
        write_table(results, part)
        counts = results["status"].value_counts().to_dict()
        seconds = time.perf_counter() - started
        print(f"{campaign.name} {index + 1}/{len(tables)}: {counts}, {seconds:.0f} s", flush=True)


def pack(folder: Path) -> None:
    """Gather the finished parts, and a small picture of each layout, into ``data/results``."""
    parts = [part for campaign in CAMPAIGNS for part in sorted((folder / campaign.name).glob("*.parquet"))]
    results = pd.concat([read_table(part) for part in parts], ignore_index=True)
    shipped = data_path() / "results"
    write_table(results, shipped / "axiline.parquet")
    pictures = {}
    for path in sorted(folder.glob("*/artifacts/*/layout.png")):
        pictures.setdefault(path.parent.name, small_picture(path))
    layouts = pd.DataFrame({"design_id": list(pictures), "png": list(pictures.values())})
    write_table(layouts, shipped / "layouts" / "axiline_layouts.parquet")
    print(f"{len(results)} results, {len(layouts)} layout pictures to {shipped}")


def combine() -> None:
    """Work out anew, from the shipped implementations, energy a cycle and what the workload takes."""
    path = data_path() / "results" / "axiline.parquet"
    platform, results = get_platform("axiline"), read_table(path)
    assert platform.combine is not None
    done = results["status"] == "ok"
    results["model_version"] = model_version(platform, "placed")
    found = platform.combine.run(at_reached_clock(results[done]), platform.default_workload)
    fresh = [name for name in found if is_metric(name) and name not in platform.space.names]
    results = results.drop(columns=[name for name in fresh if name in results]).join(found[fresh])
    ends = [name for name in ("campaign", "sampler") if name in results]
    write_table(pd.concat([ordered(results.drop(columns=ends), platform.space), results[ends]], axis=1), path)
    print(f"{int(done.sum())} of {len(results)} results combined anew in {path}")


def small_picture(path: Path) -> bytes:
    """Return a layout picture, smaller and with few colors, as PNG."""
    with Image.open(path) as picture:
        picture.thumbnail((PICTURE_PIXELS, PICTURE_PIXELS), Image.Resampling.LANCZOS)
        stream = io.BytesIO()
        picture.convert("RGB").quantize(PICTURE_COLORS).save(stream, "PNG", optimize=True)
    return stream.getvalue()


def main() -> None:
    """Implement what is missing, then pack."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--jobs", type=int, default=2, help="designs in flight")
    parser.add_argument("--campaign", choices=[campaign.name for campaign in CAMPAIGNS], help="only this one")
    parser.add_argument("--pack", action="store_true", help="only pack what is finished")
    parser.add_argument("--combine", action="store_true", help="only work out anew what follows from what ships")
    chosen = parser.parse_args()
    if chosen.combine:
        combine()
        return
    folder = runs_path() / "shipped"
    if not chosen.pack:
        for campaign in CAMPAIGNS:
            if chosen.campaign in (None, campaign.name):
                implement(campaign, folder, chosen.jobs)
    pack(folder)


if __name__ == "__main__":
    main()
