"""What cells compute: their truth tables, and the cells of a library that compute something given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

from accel_core.errors import InvalidInputError
from accel_core.physical.expressions import parse_expression, probability
from accel_core.physical.liberty import Cell

MAX_INPUTS = 8
"""Cells of more inputs are not tabulated."""

BUFFER, INVERTER, NAND2, LOW, HIGH = (0, 1), (1, 0), (1, 1, 1, 0), (0,), (1,)
"""Truth tables over the inputs in the cell's order, the last changing fastest."""


def inputs_of(cell: Cell) -> list[str]:
    """Input pins in the library's order."""
    return [name for name, pin in cell.pins.items() if pin.direction == "input"]


def outputs_of(cell: Cell) -> list[str]:
    """Output pins in the library's order."""
    return [name for name, pin in cell.pins.items() if pin.direction == "output"]


def truth_table(cell: Cell, output: str) -> tuple[int, ...] | None:
    """An output's value for all values of the inputs; None if it remembers something or its function is unread."""
    inputs = inputs_of(cell)
    if cell.has_state or cell.is_flop or cell.is_latch or output not in cell.functions or len(inputs) > MAX_INPUTS:
        return None
    try:
        tree = parse_expression(cell.functions[output])
    except InvalidInputError:
        return None
    table = []
    for values in product((0.0, 1.0), repeat=len(inputs)):
        pins = dict(zip(inputs, values, strict=True))
        try:
            table.append(round(float(probability(tree, lambda pin, pins=pins: pins[pin]))))  # type: ignore[misc]
        except KeyError:
            return None
    return tuple(table)


def cells_computing(cells: Iterable[Cell], table: tuple[int, ...]) -> Iterator[Cell]:
    """Cells with one output that has this truth table and as many inputs as it is over, the smallest first.

    Of equal ones the library's first comes first: kits of several thresholds name their usual one first.
    """
    for cell in sorted(cells, key=lambda cell: cell.area_um2):
        outputs = outputs_of(cell)
        if len(outputs) == 1 and 2 ** len(inputs_of(cell)) == len(table) and truth_table(cell, outputs[0]) == table:
            yield cell
