"""Write the logs of random designs that ship: data/logs/edgetpu.parquet, bit for bit.

    python scripts/make_edgetpu_logs.py [--out F.parquet]

It takes a few seconds, and needs data/optima (scripts/enumerate_edgetpu.py), for logs leave out designs near them.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from accel_core.paths import data_path
from accel_core.platforms.edgetpu.applications import applications
from accel_core.platforms.edgetpu.logs import write_logs

N = 20_000
"""Designs of each application."""

SEED = 2022


def main(words: list[str] | None = None) -> int:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=data_path() / "logs" / "edgetpu.parquet")
    asked = parser.parse_args(words)
    for name, logged in write_logs(list(applications()), N, SEED, asked.out).items():
        share = logged.feasible / N
        print(
            f"{name:18} {share:6.1%} feasible, {1e3 * logged.min_s:.0f} / {1e3 * logged.mean_s:.0f} /"
            f" {1e3 * logged.max_s:.0f} ms (min/mean/max)"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
