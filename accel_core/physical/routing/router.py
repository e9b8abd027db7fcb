"""Global routing of a placed design."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from accel_core.errors import InfeasibleError
from accel_core.physical.floorplan import Floorplan
from accel_core.physical.graph import Graph, wired_terminals
from accel_core.physical.routing.edges import lengths
from accel_core.physical.routing.grid import Blockage, Grid, make_grid
from accel_core.physical.routing.layers import assign_layers, count_vias
from accel_core.physical.routing.negotiation import negotiate
from accel_core.physical.routing.result import Routing, Wiring
from accel_core.physical.routing.settings import RoutingSettings
from accel_core.physical.routing.steiner import span_nets
from accel_core.physical.technology import Technology
from accel_core.physical.wires import DIRECTIONS


def route(
    graph: Graph,
    technology: Technology,
    floorplan: Floorplan,
    settings: RoutingSettings | None = None,
    blockages: Sequence[Blockage] = (),
) -> Routing:
    """Route every net but an ideal clock, which has no wires.

    Raises:
        InfeasibleError: If more wires remain somewhere than there are tracks, at stage ``routing``.
        InvalidInputError: If the LEF files or the settings leave no layers to route on.
    """
    routing = try_route(graph, technology, floorplan, settings, blockages)
    check_overflow(routing)
    return routing


def try_route(
    graph: Graph,
    technology: Technology,
    floorplan: Floorplan,
    settings: RoutingSettings | None = None,
    blockages: Sequence[Blockage] = (),
) -> Routing:
    """The same, with whatever overflow remains, for a look at it."""
    settings = settings or RoutingSettings()
    wiring = make_wiring(graph)
    pins = graph.xy[wiring.terminal[wiring.terminal >= 0]]
    grid = make_grid(technology, floorplan, pins, settings, blockages)
    cells = grid.cells_of(wiring.xy)
    wires = wiring.wires
    begin, end = cells[wiring.parent[wires]], cells[wires]
    paths = negotiate(grid, begin, end, settings.rounds)
    # A path that only goes forward is as long as its ends are apart; every cell that it goes on and back is extra.
    extra = lengths(paths.first, paths.corners, grid.columns)
    extra[:, 0] -= np.abs(begin % grid.columns - end % grid.columns)
    extra[:, 1] -= np.abs(begin // grid.columns - end // grid.columns)
    span = wiring.straight.copy()
    span[wires] += extra * np.array(grid.cell_um)
    pieces = assign_layers(grid, paths.first, paths.corners)
    ends = np.stack([wiring.parent[wires], wires], axis=1)
    vias = count_vias(grid, pieces, ends, wiring.terminal >= 0, span[wires])
    return Routing(
        grid, wiring, paths.first, paths.corners, pieces.layer, paths.demand, pieces.usage, span, vias, paths.overflow
    )


def make_wiring(graph: Graph) -> Wiring:
    """Short trees for all nets but an ideal clock."""
    nets, first, terminals = wired_terminals(graph)
    places = graph.xy[terminals]
    starts, point, parent, x, y = span_nets(
        np.ascontiguousarray(places[:, 0]), np.ascontiguousarray(places[:, 1]), first
    )
    counts = np.diff(starts)
    offset = np.repeat(first[:-1], counts)
    terminal = np.where(point >= 0, terminals[np.maximum(point, 0) + offset], -1) if len(point) else point
    return Wiring(nets, starts, terminal, parent + np.repeat(starts[:-1], counts), np.stack([x, y], axis=1))


def check_overflow(routing: Routing) -> None:
    """Give a design up whose wires do not fit.

    Raises:
        InfeasibleError: If an edge is over its capacity; names the worst.
    """
    overflow = routing.overflow
    count = int((overflow > 0).sum())
    if count == 0:
        return
    way, y, x = (int(index) for index in np.unravel_index(int(overflow.argmax()), overflow.shape))
    grid = routing.grid
    place = grid.middle_of(way, y, x)
    rounds = len(routing.overflow_by_round) - 1
    raise InfeasibleError(
        "routing",
        f"over capacity by {overflow[way, y, x]} of {grid.capacity[way, y, x]} tracks at ({place[0]:.1f} um, "
        f"{place[1]:.1f} um) on {_layers(grid, way)}, the worst of {count} such places after {rounds} rounds of "
        "negotiation; allowed: wires that fit, as at a lower utilization",
    )


def _layers(grid: Grid, way: int) -> str:
    names = [name for name, other in zip(grid.layers, grid.ways.tolist(), strict=True) if other == way]
    return f"the {DIRECTIONS[way]} layers {', '.join(names)}" if len(names) > 1 else f"layer {names[0]}"
