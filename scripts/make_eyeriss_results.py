"""Evaluate the Eyeriss designs that ship, so that every page has something to show at the first start; seconds.

A Latin hypercube sample of the space, the two designs of the resource-constrained search (Kumar, Hofgard, Lev), and the
exact optima and fronts of ``scripts/make_eyeriss_optimum.py`` where they are there.

    python scripts/make_eyeriss_results.py
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pandas as pd

from accel_core.evaluators import evaluate
from accel_core.paths import data_path
from accel_core.platforms import get_platform
from accel_core.space import sample
from accel_core.tables import write_table

N_SAMPLED = 600
SEED = 0
PUBLISHED = ((14, 12, 16384, 64, 12, 16, 192, 16, 16, 16), (4, 42, 512, 512, 6, 64, 48, 64, 8, 128))


def main() -> None:
    """Write the result table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=data_path() / "results" / "eyeriss.parquet")
    asked = parser.parse_args()
    space = get_platform("eyeriss").space
    designs = [pd.DataFrame(list(PUBLISHED), columns=list(space.names)), sample(space, N_SAMPLED, "lhs", SEED).designs]
    optimum = data_path() / "results" / "eyeriss" / "optimum_scaled.parquet"
    if optimum.exists():
        designs.append(pd.read_parquet(optimum)[list(space.names)])
    table = space.coerce(pd.concat(designs, ignore_index=True)).drop_duplicates(ignore_index=True)
    results = evaluate("eyeriss", table, "analytical")
    results["seconds"] = 0.0  # how long it took here is nobody's business, and would make each run's file differ
    write_table(results, asked.out)
    print(f"{len(results)} designs to {asked.out}")


if __name__ == "__main__":
    main()
