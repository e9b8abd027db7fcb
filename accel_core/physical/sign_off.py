"""Timing and power of any mapped netlist with its constraints and parasitics."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from accel_core.errors import InvalidInputError
from accel_core.physical.activity import CONDITIONS, global_activity, mean_toggles
from accel_core.physical.graph import Floats, Graph, connect
from accel_core.physical.liberty_files import read_text
from accel_core.physical.parasitics import Parasitics
from accel_core.physical.power import GROUPS, Power, estimate_power
from accel_core.physical.sdc_reader import Edges, Sdc, read_sdc
from accel_core.physical.simulation import net_numbers, scaled
from accel_core.physical.spef_reader import annotate, read_spef
from accel_core.physical.technology import Technology
from accel_core.physical.timing import Boundary, Constraints, Timing, analyze
from accel_core.physical.vcd import read_vcd
from accel_core.physical.verilog_reader import read_verilog


def time_netlist(
    netlist: Path,
    sdc: Path,
    spef: Path,
    technology: Technology,
    activity: float = 0.1,
    conditions: str = "true",
    vcd: Path | None = None,
) -> dict[str, Any]:
    """Time and power a netlist; every file may be gzipped.

    Args:
        netlist: Structural Verilog of one flat module.
        sdc: Constraints, in the library's units.
        spef: Parasitics.
        technology: Its library.
        activity: Transitions of every net in a period, where there is no dump.
        conditions: One of ``activity.CONDITIONS``.
        vcd: Value change dump of a simulation of the netlist, to take each net's activity from.

    Returns:
        ``worst_slack_s``, ``total_negative_slack_s``, ``power_w`` and its parts ``power_internal_w``,
        ``power_switching_w`` and ``power_leakage_w``, the same by group (``sequential``, ``combinational``, ``clock``,
        ``macro``), ``activity`` (mean transitions of a net in a period), ``activity_source``, ``conditions``,
        ``cells`` and ``period_s``.

    Raises:
        InvalidInputError: If a file is missing or not understood, or files do not fit together.
        ToolFailedError: If the netlist cannot be timed: a loop, a net without a driver, a clock that is gated.
    """
    if conditions not in CONDITIONS:
        raise InvalidInputError(f"conditions is '{conditions}'; allowed: {', '.join(CONDITIONS)}")
    if not 0.0 <= activity <= 2.0:
        raise InvalidInputError(f"activity is {activity:g}; allowed: 0 to 2 toggles a period")
    unclocked = read_verilog(_text(netlist), technology.library.cells, netlist.name)
    asked = read_sdc(_text(sdc), unclocked, technology.library, sdc.name)
    clocked = replace(unclocked, clock=asked.clock)
    graph = _loaded(connect(clocked, technology, propagated=asked.is_propagated), asked)
    parasitics = annotate(graph, read_spef(_text(spef).splitlines(), spef.name), spef.name)
    constraints = Constraints(asked.period_s, uncertainty_s=asked.uncertainty_s)
    boundary = _boundary(graph, parasitics, technology, asked)
    timing = analyze(graph, parasitics, technology, constraints, boundary)
    if vcd is None:
        toggles = global_activity(graph, technology, activity, asked.period_s, conditions)
    else:
        counted = read_vcd(_text(vcd).splitlines(), net_numbers(graph), vcd.name)
        toggles = scaled(graph, counted, asked.period_s, "simulated")
    power = estimate_power(graph, parasitics, timing, technology, toggles, conditions)
    return {
        **_figures(timing, power),
        "activity": activity if vcd is None else mean_toggles(graph, toggles, asked.period_s),
        "activity_source": toggles.source,
        "conditions": conditions,
        "period_s": asked.period_s,
        "cells": len(unclocked.instances),
    }


def _figures(timing: Timing, power: Power) -> dict[str, Any]:
    groups = {group: _watts(power.parts_w(group)) for group in GROUPS}
    return {
        "worst_slack_s": timing.worst_slack_s,
        "total_negative_slack_s": timing.total_negative_slack_s,
        **_watts(power.parts_w()),
        **groups,
    }


def _watts(parts: dict[str, float]) -> dict[str, float]:
    return {"power_w": sum(parts.values()), **{f"power_{name}_w": watts for name, watts in parts.items()}}


def _text(path: Path) -> str:
    if not path.is_file():
        raise InvalidInputError(f"{path}: no such file")
    return read_text(path)


def _loaded(graph: Graph, sdc: Sdc) -> Graph:
    """The graph with the loads of its outputs that the constraints give, and no others."""
    cap = graph.cap.copy()
    bits = [bit for port in graph.netlist.ports for bit in port.bits]
    loads = np.array([sdc.load_f.get(bit, 0.0) for bit in bits])
    ports = slice(graph.n_pins, graph.n_pins + graph.n_ports)
    cap[ports] = np.where(graph.drives[ports], 0.0, loads)[:, None]
    return replace(graph, cap=cap)


def _boundary(graph: Graph, parasitics: Parasitics, technology: Technology, sdc: Sdc) -> Boundary:
    bits = [bit for port in graph.netlist.ports for bit in port.bits]
    arrival = _rows(bits, sdc.input_delay, -np.inf)
    transition = _rows(bits, sdc.transition, 0.0)
    if graph.propagated:
        arrival[bits.index(sdc.clock)] = (0.0, sdc.period_s / 2.0)
    nets = graph.net[graph.n_pins :]
    for index, bit in enumerate(bits):
        if bit in sdc.driving:
            delay, slope = _driven(sdc.driving[bit], parasitics.load[nets[index]], technology)
            arrival[index] += delay
            transition[index] = slope
    late = _rows(bits, sdc.output_delay, np.nan)
    return Boundary(arrival, transition, late, np.array([sdc.clock_transition.rise, sdc.clock_transition.fall]))


def _rows(bits: list[str], values: dict[str, Edges], otherwise: float) -> Floats:
    none = Edges(otherwise, otherwise)
    return np.array([(edges.rise, edges.fall) for edges in (values.get(bit, none) for bit in bits)]).reshape(-1, 2)


def _driven(driving: tuple[str, str], load: Floats, technology: Technology) -> tuple[Floats, Floats]:
    """What a driving cell adds to arrivals for the load of its net, and the transition that it gives, shape (2,)."""
    name, pin = driving
    cell, tables = technology.library.cells[name], technology.library.tables
    delay, slope = np.zeros(2), np.zeros(2)
    for _, out, _, after, delays, slopes, _ in cell.arcs:
        if pin in ("", out):
            loads = np.array([load[after], 0.0])
            found = tables.lookup(np.full(2, delays), np.zeros(2), loads)
            delay[after] = max(delay[after], found[0] - found[1])
            slope[after] = max(slope[after], tables.lookup(np.array([slopes]), np.zeros(1), loads[:1])[0])
    return delay, slope
