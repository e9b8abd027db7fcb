"""NLDM Liberty libraries as flat tables: cells, pins, timing arcs, setup checks and energies, in SI units."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from accel_core.errors import InvalidInputError
from accel_core.physical.liberty_text import Group, parse_groups
from accel_core.physical.tables import Tables, TablesBuilder

RISE, FALL = 0, 1
_VERSION = 3  # Part of the cache key: raise it whenever the parsed form changes.
_PREFIX = {"f": 1e-15, "p": 1e-12, "n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6}
# Related edge -> output edge, as the timing sense allows.
_SENSES = {
    "positive_unate": ((RISE, RISE), (FALL, FALL)),
    "negative_unate": ((RISE, FALL), (FALL, RISE)),
    "non_unate": ((RISE, RISE), (RISE, FALL), (FALL, RISE), (FALL, FALL)),
}
# OpenSTA, too, leaves preset, clear and three-state arcs out unless told otherwise.
_DELAYS = ("combinational", "combinational_rise", "combinational_fall", "rising_edge", "falling_edge")


@dataclass(frozen=True)
class Pin:
    """A cell's pin.

    Attributes:
        direction: ``input``, ``output``, ``inout`` or ``internal``.
        capacitance_f: For a rising and a falling edge.
        is_clock: Whether it clocks the cell.
    """

    direction: str
    capacitance_f: tuple[float, float]
    is_clock: bool


@dataclass(frozen=True)
class Cell:
    """A library cell.

    Attributes:
        area_um2: Footprint.
        leakage_w: The state-independent value, or the mean over the states that are listed.
        is_flop: Whether it has an ``ff`` group.
        is_latch: Whether it has a ``latch`` group.
        pins: By name, in the file's order.
        arcs: One row for each delay arc: input pin, output pin, input edge, output edge, delay table, transition table,
            whether the input is a clock.
        checks: One row for each setup check: data pin, clock pin, clock edge, data edge, table.
        energies: One row for each ``internal_power`` group: pin, related pin ("" for none), rise table, fall table, and
            its condition ("" for none); a table is -1 where the group has none.
        functions: Expression of each output pin that has one.
    """

    name: str
    area_um2: float
    leakage_w: float
    is_flop: bool
    is_latch: bool
    pins: dict[str, Pin]
    arcs: list[tuple[str, str, int, int, int, int, int]] = field(default_factory=list)
    checks: list[tuple[str, str, int, int, int]] = field(default_factory=list)
    energies: list[tuple[str, str, int, int, str]] = field(default_factory=list)
    functions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Library:
    """A parsed library.

    Attributes:
        name: The library group's name.
        time_s: The file's time unit (delays in ``tables`` are in seconds already).
        capacitance_f: The file's capacitance unit.
        slew_low: Lower threshold of transition times, as a share of the supply.
        slew_high: Upper threshold.
        delay_threshold: Threshold of delays.
        slew_derate: Measured transition = transition in the tables * this.
        cells: By name.
        tables: Every table: delays and transitions in s over (s, F), checks in s over (s, s), energies in J.
    """

    name: str
    time_s: float
    capacitance_f: float
    slew_low: float
    slew_high: float
    delay_threshold: float
    slew_derate: float
    cells: dict[str, Cell]
    tables: Tables


def load_library(path: Path, cache: Path | None, digest: str) -> Library:
    """Read a Liberty file, through a cache of the parsed tables keyed by ``digest``, that of the file's contents."""
    if cache is None:
        return parse_library(path.read_text(errors="replace"))
    stored = cache / f"liberty-{_VERSION}-{digest[:16]}.npz"
    if stored.is_file():
        return _read(stored)
    library = parse_library(path.read_text(errors="replace"))
    cache.mkdir(parents=True, exist_ok=True)
    part = stored.with_suffix(f".{os.getpid()}.tmp")
    with part.open("wb") as stream:
        _write(stream, library)
    os.replace(part, stored)
    return library


def parse_library(text: str) -> Library:
    """Read Liberty text.

    Raises:
        InvalidInputError: If the text is not Liberty, or not the table-lookup delay model.
    """
    return _Reader(parse_groups(text)).library()


