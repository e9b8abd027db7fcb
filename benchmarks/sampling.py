"""How even the samplers are at equal size on Axiline's space, and what a sample costs.

The centered L2 discrepancy is that of the designs in the cube of the valid ones, so the grid of the integer and
categorical parameters puts a floor under it; it is the mean over seeds with its standard deviation.

Run: python benchmarks/sampling.py [--sizes 24 64 256 1024] [--seeds 20]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from accel_core.platforms import get_platform
from accel_core.space import SAMPLERS, DesignSpace, sample

LARGE = 1_000_000


def main() -> None:
    """Print one table of evenness and one of time."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[24, 64, 256, 1024], metavar="N")
    parser.add_argument("--seeds", type=int, default=20, help="samples of each size")
    arguments = parser.parse_args()
    space = get_platform("axiline").space
    print(f"Axiline, {len(space.parameters)} parameters; discrepancy, mean ± deviation of {arguments.seeds} seeds")
    print_evenness(space, arguments.sizes, arguments.seeds)
    print(f"\nmilliseconds a sample, and seconds for {LARGE:,} designs")
    print_time(space, arguments.sizes)


def print_evenness(space: DesignSpace, sizes: list[int], n_seeds: int) -> None:
    """Print a row per sampler and a column per size; smaller is more even."""
    print(f"{'':10}" + "".join(f"{n:>20}" for n in sizes))
    for name in SAMPLERS:
        cells = []
        for n in sizes:
            found = [sample(space, n, name, seed).discrepancy for seed in range(n_seeds)]
            cells.append(f"{statistics.mean(found):.5f} ± {statistics.pstdev(found):.5f}")
        print(f"{name:10}" + "".join(f"{cell:>20}" for cell in cells))


def print_time(space: DesignSpace, sizes: list[int]) -> None:
    """Print a row per sampler and a column per size."""
    print(f"{'':10}" + "".join(f"{n:>12}" for n in sizes) + f"{LARGE:>12}")
    for name in SAMPLERS:
        cells = [f"{1e3 * seconds(space, n, name):.1f} ms" for n in sizes]
        print(f"{name:10}" + "".join(f"{cell:>12}" for cell in [*cells, f"{seconds(space, LARGE, name):.2f} s"]))


def seconds(space: DesignSpace, n: int, sampler: str) -> float:
    """Return the wall-clock time of one sample, its discrepancy included."""
    start = time.perf_counter()
    sample(space, n, sampler)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
