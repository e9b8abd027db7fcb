"""Compiled search for nets where buffers pay at the present prices, and the buffers that it finds.

Two ways are tried for every net: one buffer before the sinks that can wait, which shields the driver from them, and
several before groups of all sinks. What a plan gains is what the driver's load costs now less the buffers' area, their
delay at the prices of the sinks behind them, and the load of their inputs.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from accel_core.physical.graph import Floats, Ints
from accel_core.physical.repair.clusters import bisect
from accel_core.physical.repair.delays import Rules, lookup
from accel_core.physical.repair.edits import Edits, sink_names
from accel_core.physical.repair.families import pin_order
from accel_core.physical.repair.prices import Choices, Prices
from accel_core.physical.repair.strengths import Strengths
from accel_core.physical.repair.structure import CELL, Structure
from accel_core.physical.repair.sweeps import State
from accel_core.physical.repair.timer import Timer
from accel_core.physical.technology import UNITS_PER_UM

_STEP_F = 1e-15
_ROOT_WIRE = 0.3  # Share of a net's wires that stays before buffers on all of its sinks; assumed.
_MOST_GROUPS = 12
_LEAST_SLEW = 0.1  # What is left of a driver's transition at least when it drives less; assumed.


class Plans(NamedTuple):
    """The best plan of each net, shape (N,).

    Attributes:
        gain: In um2, 0 for nets that are best as they are.
        buffer: Which of the buffers.
        groups: How many groups all sinks are split into, 0 for one buffer before some.
        behind: How many sinks, those with the most slack, go behind that one.
    """

    gain: Floats
    buffer: Ints
    groups: Ints
    behind: Ints


@njit(cache=True, error_model="numpy")
def plan_buffers(
    rules: Rules, structure: Structure, state: State, choices: Choices, prices: Prices, buffers: Ints, inputs: Ints,
    outputs: Ints,
) -> Plans:  # fmt: skip
    """Find the best plan for every net that a cell drives; ``inputs`` and ``outputs`` number the buffers' pins."""
    n_nets = len(structure.driver)
    plans = Plans(
        np.zeros(n_nets),
        np.zeros(n_nets, dtype=np.int64),
        np.zeros(n_nets, dtype=np.int64),
        np.zeros(n_nets, dtype=np.int64),
    )
    for place in range(len(structure.order)):
        out = structure.order[place]
        net = structure.net[out]
        count = structure.sinks_of[net + 1] - structure.sinks_of[net]
        if structure.kind[place] != CELL or count < 2 or prices.flow[out, 0] + prices.flow[out, 1] <= 0.0:
            continue
        dear = np.zeros(2)
        for edge in range(2):
            dear[edge] = _load_price(rules, structure, state, choices, prices, out, edge)
        slack, cap, worth = np.zeros(count), np.zeros((count, 2)), np.zeros((count, 2))
        for index in range(count):
            _look_at(
                structure, state, prices, structure.sinks[structure.sinks_of[net] + index], index, slack, cap, worth
            )
        wires = max(0.0, state.near[net, 0] + state.far[net, 0] - cap[:, 0].sum())
        for which in range(len(buffers)):
            size = buffers[which]
            enters, most = choices.cap[size, inputs[which]], choices.max_cap[size, outputs[which]]
            gain, behind = _shield(rules, state, choices, size, net, out, dear, slack, cap, worth, wires, enters, most)
            if gain > plans.gain[net]:
                plans.gain[net], plans.buffer[net], plans.groups[net], plans.behind[net] = gain, which, 0, behind
            for groups in range(1, min(count // 2, _MOST_GROUPS) + 1):
                gain = _group(rules, state, choices, prices, size, net, out, dear, wires, enters, most, groups)
                if gain > plans.gain[net]:
                    plans.gain[net], plans.buffer[net] = gain, which
                    plans.groups[net], plans.behind[net] = groups, count
    return plans


@njit(cache=True, error_model="numpy")
def _shield(
    rules: Rules, state: State, choices: Choices, size: int, net: int, out: int, dear: Floats, slack: Floats,
    cap: Floats, worth: Floats, wires: float, enters: Floats, most: float,
) -> tuple[float, int]:  # fmt: skip
    """What one buffer before the sinks with the most slack gains at best, and before how many; they stay less late."""
    order = np.argsort(-slack)
    count = len(order)
    worst = slack[order[count - 1]]
    best, best_behind = 0.0, 0
    load, paid = np.zeros(2), np.zeros(2)
    for behind in range(1, count):
        sink = order[behind - 1]
        gain, late = -choices.cost[size], 0.0
        for edge in range(2):
            load[edge] += cap[sink, edge] + wires / count
            paid[edge] += worth[sink, edge]
            saved = load[edge] - enters[edge]
            total = state.near[net, edge] + state.far[net, edge]
            slew = state.transition[out, edge] * max(_LEAST_SLEW, 1.0 - saved / total)
            delay = lookup(rules, choices.arcs[size, edge, 0], slew, load[edge])
            late = max(late, delay)
            gain += dear[edge] * saved - paid[edge] * delay
        if load[0] > most or slack[sink] < worst + late:
            break
        if gain > best:
            best, best_behind = gain, behind
    return best, best_behind


@njit(cache=True, error_model="numpy")
def _group(
    rules: Rules, state: State, choices: Choices, prices: Prices, size: int, net: int, out: int, dear: Floats,
    wires: float, enters: Floats, most: float, groups: int,
) -> float:  # fmt: skip
    """What a buffer before each of some groups of all sinks gains."""
    gain = -choices.cost[size] * groups
    for edge in range(2):
        total = state.near[net, edge] + state.far[net, edge]
        each = (total - _ROOT_WIRE * wires) / groups
        left = groups * enters[edge] + (_ROOT_WIRE * wires if groups > 1 else 0.0)
        slew = state.transition[out, edge] * max(_LEAST_SLEW, left / total)
        delay = lookup(rules, choices.arcs[size, edge, 0], slew, each)
        slope = lookup(rules, choices.arcs[size, edge, 1], slew, each)
        if each > most:
            return -np.inf
        gain += dear[edge] * (total - left) - prices.flow[out, edge] * delay
        gain += prices.slew[out, edge] * (slew - slope)
    return float(gain)


@njit(cache=True, error_model="numpy")
def _look_at(
    structure: Structure, state: State, prices: Prices, sink: int, index: int, slack: Floats, cap: Floats, worth: Floats
) -> None:
    """Slack, load and price of one sink."""
    slack[index] = np.inf
    for edge in range(2):
        cap[index, edge] = state.cap[sink, edge]
        worth[index, edge] = prices.end[sink, edge]
        if math.isfinite(state.arrival[sink, edge]):
            slack[index] = min(slack[index], state.required[sink, edge] - state.arrival[sink, edge])
        for at in range(structure.out_of[sink], structure.out_of[sink + 1]):
            arc = structure.from_arcs[at]
            if structure.arc_before[arc] == edge:
                worth[index, edge] += prices.arc[arc]


@njit(cache=True, error_model="numpy")
def _load_price(
    rules: Rules, structure: Structure, state: State, choices: Choices, prices: Prices, out: int, edge: int
) -> float:
    """What a farad on a net costs by the delay and the transition of its driver."""
    net, size, price = structure.net[out], state.size[structure.cell[out]], 0.0
    for arc in range(structure.into[out], structure.into[out + 1]):
        if structure.arc_after[arc] != edge or prices.arc[arc] <= 0.0:
            continue
        slew = state.transition[structure.arc_in[arc], structure.arc_before[arc]]
        load = state.shield[arc] * (state.near[net, edge] + state.far[net, edge])
        for part in range(2):
            table = choices.arcs[size, structure.arc_slot[arc], part]
            slope = (lookup(rules, table, slew, load + _STEP_F) - lookup(rules, table, slew, load)) / _STEP_F
            worth = prices.arc[arc] if part == 0 else prices.slew[out, edge] * prices.share[arc]
            price += worth * state.shield[arc] * slope
    return price


def split_nets(
    timer: Timer, edits: Edits, strengths: Strengths, choices: Choices, prices: Prices, least_gain: float
) -> int:
    """Insert buffers wherever that gains more than ``least_gain`` times their area; returns how many."""
    families, structure = timer.families, timer.structure
    inputs, outputs = _ends(timer, strengths)
    plans = plan_buffers(timer.rules, structure, timer.state, choices, prices, strengths.kinds, inputs, outputs)
    area = families.area[strengths.kinds[plans.buffer]] * np.maximum(plans.groups, 1)
    each = np.ceil(plans.behind / np.maximum(plans.groups, 1))
    fits = each <= families.max_fanout[strengths.kinds[plans.buffer], outputs[plans.buffer]]
    added = 0
    for net in np.flatnonzero(fits & (plans.gain > least_gain * area)).tolist():
        added += _carry_out(timer, edits, strengths, plans, net)
    return added


def _ends(timer: Timer, strengths: Strengths) -> tuple[Ints, Ints]:
    """Numbers of the input and the output pin of each buffer."""
    orders = [pin_order(timer.families.cells[kind]) for kind in strengths.kinds.tolist()]
    pairs = list(zip(orders, strengths.helpers, strict=True))
    inputs = [names.index(helper.input) for names, helper in pairs]
    outputs = [names.index(helper.output) for names, helper in pairs]
    return np.array(inputs, dtype=np.int64), np.array(outputs, dtype=np.int64)


def _carry_out(timer: Timer, edits: Edits, strengths: Strengths, plans: Plans, net: int) -> int:
    """Insert the buffers of one plan."""
    graph, structure, state = timer.graph, timer.structure, timer.state
    sinks = structure.sinks[structure.sinks_of[net] : structure.sinks_of[net + 1]]
    groups = int(plans.groups[net])
    if groups:
        load = state.cap[sinks].mean(axis=1) + 1e-18
        chosen = [sinks[group] for group in bisect(graph.xy[sinks], load, groups)]
    else:
        slack = timer.slack_at(sinks)
        chosen = [sinks[np.argsort(-slack, kind="stable")[: int(plans.behind[net])]]]
    # The group of an output port moves all others to a new net, so it comes first.
    chosen.sort(key=lambda group: bool((group < graph.n_pins).all()))
    driver = sink_names(graph, [int(structure.driver[net])])[0]
    helper = strengths.helpers[int(plans.buffer[net])]
    left = sink_names(graph, sinks.tolist())
    for group in chosen:
        behind = sink_names(graph, group.tolist())
        gone = set(behind)
        left = [name for name in left if name not in gone]
        center = np.median(graph.xy[group], axis=0)
        corner = (round(center[0] * UNITS_PER_UM), round(center[1] * UNITS_PER_UM))
        net, name = edits.add_buffer(net, driver, behind, left, helper, corner)
        left.append(name)
    return len(chosen)
