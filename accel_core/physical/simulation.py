"""Activity of a mapped netlist at its real work, simulated by Icarus Verilog without delays.

Without delays there are no glitches: a net makes at most one transition at an edge of the clock or an input.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from accel_core.errors import InvalidInputError, ToolFailedError, ToolTimeoutError
from accel_core.physical.access_counts import COUNTS, read_counts, to_counters
from accel_core.physical.activity import Activity
from accel_core.physical.cell_models import cell_models
from accel_core.physical.graph import Graph
from accel_core.physical.technology import Technology
from accel_core.physical.vcd import Toggles, read_vcd
from accel_core.process import Limits, run
from accel_core.rtl import Testbench

_DUMP = """\
// Records every net of the netlist from when the work begins.
module dump;
    initial begin
        wait (bench.working === 1'b1);
        $dumpfile("activity.vcd");
        $dumpvars(1, bench.dut);
    end
endmodule
"""


def simulated_activity(
    graph: Graph,
    technology: Technology,
    testbench: Testbench,
    period_s: float,
    folder: Path,
    limits: Limits,
    own_group: bool = True,
    models: Mapping[str, str] | None = None,
) -> Activity:
    """Simulate a netlist and count, also the accesses of its memories.

    Args:
        graph: The netlist.
        technology: Its cells.
        testbench: Its work.
        period_s: Of the clock, to which the testbench's is scaled.
        folder: Keeps what was simulated: ``netlist.v``, ``cells.v``, ``bench.v`` and its files, ``dump.v``.
        limits: Bounds on compiling and on simulating.
        own_group: See ``process.run``.
        models: Verilog of memories by name; those that the testbench defines itself need none.

    Raises:
        ToolFailedError: If a cell cannot be simulated, the testbench is wrong, or the clock never toggles.
        ToolNotFoundError: If Icarus Verilog is not installed.
        ToolTimeoutError: If it runs out of time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    models = models or {}
    given = {*models, *re.findall(r"\bmodule\s+(\w+)", testbench.verilog)}
    names = sorted({shape.cell for shape in graph.shapes} - given)
    counters = to_counters(graph, technology)
    files = {
        "netlist.v": graph.netlist.to_verilog(),
        "cells.v": "\n".join([cell_models(technology.library, names), *models.values(), counters]),
        "bench.v": testbench.verilog,
        "dump.v": _DUMP,
        **testbench.files,
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    sources = ["netlist.v", "cells.v", "bench.v", "dump.v"]
    tops = ["-s", "bench", "-s", "dump", *(["-s", "accesses"] if counters else [])]
    compile_all = ["iverilog", "-g2005", *tops, "-o", "bench.vvp", *sources]
    for command in (compile_all, ["vvp", "-n", "bench.vvp"]):
        done = run(command, "activity", limits, cwd=folder, own_group=own_group)
        if done.timed_out:
            raise ToolTimeoutError("activity", f"{command[0]} did not finish within {limits.seconds:g} s")
        if done.exit_code != 0:
            last = next((line for line in reversed(done.output.splitlines()) if line.strip()), "no output")
            raise ToolFailedError("activity", f"{command[0]} ended with exit code {done.exit_code}: {last.strip()}")
    dump = folder / "activity.vcd"
    if not dump.is_file():
        raise ToolFailedError("activity", "the testbench never sets `working` to 1")
    try:
        with dump.open() as lines:
            toggles = read_vcd(lines, net_numbers(graph), "activity.vcd")
    except InvalidInputError as error:
        raise ToolFailedError("activity", str(error)) from error
    for name in ("activity.vcd", "bench.vvp"):
        (folder / name).unlink()
    activity = scaled(graph, toggles, period_s, "simulated")
    return replace(activity, accesses=read_counts(folder / COUNTS, graph, technology)) if counters else activity


def net_numbers(graph: Graph) -> dict[str, int]:
    """Number of each net by its name, and by those of the port bits on it."""
    numbers = {name: net for net, name in enumerate(graph.netlist.nets)}
    for port in graph.netlist.ports:
        numbers |= dict(zip(port.bits, port.nets, strict=True))
    return numbers


def scaled(graph: Graph, toggles: Toggles, period_s: float, source: str) -> Activity:
    """What was counted, at a clock of this period.

    Raises:
        ToolFailedError: If the clock was not seen to toggle.
    """
    cycles = toggles.count[graph.clock] / 2.0 if graph.clock >= 0 else 0.0
    if cycles <= 0:
        raise ToolFailedError("activity", f"the clock {graph.netlist.clock} does not toggle; allowed: at least a cycle")
    return Activity(toggles.count / (cycles * period_s), toggles.high, source)
