"""Which flip-flops synthesis may use: of every kind one, the smallest."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from accel_core.errors import InvalidInputError
from accel_core.physical.expressions import parse_expression
from accel_core.physical.liberty import Cell, State
from accel_core.physical.technology import Technology

Kind = tuple[bool, bool | None, bool | None]
"""Whether the rising edge clocks it; whether clear and preset are active high, None where it has none."""


def chosen_flip_flops(technology: Technology) -> tuple[Cell, ...]:
    """The smallest usable flip-flop of each kind; of equal ones that with the fewest pins, then the library's first.

    Cells with an enable or a scan input are left out: synthesis makes enables of multiplexers, which it can optimize.
    """
    best: dict[Kind, Cell] = {}
    for cell in sorted(_allowed(technology), key=lambda cell: (cell.area_um2, len(cell.pins))):
        kind = flip_flop_kind(cell)
        if kind is not None:
            best.setdefault(kind, cell)
    return tuple(best.values())


def flip_flop_kind(cell: Cell) -> Kind | None:
    """The kind of a plain flip-flop of one bit, None for anything else."""
    if len(cell.states) != 1 or cell.states[0].kind != "ff" or cell.is_latch or cell.is_macro:
        return None
    state = cell.states[0]
    pins = [_pin(text, cell) for text in (state.data, state.clock)]
    if None in pins or not _shows_state(cell, state):
        return None
    asynchronous = [_pin(text, cell) if text else None for text in (state.clear, state.preset)]
    if any(text and pin is None for text, pin in zip((state.clear, state.preset), asynchronous, strict=True)):
        return None
    used = {pin[0] for pin in (*pins, *asynchronous) if pin}
    if used != {name for name, pin in cell.pins.items() if pin.direction == "input"}:
        return None
    clear, preset = (pin[1] if pin else None for pin in asynchronous)
    assert pins[1] is not None
    return pins[1][1], clear, preset


def _allowed(technology: Technology) -> Iterable[Cell]:
    patterns = technology.flip_flops or ("*",)
    return (cell for cell in technology.usable_cells if any(fnmatchcase(cell.name, p) for p in patterns))


def _pin(text: str, cell: Cell) -> tuple[str, bool] | None:
    """Name and sign of an expression that is one input pin or its complement."""
    try:
        tree = parse_expression(text)
    except InvalidInputError:
        return None
    sign = tree.kind != "not"
    leaf = tree if sign else tree.operands[0]
    is_input = leaf.kind == "pin" and leaf.name in cell.pins and cell.pins[leaf.name].direction == "input"
    return (leaf.name, sign) if is_input else None


def _shows_state(cell: Cell, state: State) -> bool:
    """Whether all outputs are the state or its complement."""
    outputs = [name for name, pin in cell.pins.items() if pin.direction == "output"]
    functions = [cell.functions.get(name, "").strip(' "()') for name in outputs]
    return bool(outputs) and all(text.lstrip("!").rstrip("'") in (state.name, state.inverse) for text in functions)
