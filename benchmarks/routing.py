"""What utilization does to a design's wires: overflow, detours and slack, from roomy to crowded.

    python benchmarks/routing.py [--technology nangate45] [--f-target-hz 6e8] [--verilog FILE --top NAME --clock NAME]
                                 [--spread 0.2]

The design is the default one of Axiline, or that of a Verilog file. Every row is a placement of its own. Overflow is
what is left after all rounds of negotiation, in tracks; a design that has any is infeasible, so its other columns only
say what it would take. The last columns are worst slack with routed wires, what the routed wires cost against straight
ones, and CPU time of routing. With ``--spread`` cells are kept apart while they are placed, so that nowhere they fill
more than the utilization and that share of the rest.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from accel_core.errors import InfeasibleError
from accel_core.physical.floorplan import make_floorplan
from accel_core.physical.graph import make_graph
from accel_core.physical.netlist import Netlist
from accel_core.physical.parasitics import extract
from accel_core.physical.placement import place
from accel_core.physical.routing import try_route
from accel_core.physical.settings import FlowSettings
from accel_core.physical.synthesis import synthesize
from accel_core.physical.technology import Technology, load_technology
from accel_core.physical.timing import analyze
from accel_core.platforms import get_platform
from accel_core.process import Limits
from accel_core.rtl import Rtl

UTILIZATIONS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.94, 0.98)
COLUMNS = (
    "utilization",
    "wire [mm]",
    "detour [%]",
    "fullest [%]",
    "overflow",
    "vias",
    "slack [ps]",
    "cost [ps]",
    "[s]",
)


def main() -> None:
    """Print a row for each utilization."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--technology", default="nangate45")
    parser.add_argument("--f-target-hz", type=float, default=6e8)
    parser.add_argument("--verilog", type=Path)
    parser.add_argument("--top", default="top")
    parser.add_argument("--clock", default="clk")
    parser.add_argument("--spread", type=float)
    options = parser.parse_args()
    technology = load_technology(options.technology)
    if options.verilog:
        rtl = Rtl(options.verilog.read_text(), options.top, options.clock)
    else:
        platform = get_platform("axiline")
        assert platform.implement is not None
        rtl = platform.implement.rtl(platform.space.defaults().to_dict("records")[0])
    with tempfile.TemporaryDirectory() as cache:
        netlist = synthesize(rtl, technology, options.f_target_hz, Path(cache), Limits()).netlist
    # The placer prints while it works, so the table comes last.
    rows = [
        _row(netlist, technology, FlowSettings(options.f_target_hz, utilization), options.spread)
        for utilization in UTILIZATIONS
    ]
    print(f"{netlist.top}, {len(netlist.instances)} cells, {technology.title}")
    print(*(name.rjust(11) for name in COLUMNS))
    print(*rows, sep="\n")


def _row(netlist: Netlist, technology: Technology, settings: FlowSettings, spread: float | None) -> str:
    """Place, route and time a design, and tell what came of it."""
    filled = settings.utilization_target
    room = None if spread is None else [1.0 / (filled + spread * (1.0 - filled))] * len(netlist.instances)
    label = f"{settings.utilization_target:11.2f}"
    try:
        floorplan = make_floorplan(netlist, technology, settings.utilization_target)
        placement = place(netlist, technology, floorplan, settings.seed, room)
    except InfeasibleError as trouble:
        return f"{label} {trouble}"
    graph = make_graph(netlist, technology, floorplan, placement)
    begin = time.process_time()
    routing = try_route(graph, technology, floorplan)
    seconds = time.process_time() - begin
    constraints = settings.constraints()
    straight, routed = (
        analyze(graph, extract(graph, technology, wires), technology, constraints).worst_slack_s
        for wires in (None, routing)
    )
    share = routing.detour_um / (routing.wirelength_um - routing.detour_um)
    return (
        f"{label} {routing.wirelength_um / 1e3:11.2f} {100 * share:11.2f} {100 * routing.fill.max():11.0f} "
        f"{routing.overflow.sum():11d} {routing.vias:11d} {routed * 1e12:11.0f} {(straight - routed) * 1e12:11.1f} "
        f"{seconds:11.2f}"
    )


if __name__ == "__main__":
    main()
