"""The EdgeTPU-class simulator: how fast it is on one core, and its random designs beside those of the released data.

Speed is in (design, application) evaluations a second of CPU time, over uniformly random designs, after compilation.

Run: python benchmarks/edgetpu.py [--designs 1000000] [--seed 0]; it ends with 1 if the median application is too slow.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from accel_core.platforms.edgetpu.applications import Application, applications
from accel_core.platforms.edgetpu.released import COMPARED, comparison, random_indices
from accel_core.platforms.edgetpu.simulate import simulate

GOAL = 1_000_000


def main() -> int:
    """Print both tables; return 0 if the speed's goal is met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--designs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    print(
        f"{asked.designs:,} uniformly random designs; in brackets the released ones, whose ms are of 1000 inferences\n"
    )
    print_ranges(asked.designs, asked.seed)
    print()
    return 0 if print_speed(asked.designs, asked.seed) >= GOAL else 1


def print_ranges(n: int, seed: int) -> None:
    """Print feasible share and runtimes, ours and in brackets the released ones."""
    print(f"{'':18}" + "".join(f"{name:>20}" for name in COMPARED))
    for application in applications().values():
        ours, released = comparison(application, n, seed)
        cells = [f"{ours[name]:.3f} ({released[name]:.3f})" if name == "feasible" else
                 f"{ours[name]:.0f} ({released[name]:.0f})" for name in COMPARED]  # fmt: skip
        print(f"{application.name:18}" + "".join(f"{cell:>20}" for cell in cells))


def print_speed(n: int, seed: int) -> float:
    """Print evaluations a second and return the median application's."""
    rates = []
    for application in applications().values():
        rates.append(rate(application, n, seed))
        print(f"{application.name:18}{rates[-1]:>14,.0f} evaluations a second, {len(application.rows)} layers")
    median = statistics.median(rates)
    print(f"{'median':18}{median:>14,.0f}; goal {GOAL:,}: {'met' if median >= GOAL else 'missed'}")
    return median


def rate(application: Application, n: int, seed: int) -> float:
    """Return how many random designs one core evaluates in a second."""
    indices = random_indices(n, seed)
    simulate(indices[:10], application.layers)
    started = time.process_time()
    simulate(indices, application.layers)
    return n / (time.process_time() - started)


if __name__ == "__main__":
    sys.exit(main())