class _Reader:
    """Turns the groups of one library into the flat form; holds its units and templates."""

    def __init__(self, top: Group) -> None:
        self.top = top
        model = top.values.get("delay_model", "table_lookup")
        if model != "table_lookup":
            raise InvalidInputError(f"Liberty, delay_model: is {model}; allowed: table_lookup")
        self.time_s = _unit(top.values.get("time_unit", "1ns"))
        self.capacitance_f = _capacitance_unit(top.values.get("capacitive_load_unit", "1,pf"))
        self.leakage_w = _unit(top.values.get("leakage_power_unit", "1nW"))
        volt = _unit(top.values.get("voltage_unit", "1V"))
        # Liberty: the unit of internal energy is capacitance * voltage squared.
        self.energy_j = self.capacitance_f * volt * volt
        self.templates = {group.name: group for group in top.all("lu_table_template", "power_lut_template")}
        self.builder = TablesBuilder()

    def library(self) -> Library:
        percent = {
            key: self.top.number(key, default) / 100.0
            for key, default in (
                ("slew_lower_threshold_pct_rise", 20.0),
                ("slew_upper_threshold_pct_rise", 80.0),
                ("output_threshold_pct_rise", 50.0),
            )
        }
        cells = {group.name: self._cell(group) for group in self.top.all("cell")}
        return Library(
            name=self.top.name,
            time_s=self.time_s,
            capacitance_f=self.capacitance_f,
            slew_low=percent["slew_lower_threshold_pct_rise"],
            slew_high=percent["slew_upper_threshold_pct_rise"],
            delay_threshold=percent["output_threshold_pct_rise"],
            slew_derate=self.top.number("slew_derate_from_library", 1.0),
            cells=cells,
            tables=self.builder.build(),
        )

    def _cell(self, group: Group) -> Cell:
        cell = Cell(
            name=group.name,
            area_um2=group.number("area", 0.0),
            leakage_w=self._leakage(group),
            is_flop=group.first("ff") is not None,
            is_latch=group.first("latch") is not None,
            pins={pin.name: self._pin(pin) for pin in group.all("pin")},
            functions={pin.name: pin.values["function"] for pin in group.all("pin") if "function" in pin.values},
        )
        for pin in group.all("pin"):
            for timing in pin.all("timing"):
                self._timing(cell, pin.name, timing)
            for power in pin.all("internal_power"):
                related = power.values.get("related_pin", "").split()
                tables = [self._table(power, key, self.energy_j) for key in ("rise_power", "fall_power")]
                if tables == [-1, -1]:
                    tables = [self._table(power, "power", self.energy_j)] * 2
                condition = power.values.get("when", "")
                cell.energies.append((pin.name, related[0] if related else "", tables[0], tables[1], condition))
        return cell

    def _pin(self, pin: Group) -> Pin:
        direction = pin.values.get("direction", "input")
        default = self.top.number(f"default_{direction}_pin_cap", 0.0)
        base = pin.number("capacitance", default)
        edges = (pin.number("rise_capacitance", base), pin.number("fall_capacitance", base))
        capacitance = (edges[0] * self.capacitance_f, edges[1] * self.capacitance_f)
        return Pin(direction, capacitance, pin.values.get("clock") == "true")

    def _leakage(self, cell: Group) -> float:
        if "cell_leakage_power" in cell.values:
            return cell.number("cell_leakage_power", 0.0) * self.leakage_w
        groups = [(group.number("value", 0.0), "when" in group.values) for group in cell.all("leakage_power")]
        values = [value for value, state in groups if state] or [value for value, _ in groups]
        return sum(values) / max(len(values), 1) * self.leakage_w

    def _timing(self, cell: Cell, pin: str, timing: Group) -> None:
        kind = timing.values.get("timing_type", "combinational")
        for related in timing.values.get("related_pin", "").split():
            if kind in ("setup_rising", "setup_falling"):
                clock_edge = RISE if kind == "setup_rising" else FALL
                for edge, key in ((RISE, "rise_constraint"), (FALL, "fall_constraint")):
                    table = self._table(timing, key, self.time_s)
                    if table >= 0:
                        cell.checks.append((pin, related, clock_edge, edge, table))
            elif kind in _DELAYS:
                self._arcs(cell, related, pin, kind, timing)

    def _arcs(self, cell: Cell, related: str, pin: str, kind: str, timing: Group) -> None:
        is_clock = kind in ("rising_edge", "falling_edge")
        if is_clock:
            start = RISE if kind == "rising_edge" else FALL
            edges: Sequence[tuple[int, int]] = ((start, RISE), (start, FALL))
        else:
            edges = _SENSES[timing.values.get("timing_sense", "non_unate")]
        pairs = []
        for name in ("rise", "fall"):
            delay = self._table(timing, f"cell_{name}", self.time_s)
            pairs.append((delay, self._table(timing, f"{name}_transition", self.time_s)))
        for before, after in edges:
            delay, transition = pairs[after]
            if delay >= 0 and transition >= 0:
                cell.arcs.append((related, pin, before, after, delay, transition, int(is_clock)))

    def _table(self, group: Group, key: str, unit: float) -> int:
        table = group.first(key)
        if table is None:
            return -1
        if table.name == "scalar":
            return self.builder.add([0.0], [0.0], [[float(table.values["values"]) * unit]])
        template = self.templates.get(table.name)
        if template is None:
            raise InvalidInputError(f"Liberty, {key}: template '{table.name}' is not defined")
        variables = [template.values.get(f"variable_{axis}", "") for axis in (1, 2)]
        axes = [self._axis(table, template, axis, variable) for axis, variable in enumerate(variables, 1)]
        numbers = np.array([float(number) for number in re.findall(r"[^\s,\"]+", table.values["values"])]) * unit
        values = numbers.reshape(len(axes[0]), len(axes[1]))
        # The first axis is the transition of the pin that the table is about, the second the load or the clock.
        if _is_load(variables[0]) or variables[0] == "related_pin_transition":
            axes, values = axes[::-1], values.T
        return self.builder.add(axes[0], axes[1], values.tolist())

    def _axis(self, table: Group, template: Group, axis: int, variable: str) -> list[float]:
        if not variable:
            return [0.0]
        text = table.values.get(f"index_{axis}") or template.values[f"index_{axis}"]
        unit = self.capacitance_f if _is_load(variable) else self.time_s
        return [float(number) * unit for number in re.findall(r"[^\s,\"]+", text)]


