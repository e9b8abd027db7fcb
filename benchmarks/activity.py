"""What power a stated activity gives, and what the design's real work does, side by side.

    python benchmarks/activity.py [--designs 4] [--seed 0] [--technology nangate45]

Each design of every platform with a testbench is implemented twice: every net toggling 0.1 times a period, and as often
as in a simulation of its mapped netlist at work.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from accel_core.physical import ACTIVITY_SOURCES, FlowSettings, implement_in_process
from accel_core.platforms import PLATFORMS
from accel_core.platforms.base import Platform
from accel_core.process import Limits
from accel_core.space import sample

UTILIZATION = 0.7
PARTS = ("internal", "switching", "leakage")


def main() -> None:
    """Print a row for each design."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--designs", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--technology", default="nangate45")
    options = parser.parse_args()
    print("| platform | design | cells | toggles a period | CPU s | power, mW: global | simulated | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for platform in PLATFORMS.values():
            if platform.implement is not None and platform.implement.testbench is not None:
                designs = sample(platform.space, options.designs, "lhs", options.seed).designs
                for design in designs.to_dict("records"):
                    print(_row(platform, design, options.technology, Path(folder)), flush=True)


def _row(platform: Platform, design: dict[Any, Any], technology: str, folder: Path) -> str:
    stated, worked = (_implement(platform, design, technology, source, folder) for source in ACTIVITY_SOURCES)
    power = [report["metrics"]["power_w"] for report in (stated, worked)]
    cells = (
        platform.title,
        " ".join(
            str(value) for name, value in design.items() if name in ("benchmark", "features", "cycles_per_vector")
        ),
        str(worked["metrics"]["cells"]),
        f"{worked['activity']['mean_toggles_per_period']:.3f}",
        f"{worked['cpu_s']['activity']:.1f}",
        _split(stated["metrics"]),
        _split(worked["metrics"]),
        f"{power[1] / power[0]:.2f}",
    )
    return f"| {' | '.join(cells)} |"


def _split(metrics: dict[str, float]) -> str:
    parts = " + ".join(f"{metrics[f'power_{part}_w'] * 1e3:.2f}" for part in PARTS)
    return f"{metrics['power_w'] * 1e3:.2f} ({parts})"


def _implement(
    platform: Platform, design: dict[Any, Any], technology: str, source: str, folder: Path
) -> dict[str, Any]:
    """The report of one run."""
    assert platform.implement is not None
    assert platform.implement.testbench is not None
    settings = FlowSettings(float(design["f_target_hz"]), UTILIZATION, activity_source=source)
    rtl = replace(platform.implement.rtl(design), testbench=platform.implement.testbench(design))
    artifacts = folder / "artifacts"
    implement_in_process(rtl, technology, settings, artifacts, folder / "cache", Limits(900.0))
    report: dict[str, Any] = json.loads((artifacts / "report.json").read_text())
    return report


if __name__ == "__main__":
    main()
