"""Score the models on the shipped Axiline results; prints the README's figures and writes what the pages show at once.

    python scripts/model_report.py [--results FILE] [--models gp gbdt ...] [--out FOLDER]

Every error is about designs that the model has not seen. Runtime and energy follow from the predicted clock and power
by the platform's own cycle equation. One core, a few minutes; the same seed prints the same figures.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from accel_core.metrics import get_metric  # noqa: E402
from accel_core.paths import data_path  # noqa: E402
from accel_core.platforms import get_platform  # noqa: E402
from accel_core.surrogates import SURROGATES  # noqa: E402
from accel_core.surrogates.report import Data, build_report, compare_samplers, data_of, write_report  # noqa: E402
from accel_core.surrogates.roi import TOLERANCE, confusion  # noqa: E402
from accel_core.tables import read_table  # noqa: E402

TRAINING = ("axiline-svm", "axiline-linear", "axiline-logistic", "axiline-recommender")
COMPARED = ("axiline-svm-lhs", "axiline-svm-sobol", "axiline-svm-halton")


def main() -> None:
    """Build, print and write the report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--results", type=Path, default=data_path() / "results" / "axiline.parquet")
    parser.add_argument("--models", nargs="+", choices=list(SURROGATES), default=list(SURROGATES))
    parser.add_argument("--out", type=Path, default=data_path() / "results" / "models")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    started = time.perf_counter()

    def progress(what: str) -> None:
        print(f"[{time.perf_counter() - started:4.0f} s] {what}", file=sys.stderr, flush=True)

    results = read_table(chosen.results)
    data = axiline(results[results["campaign"].isin(TRAINING)])
    print(f"{len(data.X)} designs of {int(data.groups.max()) + 1} architectures from {chosen.results.name}\n")
    tables = build_report(data, chosen.models, seed=chosen.seed, progress=progress)
    if results["campaign"].isin(COMPARED).any():
        progress("samplers")
        tables["samplers"] = samplers(results, chosen.seed)
    show(tables)
    write_report(tables, chosen.out)
    progress(f"written to {chosen.out}")


def axiline(results: pd.DataFrame) -> Data:
    """Return Axiline's designs and metrics."""
    platform = get_platform("axiline")
    return data_of(results, platform, platform.default_workload)


def samplers(results: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Train on as many designs of each sampler; judge by the SVM training campaign, drawn with another seed."""
    kept = results[results["campaign"].isin([*COMPARED, TRAINING[0]]) & (results["status"] == "ok")]
    kept = kept.reset_index(drop=True)
    is_test = (kept["campaign"] == TRAINING[0]).to_numpy()
    return compare_samplers(axiline(kept), kept["sampler"].tolist(), is_test, seed)


def show(tables: dict[str, pd.DataFrame]) -> None:
    """Print the tables as Markdown."""
    for column, title in (("muape", "muAPE"), ("p95_ape", "95th percentile of APE"), ("max_ape", "Maximum APE"),
                          ("std_ape", "STD APE")):  # fmt: skip
        heading(f"{title} [%], APE = 100 |predicted - actual| / actual")
        by_metric(tables["errors"], ["split", "model"], column)
    heading(f"Two-stage scheme: muAPE [%] of the GP fitted and judged in the ROI (tolerance {TOLERANCE:g}, assumed)")
    by_metric(tables["roi_errors"], ["split", "model", "n_train"], "muape")
    heading("ROI classifier on held-out designs")
    roi = tables["roi"]
    counts = {split: confusion(rows["predicted"], rows["actual"]) for split, rows in roi.groupby("split", sort=False)}
    table = pd.DataFrame(counts).T
    print(
        markdown(
            table.astype({name: int for name in table.columns if name != "accuracy"}).reset_index(names="split"), 3
        )
    )
    heading("Share of held-out designs inside their predicted intervals [%]")
    covered = tables["coverage"].groupby(["split", "model", "level"], sort=False)["coverage"].mean().unstack() * 100
    covered.columns = [f"{100 * level:g} % interval" for level in covered.columns]
    print(markdown(covered.reset_index(), 1))
    heading("Learning curve of the GP: muAPE [%] by training designs")
    by_metric(tables["learning_curve"], ["split", "n_train"], "muape")
    if "samplers" in tables:
        heading("Samplers at equal size: muAPE [%] of the GP")
        by_metric(tables["samplers"], ["sampler", "n_train"], "muape")


def heading(text: str) -> None:
    """Print a heading."""
    print(f"\n### {text}\n")


def by_metric(table: pd.DataFrame, index: list[str], column: str) -> None:
    """Print one error column with a column for each metric."""
    wide = table.pivot_table(index=index, columns="metric", values=column, sort=False)
    wide.columns = [get_metric(name).title for name in wide.columns]
    print(markdown(wide.reset_index(), 2))


def markdown(table: pd.DataFrame, digits: int) -> str:
    """Return a Markdown table with floats rounded."""
    rows = [list(map(str, table.columns)), ["---"] * table.shape[1]]
    for values in table.itertuples(index=False):
        rows.append([f"{v:.{digits}f}" if isinstance(v, float | np.floating) else str(v) for v in values])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


if __name__ == "__main__":
    main()
