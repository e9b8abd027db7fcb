"""PRIME's three tables with our numbers: designs from logged data alone, beside searches that run the simulator.

Kumar et al. (ICLR 2022) design EdgeTPU-class accelerators with a conservative model of logged designs: for one
application, for several at once, and for some that the model never saw. Their simulator is proprietary, so their
tables are filled again here on ours, where the exact optimum of each row is known. Published numbers stand beside ours
(data/edgetpu_published.yaml; from memory). Runtimes are ms of 1000 inferences, medians over seeds (least-most).

What counts as a simulation: one design run on all applications of its row. The logs' simulations were spent before, and
are stated apart. The offline model's first choice takes none; to find the best of its first ten takes ten.

The work is done in units, which stay in a folder, so a run that was interrupted goes on where it was.

Run: python benchmarks/prime.py [--seeds 5] [--only single multi zero] [--part online offline] [--log-size 100000]
     [--settings alpha=0.1,beta=0.1,steps=1500] [--contextual-settings ...] [--layered-settings ...]
     [--grid alpha=0.03/0.3,beta=0.1/1] [--out FOLDER] [--table FILE]
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from accel_core.errors import AccelError  # noqa: E402
from accel_core.offline import LAYERED, OfflineSettings  # noqa: E402
from accel_core.paths import runs_path  # noqa: E402
from accel_core.tables import write_table  # noqa: E402
from benchmarks import prime_report as report  # noqa: E402
from benchmarks.prime_offline import N_CHOICES, Plan, changes_of, choice_unit, grid_of, log_unit  # noqa: E402
from benchmarks.prime_online import BUDGETS, online_unit  # noqa: E402
from benchmarks.prime_results import BySeed, Results, allowed_by_claim, best_s, each  # noqa: E402
from benchmarks.prime_rows import TABLES, Row, published, rows_of  # noqa: E402
from benchmarks.prime_tables import Measures, band, geomean, middle, ratio, share_of_gain  # noqa: E402
from benchmarks.prime_units import Folder, Unit, complete  # noqa: E402

TITLES = {
    "single": "One application, at most 27 mm2",
    "multi": "Several applications, mean runtime",
    "zero": "Zero-shot: applications that neither the model nor the search has seen, by their layers alone",
}

Baseline = Callable[[Row], BySeed]


def online_units(tables: list[str], seeds: int) -> Iterator[Unit]:
    """Yield all searches on the simulator, the fast ones first; zero-shot rows need only the evolutionary one."""
    for method, budgets in BUDGETS.items():
        for seed in range(seeds):
            for table in tables:
                for row in rows_of(table) if table in budgets else ():
                    yield online_unit(row, method, seed)


def offline_units(folder: Folder, plan: Plan, tables: list[str], seeds: int) -> Iterator[Unit]:
    """Yield logs and models' choices; for single applications also naive ones."""
    for seed in range(seeds):
        for table in tables:
            for row in rows_of(table):
                if table == "single":
                    yield log_unit(row, plan, seed)
                    yield choice_unit(folder, row, plan, seed, "naive")
                yield choice_unit(folder, row, plan, seed, "vector")
                yield choice_unit(folder, row, plan, seed, "layers")


def missing(folder: Folder, units: list[Unit]) -> int:
    """Return how many results are not there."""
    return sum(folder.read(unit) is None for unit in units)


def print_table(results: Results, table: str, measures: Measures) -> None:
    """Print what belongs to one table of the source."""

    def show(title: str, columns: list[report.Column]) -> None:
        print(f"\n{title}\n\n{report.text(table, columns, measures)}")

    print(f"\n## {TITLES[table]}")
    show("Runtimes in ms:", report.latency_columns(results, table))
    if table == "zero":
        show("Against a search for the training applications, tried on the test ones:", report.zero_columns(results))
        return
    if table == "single":
        show("Against the best logged design. Logs leave out designs near the optimum, by the published ratio (docs/"
             "edgetpu.md), so the bound is ours by construction; the share of it is one of logarithms:",
             report.gain_columns(results))  # fmt: skip
    show(f"Against searches on the simulator; best of the first {N_CHOICES}:", report.online_columns(results, table))
    show("Against the exact optimum:", report.distance_columns(results))
    show("Simulations that the evolutionary search takes:", report.reach_columns(results, table))


def print_simulations(results: Results) -> None:
    """Print what each method spends."""
    budgets = ", ".join(
        f"{report.METHOD_TITLES[method]} {' / '.join(f'{n:,}' for n in dict.fromkeys(by_table.values()))}"
        for method, by_table in BUDGETS.items()
    )
    print(f"\nSimulations: logged before, {results.plan.log_size:,} an application and seed, infeasible ones included; "
          f"offline: first 0 (1 to verify), best of {N_CHOICES} {N_CHOICES}; online (single / multi): "
          f"{budgets}.")  # fmt: skip


