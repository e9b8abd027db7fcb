"""CPU time of synthesizing systolic arrays, whole and by module.

    python benchmarks/synthesis.py [--sizes 4 8 16] [--flat-up-to 8] [--placed-up-to 4] [--period-ps 1000]

Each run is a fresh process with an empty cache of netlists; the parsed library is cached, as it is after the first
design ever. Its CPU time is that of everything: Python's start, Yosys, ABC, and putting the netlist together.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from operator import itemgetter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from accel_core.physical import FlowSettings, implement, load_technology
from accel_core.physical.by_module import synthesize_by_module
from accel_core.physical.synthesis import synthesize
from accel_core.physical.synthesis_library import synthesis_libraries
from accel_core.process import Limits, run
from accel_core.rtl import Rtl

RATIO_LIMIT = 1.5
_VERILOG = """
// Output stationary: 8-bit operands pass by, a 24-bit sum stays, and sums leave downward.
module pe (
    input clk, input rst, input en, input shift,
    input signed [7:0] a_in, input signed [7:0] b_in, input signed [23:0] c_in,
    output reg signed [7:0] a_out, output reg signed [7:0] b_out, output reg signed [23:0] c_out
);
    wire signed [15:0] product = a_in * b_in;
    always @(posedge clk)
        if (rst) begin
            a_out <= 0;
            b_out <= 0;
            c_out <= 0;
        end else if (en) begin
            a_out <= a_in;
            b_out <= b_in;
            c_out <= shift ? c_in : c_out + product;
        end
endmodule
module array (
    input clk, input rst, input en, input shift, input [8*SIZE-1:0] a, input [8*SIZE-1:0] b, output [24*SIZE-1:0] c
);
    wire [8*SIZE*(SIZE+1)-1:0] as, bs;
    wire [24*SIZE*(SIZE+1)-1:0] cs;
    assign as[8*SIZE-1:0] = a;
    assign bs[8*SIZE-1:0] = b;
    assign cs[24*SIZE-1:0] = 0;
    assign c = cs[24*SIZE*SIZE +: 24*SIZE];
    genvar row, col;
    generate
        for (row = 0; row < SIZE; row = row + 1) begin : rows
            for (col = 0; col < SIZE; col = col + 1) begin : cols
                pe u_pe (.clk(clk), .rst(rst), .en(en), .shift(shift),
                    .a_in(as[8*(SIZE*col+row) +: 8]), .a_out(as[8*(SIZE*(col+1)+row) +: 8]),
                    .b_in(bs[8*(SIZE*row+col) +: 8]), .b_out(bs[8*(SIZE*(row+1)+col) +: 8]),
                    .c_in(cs[24*(SIZE*row+col) +: 24]), .c_out(cs[24*(SIZE*(row+1)+col) +: 24]));
            end
        end
    endgenerate
endmodule
"""


def array(size: int) -> Rtl:
    """A square systolic array."""
    return Rtl(_VERILOG.replace("SIZE", str(size)), "array")


def main() -> None:
    """Print a row for each size, then how the time by module grows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[4, 8, 16])
    parser.add_argument("--flat-up-to", type=int, default=8)
    parser.add_argument("--placed-up-to", type=int, default=4)
    parser.add_argument("--period-ps", type=int, default=1000)
    parser.add_argument("--one", nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        size, hierarchy, cache, period_ps, what = options.one
        found = _one(int(size), hierarchy, Path(cache), 1e12 / int(period_ps), what == "placed")
        print("", json.dumps(found), sep="\n")
        return
    print(" size hierarchy    CPU s  tools s    cells   area um2  MHz after placement")
    seconds: dict[int, float] = {}
    for size in options.sizes:
        for hierarchy in ("flat", "by_module"):
            if hierarchy == "flat" and size > options.flat_up_to:
                continue
            row = _run(size, hierarchy, options)
            numbers = "{cpu_s:8.2f} {tools_s:8.2f} {cells:8d} {area:10.0f} {mhz:>8s}".format(**row)
            print(f"{size:5d} {hierarchy:9s}", numbers, flush=True)
            if hierarchy == "by_module":
                seconds[size] = row["cpu_s"]
    first, last = min(seconds), max(seconds)
    print(f"by module, {last} to {first}: {seconds[last] / seconds[first]:.2f} times; limit {RATIO_LIMIT}")


def _run(size: int, hierarchy: str, options: argparse.Namespace) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        cache = Path(name)
        synthesis_libraries(load_technology("nangate45", cache), cache)
        command = [sys.executable, __file__, "--one", str(size), hierarchy, name, str(options.period_ps)]
        done = run([*command, "mapped"], "benchmark", Limits(3600.0))
        row: dict[str, Any] = {**json.loads(done.output.splitlines()[-1]), "cpu_s": done.cpu_s, "mhz": "-"}
        if size <= options.placed_up_to:
            placed = run([*command, "placed"], "benchmark", Limits(3600.0))
            row["mhz"] = f"{json.loads(placed.output.splitlines()[-1])['f_effective_hz'] / 1e6:.0f}"
        return row


def _one(size: int, hierarchy: str, cache: Path, f_target_hz: float, is_placed: bool) -> dict[str, Any]:
    """What one process does: it synthesizes an array, or takes it through the whole flow."""
    technology = load_technology("nangate45", cache)
    if is_placed:
        settings = FlowSettings(f_target_hz, 0.7, hierarchy=hierarchy)
        return implement(array(size), technology, settings, cache / "artifacts", cache)
    make = synthesize if hierarchy == "flat" else synthesize_by_module
    found = make(array(size), technology, f_target_hz, cache, Limits(3600.0))
    kinds = Counter(map(itemgetter(1), found.netlist.instances))
    area = sum(technology.library.cells[kind].area_um2 * count for kind, count in kinds.items())
    return {"cells": kinds.total(), "area": area, "tools_s": found.cpu_s}


if __name__ == "__main__":
    main()
