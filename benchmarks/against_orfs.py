"""Our flow beside OpenROAD-flow-scripts, on its own public designs at their clocks and utilizations.

    python benchmarks/against_orfs.py PATH [--design gcd aes jpeg dynamic_node]

PATH is a checkout of OpenROAD-flow-scripts; nothing of it is kept. Its results come from each design's
``rules-base.json``, which allows 15 % more area and wirelength than were reached, and 5 % of the period less slack;
that is taken off again. Limits: the period reached at most 1.25 times theirs in the geometric mean and 1.5 times at
worst, area at most 1.10 times, wirelength within 15 %.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from accel_core.errors import EvaluationError
from accel_core.paths import cache_path
from accel_core.physical import FlowSettings, implement_in_process, load_technology
from accel_core.physical.makefile import Makefile
from accel_core.physical.synthesis import synthesize
from accel_core.process import Limits
from accel_core.rtl import Rtl
from accel_core.rtl.verilog_text import sources

DESIGNS = ("gcd", "aes", "jpeg", "dynamic_node")
KIT = "nangate45"
PADDING = 1.15
SLACK_PADDING = 0.05
UM2_PER_MM2 = 1e6
LIMITS = Limits(3600.0)
_ROW = re.compile(r"^ROW \S+ \S+ -?\d+ -?\d+ \S+ DO (\d+) BY 1 STEP (\d+)", re.MULTILINE)


@dataclass(frozen=True)
class Theirs:
    """A design of theirs.

    Attributes:
        name: Of its folder.
        rtl: Its sources in one text.
        period_s: That it is asked for.
        io_delay_fraction: Share of it that ports take.
        core_um2: Area of its core, where a floorplan is given.
        utilization: Share of the core that cells fill after synthesis, else.
        reached_s: Period that they reach.
        area_um2: Of all their cells.
        wirelength_um: After detailed routing.
    """

    name: str
    rtl: Rtl
    period_s: float
    io_delay_fraction: float
    core_um2: float | None
    utilization: float
    reached_s: float
    area_um2: float
    wirelength_um: float


def read_design(root: Path, name: str) -> Theirs:
    """Read what a design is, and what they reach with it."""
    flow = root / "flow"
    folder = flow / "designs" / KIT / name
    make = Makefile(folder / "config.mk", {"DESIGN_HOME": str(flow / "designs"), "PLATFORM_DIR": ""})
    rules = {key: entry["value"] for key, entry in json.loads((folder / "rules-base.json").read_text()).items()}
    files = [Path(word) for word in make.words("VERILOG_FILES")]
    text = sources(files, [Path(word) for word in make.words("VERILOG_INCLUDE_DIRS")], name)
    period, io_delay = _clock((folder / "constraint.sdc").read_text())
    floorplan = make.value("FLOORPLAN_DEF")
    return Theirs(
        name,
        Rtl(text, make.value("DESIGN_NAME")),
        period * 1e-9,
        io_delay / period,
        _core_um2(Path(floorplan).read_text()) if floorplan else None,
        float(make.value("CORE_UTILIZATION") or 0) / 100,
        (period - rules["finish__timing__setup__ws"] - SLACK_PADDING * period) * 1e-9,
        rules["finish__design__instance__area"] / PADDING,
        rules["detailedroute__route__wirelength"] / PADDING,
    )


def _clock(sdc: str) -> tuple[float, float]:
    """Period and the largest delay at ports, in ns."""
    period = float(re.search(r"(?:set clk_period|-period) ([\d.]+)", sdc)[1])  # type: ignore[index]
    share = re.search(r"set clk_io_pct ([\d.]+)", sdc)
    delays = [float(delay) for delay in re.findall(r"^set_(?:in|out)put_delay ([\d.]+)", sdc, re.MULTILINE)]
    return period, period * float(share[1]) if share else max(delays)


def _core_um2(text: str) -> float:
    """Area of the rows of a DEF floorplan in um2; its sites are as high as our rows."""
    site = load_technology(KIT, cache_path()).site
    return sum(int(count) for count, _ in _ROW.findall(text)) * site.width_um * site.height_um


def utilization_of(theirs: Theirs) -> float:
    """Share of the core that our synthesized cells fill."""
    if theirs.core_um2 is None:
        return theirs.utilization
    technology = load_technology(KIT, cache_path())
    netlist = synthesize(theirs.rtl, technology, 1.0 / theirs.period_s, cache_path(), LIMITS).netlist
    return sum(technology.library.cells[cell.cell].area_um2 for cell in netlist.instances) / theirs.core_um2


def main() -> None:
    """Implement the designs and print ours over theirs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path, help="a checkout of OpenROAD-flow-scripts")
    parser.add_argument("--design", nargs="+", choices=DESIGNS, default=list(DESIGNS))
    parser.add_argument("--out", type=Path, help="keep everything that is made in this folder")
    options = parser.parse_args()
    heads = ("period [ns]", "theirs", "ratio", "area [um2]", "theirs", "ratio", "wires [mm]", "theirs", "ratio")
    print("design".ljust(13), *(head.rjust(11) for head in (*heads, "cells", "CPU s", "s")))
    ratios = []
    with tempfile.TemporaryDirectory() as scratch:
        for name in options.design:
            try:
                ratios.append(_compare(read_design(options.path, name), (options.out or Path(scratch)) / name))
            except EvaluationError as trouble:
                print(f"{name}: {trouble.status} at {trouble.stage}: {trouble.reason}", flush=True)
    if not ratios:
        return
    periods, areas, wires = zip(*ratios, strict=True)
    mean = math.exp(sum(map(math.log, periods)) / len(periods))
    print(f"period: geometric mean {mean:.2f} (limit 1.25), worst {max(periods):.2f} (limit 1.5)")
    print(f"area: worst {max(areas):.2f} (limit 1.10)")
    print(f"wirelength: {min(wires):.2f} to {max(wires):.2f} (limits 0.85 to 1.15)")


def _compare(theirs: Theirs, out: Path) -> tuple[float, float, float]:
    """Implement a design, print its row, and return ours over theirs: period, area, wirelength."""
    settings = FlowSettings(
        1.0 / theirs.period_s, utilization_of(theirs), io_delay_fraction=theirs.io_delay_fraction, through="routing"
    )
    started = time.perf_counter()
    found = implement_in_process(theirs.rtl, KIT, settings, out, cache_path(), LIMITS)
    report = json.loads((out / "report.json").read_text())
    pairs = (
        (1e9 / found["f_effective_hz"], theirs.reached_s * 1e9),
        (found["cell_area_mm2"] * UM2_PER_MM2, theirs.area_um2),
        (found["wirelength_m"] * 1e3, theirs.wirelength_um * 1e-3),
    )
    cells = [text for ours, other in pairs for text in (f"{ours:11.4g}", f"{other:11.4g}", f"{ours / other:11.2f}")]
    seconds = time.perf_counter() - started
    print(
        theirs.name.ljust(13),
        *cells,
        f"{found['cells']:11,}",
        f"{report['total_cpu_s']:11.1f}",
        f"{seconds:11.1f}",
        flush=True,
    )
    return tuple(ours / other for ours, other in pairs)  # type: ignore[return-value]


if __name__ == "__main__":
    main()
