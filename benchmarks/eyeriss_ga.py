"""What the genetic algorithm of a resource-constrained Eyeriss search found, and how much of it is its mapper's luck.

Kumar, Hofgard and Lev searched Eyeriss-like arrays of 168 processing elements on the first layer of VGG-16 with a
genetic algorithm on Timeloop's random mapper; their poster prints two designs, the original and their optimum. Here
both are mapped as they did, at random, and exactly; then their algorithm runs on either mapper; then other searches run
on the same budget. The truth is known, because all 4,423,680 designs were mapped exactly (``data/results/eyeriss``).

What it shows: the energy-delay products differ by 3.5 times as published, by 2.2 times if mappings of those cycles
are priced with the energies here, and by 1.2 times mapped exactly. The original's 57 % utilization is not the array's:
it is where a short random search for its mapping ends. The best mapping uses all 168 lanes and is faster than the best
one of the optimum, whose 42 rows cannot be filled beyond 36. What the optimum saves is energy. And a search on the
random mapper sees little of a design: its order of random designs hardly agrees with the true one.

Run: python benchmarks/eyeriss_ga.py [--seeds 10] [--generations 150] [--budget 300] [--quick]
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from accel_core.objectives import LOSSES, Goal, NormalizedCost, Objective  # noqa: E402
from accel_core.optimizers import Optimizer, make_optimizer  # noqa: E402
from accel_core.paths import data_path  # noqa: E402
from accel_core.platforms import get_platform  # noqa: E402
from accel_core.settings import SettingValue, resolve  # noqa: E402
from accel_core.space import sample  # noqa: E402

PLATFORM = get_platform("eyeriss")
SPACE = PLATFORM.space
WORKLOAD = PLATFORM.workload("vgg16/conv1_1")
GOALS: tuple[Goal, ...] = (Objective("cycles"), Objective("energy_j"))
LOSS = LOSSES["source"]
POPULATION = 8
LITTLE, MUCH = 100, 30_000
"""Patience of the random mapper: the source's, and one that hardly ever misses."""

ORIGINAL = (14, 12, 16384, 64, 12, 16, 192, 16, 16, 16)
OPTIMUM = (4, 42, 512, 512, 6, 64, 48, 64, 8, 128)
PUBLISHED = {"original": (903168, 57.14, 188.48, 720.99, 651.0), "optimum": (602112, 85.71, 282.67, 305.38, 184.0)}
"""The poster's tables: cycles, utilization in %, GFLOPs, energy in uJ, EDP in uJ ms (J cycles there: the same at
1 GHz). Its energies are Accelergy's estimates of each design, so they compare with each other and not with ours."""

MAPPINGS = {
    "original": "Q4 M2 P112 - Q28 P2 - M4X Q2X - M4Y S3Y - - R3 C3 - M2",
    "optimum": "P16 Q56 - P14 - Q4X - M4Y C3Y S3Y - - R3 - M16",
}
"""Mappings that Timeloop v4 found with the published cycles."""

Evaluate = Callable[[pd.DataFrame], pd.DataFrame]


def evaluator(**settings: SettingValue) -> Evaluate:
    """Return a function that evaluates designs under settings of the analytical fidelity."""
    resolved = resolve(PLATFORM.settings["analytical"], settings, "the benchmark")
    analytical = PLATFORM.analytical
    assert analytical is not None
    return lambda designs: analytical(designs.reset_index(drop=True), WORKLOAD, resolved)


def band(values: np.ndarray | pd.Series, digits: int, scale: float = 1.0) -> str:
    """Write the median, and in brackets the least and the most where they differ."""
    shown = [f"{scale * number:.{digits}f}" for number in (np.median(values), np.min(values), np.max(values))]
    return shown[0] if shown[1] == shown[2] else f"{shown[0]} ({shown[1]}-{shown[2]})"


def cells(results: pd.DataFrame) -> list[str]:
    """Write cycles, lanes, utilization, GFLOPs, energy and energy-delay product of some results."""
    return [
        band(results["cycles"], 0),
        band(results["lanes"], 0),
        band(results["utilization"], 2, 100.0),
        band(results["throughput_flops"], 2, 1e-9),
        band(results["energy_j"], 2, 1e6),
        band(results["energy_j"] * results["cycles"], 1),
    ]


def row(*words: str) -> None:
    """Print a line of a table."""
    print("| " + " | ".join(words) + " |", flush=True)


def header(*words: str) -> None:
    """Print the head of a table."""
    row(*words)
    print("|---" * len(words) + "|", flush=True)


