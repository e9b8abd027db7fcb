"""Counting, in a simulation, in how many cycles each state of a memory holds that its power depends on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

from accel_core.physical.cell_models import escaped, verilog_of
from accel_core.physical.expressions import Expression, names_of, parse_expression, replaced
from accel_core.physical.graph import Graph
from accel_core.physical.liberty import Cell
from accel_core.physical.technology import Technology

COUNTS = "accesses.txt"
"""What the simulation writes: a line for each state that holds at a clock edge, and one for each clock edge."""

_CYCLE = "cycle"


def conditions_of(cell: Cell, clocked: Iterable[str]) -> list[str]:
    """States that the energy of a clock edge depends on, which exclude each other; all of them if pins are several.

    ``clocked`` are the pins that the clock drives; a test clock, say, is none.
    """
    rows = [list(dict.fromkeys(row.when for row in cell.energies if row.when and row.pin == pin)) for pin in clocked]
    return [" & ".join(f"({part})" for part in parts) for parts in product(*filter(None, rows)) if parts]


def to_counters(graph: Graph, technology: Technology) -> str:
    """A module ``accesses`` that watches all memories of ``bench.dut`` while ``bench.working`` is 1; "" without any."""
    watched = list(_watched(graph, technology))
    if not watched:
        return ""
    lines = ["module accesses;", "    integer file;", f'    initial file = $fopen("{COUNTS}", "w");']
    clock = escaped(graph.netlist.clock)
    for name, condition in watched:
        tree = parse_expression(condition)
        for pin in sorted(names_of(tree)):
            wire = escaped(f"{name}.{pin}")
            if f"    wire {wire} = bench.dut.{name}.{pin};" not in lines:
                lines.append(f"    wire {wire} = bench.dut.{name}.{pin};")
    lines.append(f"    always @(posedge bench.dut.{clock}) if (bench.working === 1'b1) begin")
    lines.append(f'        $fdisplay(file, "{_CYCLE}");')
    for number, (name, condition) in enumerate(watched):
        tree = parse_expression(condition)
        wires = {pin: Expression("pin", f"{name}.{pin}") for pin in names_of(tree)}
        lines.append(f'        if (({verilog_of(replaced(tree, wires))}) === 1\'b1) $fdisplay(file, "{number}");')
    return "\n".join([*lines, "    end", "endmodule", ""])


def read_counts(path: Path, graph: Graph, technology: Technology) -> dict[str, dict[Expression, float]]:
    """Shares of cycles by state, of each memory by the name of its instance."""
    with path.open() as lines:
        counts = Counter(line.strip() for line in lines)
    cycles = max(counts[_CYCLE], 1)
    found: dict[str, dict[Expression, float]] = {}
    for number, (name, condition) in enumerate(_watched(graph, technology)):
        found.setdefault(name, {})[parse_expression(condition)] = counts[str(number)] / cycles
    return found


def _watched(graph: Graph, technology: Technology) -> Iterator[tuple[str, str]]:
    for cell in graph.netlist.instances:
        if technology.is_macro(cell.cell):
            clocked = [pin for pin, net in cell.pins.items() if net == graph.clock]
            states = conditions_of(technology.library.cells[cell.cell], clocked)
            yield from ((cell.name, condition) for condition in states)
