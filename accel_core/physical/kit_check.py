"""What was understood of a kit: its corner, cells, speed and sizes, beside what its node should have, and doubts.

Node names have stopped being lengths, so figures are held against a feature size taken from the finest routing pitch,
which is about three features in planar nodes of the name's length (NanGate45: 0.14 um, IHP 0.13 um: 0.42 um).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from accel_core.errors import InvalidInputError
from accel_core.physical.flip_flops import chosen_flip_flops
from accel_core.physical.liberty import Cell
from accel_core.physical.logic_functions import BUFFER, INVERTER, NAND2, cells_computing, outputs_of, truth_table
from accel_core.physical.technology import Technology
from accel_core.physical.wires import capacitance_range, resistance_range

FEATURES_PER_PITCH = 3.0

# Ranges hold all open kits from 0.5 um to 2 nm with room on both sides; a mistaken unit falls out.
_FO4_S_PER_NM = (0.2e-12, 3e-12)
_NAND2_PITCHES = (15.0, 120.0)
_INPUT_F_PER_NM = (0.008e-15, 0.15e-15)
_FLIP_FLOP_INPUTS = (1.5, 15.0)
_SUPPLY_TOLERANCE = 0.1
_SLOW_BUFFER = 4.0  # Of FO4 delays; a buffer of two stages takes about two.


@dataclass(frozen=True)
class Figure:
    """One number of a kit.

    Attributes:
        name: With the unit as suffix, in SI but for areas (um2) and lengths of wire (um).
        value: What the kit has.
        low: Least that the node should have.
        high: Most that it should have.
        basis: Where the range is from.
        cell: What was measured.
    """

    name: str
    value: float
    low: float
    high: float
    basis: str
    cell: str

    @property
    def fits(self) -> bool:
        """Whether the value is within the range."""
        return self.low <= self.value <= self.high


def check_kit(technology: Technology) -> dict[str, Any]:
    """Everything that was understood, as plain values; ``doubts`` has a sentence for each thing that looks wrong.

    Raises:
        InvalidInputError: If synthesis has nothing to work with: no flip-flop, no NAND2.
    """
    header = technology.header
    figures = _figures(technology)
    return {
        "name": technology.name,
        "title": technology.title,
        "source": str(technology.source),
        "digest": technology.digest,
        "libraries": [str(path) for path in technology.liberties],
        "lefs": [str(path) for path in technology.lefs],
        "corner": {
            "name": header.corner,
            "process": header.process,
            "voltage_v": header.voltage_v,
            "temperature_c": header.temperature_c,
        },
        "units": asdict(header.units),
        "supply_v": technology.supply_v,
        "node_nm": technology.node_nm,
        "feature_nm": feature_nm(technology),
        "site": asdict(technology.site),
        "cells": _cells_by_kind(technology),
        "flip_flops": [cell.name for cell in chosen_flip_flops(technology)],
        "multi_row_cells": sorted(cell.name for cell in technology.usable_cells if technology.rows_of(cell.name) > 1),
        "buffer": technology.buffer.cell,
        "tie_low": technology.tie_low.cell if technology.tie_low else None,
        "tie_high": technology.tie_high.cell if technology.tie_high else None,
        "fo4_s": technology.inverter_chain.delay_s,
        **{figure.name: figure.value for figure in figures if figure.name in ("nand2_area_um2", "flip_flop_energy_j")},
        "figures": [{**asdict(figure), "fits": figure.fits} for figure in figures],
        "doubts": _doubts(technology, figures),
    }


def feature_nm(technology: Technology) -> float:
    """Feature size in nm, from the finest pitch of the LEF; from the node's name where the LEF has no layers."""
    pitches = [layer.pitch_um for layer in technology.lef.layers.values() if layer.pitch_um > 0]
    if pitches:
        return min(pitches) / FEATURES_PER_PITCH * 1e3
    if technology.node_nm:
        return technology.node_nm
    # A row is 9 or 10 tracks high.
    return technology.site.height_um / 9.5 / FEATURES_PER_PITCH * 1e3


def flip_flop_energy(technology: Technology, cell: Cell) -> float | None:
    """Energy in J of a clock cycle without new data, mean of the listed conditions; None if the library has none."""
    slope = np.array([technology.inverter_chain.transition_s])
    by_supply: dict[str, list[float]] = {}
    for row in cell.energies:
        if cell.pins[row.pin].is_clock:
            tables = [np.array([table]) for table in (row.rise, row.fall) if table >= 0]
            energy = sum(float(technology.library.tables.lookup(table, slope, np.zeros(1))[0]) for table in tables)
            by_supply.setdefault(row.power_pin, []).append(energy)
    return sum(sum(values) / len(values) for values in by_supply.values()) if by_supply else None


