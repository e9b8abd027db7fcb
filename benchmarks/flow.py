"""CPU time of the physical flow, tool by tool, and what is spent outside the tools.

    python benchmarks/flow.py [--platform axiline] [--designs 6] [--seed 0]

Each design is implemented in a fresh process, from a cold netlist cache (the parsed library is cached, as it is after
the first design ever). Tools are Yosys with ABC, Coloquinte, and our own extraction, timing and power engines; the rest
is starting Python, parsing, bookkeeping, and writing the artifacts.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from accel_core.physical import FlowSettings, implement_in_process
from accel_core.platforms import get_platform
from accel_core.process import Limits
from accel_core.space import sample

TOOLS = {
    "Yosys + ABC": "yosys",
    "Coloquinte": "placement",
    "wires": "parasitics",
    "timing": "timing",
    "power": "power",
}


def main() -> None:
    """Implement a few designs and print a row for each and their sum."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--platform", default="axiline")
    parser.add_argument("--designs", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    platform = get_platform(options.platform)
    assert platform.implement is not None
    designs = sample(platform.space, options.designs, "lhs", options.seed).designs
    print("cells".rjust(7), *(name.rjust(11) for name in [*TOOLS, "other", "total [s]", "other [%]"]))
    sums = dict.fromkeys([*TOOLS, "other"], 0.0)
    with tempfile.TemporaryDirectory() as folder:
        _implement(platform, designs.to_dict("records")[0], Path(folder))  # Fills the cache of the parsed library.
        for design in designs.to_dict("records"):
            for netlist in (Path(folder) / "cache").glob("netlist-*"):
                netlist.unlink()
            cells, split = _implement(platform, design, Path(folder))
            _print(str(cells), split)
            sums = {name: sums[name] + split[name] for name in sums}
    _print("sum", sums)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"largest process: {peak:.0f} MB")


def _implement(platform: Any, design: dict[Any, Any], folder: Path) -> tuple[int, dict[str, float]]:
    """Cells of a design and the CPU seconds of each tool and of everything else."""
    settings = FlowSettings(float(design["f_target_hz"]), float(design["utilization_target"]))
    artifacts, cache = folder / "artifacts", folder / "cache"
    implement_in_process(platform.implement.rtl(design), "nangate45", settings, artifacts, cache, Limits(600.0))
    report = json.loads((artifacts / "report.json").read_text())
    split = {name: report["cpu_s"][key] for name, key in TOOLS.items()}
    split["other"] = report["total_cpu_s"] - sum(split.values())
    return int(report["metrics"]["cells"]), split


def _print(label: str, split: dict[str, float]) -> None:
    total = sum(split.values())
    numbers = [f"{split[name]:11.2f}" for name in [*TOOLS, "other"]]
    print(label.rjust(7), *numbers, f"{total:11.2f}", f"{100 * split['other'] / total:11.1f}", flush=True)


if __name__ == "__main__":
    main()
