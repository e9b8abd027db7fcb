"""Compiled loops of sizing by Lagrangian relaxation: what a second is worth on each arc, and which size is cheapest.

The method is that of Chen, Chu and Wong, "Fast and exact simultaneous gate and wire sizing by Lagrangian relaxation",
IEEE Transactions on CAD 18(7), 1999, with discrete sizes chosen cell by cell as in Flach et al., "Effective method for
simultaneous gate sizing and Vth assignment using Lagrangian relaxation", IEEE Transactions on CAD 33(4), 2014: every
end point has a price for a second of delay, which rises while it misses the clock and falls while it does not; prices
flow back through the netlist to where delay comes from; every cell takes the size that costs least in area and priced
delay, its own and that of the cells before it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from accel_core.physical.graph import Floats, Ints
from accel_core.physical.repair.delays import Rules, lookup
from accel_core.physical.repair.structure import CELL, Structure
from accel_core.physical.repair.sweeps import Asked, State, end_required

_MOST = 0.7  # Prices change by at most this exponent at a time; assumed.
_LEAST_SHARE = 1e-4  # Of a cell's price that each of its arcs keeps, so that it can come back; assumed.
_STEP_F = 1e-15
_STEP_S = 1e-12


class Choices(NamedTuple):
    """Sizes to choose among, K cells with P pins.

    Attributes:
        members: Cells that may replace each one, one after the other.
        members_of: Where each one's begin, shape (K + 1,).
        cost: Of each cell, in um2.
        cap: Of each pin in F, shape (K, P, 2).
        max_cap: Largest load of each pin in F, shape (K, P).
        max_transition: Slowest transition of each pin in s, shape (K, P).
        arcs: Delay and transition tables.
        checks: Tables of setup checks.
    """

    members: Ints
    members_of: Ints
    cost: Floats
    cap: Floats
    max_cap: Floats
    max_transition: Floats
    arcs: Ints
    checks: Ints


class Prices(NamedTuple):
    """What a second is worth, in um2.

    Attributes:
        end: At each terminal and edge for its own sake, shape (T, 2).
        share: What part of its output's price each arc gets, before they are made to sum to 1; shape (A,).
        arc: On each arc, shape (A,).
        flow: At each driving terminal, shape (T, 2).
        slew: Of a slower transition at each driving terminal, shape (T, 2).
    """

    end: Floats
    share: Floats
    arc: Floats
    flow: Floats
    slew: Floats


@njit(cache=True, error_model="numpy")
def price_ends(
    rules: Rules, structure: Structure, state: State, asked: Asked, choices: Choices, prices: Prices, rate: float,
    easing: float, fall: float, most: float, given: float,
) -> float:  # fmt: skip
    """Raise the prices of end points that are late and lower the others'.

    Args:
        rules: The library.
        structure: The design.
        state: Its sizes and arrivals.
        asked: What it must meet.
        choices: The cells.
        prices: Takes the new prices of end points.
        rate: Exponent by which the price of an end point rises for each second that it misses.
        easing: What part of that prices fall by where there is time left.
        fall: Largest exponent by which they fall.
        most: Largest sum of all prices in um2 for a second.
        given: How late in s an end point may be before its price rises; where the clock is out of reach, only those
            that are nearly the latest are worth the area.

    Returns:
        The sum of all prices.
    """
    total, count = 0.0, 0
    for index in range(len(structure.sinks)):
        sink = structure.sinks[index]
        for edge in range(2):
            if math.isfinite(state.arrival[sink, edge]):
                latest = end_required(rules, structure, state, asked, choices.checks, sink, edge)
                if math.isfinite(latest):
                    change = -rate * (latest - state.arrival[sink, edge] + given)
                    change *= easing if change < 0.0 else 1.0
                    prices.end[sink, edge] *= math.exp(min(max(change, -fall, -_MOST), _MOST))
                    total += prices.end[sink, edge]
                    count += 1
    if count == 0 or total == 0.0:
        return 0.0
    scale = min(1.0, most / total)
    least = 1e-6 * most / count
    for index in range(len(structure.sinks)):
        sink = structure.sinks[index]
        for edge in range(2):
            if prices.end[sink, edge] > 0.0:
                prices.end[sink, edge] = max(prices.end[sink, edge] * scale, least)
    return total * scale


@njit(cache=True, error_model="numpy")
def price_arcs(
    rules: Rules, structure: Structure, state: State, asked: Asked, choices: Choices, prices: Prices, rate: float
) -> None:
    """Let prices flow from the end points to all arcs, most through those whose input comes last."""
    arrival, transition = state.arrival, state.transition
    for place in range(len(structure.order) - 1, -1, -1):
        out = structure.order[place]
        net = structure.net[out]
        for edge in range(2):
            flow, slew = 0.0, 0.0
            for index in range(structure.sinks_of[net], structure.sinks_of[net + 1]):
                sink = structure.sinks[index]
                if not math.isfinite(arrival[sink, edge]):
                    continue
                flow += prices.end[sink, edge]
                if prices.end[sink, edge] > 0.0:
                    slew += prices.end[sink, edge] * _setup_slope(rules, structure, state, asked, choices, sink, edge)
                for at in range(structure.out_of[sink], structure.out_of[sink + 1]):
                    arc = structure.from_arcs[at]
                    if structure.arc_before[arc] == edge and prices.arc[arc] > 0.0:
                        flow += prices.arc[arc]
                        follower, after = structure.arc_out[arc], structure.arc_after[arc]
                        size, to = state.size[structure.cell[follower]], structure.net[follower]
                        load = state.shield[arc] * (state.near[to, after] + state.far[to, after])
                        table = choices.arcs[size, structure.arc_slot[arc], 0]
                        late = lookup(rules, table, transition[sink, edge] + _STEP_S, load) - state.arc_delay[arc]
                        slew += prices.arc[arc] * late / _STEP_S
            prices.flow[out, edge], prices.slew[out, edge] = flow, max(slew, 0.0)
        if structure.kind[place] != CELL:
            continue
        sums = np.zeros(2)
        for arc in range(structure.into[out], structure.into[out + 1]):
            after = structure.arc_after[arc]
            if math.isfinite(state.arc_delay[arc]):
                reached = arrival[structure.arc_in[arc], structure.arc_before[arc]] + state.arc_delay[arc]
                early = min(rate * (arrival[out, after] - reached), _MOST)
                prices.share[arc] = max(prices.share[arc] * math.exp(-early), _LEAST_SHARE)
                sums[after] += prices.share[arc]
        for arc in range(structure.into[out], structure.into[out + 1]):
            after = structure.arc_after[arc]
            prices.arc[arc] = 0.0
            if math.isfinite(state.arc_delay[arc]):
                prices.share[arc] /= sums[after]
                prices.arc[arc] = prices.flow[out, after] * prices.share[arc]


@njit(cache=True, error_model="numpy")
def _setup_slope(
    rules: Rules, structure: Structure, state: State, asked: Asked, choices: Choices, sink: int, edge: int
) -> float:
    """How much a setup time grows with the transition of the data."""
    slope = 0.0
    for check in range(structure.checks_of[sink], structure.checks_of[sink + 1]):
        if structure.check_edge[check] == edge:
            table = choices.checks[state.size[structure.cell[sink]], structure.check_slot[check]]
            clock = asked.clock_transition[structure.check_clock[check]]
            slew = state.transition[sink, edge]
            slope += (lookup(rules, table, slew + _STEP_S, clock) - lookup(rules, table, slew, clock)) / _STEP_S
    return slope


@njit(cache=True, error_model="numpy")
def choose_sizes(
    rules: Rules, structure: Structure, state: State, asked: Asked, choices: Choices, prices: Prices, penalty: float
) -> int:
    """Give every cell in turn the size that costs least; returns how many changed.

    ``penalty`` is what exceeding a limit of the library costs, in um2 for as much as the limit itself. Loads follow at
    once, arrivals and transitions do not.
    """
    changed = 0
    most_pins = choices.cap.shape[1]
    dear = np.zeros((most_pins, 2))  # What a farad more at each input pin costs.
    room = np.zeros((most_pins, 3))  # Load of the net before it, for both edges, and the largest that it may have.
    last_cell = -1
    for place in range(len(structure.order)):
        out = structure.order[place]
        cell = structure.cell[out]
        if structure.kind[place] != CELL or cell == last_cell:
            continue
        last_cell = cell
        now = state.size[cell]
        first, last = choices.members_of[now], choices.members_of[now + 1]
        if last - first < 2:
            continue
        dear[:] = 0.0
        best, least = now, _cost(rules, structure, state, asked, choices, prices, cell, now, dear, room, penalty)
        priced = False
        for index in range(first, last):
            size = choices.members[index]
            # Sizes come by area, and a cell never costs less than that.
            if choices.cost[size] >= least:
                break
            if size == now:
                continue
            if not priced:
                priced = True
                for at in range(structure.pins_of[cell], structure.pins_of[cell + 1]):
                    pin = structure.pins[at]
                    if not structure.drives[pin]:
                        _price_load(rules, structure, state, choices, prices, pin, dear, room)
            cost = _cost(rules, structure, state, asked, choices, prices, cell, size, dear, room, penalty)
            # A size that is hardly better is not worth a change.
            if cost < least * (1.0 - 1e-6):
                best, least = size, cost
        if best != now:
            changed += 1
            set_size(structure, state, choices, cell, best)
    return changed


@njit(cache=True)
def set_size(structure: Structure, state: State, choices: Choices, cell: int, size: int) -> None:
    """Change a cell and the loads of the nets before it, whose pi circuits keep their far capacitance."""
    state.size[cell] = size
    for index in range(structure.pins_of[cell], structure.pins_of[cell + 1]):
        pin = structure.pins[index]
        if not structure.drives[pin]:
            net = structure.net[pin]
            for edge in range(2):
                fresh = choices.cap[size, structure.pin[pin], edge]
                state.near[net, edge] += fresh - state.cap[pin, edge]
                state.cap[pin, edge] = fresh


@njit(cache=True, error_model="numpy")
def _price_load(
    rules: Rules, structure: Structure, state: State, choices: Choices, prices: Prices, pin: int, dear: Floats,
    room: Floats,
) -> None:  # fmt: skip
    """What more load at an input pin costs the cell before it."""
    net, place = structure.net[pin], structure.pin[pin]
    driver = structure.driver[net]
    before = structure.cell[driver]
    dear[place, 0], dear[place, 1], room[place, 2] = 0.0, 0.0, np.inf
    for edge in range(2):
        room[place, edge] = state.near[net, edge] + state.far[net, edge]
    if before < 0 or structure.into[driver] == structure.into[driver + 1]:
        return
    size = state.size[before]
    room[place, 2] = choices.max_cap[size, structure.pin[driver]]
    for arc in range(structure.into[driver], structure.into[driver + 1]):
        if prices.arc[arc] <= 0.0:
            continue
        after, slot, shield = structure.arc_after[arc], structure.arc_slot[arc], state.shield[arc]
        slew = state.transition[structure.arc_in[arc], structure.arc_before[arc]]
        load = shield * room[place, after]
        for part in range(2):
            table = choices.arcs[size, slot, part]
            slope = (lookup(rules, table, slew, load + _STEP_F) - lookup(rules, table, slew, load)) / _STEP_F
            worth = prices.arc[arc]
            if part == 1:
                worth = prices.slew[driver, after] * prices.share[arc]
            dear[place, after] += worth * shield * slope


@njit(cache=True, error_model="numpy")
def _cost(
    rules: Rules, structure: Structure, state: State, asked: Asked, choices: Choices, prices: Prices, cell: int,
    size: int, dear: Floats, room: Floats, penalty: float,
) -> float:  # fmt: skip
    """Area and priced delay of one cell in one size."""
    cost = choices.cost[size]
    for index in range(structure.pins_of[cell], structure.pins_of[cell + 1]):
        pin = structure.pins[index]
        place = structure.pin[pin]
        if structure.drives[pin]:
            cost += _cost_of_output(rules, structure, state, choices, prices, pin, size, penalty)
            continue
        for edge in range(2):
            more = choices.cap[size, place, edge] - state.cap[pin, edge]
            cost += dear[place, edge] * more
            if more > 0.0 and room[place, edge] + more > room[place, 2]:
                cost += penalty * (room[place, edge] + more - room[place, 2]) / room[place, 2]
        for check in range(structure.checks_of[pin], structure.checks_of[pin + 1]):
            edge = structure.check_edge[check]
            if prices.end[pin, edge] > 0.0:
                table = choices.checks[size, structure.check_slot[check]]
                clock = asked.clock_transition[structure.check_clock[check]]
                cost += prices.end[pin, edge] * lookup(rules, table, state.transition[pin, edge], clock)
    return cost  # type: ignore[no-any-return]


@njit(cache=True, error_model="numpy")
def _cost_of_output(
    rules: Rules, structure: Structure, state: State, choices: Choices, prices: Prices, out: int, size: int,
    penalty: float,
) -> float:  # fmt: skip
    net, place = structure.net[out], structure.pin[out]
    cost, slowest = 0.0, np.zeros(2)
    for arc in range(structure.into[out], structure.into[out + 1]):
        if not math.isfinite(state.arc_delay[arc]):
            continue
        after, slot = structure.arc_after[arc], structure.arc_slot[arc]
        slew = state.transition[structure.arc_in[arc], structure.arc_before[arc]]
        load = state.shield[arc] * (state.near[net, after] + state.far[net, after])
        cost += prices.arc[arc] * lookup(rules, choices.arcs[size, slot, 0], slew, load)
        slope = state.gain[arc] * lookup(rules, choices.arcs[size, slot, 1], slew, load)
        slowest[after] = max(slowest[after], slope)
    limit, most = choices.max_transition[size, place], choices.max_cap[size, place]
    for edge in range(2):
        load = state.near[net, edge] + state.far[net, edge]
        cost += prices.slew[out, edge] * slowest[edge]
        if slowest[edge] > limit:
            cost += penalty * (slowest[edge] - limit) / limit
        if load > most:
            cost += penalty * (load - most) / most
    return cost