def print_source_tables(seeds: int, energy: str) -> None:
    """Print the source's two designs, as published and as mapped at random and exactly."""
    designs = SPACE.coerce(pd.DataFrame([ORIGINAL, OPTIMUM], columns=list(SPACE.names)))
    print(f"\n## The source's two designs, energies '{energy}'; median (least-most) of {seeds} seeds\n")
    header("design", "mapped", "cycles", "lanes", "utilization %", "GFLOPs", "energy uJ", "EDP uJ ms", "ms a design")
    products: dict[str, list[float]] = {"published": [PUBLISHED["original"][-1], PUBLISHED["optimum"][-1]]}
    for place, (name, (cycles, used, gflops, energy_uj, edp)) in enumerate(PUBLISHED.items()):
        row(name, "published", f"{cycles}", f"{used * 1.68:.0f}", f"{used}", f"{gflops}", f"{energy_uj}", f"{edp}", "")
        for how, n, settings in (
            ("by a mapping of the published cycles", 1, {"mapping": MAPPINGS[name]}),
            (f"at random, patience {LITTLE}", seeds, {"mapper": "random", "mapper_patience": LITTLE}),
            (f"at random, patience {MUCH}", max(seeds // 2, 2), {"mapper": "random", "mapper_patience": MUCH}),
            ("exactly", 1, {"mapper": "exact"}),
        ):
            evaluate = [evaluator(energy_table=energy, mapper_seed=seed, **settings) for seed in range(n)]
            evaluate[0](designs)  # compiles, and makes the tables that designs share
            started = time.process_time()
            results = pd.concat([one(designs.iloc[[place]]) for one in evaluate], ignore_index=True)
            row(name, how, *cells(results), f"{1e3 * (time.process_time() - started) / n:.1f}")
            products.setdefault(how, []).append(float(np.median(results["cycles"] * results["energy_j"])))
    gains = ", ".join(f"{how} {original / optimum:.2f}" for how, (original, optimum) in products.items())
    print(f"\nEDP of the original over that of the optimum: {gains}.")


@lru_cache(maxsize=4)
def exact_loss(energy: str) -> NormalizedCost:
    """Return the source's loss, scaled by its sample mapped exactly."""
    drawn = sample(SPACE, 100, "random", 0).designs
    return NormalizedCost.from_sample(evaluator(energy_table=energy)(drawn), LOSS)


def run(search: Optimizer, evaluate: Evaluate, budget: int, batch: int) -> tuple[pd.DataFrame, float]:
    """Return all results in their order, and the search's own processor time in s."""
    parts: list[pd.DataFrame] = []
    own, left = 0.0, budget + search.n_scaling
    while left > 0:
        started = time.process_time()
        designs = search.ask(min(batch, left))
        own += time.process_time() - started
        parts.append(evaluate(designs))
        started = time.process_time()
        search.tell(parts[-1])
        own += time.process_time() - started
        left -= len(designs)
    return pd.concat(parts, ignore_index=True), own


def genetic(seed: int, **options: object) -> Optimizer:
    """Return the source's algorithm: 8 a generation, 6 parents, mutation 0.1, the elite kept, no crossover."""
    return make_optimizer("genetic", SPACE, GOALS, seed, {"loss": LOSS, "population": POPULATION, **options})


def print_genetic(seeds: int, generations: int, energy: str, truth: pd.Series) -> None:
    """Print what the source's algorithm finds with either mapper, and what its finds are worth when mapped exactly."""
    budget = POPULATION + (generations - 1) * (POPULATION - 1)
    loss, exactly = exact_loss(energy), evaluator(energy_table=energy)
    least = float(loss(truth.to_frame().T.infer_objects())[0])
    print(f"\n## The source's genetic algorithm, {generations} generations ({budget} designs and 100 for the loss), "
          f"{seeds} seeds\n")  # fmt: skip
    header("mapper", "its best", "cycles", "lanes", "utilization %", "GFLOPs", "energy uJ", "EDP uJ ms", "regret")
    found_meshes = []
    for mapper in ("random", "exact"):
        found, kept = [], []
        for seed in range(seeds):
            settings: dict[str, SettingValue] = {"mapper": mapper, "mapper_patience": LITTLE, "mapper_seed": seed}
            search = genetic(seed)
            results, _ = run(search, evaluator(energy_table=energy, **settings), budget, POPULATION - 1)
            cost = search.cost  # type: ignore[attr-defined]
            found.append(results.iloc[[int(np.argmin(cost(results)))]])
            kept.append(exactly(found[-1][list(SPACE.names)]))
        row(mapper, "as it saw it", *cells(pd.concat(found)), "")
        again = pd.concat(kept, ignore_index=True)
        row(mapper, "mapped exactly", *cells(again), band(loss(again) - least, 3))
        meshes = (again["mesh_x"].astype(str) + "x" + again["mesh_y"].astype(str)).value_counts()
        listed = ", ".join(f"{mesh} in {n} of {seeds}" for mesh, n in meshes.items())
        found_meshes.append(f"Meshes found with the {mapper} mapper: {listed}.")
    row("exact", "**optimum of the whole space**", *cells(truth.to_frame().T.infer_objects()), "0.000")
    print("\n" + "\n".join(found_meshes))
    print_ranks(energy, seeds)


def print_ranks(energy: str, seeds: int) -> None:
    """Print how well the random mapper's order of random designs agrees with the true one."""
    drawn = sample(SPACE, 100, "random", 0).designs
    true = evaluator(energy_table=energy)(drawn)["edp_js"]
    for patience in (LITTLE, MUCH // 10):
        ranks = [
            evaluator(energy_table=energy, mapper="random", mapper_patience=patience, mapper_seed=seed)(drawn)["edp_js"]
            .corr(true, method="spearman")
            for seed in range(min(seeds, 5))
        ]  # fmt: skip
        print(f"Rank correlation of 100 random designs' EDP, mapped at random with patience {patience}, "
              f"with the exact one: {band(np.array(ranks), 2)}.")  # fmt: skip


def print_searches(seeds: int, budget: int, energy: str, truth: pd.Series) -> None:
    """Print how near each search comes to the optimum of the loss, all with the exact mapper."""
    loss, exactly = exact_loss(energy), evaluator(energy_table=energy)
    least = float(loss(truth.to_frame().T.infer_objects())[0])
    marks = [mark for mark in (50, 100, 300, 1000) if mark < budget] + [budget]
    print(f"\n## Regret of the loss (standard deviations of random designs) by exact mapping, {seeds} seeds\n")
    header("search", *(f"{mark} evaluations" for mark in marks), "own CPU ms an evaluation")
    searches: dict[str, Callable[[int], Optimizer]] = {
        "random": lambda seed: make_optimizer("random", SPACE, GOALS, seed),
        "motpe": lambda seed: make_optimizer("motpe", SPACE, GOALS, seed),
        "nsga2": lambda seed: make_optimizer("nsga2", SPACE, GOALS, seed),
        "genetic, as the source": genetic,
        "genetic, parents of all": lambda seed: genetic(seed, population=0),
        "genetic, crossover 0.5": lambda seed: genetic(seed, population=0, crossover=0.5),
    }
    for name, make in searches.items():
        regrets, seconds = [], []
        for seed in range(seeds):
            search = make(seed)
            results, own = run(search, exactly, budget, POPULATION - 1)
            best = np.minimum.accumulate(loss(results)[search.n_scaling :]) - least
            regrets.append([best[mark - 1] for mark in marks])
            seconds.append(own / len(results))
        row(name, *(band(np.array(column), 3) for column in zip(*regrets, strict=True)),
            f"{1e3 * np.median(seconds):.1f}")  # fmt: skip


@lru_cache(maxsize=4)
def true_optimum(energy: str) -> pd.Series:
    """Return the design of the least loss in the whole space, evaluated.

    All four terms fall with cycles or with energy, so it is on their front over all designs, which is shipped.
    """
    path = data_path() / "results" / "eyeriss" / f"optimum_{energy}.parquet"
    if not path.exists():
        sys.exit(f"{path} is missing; scripts/make_eyeriss_optimum.py --table {energy} makes it")
    front = pd.read_parquet(path)
    return front.iloc[int(np.argmin(exact_loss(energy)(front)))]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--generations", type=int, default=150, help="of the source's algorithm, which ran 500")
    parser.add_argument("--budget", type=int, default=300, help="evaluations of each search compared")
    parser.add_argument("--energy-table", default="scaled", help="of the searches: scaled, fixed or a YAML file")
    parser.add_argument("--quick", action="store_true", help="3 seeds, 40 generations, 60 evaluations: a minute")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.seeds, arguments.generations, arguments.budget = 3, 40, 60
    energy = arguments.energy_table
    for table in dict.fromkeys(("fixed", energy)):
        print_source_tables(arguments.seeds, table)
    truth = true_optimum(energy)
    print_genetic(arguments.seeds, arguments.generations, energy, truth)
    print_searches(arguments.seeds, arguments.budget, energy, truth)


if __name__ == "__main__":
    main()
