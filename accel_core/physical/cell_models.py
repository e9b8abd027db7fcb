"""Verilog models of library cells, from the functions that their Liberty groups state; without delays."""

from __future__ import annotations

import re
from collections.abc import Iterable

from accel_core.errors import ToolFailedError
from accel_core.physical.expressions import Expression, names_of, parse_expression
from accel_core.physical.liberty import Cell, Library, State

_SIGNS = {"and": "&", "or": "|", "xor": "^"}


def cell_models(library: Library, names: Iterable[str]) -> str:
    """Write a module for each of these cells; states begin at 0.

    Raises:
        ToolFailedError: If Liberty does not say what a cell does, as of a memory or a ``statetable``.
    """
    return "\n".join(_module(library.cells[name]) for name in names)


def verilog_of(tree: Expression) -> str:
    """An expression in Verilog."""
    if tree.kind == "pin":
        return escaped(tree.name)
    if tree.kind in "01":
        return f"1'b{tree.kind}"
    inner = [verilog_of(operand) for operand in tree.operands]
    return f"~{inner[0]}" if tree.kind == "not" else f"({f' {_SIGNS[tree.kind]} '.join(inner)})"


def escaped(name: str) -> str:
    """A name as Verilog takes it."""
    return name if re.fullmatch(r"[A-Za-z_]\w*", name) else f"\\{name} "


def _module(cell: Cell) -> str:
    ports = [name for name, pin in cell.pins.items() if pin.direction in ("input", "output")]
    lines = [f"module {escaped(cell.name)} ({', '.join(map(escaped, ports))});"]
    lines += [f"  {cell.pins[name].direction} {escaped(name)};" for name in ports]
    for state in cell.states:
        lines += _state(state)
    known = {*ports, *(name for state in cell.states for name in (state.name, state.inverse))}
    for name in ports:
        if cell.pins[name].direction == "output":
            tree = parse_expression(cell.functions[name]) if name in cell.functions else None
            if tree is None or not names_of(tree) <= known:
                raise ToolFailedError("activity", f"Liberty does not say what cell {cell.name} does at pin {name}")
            lines.append(f"  assign {escaped(name)} = {verilog_of(tree)};")
    return "\n".join([*lines, "endmodule", ""])


def _state(state: State) -> list[str]:
    """A register that follows its clock, or its enable if it is a latch, and its clear and preset at any time."""
    name, inverse = escaped(state.name), escaped(state.inverse)
    signals = {"clock": state.clock, "clear": state.clear, "preset": state.preset, "data": state.data}
    wires = {key: escaped(f"{state.name}_{key}") for key, text in signals.items() if text}
    lines = [f"  reg {name} = 1'b0;", f"  wire {inverse} = ~{name};"]
    lines += [f"  wire {wire} = {verilog_of(parse_expression(signals[key]))};" for key, wire in wires.items()]
    edges = " or ".join(f"posedge {wires[key]}" for key in ("clock", "clear", "preset") if key in wires)
    lines.append(f"  always @({edges})" if state.kind == "ff" else "  always @*")
    branches = [
        f"if ({wires[key]}) {name} <= 1'b{value};" for key, value in (("clear", 0), ("preset", 1)) if key in wires
    ]
    last = f"{name} <= {wires['data']};" if "data" in wires else ""
    if last:
        branches.append(last if state.kind == "ff" else f"if ({wires['clock']}) {last}")
    return [*lines, "    " + "\n    else ".join(branches)]
