"""The stages that make a design: from RTL to cells in their places, and wires between them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from accel_core.errors import ToolFailedError
from accel_core.physical.by_module import synthesize_by_module
from accel_core.physical.clock_tree import build_clock_tree
from accel_core.physical.floorplan import Floorplan, make_floorplan
from accel_core.physical.graph import Graph, make_graph
from accel_core.physical.netlist import Netlist
from accel_core.physical.parasitics import Parasitics, extract
from accel_core.physical.placement import Placement, place, refine
from accel_core.physical.port_places import place_ports
from accel_core.physical.repair import Record, Repaired, repair
from accel_core.physical.routing import Blockage, Routing, check_overflow, draw_congestion, try_route
from accel_core.physical.settings import FlowSettings
from accel_core.physical.stages import Stages
from accel_core.physical.synthesis import Synthesis, synthesize
from accel_core.physical.technology import UNITS_PER_UM, Technology
from accel_core.physical.timing import Timing, analyze
from accel_core.process import Limits
from accel_core.rtl import Rtl

CONGESTION = "congestion.png"
GUIDES = "routing.guide"
SPREAD = 0.2
"""How much denser than the core box cells may stand, of what is free: OpenROAD-flow-scripts' PLACE_DENSITY_LB_ADDON."""

MACRO_LAYERS = 4
"""Lowest layers that a memory uses itself, as the obstructions of OpenROAD-flow-scripts' fakeram45 have it."""


@dataclass(frozen=True)
class Tools:
    """How the stages run.

    Attributes:
        cache: Folder of synthesized netlists, or None to always synthesize.
        limits: Bounds on each tool that is a process of its own.
        own_group: Whether such tools get process groups of their own.
    """

    cache: Path | None
    limits: Limits
    own_group: bool = True


@dataclass(frozen=True)
class Built:
    """A design as it would be made.

    Attributes:
        f_target_hz: The clock it was made for.
        synthesis: How its netlist came about.
        netlist: Its cells.
        floorplan: Its outline.
        placement: Where the cells stand.
        graph: The netlist as arrays.
        parasitics: Its wires.
        timing: At that clock.
        repaired: What repair did, None if it was not asked for.
        routing: Where wires go, likewise.
    """

    f_target_hz: float
    synthesis: Synthesis
    netlist: Netlist
    floorplan: Floorplan
    placement: Placement
    graph: Graph
    parasitics: Parasitics
    timing: Timing
    repaired: Record | None = None
    routing: Routing | None = None

    @property
    def period_s(self) -> float:
        """The shortest clock period that it meets."""
        return 1.0 / self.f_target_hz - self.timing.worst_slack_s


def build(
    rtl: Rtl, technology: Technology, settings: FlowSettings, f_target_hz: float, stages: Stages, tools: Tools
) -> Built:
    """Make a design for a clock, which need not be that of the settings.

    Raises:
        InfeasibleError: If the design cannot exist: over-full floorplan, no legal placement.
        ToolFailedError: If a tool broke.
        ToolTimeoutError: If one ran out of time.
    """
    with stages.stage("synthesis"):
        make = synthesize if settings.hierarchy == "flat" else synthesize_by_module
        synthesis = make(rtl, technology, f_target_hz, tools.cache, tools.limits, tools.own_group)
    stages.cpu_s["yosys"] = stages.cpu_s.get("yosys", 0.0) + synthesis.cpu_s
    netlist = synthesis.netlist
    stages.log(synthesis.log if not synthesis.cached else "netlist taken from the cache")
    stages.log(f"{len(netlist.instances)} cells, {len(netlist.nets)} nets")
    if not netlist.instances:
        raise ToolFailedError("synthesis", f"no cell is left of {rtl.top}; allowed: a design with outputs")
    with stages.stage("floorplan"):
        floorplan = make_floorplan(netlist, technology, settings.utilization_target, settings.seed)
    if settings.through == "routing":
        with stages.stage("ports"):
            floorplan = place_ports(netlist, technology, floorplan, settings.seed)
    with stages.stage("placement"):
        placement = place(netlist, technology, floorplan, settings.seed, _room(netlist, settings))
    constraints = settings.constraints(f_target_hz)
    repaired = None
    if settings.through == "routing":
        with stages.stage("repair"):
            repaired = repair(netlist, technology, floorplan, placement, constraints, settings.seed)
        stages.log(f"{repaired.record}")
        with stages.stage("clock_tree"):
            netlist, placement = _clocked(repaired, technology, floorplan, settings.seed)
    graph = make_graph(netlist, technology, floorplan, placement)
    routing = None
    if settings.through == "routing":
        with stages.stage("routing"):
            routing = try_route(graph, technology, floorplan, None, _blockages(netlist, technology, placement))
            if routing.overflow.any():
                draw_congestion(stages.folder / CONGESTION, routing, floorplan)
            check_overflow(routing)
    with stages.stage("parasitics"):
        parasitics = extract(graph, technology, routing)
    with stages.stage("timing"):
        timing = analyze(graph, parasitics, technology, constraints)
    record = repaired.record if repaired else None
    return Built(f_target_hz, synthesis, netlist, floorplan, placement, graph, parasitics, timing, record, routing)


def _room(netlist: Netlist, settings: FlowSettings) -> list[float] | None:
    """Width of each cell for global placement over its own, None where wires are not routed."""
    if settings.through == "placement":
        return None
    density = settings.utilization_target + SPREAD * max(0.0, 1.0 - settings.utilization_target)
    return [max(1.0, 1.0 / density)] * len(netlist.instances)


def _blockages(netlist: Netlist, technology: Technology, placement: Placement) -> list[Blockage]:
    """Where memories keep wires from their layers."""
    layers = list(technology.lef.layers)
    highest = layers[min(MACRO_LAYERS, len(layers)) - 1] if layers else ""
    found = []
    for index, cell in enumerate(netlist.instances):
        if technology.is_macro(cell.cell):
            macro = technology.lef.macros[cell.cell]
            left, lower = placement.x[index] / UNITS_PER_UM, placement.y[index] / UNITS_PER_UM
            found.append(Blockage(left, lower, left + macro.width_um, lower + macro.height_um, "", highest))
    return found


def _clocked(repaired: Repaired, technology: Technology, floorplan: Floorplan, seed: int) -> tuple[Netlist, Placement]:
    """The repaired netlist with a clock tree, if it has flip-flops, on legal places."""
    tree = build_clock_tree(repaired.netlist, technology, floorplan, repaired.placement)
    if tree is None:
        return repaired.netlist, repaired.placement
    return tree.netlist, refine(tree.netlist, technology, floorplan, seed, tree.x, tree.y)
