"""``optimize``: search a platform's space on real evaluations, or on a model of results already there."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from accel_core.cli.arguments import (
    Commands,
    add_set,
    add_technology,
    choose_fidelity,
    given_of,
    parse_given,
    split_given,
)
from accel_core.cli.layers import add_workload, chosen_workload
from accel_core.cli.search_file import told_again
from accel_core.errors import InvalidInputError
from accel_core.evaluators import SettingValue, evaluate, model_version, resolve_settings, settings_id, workload_of
from accel_core.metrics import get_metric
from accel_core.objectives import LOSSES, Bound, Goal, Objective, loss_weights
from accel_core.optimizers import OPTIMIZERS, Optimizer, front, make_optimizer
from accel_core.optimizers.genetic import GeneticSearch
from accel_core.platforms import Platform, get_platform
from accel_core.tables import check_writable, write_table
from accel_core.workloads import Workload

_BOUND = re.compile(r"(?P<metric>\w+)\s*(?P<sign><=|>=)\s*(?P<limit>\S+)")


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("optimize", help="search a platform's space on real evaluations")
    parser.add_argument("platform")
    parser.add_argument(
        "--objective", action="append", default=[], metavar="METRIC[:min|max]",
        help="what the front is of; at least one, or a --loss, whose metrics are then taken",
    )  # fmt: skip
    parser.add_argument("--bound", action="append", default=[], metavar="'METRIC<=V'", help="V in the metric's SI unit")
    parser.add_argument("--optimizer", default="motpe", help=f"one of {', '.join(OPTIMIZERS)}")
    parser.add_argument("--option", action="append", default=[], metavar="NAME=V", help=_options_help())
    parser.add_argument(
        "--loss", metavar="METRIC=W,...",
        help=f"weights of normalized metrics that genetic minimizes, or one of {', '.join(LOSSES)}",
    )  # fmt: skip
    parser.add_argument("--budget", type=int, default=48, help="evaluations, those that set a loss's scale apart")
    parser.add_argument("--batch", type=int, default=4, help="designs asked for at a time")
    parser.add_argument("--fidelity", help="one of the platform's; its first that can run here, if left out")
    add_workload(parser)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--out", type=Path, required=True,
        help="a .csv or .parquet file, written after every batch; the same search goes on where it ended there",
    )  # fmt: skip
    parser.add_argument("--overwrite", action="store_true", help="begin anew, also where --out holds another search")
    parser.add_argument("--artifacts", type=Path, help="keep what the tools write, one folder a design")
    add_set(parser, "narrow a parameter (V, V1,V2 or LO..HI), or give a setting of the fidelity")
    add_technology(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Write every evaluated design and print the front."""
    platform = get_platform(arguments.platform)
    given = given_of(arguments)
    fidelity = choose_fidelity(platform, arguments.fidelity, given)
    narrowed, own = split_given(platform, fidelity, given)
    settings = resolve_settings(platform, fidelity, own)
    if arguments.budget < 1 or arguments.batch < 1:
        raise InvalidInputError(f"--budget {arguments.budget}, --batch {arguments.batch}: both must be at least 1")
    workload = workload_of(platform, chosen_workload(platform, arguments))
    space = platform.space_under(settings).restrict(narrowed)
    goals: list[Goal] = _objectives(arguments.objective, arguments.loss)
    goals += [parse_bound(word) for word in arguments.bound]
    _check_metrics(platform, [*(goal.metric for goal in goals), *_loss_metrics(arguments.loss)])
    options = parse_given(arguments.option, "--option") | ({"loss": arguments.loss} if arguments.loss else {})
    search = make_optimizer(arguments.optimizer, space, goals, arguments.seed, options)
    budget = arguments.budget + search.n_scaling
    if search.n_scaling:
        print(f"the first {search.n_scaling} designs are random and set the scale of the loss")
    check_writable(arguments.out)
    job = _Job(platform, workload, fidelity, settings, arguments)
    results = _search(search, job, budget, goals)
    if isinstance(search, GeneticSearch):
        _print_best(results, search)
    _print_front(results, goals)


