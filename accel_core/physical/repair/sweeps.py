"""Compiled loops over a whole design: loads of wires, arrivals forward, required times backward."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from accel_core.physical.graph import Bools, Floats, Ints
from accel_core.physical.repair.delays import Rules, drive, lookup, new_ramp, wire
from accel_core.physical.repair.structure import PORT, Structure


class State(NamedTuple):
    """What changes with the sizes of cells; T terminals, N nets, A arcs.

    Attributes:
        size: Cell of each instance by its number in ``families.Families``.
        cap: Load of each terminal for both edges in F, shape (T, 2).
        near: Capacitance at each driver in F, shape (N, 2).
        ohm: Resistance behind it.
        far: Capacitance behind that.
        elmore: From the driver to each terminal in s, shape (T, 2).
        arrival: Latest arrival at each terminal in s, -inf for none, shape (T, 2).
        transition: Slowest transition in s, -inf for none, shape (T, 2).
        wire_delay: From its driver to each terminal in s, shape (T, 2).
        arc_delay: Of each arc in s, -inf where nothing arrives; shape (A,).
        shield: Effective over total capacitance that each arc drives, shape (A,).
        gain: Transition behind each arc over that in its table, shape (A,).
        slower: How much slower transitions at each terminal are than at its driver, in s, shape (T, 2).
        required: Latest good arrival at each terminal in s, inf for none, shape (T, 2).
        dirty: Whether a driving terminal has to be computed anew, shape (T,).
    """

    size: Ints
    cap: Floats
    near: Floats
    ohm: Floats
    far: Floats
    elmore: Floats
    arrival: Floats
    transition: Floats
    wire_delay: Floats
    arc_delay: Floats
    shield: Floats
    gain: Floats
    slower: Floats
    required: Floats
    dirty: Bools


class Asked(NamedTuple):
    """Constraints by terminal.

    Attributes:
        end: Latest good arrival before setup times are taken off, in s.
        late: How long before that output ports must be stable in s, NaN for all other terminals; shape (T, 2).
        clock_transition: At flip-flops in s, shape (2,).
    """

    end: float
    late: Floats
    clock_transition: Floats


@njit(cache=True, error_model="numpy")
def load_net(structure: Structure, state: State, net: int) -> None:
    """Pi circuit and Elmore delays of one net, as ``trees.moments`` and ``parasitics.pi_circuit`` give them."""
    first, last = structure.node_of[net], structure.node_of[net + 1]
    count = last - first
    if count == 0:
        return
    y = np.zeros((3, count))
    elmore = np.zeros(count)
    for edge in range(2):
        for node in range(count):
            point = structure.point[first + node]
            y[0, node] = structure.farad[first + node] + (state.cap[point, edge] if point >= 0 else 0.0)
            y[1, node] = 0.0
            y[2, node] = 0.0
        for node in range(count - 1, 0, -1):
            above, r = structure.parent[first + node], structure.ohm[first + node]
            d1, d2, d3 = y[0, node], y[1, node], y[2, node]
            y[0, above] += d1
            y[1, above] += d2 - r * (d1 * d1)
            y[2, above] += d3 - 2.0 * r * d1 * d2 + (r * r) * (d1 * d1 * d1)
        y1, y2, y3 = y[0, 0], y[1, 0], y[2, 0]
        far, ohm = 0.0, 0.0
        if y2 != 0.0 and y3 != 0.0:
            far = y2 * y2 / y3
            ohm = -(y3 * y3) / (y2 * y2 * y2)
        state.near[net, edge], state.far[net, edge], state.ohm[net, edge] = y1 - far, far, ohm
        for node in range(1, count):
            elmore[node] = elmore[structure.parent[first + node]] + structure.ohm[first + node] * y[0, node]
            point = structure.point[first + node]
            if point >= 0:
                state.elmore[point, edge] = elmore[node]


@njit(cache=True, error_model="numpy")
def load_all(structure: Structure, state: State) -> None:
    """The same of all nets."""
    for net in range(len(structure.node_of) - 1):
        load_net(structure, state, net)


@njit(cache=True, error_model="numpy")
def forward(rules: Rules, structure: Structure, state: State, tables: Ints, exact: bool, everything: bool) -> int:
    """Arrivals and transitions of all that is dirty, and of what depends on it.

    Args:
        rules: The library.
        structure: The design.
        state: Its sizes; takes the results.
        tables: Delay and transition table of each arc of each cell, ``Families.arcs``.
        exact: As ``timing.analyze``; otherwise with the shares of effective capacitance and the wires' delays of the
            last exact pass.
        everything: Compute all, dirty or not.

    Returns:
        How many driving terminals were computed.
    """
    ramp = new_ramp()
    count = 0
    for place in range(len(structure.order)):
        out = structure.order[place]
        if not (everything or state.dirty[out]):
            continue
        state.dirty[out] = False
        count += 1
        net = structure.net[out]
        first, last = structure.sinks_of[net], structure.sinks_of[net + 1]
        fresh = np.full((last - first, 4), -np.inf)
        if structure.kind[place] == PORT:
            _from_port(rules, structure, state, out, first, last, fresh)
        elif exact:
            _from_cell(rules, structure, state, tables, out, first, last, fresh, ramp)
        else:
            _from_cell_quickly(rules, structure, state, tables, out, first, last, fresh)
        for index in range(first, last):
            sink = structure.sinks[index]
            changed = False
            for edge in range(2):
                arrival, transition = fresh[index - first, edge], fresh[index - first, 2 + edge]
                if arrival != state.arrival[sink, edge] or transition != state.transition[sink, edge]:
                    state.arrival[sink, edge], state.transition[sink, edge] = arrival, transition
                    changed = True
            if changed and not everything:
                for at in range(structure.out_of[sink], structure.out_of[sink + 1]):
                    state.dirty[structure.arc_out[structure.from_arcs[at]]] = True
    return count


@njit(cache=True, error_model="numpy")
def _from_port(
    rules: Rules, structure: Structure, state: State, out: int, first: int, last: int, fresh: Floats
) -> None:
    """As ``DelayCalculator.from_port``."""
    later = -math.log(1.0 - rules.middle)
    growth = math.log((1.0 - rules.low) / (1.0 - rules.high)) / rules.derate
    for index in range(first, last):
        sink = structure.sinks[index]
        for edge in range(2):
            elmore = state.elmore[sink, edge]
            state.wire_delay[sink, edge] = elmore * later
            fresh[index - first, edge] = state.arrival[out, edge] + elmore * later
            fresh[index - first, 2 + edge] = state.transition[out, edge] + elmore * growth


@njit(cache=True, error_model="numpy")
def _from_cell(
    rules: Rules, structure: Structure, state: State, tables: Ints, out: int, first: int, last: int, fresh: Floats,
    ramp: Floats,
) -> None:  # fmt: skip
    net, size = structure.net[out], state.size[structure.cell[out]]
    arrival, transition = state.arrival, state.transition
    for edge in range(2):
        arrival[out, edge], transition[out, edge] = -np.inf, -np.inf
    for index in range(first, last):
        sink = structure.sinks[index]
        state.wire_delay[sink, 0], state.wire_delay[sink, 1] = -np.inf, -np.inf
    for arc in range(structure.into[out], structure.into[out + 1]):
        start, before, after = structure.arc_in[arc], structure.arc_before[arc], structure.arc_after[arc]
        slew = transition[start, before]
        state.arc_delay[arc] = -np.inf
        if not math.isfinite(slew):
            continue
        slot = structure.arc_slot[arc]
        near, far, ohm = state.near[net, after], state.far[net, after], state.ohm[net, after]
        table, slopes = tables[size, slot, 0], tables[size, slot, 1]
        delay, slope, has_ramp, load = drive(rules, table, slopes, slew, near, far, ohm, ramp)
        state.arc_delay[arc] = delay
        total = near + far
        state.shield[arc] = load / total if total > 0.0 else 1.0
        plain = lookup(rules, slopes, slew, load)
        state.gain[arc] = slope / plain if plain > 0.0 else 1.0
        arrival[out, after] = max(arrival[out, after], arrival[start, before] + delay)
        transition[out, after] = max(transition[out, after], slope)
        for index in range(first, last):
            sink = structure.sinks[index]
            late, slow = wire(rules, slope, has_ramp, ramp, state.elmore[sink, after])
            state.wire_delay[sink, after] = max(state.wire_delay[sink, after], late)
            fresh[index - first, 2 + after] = max(fresh[index - first, 2 + after], slow)
    for index in range(first, last):
        sink = structure.sinks[index]
        for edge in range(2):
            if math.isfinite(state.wire_delay[sink, edge]):
                fresh[index - first, edge] = arrival[out, edge] + state.wire_delay[sink, edge]
                state.slower[sink, edge] = fresh[index - first, 2 + edge] - transition[out, edge]


@njit(cache=True, error_model="numpy")
def _from_cell_quickly(
    rules: Rules, structure: Structure, state: State, tables: Ints, out: int, first: int, last: int, fresh: Floats
) -> None:
    net, size = structure.net[out], state.size[structure.cell[out]]
    arrival, transition = state.arrival, state.transition
    for edge in range(2):
        arrival[out, edge], transition[out, edge] = -np.inf, -np.inf
    for arc in range(structure.into[out], structure.into[out + 1]):
        start, before, after = structure.arc_in[arc], structure.arc_before[arc], structure.arc_after[arc]
        slew = transition[start, before]
        state.arc_delay[arc] = -np.inf
        if not math.isfinite(slew):
            continue
        slot = structure.arc_slot[arc]
        load = state.shield[arc] * (state.near[net, after] + state.far[net, after])
        delay = lookup(rules, tables[size, slot, 0], slew, load)
        slope = lookup(rules, tables[size, slot, 1], slew, load) * state.gain[arc]
        state.arc_delay[arc] = delay
        arrival[out, after] = max(arrival[out, after], arrival[start, before] + delay)
        transition[out, after] = max(transition[out, after], slope)
    for index in range(first, last):
        sink = structure.sinks[index]
        for edge in range(2):
            if math.isfinite(arrival[out, edge]):
                fresh[index - first, edge] = arrival[out, edge] + state.wire_delay[sink, edge]
                fresh[index - first, 2 + edge] = transition[out, edge] + state.slower[sink, edge]


@njit(cache=True, error_model="numpy")
def end_required(
    rules: Rules, structure: Structure, state: State, asked: Asked, checks: Ints, terminal: int, edge: int
) -> float:
    """Latest good arrival at a terminal for its own sake in s, inf if nothing is asked there."""
    late = asked.late[terminal, edge]
    required = np.inf if math.isnan(late) else asked.end - late
    for check in range(structure.checks_of[terminal], structure.checks_of[terminal + 1]):
        if structure.check_edge[check] == edge:
            table = checks[state.size[structure.cell[terminal]], structure.check_slot[check]]
            clock = asked.clock_transition[structure.check_clock[check]]
            setup = lookup(rules, table, state.transition[terminal, edge], clock)
            required = min(required, asked.end - setup)
    return required


@njit(cache=True, error_model="numpy")
def backward(rules: Rules, structure: Structure, state: State, asked: Asked, checks: Ints) -> tuple[float, float]:
    """Required times at all terminals; returns the worst slack and the sum of the negative ones of end points, in s."""
    worst, total = np.inf, 0.0
    required = state.required
    required[:] = np.inf
    for place in range(len(structure.order) - 1, -1, -1):
        out = structure.order[place]
        net = structure.net[out]
        for index in range(structure.sinks_of[net], structure.sinks_of[net + 1]):
            sink = structure.sinks[index]
            missed = 0.0
            for edge in range(2):
                if not math.isfinite(state.arrival[sink, edge]):
                    continue
                latest = end_required(rules, structure, state, asked, checks, sink, edge)
                slack = latest - state.arrival[sink, edge]
                worst, missed = min(worst, slack), min(missed, slack)
                for at in range(structure.out_of[sink], structure.out_of[sink + 1]):
                    arc = structure.from_arcs[at]
                    if structure.arc_before[arc] == edge and math.isfinite(state.arc_delay[arc]):
                        after = required[structure.arc_out[arc], structure.arc_after[arc]]
                        latest = min(latest, after - state.arc_delay[arc])
                required[sink, edge] = latest
                required[out, edge] = min(required[out, edge], latest - state.wire_delay[sink, edge])
            total += missed
    return worst, total