def print_training(results: Results, tables: list[str]) -> None:
    """Print how long models took to train, beside whatever else the machine did."""
    times = {table: results.training_s(table) for table in tables}
    words = [f"{table} {band(seconds, 0)} s" for table, seconds in times.items() if seconds]
    print(f"Training of a model: {', '.join(words) or '-'}.")


def print_claims(results: Results, tables: list[str]) -> None:
    """Print geometric means of medians over rows, and the bounds that the optimum sets, beside the source's claims."""
    print("\n## Geometric means over rows")
    for table in tables:
        for n in (1, N_CHOICES):
            what = "first" if n == 1 else f"best of {n}"
            if table == "single":
                print_claim(results, table, f"log / offline, {what}", results.logged, n)
            if table == "zero":
                print_claim(results, table, f"search for the training ones / offline, {what}", results.transferred, n)
                continue
            allowed = allowed_by_claim(table)
            print_claim(results, table, f"evolutionary / offline, {what}", results.evolved, n)
            print_claim(results, table, f"evolutionary at {allowed:,} / offline, {what}", results.evolved_early, n)
    claims = ", ".join(f"{name} {value:g}" for name, value in published()["claims"].items())
    print(f"The source's abstract: {claims}.")


def print_claim(results: Results, table: str, title: str, baseline: Baseline, n: int) -> None:
    """Print a mean ratio, what bounds it, and the share of it reached."""
    ratios, bounds = [], []
    for row in rows_of(table):
        found = baseline(row)
        ratios.append(middle(list(each(ratio, found, results.chosen(row, n)).values())))
        bounds.append(middle([runtime / best_s(row) for runtime in found.values()]))
    reached, bound = geomean(ratios), geomean(bounds)
    share = f"share {share_of_gain(reached, bound):.0%}" if reached >= 1 else "none of it reached"
    print(f"{table}: {title}: " + ("-" if math.isnan(reached) else f"{reached:.3f}; bound {bound:.3f}; {share}"))


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=TABLES, default=list(TABLES))
    parser.add_argument("--part", nargs="*", choices=("online", "offline"), default=["online", "offline"],
                        help="what to make where it is missing; with none, what is there is printed")  # fmt: skip
    parser.add_argument("--out", type=Path, default=runs_path() / "prime", help="where results of units stay")
    parser.add_argument("--fresh", action="store_true", help="make anew what another version of the code made")
    parser.add_argument("--log-size", type=int, default=100_000, help="logged designs of each application")
    parser.add_argument("--settings", default="", help="of the offline model, such as alpha=0.1,steps=1500")
    parser.add_argument(
        "--contextual-settings",
        default="steps=2000,batch=160",
        help="changes of them for models of several applications",
    )
    parser.add_argument(
        "--layered-settings",
        default="",
        help="changes of what suits models that look at applications layer by layer",
    )
    parser.add_argument("--grid", default="", help="alpha=0.1/1,beta=0.1/1 to choose by held-out rank correlation")
    parser.add_argument("--table", type=Path, help="where all numbers go (.csv or .parquet); else prime.csv in --out")
    return parser.parse_args()


def main() -> int:
    """Do the work that is missing, and print the tables; 0, or 2 if an argument is wrong."""
    asked = parse()
    folder = Folder(asked.out, asked.fresh)
    try:
        single = OfflineSettings.from_mapping(OfflineSettings().to_mapping() | changes_of(asked.settings))
        contextual = OfflineSettings.from_mapping(single.to_mapping() | changes_of(asked.contextual_settings))
        layered = OfflineSettings.from_mapping(LAYERED.to_mapping() | changes_of(asked.layered_settings))
        plan = Plan(asked.log_size, single, contextual, layered, grid_of(asked.grid))
        if "online" in asked.part:
            complete(folder, online_units(asked.only, asked.seeds))
        if "offline" in asked.part:
            complete(folder, offline_units(folder, plan, asked.only, asked.seeds))
        units = [*online_units(asked.only, asked.seeds), *offline_units(folder, plan, asked.only, asked.seeds)]
        results, measures = Results(folder, plan, asked.seeds), Measures()
        print(f"Medians (least-most) of {asked.seeds} seeds; published numbers are from memory.")
        for table in asked.only:
            print_table(results, table, measures)
        print_simulations(results)
        print_training(results, asked.only)
        print_claims(results, asked.only)
        write_table(measures.table(), asked.table or asked.out / "prime.csv")
    except AccelError as error:
        print(error, file=sys.stderr)
        return 2
    if lacking := missing(folder, units):
        print(f"\n{lacking} of {len(units)} results are not there, so some rows are of fewer seeds.")
    if folder.outdated:
        print(f"\n{len(folder.outdated)} results are of another version of the code; --fresh makes them again.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