def _figures(technology: Technology) -> list[Figure]:
    feature = feature_nm(technology)
    pitch_um = feature * FEATURES_PER_PITCH * 1e-3
    chain = technology.inverter_chain
    nand = next(cells_computing(technology.usable_cells, NAND2), None)
    flops = chosen_flip_flops(technology)
    if nand is None or not flops:
        missing = "two-input NAND" if nand is None else "flip-flop"
        raise InvalidInputError(f"technology {technology.name}: has no usable {missing}; allowed: one at least")
    figures = [
        Figure(
            "fo4_s", chain.delay_s, *_scaled(_FO4_S_PER_NM, feature),
            "1/3 to 1/2 ps per nm (Weste and Harris, CMOS VLSI Design), more at low or I/O voltage", chain.cell,
        ),
        Figure(
            "inverter_input_f", chain.input_f, *_scaled(_INPUT_F_PER_NM, feature),
            "derived: 1 to 2 fF per um of gate, 8 to 70 features wide", chain.cell,
        ),
        Figure(
            "nand2_area_um2", nand.area_um2, *_scaled(_NAND2_PITCHES, pitch_um**2),
            "derived: 2.5 to 8 pitches wide, 6 to 15 high", nand.name,
        ),
    ]  # fmt: skip
    flop = min(flops, key=lambda cell: cell.area_um2)
    energy = flip_flop_energy(technology, flop)
    if energy is not None:
        limits = _scaled(_FLIP_FLOP_INPUTS, chain.input_f * technology.supply_v**2)
        basis = "derived: the clock drives 2 to 15 inverter inputs inside"
        figures.append(Figure("flip_flop_energy_j", energy, *limits, basis, flop.name))
    for wire in (technology.horizontal, technology.vertical):
        limits = resistance_range(technology.lef.layers.get(wire.layer))
        basis = "derived: 4 uOhm cm, twice as thick as wide, within a factor of 20"
        figures.append(Figure("wire_ohm_per_um", wire.resistance_ohm_per_um, *limits, basis, wire.layer))
        basis = "0.2 fF/um (Weste and Harris, CMOS VLSI Design) within a factor of 10"
        figures.append(Figure("wire_f_per_um", wire.capacitance_f_per_um, *capacitance_range(), basis, wire.layer))
    return figures


def _cells_by_kind(technology: Technology) -> dict[str, dict[str, int]]:
    """How many cells of each kind the library has, and how many of them synthesis may use."""
    usable = {cell.name for cell in technology.usable_cells}
    total = Counter(_kind(cell) for cell in technology.library.cells.values())
    able = Counter(_kind(cell) for name, cell in technology.library.cells.items() if name in usable)
    return {kind: {"all": count, "usable": able[kind]} for kind, count in sorted(total.items())}


def _kind(cell: Cell) -> str:
    outputs = outputs_of(cell)
    if cell.is_macro:
        return "memory"
    if cell.is_flop or cell.is_latch:
        return "flip-flop" if cell.is_flop else "latch"
    if cell.has_state:
        return "clock gate or other state"
    if not outputs:
        return "physical only"
    tables = [truth_table(cell, output) for output in outputs]
    if all(table is not None and len(set(table)) == 1 for table in tables):
        return "tie"
    named: dict[tuple[int, ...] | None, str] = {BUFFER: "buffer", INVERTER: "inverter"}
    return named.get(tables[0], "logic") if len(tables) == 1 else "logic"


def _scaled(limits: tuple[float, float], unit: float) -> tuple[float, float]:
    return limits[0] * unit, limits[1] * unit


def _doubts(technology: Technology, figures: list[Figure]) -> list[str]:
    doubts = [wire.note for wire in (technology.horizontal, technology.vertical) if wire.note]
    doubts += [
        f"{figure.name} of {figure.cell} is {figure.value:.4g}; expected: {figure.low:.3g} to {figure.high:.3g} "
        f"({figure.basis})"
        for figure in figures
        if not figure.fits
    ]
    nominal = technology.header.voltage_v
    if nominal and abs(technology.supply_v / nominal - 1.0) > _SUPPLY_TOLERANCE:
        doubts.append(f"supply_v is {technology.supply_v:g} V; the library's tables are for {nominal:g} V")
    doubts += [
        f"the kit has no cell for constant {value}, so pins are tied to the {net} itself"
        for value, net, helper in ((0, "ground", technology.tie_low), (1, "supply", technology.tie_high))
        if helper is None
    ]
    delay = _buffer_delay(technology)
    if delay > _SLOW_BUFFER * technology.inverter_chain.delay_s:
        doubts.append(
            f"buffer {technology.buffer.cell} takes {delay:.3g} s, {delay / technology.inverter_chain.delay_s:.1f} FO4 "
            "delays, as a delay cell does"
        )
    absent = [
        name for name, cell in technology.library.cells.items() if cell.pins and name not in technology.lef.macros
    ]
    if absent:
        doubts.append(f"{len(absent)} cells of the libraries are not in the LEF files, such as {absent[0]}; not used")
    if not any(cell.energies for cell in technology.library.cells.values()):
        doubts.append("the libraries have no internal power; power is that of wires, pins and leakage alone")
    return doubts


def _buffer_delay(technology: Technology) -> float:
    """Of the kit's buffer in s, mean of its arcs, with the load of four unit inverters."""
    chain = technology.inverter_chain
    tables = np.array([row[4] for row in technology.library.cells[technology.buffer.cell].arcs], dtype=np.int64)
    if not len(tables):
        return 0.0
    load = np.full(len(tables), 4.0 * chain.input_f)
    return float(technology.library.tables.lookup(tables, np.full(len(tables), chain.transition_s), load).mean())