def _is_load(variable: str) -> bool:
    return variable.endswith("capacitance")


def _unit(text: str) -> float:
    match = re.fullmatch(r"\s*([\d.]+)\s*([fpnumkM]?)[A-Za-z]+\s*", text)
    if match is None:
        raise InvalidInputError(f"Liberty: unit '{text}' is not understood")
    return float(match[1]) * _PREFIX[match[2]]


def _capacitance_unit(text: str) -> float:
    number, _, name = text.partition(",")
    return float(number) * _PREFIX[name.strip().strip('"').lower()[:1]]


def _write(stream: object, library: Library) -> None:
    plain = {name: asdict(cell) for name, cell in library.cells.items()}
    fields = {key: getattr(library, key) for key in _FIELDS}
    text = json.dumps({"cells": plain, **fields})
    np.savez(stream, meta=np.frombuffer(text.encode(), dtype=np.uint8), **library.tables.arrays())  # type: ignore[arg-type]


_FIELDS = ("name", "time_s", "capacitance_f", "slew_low", "slew_high", "delay_threshold", "slew_derate")


def _read(path: Path) -> Library:
    with np.load(path, allow_pickle=False) as arrays:
        meta = json.loads(arrays["meta"].tobytes())
        tables = Tables(*(arrays[key] for key in Tables.KEYS))
    cells = {}
    for name, entry in meta.pop("cells").items():
        pins = {
            pin: Pin(p["direction"], tuple(p["capacitance_f"]), p["is_clock"]) for pin, p in entry.pop("pins").items()
        }
        rows: dict[str, Any] = {key: [tuple(row) for row in entry.pop(key)] for key in ("arcs", "checks", "energies")}
        cells[name] = Cell(**entry, pins=pins, **rows)
    return Library(**meta, cells=cells, tables=tables)
