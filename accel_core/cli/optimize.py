"""``optimize``: search a platform's space on real evaluations, or on a model of results already there."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pandas as pd

from accel_core.cli.arguments import Commands, add_set, choose_fidelity, parse_given, split_given
from accel_core.errors import InvalidInputError
from accel_core.evaluators import evaluate, resolve_settings
from accel_core.metrics import get_metric
from accel_core.objectives import Bound, Goal, Objective
from accel_core.optimizers import OPTIMIZERS, front
from accel_core.platforms import Platform, get_platform
from accel_core.tables import check_writable, write_table

_BOUND = re.compile(r"(?P<metric>\w+)\s*(?P<sign><=|>=)\s*(?P<limit>\S+)")


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("optimize", help="search a platform's space on real evaluations")
    parser.add_argument("platform")
    parser.add_argument("--objective", action="append", required=True, metavar="METRIC[:min|max]")
    parser.add_argument("--bound", action="append", default=[], metavar="'METRIC<=V'", help="V in the metric's SI unit")
    parser.add_argument("--optimizer", default="motpe", help=f"one of {', '.join(OPTIMIZERS)}")
    parser.add_argument("--budget", type=int, default=48, help="evaluations")
    parser.add_argument("--batch", type=int, default=4, help="designs asked for at a time")
    parser.add_argument("--fidelity", help="one of the platform's; its first that can run here, if left out")
    parser.add_argument("--workload")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True, help="a .csv or .parquet file; written after every batch")
    parser.add_argument("--artifacts", type=Path, help="keep what the tools write, one folder a design")
    add_set(parser, "narrow a parameter (V, V1,V2 or LO..HI), or give a setting of the fidelity")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Write every evaluated design and print the front."""
    platform = get_platform(arguments.platform)
    given = parse_given(arguments.given)
    fidelity = choose_fidelity(platform, arguments.fidelity, given)
    narrowed, settings = split_given(platform, fidelity, given)
    if arguments.optimizer not in OPTIMIZERS:
        raise InvalidInputError(f"optimizer '{arguments.optimizer}' is unknown; allowed: {', '.join(OPTIMIZERS)}")
    if arguments.budget < 1 or arguments.batch < 1:
        raise InvalidInputError(f"--budget {arguments.budget}, --batch {arguments.batch}: both must be at least 1")
    space = platform.space_under(resolve_settings(platform, fidelity, settings)).restrict(narrowed)
    goals: list[Goal] = [parse_objective(word) for word in arguments.objective]
    goals += [parse_bound(word) for word in arguments.bound]
    _check_metrics(platform, goals)
    search = OPTIMIZERS[arguments.optimizer](space, goals, seed=arguments.seed)
    check_writable(arguments.out)
    results = pd.DataFrame()
    while len(results) < arguments.budget:
        designs = search.ask(min(arguments.batch, arguments.budget - len(results)))
        if designs.empty:
            print("the space is exhausted")
            break
        batch = evaluate(
            platform.name,
            designs,
            fidelity,
            workload=arguments.workload,
            settings=settings,
            artifacts=arguments.artifacts,
            seed=arguments.seed,
        )
        search.tell(batch)
        results = pd.concat([results, batch], ignore_index=True)
        write_table(results, arguments.out)
        print(f"{len(results)}/{arguments.budget} evaluated, {len(front(results, goals))} on the front", flush=True)
    _print_front(results, goals)


def parse_objective(word: str) -> Objective:
    """Read ``METRIC`` or ``METRIC:min`` or ``METRIC:max``; the default is the metric's better direction."""
    name, _, direction = word.partition(":")
    chosen = direction or get_metric(name).better or "min"
    if chosen not in ("min", "max"):
        raise InvalidInputError(f"--objective {word}: direction is '{direction}'; allowed: min, max")
    return Objective(name, "min" if chosen == "min" else "max")


def parse_bound(word: str) -> Bound:
    """Read ``METRIC<=V`` or ``METRIC>=V``, V in the metric's stored unit."""
    match = _BOUND.fullmatch(word.strip())
    if not match:
        raise InvalidInputError(f"--bound '{word}': write METRIC<=VALUE or METRIC>=VALUE")
    try:
        limit = float(match["limit"])
    except ValueError:
        raise InvalidInputError(f"--bound '{word}': '{match['limit']}' is no number") from None
    metric = get_metric(match["metric"]).name
    return Bound(word, metric, upper=limit) if match["sign"] == "<=" else Bound(word, metric, lower=limit)


def _check_metrics(platform: Platform, goals: list[Goal]) -> None:
    for goal in goals:
        if goal.metric not in platform.metrics:
            raise InvalidInputError(
                f"metric '{goal.metric}' is none of {platform.name}'s; allowed: {', '.join(platform.metrics)}"
            )


def _print_front(results: pd.DataFrame, goals: list[Goal]) -> None:
    best = front(results, goals) if len(results) else results
    if best.empty:
        print("no evaluated design keeps every bound")
        return
    shown = ["design_id", *dict.fromkeys(goal.metric for goal in goals)]
    print(best[shown].to_string(index=False, float_format=lambda value: f"{value:.4g}"))