@dataclass(frozen=True)
class _Job:
    """What each design of a search is evaluated for; ``arguments`` are those of the command line."""

    platform: Platform
    workload: Workload
    fidelity: str
    settings: Mapping[str, SettingValue]
    arguments: argparse.Namespace

    @property
    def identity(self) -> dict[str, object]:
        """What all rows of its file have in common."""
        return {
            "platform": self.platform.name,
            "workload": self.workload.name,
            "fidelity": self.fidelity,
            "settings_id": settings_id(self.platform, self.fidelity, self.settings),
            "model_version": model_version(self.platform, self.fidelity),
            "seed": self.arguments.seed,
        }

    def evaluate(self, designs: pd.DataFrame) -> pd.DataFrame:
        return evaluate(
            self.platform.name,
            designs,
            self.fidelity,
            workload=self.workload,
            settings=self.settings,
            artifacts=self.arguments.artifacts,
            seed=self.arguments.seed,
        )


def _search(search: Optimizer, job: _Job, budget: int, goals: Sequence[Goal]) -> pd.DataFrame:
    """Evaluate batch by batch, from the beginning or from where the file ends, and return all results."""
    out, size = job.arguments.out, job.arguments.batch
    results = pd.DataFrame()
    if out.exists() and not job.arguments.overwrite:
        results = told_again(search, out, size, job.identity)
        print(f"{out} is of this search: {len(results)} of {budget} are evaluated, it goes on from there")
    while len(results) < budget:
        designs = search.ask(min(size, budget - len(results)))
        if designs.empty:
            print("the space is exhausted")
            break
        batch = job.evaluate(designs)
        results = pd.concat([results, batch], ignore_index=True)
        write_table(results, out)  # before anything else can go wrong with what was paid for
        search.tell(batch)
        print(f"{len(results)}/{budget} evaluated, {len(front(results, goals))} on the front", flush=True)
    return results


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


def _options_help() -> str:
    named = (f"{name}: {', '.join(kind.options)}" for name, kind in OPTIMIZERS.items() if kind.options)
    return f"an option of the optimizer ({'; '.join(named)})"


def _loss_metrics(loss: str | None) -> Iterable[str]:
    return loss_weights(loss) if loss else ()


def _objectives(words: list[str], loss: str | None) -> list[Goal]:
    if not words and not loss:
        raise InvalidInputError("no --objective is given; give at least one, or --loss with --optimizer genetic")
    if words:
        return [parse_objective(word) for word in words]
    weights = loss_weights(loss or {})
    return [Objective(metric, "min" if weight > 0 else "max") for metric, weight in weights.items() if weight]


def _check_metrics(platform: Platform, metrics: Iterable[str]) -> None:
    for metric in metrics:
        if metric not in platform.metrics:
            raise InvalidInputError(
                f"metric '{metric}' is none of {platform.name}'s; allowed: {', '.join(platform.metrics)}"
            )


def _print_best(results: pd.DataFrame, search: GeneticSearch) -> None:
    cost = search.cost
    losses = cost(results) if cost is not None and len(results) else np.array([np.inf])
    if cost is not None and np.isfinite(losses).any():
        best = results.iloc[int(np.argmin(losses))]
        values = ", ".join(f"{metric} {best[metric]:.6g}" for metric in cost.weights)
        print(f"least loss {losses.min():.4g}: {best['design_id']}, {values}")


def _print_front(results: pd.DataFrame, goals: list[Goal]) -> None:
    best = front(results, goals) if len(results) else results
    if best.empty:
        print("no evaluated design keeps every bound")
        return
    shown = ["design_id", *dict.fromkeys(goal.metric for goal in goals)]
    print(best[shown].to_string(index=False, float_format=lambda value: f"{value:.4g}"))
