"""``logs``: random designs of a template with their outcomes, as somebody has them before a search."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from accel_core.campaigns.results import Results, open_results
from accel_core.cli.arguments import Commands
from accel_core.cli.transfer import describe
from accel_core.errors import InvalidInputError
from accel_core.evaluators import evaluate
from accel_core.platforms import PLATFORMS, Platform, get_platform
from accel_core.records import Summary


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "logs", help="write or store logs of random designs, infeasible ones included, without the best"
    )
    parser.add_argument("platform", help=f"one of: {', '.join(_able())}")
    parser.add_argument("--application", action="append", metavar="NAME", help="repeatable; all if left out")
    parser.add_argument("-n", type=int, default=20_000, help="designs of each application")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="a .parquet file")
    parser.add_argument("--store", action="store_true", help="evaluate the designs in full, into your results")
    parser.set_defaults(run=run)


def _able() -> list[str]:
    return [name for name, platform in PLATFORMS.items() if platform.logged is not None]


def run(arguments: argparse.Namespace) -> None:
    """Write or store the logs and print what each has."""
    platform = get_platform(arguments.platform)
    logged = platform.logged
    if logged is None:
        raise InvalidInputError(f"platform '{platform.name}' has no logs; allowed: {', '.join(_able())}")
    if arguments.out is None and not arguments.store:
        raise InvalidInputError("logs go nowhere; allowed: --out F.parquet, --store, or both")
    names = list(dict.fromkeys(arguments.application or logged.applications()))
    logged.check_request(names, arguments.n, arguments.seed)
    if arguments.out is not None:
        for name, written in logged.write_logs(names, arguments.n, arguments.seed, arguments.out).items():
            print(f"{name} to {arguments.out}: {describe(written)}")
    if arguments.store:
        with open_results() as results:
            for name in names:
                _store(platform, name, arguments.n, arguments.seed, results)


def _store(platform: Platform, name: str, n: int, seed: int, store: Results) -> None:
    """Evaluate and store the log of an application part by part, each whole or not at all."""
    assert platform.logged is not None
    summary, n_new, n_done = Summary(), 0, 0
    for part in platform.logged.log(name, n, seed):
        designs = part.select(list(platform.logged.parameters)).to_pandas()
        results = evaluate(platform.name, designs, "analytical", workload=name)
        n_new += store.add(results, place=f"log of {name}")
        n_done += len(results)
        runtimes = results["runtime_s"].dropna().to_numpy()
        summary.add(len(results) - len(runtimes), runtimes)
        if n_done < n:
            print(f"{name}: {n_done:,} of {n:,} designs stored", file=sys.stderr, flush=True)
    print(f"{name} to {store.path}: {n_new:,} new results; {describe(summary.logged())}")
