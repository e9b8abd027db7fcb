"""From Liberty's groups to a library: units, templates, arcs, energies and leakages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from accel_core.errors import InvalidInputError
from accel_core.physical.liberty import FALL, RISE, Cell, Energy, Leakage, Library, Pin, State
from accel_core.physical.liberty_pins import names_in, pin_groups, related_pins
from accel_core.physical.liberty_text import Group, parse_groups
from accel_core.physical.tables import TablesBuilder

_PREFIX = {"f": 1e-15, "p": 1e-12, "n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6}
# Related edge -> output edge, as the timing sense allows.
_SENSES = {
    "positive_unate": ((RISE, RISE), (FALL, FALL)),
    "negative_unate": ((RISE, FALL), (FALL, RISE)),
    "non_unate": ((RISE, RISE), (RISE, FALL), (FALL, RISE), (FALL, FALL)),
}
# OpenSTA, too, leaves preset, clear and three-state arcs out unless told otherwise.
_DELAYS = ("combinational", "combinational_rise", "combinational_fall", "rising_edge", "falling_edge")


def parse_library(*texts: str, thresholds: Library | None = None) -> Library:
    """Read one Liberty text, or several as one library whose units and thresholds are the first one's.

    Transition times of the others are converted, as if transitions were straight lines. With ``thresholds``, those of
    that library take the place of the first one's.

    Raises:
        InvalidInputError: If a text is not Liberty, or not the table-lookup delay model, or measures delays at another
            threshold than the first.
    """
    builder = TablesBuilder()
    readers: list[_Reader] = []
    for text in texts:
        readers.append(_Reader(parse_groups(text), builder, thresholds or (readers[0] if readers else None)))
    first = readers[0]
    scale = thresholds or first
    cells: dict[str, Cell] = {}
    for reader in readers:
        for group in reader.top.all("cell"):
            if group.name not in cells:
                cells[group.name] = reader.cell(group)
    return Library(
        name=first.top.name,
        time_s=first.time_s,
        capacitance_f=first.capacitance_f,
        slew_low=scale.slew_low,
        slew_high=scale.slew_high,
        delay_threshold=scale.delay_threshold,
        slew_derate=scale.slew_derate,
        cells=cells,
        tables=builder.build(),
    )


class _Reader:
    """Turns the groups of one file into the flat form; holds its units and templates."""

    def __init__(self, top: Group, builder: TablesBuilder, first: _Reader | Library | None) -> None:
        self.top = top
        self.name = top.name
        model = top.values.get("delay_model", "table_lookup")
        if model != "table_lookup":
            raise InvalidInputError(f"Liberty, delay_model: is {model}; allowed: table_lookup")
        self.time_s = _unit(top.values.get("time_unit", "1ns"))
        self.capacitance_f = _capacitance_unit(top.values.get("capacitive_load_unit", "1,pf"))
        self.leakage_w = _unit(top.values.get("leakage_power_unit", "1nW"))
        volt = _unit(top.values.get("voltage_unit", "1V"))
        # Liberty: the unit of internal energy is capacitance * voltage squared.
        self.energy_j = self.capacitance_f * volt * volt
        self.slew_low = top.number("slew_lower_threshold_pct_rise", 20.0) / 100.0
        self.slew_high = top.number("slew_upper_threshold_pct_rise", 80.0) / 100.0
        self.delay_threshold = top.number("output_threshold_pct_rise", 50.0) / 100.0
        self.slew_derate = top.number("slew_derate_from_library", 1.0)
        # A full swing takes transition * derate / (high - low).
        full = self.slew_derate / (self.slew_high - self.slew_low)
        self.slew_s = self.time_s if first is None else self.time_s * full * (first.slew_high - first.slew_low)
        if first is not None:
            self.slew_s /= first.slew_derate
            if self.delay_threshold != first.delay_threshold:
                raise InvalidInputError(
                    f"Liberty, library {top.name}, output_threshold_pct_rise: is {100 * self.delay_threshold:g}; "
                    f"allowed: {100 * first.delay_threshold:g}, as in library {first.name}"
                )
        self.voltages = dict(_voltage(group.name) for group in top.all("voltage_map"))
        self.templates = {group.name: group for group in top.all("lu_table_template", "power_lut_template")}
        self.builder = builder
        self.known: dict[tuple[int, str, float], int] = {}

    def cell(self, group: Group) -> Cell:
        """Read one ``cell`` group."""
        pins = pin_groups(group, self.top)
        kinds = {kind: list(group.all(kind, f"{kind}_bank")) for kind in ("ff", "latch")}
        leakages = self._leakages(group)
        cell = Cell(
            name=group.name,
            area_um2=group.number("area", 0.0),
            leakage_w=self._leakage(group, leakages),
            is_flop=bool(kinds["ff"]),
            is_latch=bool(kinds["latch"]),
            pins={pin.name: self._pin(pin, group) for pin in pins},
            functions={pin.name: pin.values["function"] for pin in pins if "function" in pin.values},
            leakages=leakages,
            states=[_state(kind, state) for kind, states in kinds.items() for state in states],
            has_state=any(kinds.values()) or group.first("statetable") is not None,
            is_macro=group.first("memory") is not None
            or "true" in (group.values.get("is_macro_cell"), group.values.get("interface_timing")),
            states_leakage="cell_leakage_power" in group.values,
            dont_use=group.values.get("dont_use") == "true",
        )
        for pin in pins:
            for timing in pin.all("timing"):
                self._timing(cell, pin.name, timing)
            for power in pin.all("internal_power"):
                self._energies(cell, pin, power)
        return cell

    def _pin(self, pin: Group, cell: Group) -> Pin:
        direction = pin.values.get("direction", "input")
        default = self.top.number(f"default_{direction}_pin_cap", 0.0)
        base = pin.number("capacitance", default)
        edges = (pin.number("rise_capacitance", base), pin.number("fall_capacitance", base))
        capacitance = (edges[0] * self.capacitance_f, edges[1] * self.capacitance_f)
        return Pin(
            direction,
            capacitance,
            pin.values.get("clock") == "true",
            self._supply(pin, cell),
            self._limit(pin, "max_capacitance", self.capacitance_f) if direction != "input" else None,
            self._limit(pin, "max_transition", self.slew_s),
            self._limit(pin, "max_fanout", 1.0) if direction != "input" else None,
        )

    def _limit(self, pin: Group, key: str, unit: float) -> float | None:
        """A pin's limit, or what the library has for all pins that state none."""
        text = pin.values.get(key) or self.top.values.get(f"default_{key}")
        return float(text) * unit if text else None

    def _supply(self, pin: Group, cell: Group) -> float | None:
        name = pin.values.get("related_power_pin", "")
        supply = next((group for group in cell.all("pg_pin") if group.name == name), None)
        return self.voltages.get(supply.values.get("voltage_name", "").strip('"')) if supply is not None else None

    def _leakages(self, cell: Group) -> list[Leakage]:
        grounds = {pin.name for pin in cell.all("pg_pin") if not pin.values.get("pg_type", "").endswith("power")}
        rows = []
        for group in cell.all("leakage_power"):
            pin = group.values.get("related_pg_pin", "")
            if pin not in grounds:
                watts = group.number("value", 0.0) * self.leakage_w
                rows.append(Leakage(watts, group.values.get("when", ""), pin))
        return rows

    def _leakage(self, cell: Group, rows: Sequence[Leakage]) -> float:
        if "cell_leakage_power" in cell.values:
            return cell.number("cell_leakage_power", 0.0) * self.leakage_w
        total = 0.0
        for pin in {row.power_pin for row in rows}:
            mine = [row for row in rows if row.power_pin == pin]
            listed = [row.watts for row in mine if row.when] or [row.watts for row in mine]
            total += sum(listed) / len(listed)
        return total

    def _energies(self, cell: Cell, pin: Group, power: Group) -> None:
        tables = [self._table(power, key, self.energy_j) for key in ("rise_power", "fall_power")]
        if tables == [-1, -1]:
            tables = [self._table(power, "power", self.energy_j)] * 2
        when, supply = power.values.get("when", ""), power.values.get("related_pg_pin", "")
        for related in related_pins(power, pin.name, cell.pins) or [""]:
            inverts = _inverts(pin, related, cell.pins)
            cell.energies.append(Energy(pin.name, related, tables[RISE], tables[FALL], when, supply, inverts))

    def _timing(self, cell: Cell, pin: str, timing: Group) -> None:
        kind = timing.values.get("timing_type", "combinational")
        for related in related_pins(timing, pin, cell.pins):
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
            pairs.append((delay, self._table(timing, f"{name}_transition", self.slew_s)))
        for before, after in edges:
            delay, transition = pairs[after]
            if delay >= 0 and transition >= 0:
                cell.arcs.append((related, pin, before, after, delay, transition, int(is_clock)))

    def _table(self, group: Group, key: str, unit: float) -> int:
        """Number of a group's table, -1 if it has none; the bits of a bus share theirs."""
        place = (id(group), key, unit)
        if place not in self.known:
            table = group.first(key)
            self.known[place] = -1 if table is None else self._new_table(table, key, unit)
        return self.known[place]

    def _new_table(self, table: Group, key: str, unit: float) -> int:
        numbers = np.array([float(number) for number in _numbers(table.values["values"])]) * unit
        if table.name == "scalar":
            return self.builder.add([0.0], [0.0], [[float(numbers[0])]])
        template = self.templates.get(table.name)
        if template is None:
            raise InvalidInputError(f"Liberty, {key}: template '{table.name}' is not defined")
        variables = [template.values.get(f"variable_{axis}", "") for axis in (1, 2)]
        axes = [self._axis(table, template, axis, variable) for axis, variable in enumerate(variables, 1)]
        if len(numbers) != len(axes[0]) * len(axes[1]):
            raise InvalidInputError(
                f"Liberty, {key}: {len(numbers)} values in template '{table.name}'; "
                f"allowed: {len(axes[0])} x {len(axes[1])}"
            )
        values = numbers.reshape(len(axes[0]), len(axes[1]))
        # The first axis is the transition of the pin that the table is about, the second the load or the clock.
        if _is_load(variables[0]) or variables[0] == "related_pin_transition":
            axes, values = axes[::-1], values.T
        return self.builder.add(axes[0], axes[1], values.tolist())

    def _axis(self, table: Group, template: Group, axis: int, variable: str) -> list[float]:
        if not variable:
            return [0.0]
        text = table.values.get(f"index_{axis}") or template.values[f"index_{axis}"]
        unit = self.capacitance_f if _is_load(variable) else self.slew_s
        return [float(number) * unit for number in _numbers(text)]


