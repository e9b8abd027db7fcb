"""Search a model of stored results under power and runtime bounds, implement the top picks for real, and compare.

    python scripts/verify_picks.py [--results TABLE] [--benchmark svm] [--picks 3] [--out TABLE] [--jobs N]

The check of the whole loop that the full-stack framework makes for Axiline-SVM on NanGate45: minimize
alpha * energy + beta * area over size, cycles, target clock and utilization, and run the best points through the flow.
Its weights and bounds are not published; ours are assumed, and printed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from accel_core.errors import AccelError
from accel_core.evaluators import evaluate
from accel_core.metrics import get_metric, label, to_display
from accel_core.objectives import Bound, CostFunction, Goal, Objective
from accel_core.optimizers import pick, search_model
from accel_core.optimizers.model_trust import SUCCESS, UNCERTAINTY, Feasibility, Predictor, trusted
from accel_core.paths import data_path
from accel_core.platforms import Platform, get_platform
from accel_core.plots.optimize import verification
from accel_core.surrogates.predict_designs import learn_platform
from accel_core.tables import read_table, write_table

METRICS = ("f_effective_hz", "power_w", "chip_area_mm2", "runtime_s", "energy_j")
WEIGHTS = {"energy_j": 1.0, "chip_area_mm2": 1e-3}
OBJECTIVES = tuple(WEIGHTS)
GOAL_PERCENT = 7.0


def parse(words: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=data_path() / "results" / "axiline.parquet")
    parser.add_argument("--platform", default="axiline")
    parser.add_argument("--benchmark", default="svm")
    parser.add_argument("--quantile", type=float, default=0.6, help="of the results, for both bounds")
    parser.add_argument("--trust", type=float, default=0.05, help="widest 90 %% interval, a share of the prediction")
    parser.add_argument("--budget", type=int, default=20_000, help="designs to predict")
    parser.add_argument("--picks", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out", type=Path, help="write the comparison to a .csv or .parquet file")
    return parser.parse_args(words)


def bounds_of(results: pd.DataFrame, quantile: float) -> list[Bound]:
    """Return upper bounds on power and runtime that the given share of the results keeps, each alone."""
    done = results[results["status"] == "ok"]
    return [Bound(name, name, upper=float(done[name].quantile(quantile))) for name in ("power_w", "runtime_s")]


def top_picks(asked: argparse.Namespace, results: pd.DataFrame, platform: Platform) -> pd.DataFrame:
    """Return the cheapest designs that the model predicts and is sure of, cheapest first."""
    started = time.perf_counter()
    learned = learn_platform(results, platform, platform.default_workload, OBJECTIVES, seed=asked.seed)
    print(f"fitted on {learned.n_rows} results in {time.perf_counter() - started:.1f} s")
    bounds = bounds_of(results, asked.quantile)
    for bound in bounds:
        print(f"bound: {label(bound.metric)} <= {float(to_display(bound.metric, bound.upper)):.4g}")
    goals: list[Goal] = [*(Objective(name) for name in OBJECTIVES), *bounds]
    held = trusted(goals, asked.trust)
    started = time.perf_counter()
    space = platform.space.restrict({"benchmark": asked.benchmark})
    predictor = Predictor(learned, Feasibility(learned, results), held)
    found = search_model(space, held, predictor, asked.budget, seed=asked.seed)
    seconds = time.perf_counter() - started
    print(f"predicted {found.predicted:,} designs in {seconds:.1f} s, {len(found.front)} on the front")
    cost = " + ".join(f"{weight:g} * {name}" for name, weight in WEIGHTS.items())
    print(f"cost: {cost} (weights assumed); trust: 90 % interval within {100 * asked.trust:g} %")
    return pick(found.front, CostFunction(WEIGHTS), asked.picks, spread=OBJECTIVES).reset_index(drop=True)


def compare(picks: pd.DataFrame, platform: Platform, jobs: int) -> pd.DataFrame:
    """Implement the picks and return predicted against actual values, one row a pick and metric."""
    designs = platform.space.coerce(picks[list(platform.space.names)])
    with tempfile.TemporaryDirectory() as folder:
        actual = evaluate(platform.name, designs, "placed", artifacts=Path(folder), jobs=jobs)
    for row in actual[actual["status"] != "ok"].itertuples():
        print(f"design {row.design_id}: {row.status} in {row.stage}: {row.reason}")
    predicted = picks.assign(design_id=actual["design_id"].to_numpy())
    for name in METRICS:
        if name not in actual:
            actual[name] = np.nan
    return verification(predicted, actual, METRICS)


def report(picks: pd.DataFrame, table: pd.DataFrame, platform: Platform) -> bool:
    """Print the comparison; return whether every metric of every pick is within the goal."""
    for number, (design_id, rows) in enumerate(table.groupby("design_id", sort=False)):
        chosen = picks.iloc[number]
        values = {name: chosen[name] for name in platform.space.names}
        words = [
            f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}" for name, value in values.items()
        ]
        print(f"\npick {number + 1} ({design_id}): {', '.join(words)}")
        print(f"  90 % interval +-{100 * chosen[UNCERTAINTY]:.1f} %, chance of success {100 * chosen[SUCCESS]:.0f} %")
        for row in rows.itertuples():
            unit = get_metric(row.metric).display_unit
            shown = [float(to_display(row.metric, value)) for value in (row.predicted, row.actual)]
            print(f"  {row.metric:16s} predicted {shown[0]:10.4g}  actual {shown[1]:10.4g} {unit:4s}"
                  f"  APE {abs(row.error_percent):5.2f} %")  # fmt: skip
    worst = table["error_percent"].abs().max(skipna=False)
    is_good = bool(worst <= GOAL_PERCENT)
    print(f"\nlargest APE {worst:.2f} %, goal {GOAL_PERCENT:g} %: {'met' if is_good else 'missed'}")
    return is_good


def main() -> int:
    """Run the check; 0 if the goal is met, 1 if it is missed, 2 if it could not be made."""
    asked = parse()
    platform = get_platform(asked.platform)
    try:
        results = read_table(asked.results)
        results = results[results["benchmark"] == asked.benchmark].reset_index(drop=True)
        picks = top_picks(asked, results, platform)
        if picks.empty:
            print("no design keeps both bounds within the trusted predictions")
            return 1
        table = compare(picks, platform, asked.jobs)
        if asked.out is not None:
            write_table(table, asked.out)
    except AccelError as error:
        print(error, file=sys.stderr)
        return 2
    return 0 if report(picks, table, platform) else 1


if __name__ == "__main__":
    sys.exit(main())
