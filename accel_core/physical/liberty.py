"""What an NLDM Liberty library holds, in SI units: cells, pins, timing arcs, setup checks, energies and leakages."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from accel_core.physical.tables import Tables

RISE, FALL = 0, 1


@dataclass(frozen=True)
class Pin:
    """A cell's pin; the bits of a bus are pins of their own, called ``A[3]``.

    Attributes:
        direction: ``input``, ``output``, ``inout`` or ``internal``.
        capacitance_f: For a rising and a falling edge.
        is_clock: Whether it clocks the cell.
        supply_v: Voltage of the power pin that it belongs to, where the library says so.
        max_capacitance_f: Largest load that it may drive, its own or the library's default; None without a limit.
        max_transition_s: Slowest transition that it may have, likewise.
        max_fanout: How many pins it may drive, likewise.
    """

    direction: str
    capacitance_f: tuple[float, float]
    is_clock: bool
    supply_v: float | None = None
    max_capacitance_f: float | None = None
    max_transition_s: float | None = None
    max_fanout: float | None = None


class Energy(NamedTuple):
    """An ``internal_power`` group: what a transition of ``pin`` costs.

    Attributes:
        pin: Whose transition is charged.
        related: The input whose transition causes it, "" for none; a group with several becomes several rows.
        rise: Table in J over the transition time in s and the load in F, -1 for none.
        fall: Likewise.
        when: Its condition, "" for none.
        power_pin: Of the power pin that it is drawn from, "" if the library does not tell.
        is_inverting: Whether a rising output comes from a falling input, by the first timing arc between both.
    """

    pin: str
    related: str
    rise: int
    fall: int
    when: str
    power_pin: str
    is_inverting: bool


class Leakage(NamedTuple):
    """A ``leakage_power`` group of a power pin ("" if the library does not tell which), in W; grounds are left out."""

    watts: float
    when: str
    power_pin: str


class State(NamedTuple):
    """An ``ff`` or ``latch`` group, its expressions as they stand.

    Attributes:
        kind: ``ff`` or ``latch``.
        name: Name of the state, such as ``IQ``.
        inverse: Name of its complement, such as ``IQN``.
        data: What it takes over.
        clock: When it does: at the rising edge of this expression, or as long as it is true.
        clear: When it is 0, "" for never.
        preset: When it is 1, likewise.
        both: State and complement while clear and preset are both true, two of ``L``, ``H``, ``N``, ``T``, ``X``.
    """

    kind: str
    name: str
    inverse: str
    data: str
    clock: str
    clear: str = ""
    preset: str = ""
    both: str = "XX"


@dataclass(frozen=True)
class Cell:
    """A library cell.

    Attributes:
        area_um2: Footprint.
        leakage_w: The state-independent value, or the mean over the states that are listed, summed over power pins.
        is_flop: Whether it has an ``ff`` group.
        is_latch: Whether it has a ``latch`` group.
        pins: By name, in the file's order.
        arcs: One row for each delay arc: input pin, output pin, input edge, output edge, delay table, transition table,
            whether the input is a clock.
        checks: One row for each setup check: data pin, clock pin, clock edge, data edge, table.
        energies: One row for each ``internal_power`` group and related pin.
        functions: Expression of each output pin that has one.
        leakages: One row for each ``leakage_power`` group.
        states: Its ``ff`` and ``latch`` groups.
        has_state: Whether it remembers anything, also as a ``statetable``.
        is_macro: Whether it is a memory or another block.
        states_leakage: Whether ``leakage_w`` is a value of the library.
        dont_use: Whether the library asks tools to leave it alone.
    """

    name: str
    area_um2: float
    leakage_w: float
    is_flop: bool
    is_latch: bool
    pins: dict[str, Pin]
    arcs: list[tuple[str, str, int, int, int, int, int]] = field(default_factory=list)
    checks: list[tuple[str, str, int, int, int]] = field(default_factory=list)
    energies: list[Energy] = field(default_factory=list)
    functions: dict[str, str] = field(default_factory=dict)
    leakages: list[Leakage] = field(default_factory=list)
    states: list[State] = field(default_factory=list)
    has_state: bool = False
    is_macro: bool = False
    states_leakage: bool = False
    dont_use: bool = False


@dataclass(frozen=True)
class Library:
    """One library, of one or several files.

    Attributes:
        name: The first file's library group.
        time_s: Its time unit (delays in ``tables`` are in seconds already).
        capacitance_f: Its capacitance unit.
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


def joined(library: Library, other: Library) -> Library:
    """Add another library's cells, whose tables have the first one's thresholds; the first keeps what both have."""
    start = len(library.tables.size1)

    def moved(table: int) -> int:
        return table if table < 0 else table + start

    cells = {
        name: replace(
            cell,
            arcs=[(*row[:4], moved(row[4]), moved(row[5]), row[6]) for row in cell.arcs],
            checks=[(*row[:4], moved(row[4])) for row in cell.checks],
            energies=[row._replace(rise=moved(row.rise), fall=moved(row.fall)) for row in cell.energies],
        )
        for name, cell in other.cells.items()
    }
    return replace(
        library,
        cells={**library.cells, **{name: cells[name] for name in cells if name not in library.cells}},
        tables=library.tables.joined(other.tables),
    )