def _inverts(pin: Group, related: str, pins: Mapping[str, Pin]) -> bool:
    """Whether the first timing arc from a related pin says that the output falls when it rises."""
    for timing in pin.all("timing"):
        if related in related_pins(timing, pin.name, pins):
            return timing.values.get("timing_sense") == "negative_unate"
    return False


def _state(kind: str, group: Group) -> State:
    name, inverse = (*names_in(group.name), "", "")[:2]
    values = group.values
    data, clock = ("next_state", "clocked_on") if kind == "ff" else ("data_in", "enable")
    both = values.get("clear_preset_var1", "X") + values.get("clear_preset_var2", "X")
    return State(
        kind, name, inverse, values.get(data, ""), values.get(clock, ""),
        values.get("clear", ""), values.get("preset", ""), both,
    )  # fmt: skip


def _numbers(text: str) -> list[str]:
    return re.findall(r"[^\s,\"]+", text)


def _is_load(variable: str) -> bool:
    return variable.endswith("capacitance")


def _voltage(text: str) -> tuple[str, float]:
    name, _, volt = text.partition(",")
    return name.strip().strip('"'), float(volt)


def _unit(text: str) -> float:
    match = re.fullmatch(r"\s*([\d.]+)\s*([fpnumkM]?)[A-Za-z]+\s*", text)
    if match is None:
        raise InvalidInputError(f"Liberty: unit '{text}' is not understood")
    return float(match[1]) * _PREFIX[match[2]]


def _capacitance_unit(text: str) -> float:
    number, _, name = text.partition(",")
    return float(number) * _PREFIX[name.strip().strip('"').lower()[:1]]
