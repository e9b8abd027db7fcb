"""PRIME's three tables with our numbers: designs from logged data alone, beside searches that run the simulator.

Kumar et al. (ICLR 2022) design EdgeTPU-class accelerators with a conservative model of logged designs: for one
application, for several at once, and for some that the model never saw. Their simulator is proprietary, so their
tables are filled again here on ours, where the exact optimum of each row is known. Published numbers stand beside ours
(data/edgetpu_published.yaml; from memory). Runtimes are ms of 1000 inferences, medians over seeds (least-most).

What counts as a simulation: one design run on all applications of its row. The logs' simulations were spent before, and
are stated apart. The offline model's first choice takes none; to find the best of its first ten takes ten.

The work is done in units, which stay in a folder, so a run that was interrupted goes on where it was.

Run: python benchmarks/prime.py [--seeds 5] [--only single multi zero] [--part online offline] [--log-size 100000]
     [--settings alpha=0.1,beta=0.1,steps=1500] [--grid alpha=0.03/0.3,beta=0.1/1] [--out FOLDER] [--table FILE]
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from accel_core.paths import runs_path  # noqa: E402
from benchmarks.prime_online import BUDGETS, online_unit  # noqa: E402
from benchmarks.prime_rows import TABLES, rows_of  # noqa: E402
from benchmarks.prime_units import Folder, Unit, complete  # noqa: E402


def online_units(tables: list[str], seeds: int) -> Iterator[Unit]:
    """Yield all searches on the simulator, the fast ones first; zero-shot rows need only the evolutionary one."""
    for method, budgets in BUDGETS.items():
        for seed in range(seeds):
            for table in tables:
                for row in rows_of(table) if table in budgets else ():
                    yield online_unit(row, method, seed)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=TABLES, default=list(TABLES))
    parser.add_argument("--part", nargs="+", choices=("online", "offline"), default=["online", "offline"])
    parser.add_argument("--out", type=Path, default=runs_path() / "prime", help="where results of units stay")
    parser.add_argument("--fresh", action="store_true", help="make anew what another version of the code made")
    return parser.parse_args()


def main() -> None:
    """Do the work that is missing, and print the tables."""
    asked = parse()
    folder = Folder(asked.out, asked.fresh)
    if "online" in asked.part:
        complete(folder, online_units(asked.only, asked.seeds))


if __name__ == "__main__":
    main()
