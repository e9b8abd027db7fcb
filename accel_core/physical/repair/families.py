"""Cells that can stand in for one another: the same pins, function and timing arcs, in other sizes; as arrays."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from accel_core.physical.graph import Floats, Ints
from accel_core.physical.liberty import Cell
from accel_core.physical.logic_functions import BUFFER, inputs_of, outputs_of, truth_table
from accel_core.physical.technology import Technology

Arc = tuple[str, str, int, int, int, int, int]
Check = tuple[str, str, int, int, int]


@dataclass(frozen=True)
class Families:
    """K library cells by number; pins, arcs and checks of a cell are in the order that all of its family share.

    Attributes:
        cells: The library's cells, shape (K,).
        members: Cells that may replace each one, itself among them, the smallest first.
        area: In um2, shape (K,).
        leakage: In W, shape (K,).
        cap: Of each pin for both edges in F, shape (K, P, 2).
        arcs: Delay and transition table of each arc, shape (K, A, 2).
        checks: Table of each setup check, shape (K, C).
        max_cap: Largest load of each pin in F, inf without a limit, shape (K, P).
        max_transition: Slowest transition of each pin in s, likewise.
        max_fanout: Likewise.
    """

    cells: tuple[Cell, ...]
    members: tuple[Ints, ...]
    area: Floats
    leakage: Floats
    cap: Floats
    arcs: Ints
    checks: Ints
    max_cap: Floats
    max_transition: Floats
    max_fanout: Floats

    @cached_property
    def number(self) -> dict[str, int]:
        """Number of a cell by its name."""
        return {cell.name: index for index, cell in enumerate(self.cells)}

    @cached_property
    def buffers(self) -> Ints:
        """Usable buffers, the smallest first; of those that are as large as another only the first."""
        found = [index for index, cell in enumerate(self.cells) if is_buffer(cell) and index in self.members[index]]
        return np.array(sorted(found, key=lambda index: self.area[index]), dtype=np.int64)


def pin_order(cell: Cell) -> list[str]:
    """A cell's pins as its family numbers them."""
    return sorted(cell.pins)


def arc_order(cell: Cell) -> list[Arc]:
    """Its arcs as its family numbers them; those between the same edges keep the library's order."""
    return sorted(cell.arcs, key=lambda row: (*row[:4], row[6]))


def check_order(cell: Cell) -> list[Check]:
    """Its setup checks likewise."""
    return sorted(cell.checks, key=lambda row: row[:4])


def is_buffer(cell: Cell) -> bool:
    """Whether a cell has one input and gives it on at one output."""
    outputs = outputs_of(cell)
    return len(outputs) == 1 and len(inputs_of(cell)) == 1 and truth_table(cell, outputs[0]) == BUFFER


def make_families(technology: Technology, used: Iterable[str]) -> Families:
    """Families of the cells of a netlist and of all buffers; only usable cells stand in for others."""
    library = technology.library.cells
    usable = [cell for cell in technology.usable_cells if not (cell.dont_use or cell.is_macro)]
    known = {*used, technology.buffer.cell}
    grouped: dict[Hashable, list[Cell]] = {}
    for cell in usable:
        grouped.setdefault(_signature(technology, cell), []).append(cell)
    wanted = {_signature(technology, library[name]) for name in known}
    wanted |= {_signature(technology, cell) for cell in usable if is_buffer(cell)}
    cells = [cell for cell in usable if _signature(technology, cell) in wanted]
    cells += [library[name] for name in sorted(known - {cell.name for cell in cells})]
    number = {cell.name: index for index, cell in enumerate(cells)}
    members = []
    for index, cell in enumerate(cells):
        names = {other.name for other in grouped.get(_signature(technology, cell), ())}
        numbers = {number[name] for name in names} | {index}
        members.append(np.array(sorted(numbers, key=lambda one: (cells[one].area_um2, one)), dtype=np.int64))
    return _arrays(tuple(cells), tuple(members))


def _signature(technology: Technology, cell: Cell) -> Hashable:
    """What cells of one family have in common; a cell whose function is not known is alone."""
    if cell.is_macro or cell.is_latch or cell.name not in technology.lef.macros:
        return cell.name
    tables = [truth_table(cell, output) for output in outputs_of(cell)]
    if not cell.is_flop and None in tables:
        return cell.name
    functions = tuple(sorted((pin, text.replace(" ", "")) for pin, text in cell.functions.items()))
    does = (tuple(cell.states), functions) if cell.is_flop else (tuple(inputs_of(cell)), tuple(tables))
    pins = tuple((name, cell.pins[name].direction) for name in pin_order(cell))
    arcs = tuple((*row[:4], row[6]) for row in arc_order(cell))
    return (does, pins, arcs, tuple(row[:4] for row in check_order(cell)), technology.rows_of(cell.name))


def _arrays(cells: tuple[Cell, ...], members: tuple[Ints, ...]) -> Families:
    count = len(cells)
    n_pins = max((len(cell.pins) for cell in cells), default=0)
    n_arcs = max((len(cell.arcs) for cell in cells), default=0)
    n_checks = max((len(cell.checks) for cell in cells), default=0)
    cap = np.zeros((count, n_pins, 2))
    limits = np.full((3, count, n_pins), np.inf)
    arcs = np.zeros((count, n_arcs, 2), dtype=np.int64)
    checks = np.zeros((count, n_checks), dtype=np.int64)
    for index, cell in enumerate(cells):
        for place, name in enumerate(pin_order(cell)):
            pin = cell.pins[name]
            cap[index, place] = pin.capacitance_f
            for row, limit in enumerate((pin.max_capacitance_f, pin.max_transition_s, pin.max_fanout)):
                limits[row, index, place] = np.inf if limit is None else limit
        arcs[index, : len(cell.arcs)] = np.array([row[4:6] for row in arc_order(cell)]).reshape(-1, 2)
        checks[index, : len(cell.checks)] = [row[4] for row in check_order(cell)]
    # What is less than any buffer loads is no limit that could be kept: memories of IHP SG13G2 state farads in a file
    # of picofarads.
    least = min((cap[index].max() for index, cell in enumerate(cells) if is_buffer(cell)), default=0.0)
    limits[0][limits[0] < least] = np.inf
    area = np.array([cell.area_um2 for cell in cells])
    leakage = np.array([cell.leakage_w for cell in cells])
    return Families(cells, members, area, leakage, cap, arcs, checks, limits[0], limits[1], limits[2])
