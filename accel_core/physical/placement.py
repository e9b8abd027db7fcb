"""Placement: every cell on a legal place in the rows, with Coloquinte."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from accel_core.errors import InfeasibleError, ToolNotFoundError
from accel_core.physical.floorplan import Floorplan
from accel_core.physical.lef import Macro
from accel_core.physical.macros import MacroPlace, oriented
from accel_core.physical.netlist import Netlist
from accel_core.physical.tall_cells import TallCell, place_tall_cells
from accel_core.physical.technology import UNITS_PER_UM, Technology
from accel_core.physical.versions import installed_version

EFFORT = 3
_ROUGH_EFFORT = 1

_MOST_FILLED = 0.98  # Of the core box by cells with room around them; assumed.

# Coloquinte's polarities: the same row orientation as the cell's own, or a row that is not mirrored, or one that is.
# The Python package gives the last two the name of another value.
_SAME, _UPRIGHT, _MIRRORED = 1, 3, 4


@dataclass(frozen=True)
class Placement:
    """Where the cells stand.

    Attributes:
        x: Left edge of each instance in 1/1000 um, shape (instances,).
        y: Lower edge.
        flipped: Whether the instance is mirrored about its horizontal axis (``FS``), so that its power rails meet its
            rows'.
        pin_x: Center of each instance pin in um, instances in order, pins in each one's order.
        pin_y: Likewise.
    """

    x: npt.NDArray[np.int64]
    y: npt.NDArray[np.int64]
    flipped: npt.NDArray[np.bool_]
    pin_x: npt.NDArray[np.float64]
    pin_y: npt.NDArray[np.float64]


def coloquinte_version() -> str:
    """Version of the installed ``coloquinte`` package."""
    return installed_version("coloquinte") or "none"


def place(
    netlist: Netlist,
    technology: Technology,
    floorplan: Floorplan,
    seed: int,
    room: Sequence[float] | None = None,
) -> Placement:
    """Place a netlist: globally, then legally, then with local improvements.

    Args:
        netlist: What to place.
        technology: Its cells.
        floorplan: Where they may stand.
        seed: Of the placer.
        room: How many times as wide as it is each instance is taken to be in global placement, 1 or more, so that wires
            find room between instances; all are less where that would overfill the core box. Without it the placer
            packs them as close as they go, however large the box is.

    Raises:
        InfeasibleError: If no legal placement was found, at stage ``placement``.
        ToolNotFoundError: If Coloquinte is not installed.
    """
    coloquinte = _coloquinte()
    circuit = _circuit(coloquinte, netlist, technology, floorplan)
    widths = list(circuit.cell_width)
    if room is not None:
        circuit.expand_cells_by_factor([*room, *[1.0] * len(floorplan.port_bits)], _MOST_FILLED)
    try:
        circuit.place_global(coloquinte.ColoquinteParameters(EFFORT, seed))
    except RuntimeError as error:
        raise InfeasibleError("placement", f"no legal placement: {str(error).strip()}") from error
    x, y = list(circuit.cell_x), list(circuit.cell_y)
    if room is not None:
        x = [left + (wide - width) // 2 for left, wide, width in zip(x, circuit.cell_width, widths, strict=True)]
        circuit = _circuit(coloquinte, netlist, technology, floorplan)
        circuit.cell_x, circuit.cell_y = x, y
    return _legal(coloquinte, circuit, (x, y), netlist, technology, floorplan, seed)


def place_roughly(netlist: Netlist, technology: Technology, floorplan: Floorplan, seed: int) -> Placement:
    """Where cells would like to stand: quickly, and on top of each other.

    Raises:
        InfeasibleError: If the cells do not fit, at stage ``placement``.
        ToolNotFoundError: If Coloquinte is not installed.
    """
    coloquinte = _coloquinte()
    circuit = _circuit(coloquinte, netlist, technology, floorplan)
    try:
        circuit.place_global(coloquinte.ColoquinteParameters(_ROUGH_EFFORT, seed))
    except RuntimeError as error:
        raise InfeasibleError("placement", f"no legal placement: {str(error).strip()}") from error
    return _result(circuit, netlist, technology, floorplan)


def refine(
    netlist: Netlist,
    technology: Technology,
    floorplan: Floorplan,
    seed: int,
    x: npt.NDArray[np.int64],
    y: npt.NDArray[np.int64],
) -> Placement:
    """Make places legal that may overlap, near to where they are, then improve them locally.

    Args:
        netlist: May have other cells than when it was placed.
        technology: Its cells.
        floorplan: Where they may stand.
        seed: Of the placer.
        x: Left edge wanted for each instance in 1/1000 um, shape (instances,).
        y: Lower edge wanted.

    Raises:
        InfeasibleError: If no legal placement was found, at stage ``placement``.
        ToolNotFoundError: If Coloquinte is not installed.
    """
    coloquinte = _coloquinte()
    circuit = _circuit(coloquinte, netlist, technology, floorplan)
    wide, high = (
        [int(place) for place in wanted] + list(all_places)[len(wanted) :]
        for wanted, all_places in ((x, circuit.cell_x), (y, circuit.cell_y))
    )
    circuit.cell_x, circuit.cell_y = places = _with_macros((wide, high), netlist, floorplan)
    return _legal(coloquinte, circuit, places, netlist, technology, floorplan, seed)


def _coloquinte() -> Any:
    try:
        import coloquinte  # noqa: PLC0415 - wheels exist for some systems only
    except ImportError as error:
        raise ToolNotFoundError("placement", "the Python package coloquinte is not installed") from error
    return coloquinte


def _legal(
    coloquinte: Any,
    circuit: Any,
    places: tuple[list[int], list[int]],
    netlist: Netlist,
    technology: Technology,
    floorplan: Floorplan,
    seed: int,
) -> Placement:
    """Legal places near those that the circuit has, which are also given in 1/1000 um for cells, then ports."""
    parameters, (x, y) = coloquinte.ColoquinteParameters(EFFORT, seed), places
    try:
        try:
            circuit.place_detailed(parameters)
        except RuntimeError:
            tall = _tall_places(x, y, netlist, technology, floorplan)
            if not tall:
                raise
            # A circuit that was given up stays so; another begins at the same places.
            circuit = _circuit(coloquinte, netlist, technology, floorplan)
            circuit.cell_is_fixed = [fixed or index in tall for index, fixed in enumerate(circuit.cell_is_fixed)]
            circuit.cell_x = [tall[index][0] if index in tall else place for index, place in enumerate(x)]
            circuit.cell_y = [tall[index][1] if index in tall else place for index, place in enumerate(y)]
            circuit.place_detailed(parameters)
    except RuntimeError as error:
        raise InfeasibleError("placement", f"no legal placement: {str(error).strip()}") from error
    return _result(circuit, netlist, technology, floorplan)


def _circuit(coloquinte: Any, netlist: Netlist, technology: Technology, floorplan: Floorplan) -> Any:
    """The netlist as Coloquinte wants it: all cells in the middle, ports as fixed points on the edge."""
    kinds = [cell.cell for cell in netlist.instances]
    site, row = _grid(floorplan)
    n_cells, n_ports = len(kinds), len(floorplan.port_bits)
    circuit = coloquinte.Circuit(n_cells + n_ports)
    width_of = {kind: site * technology.sites_of(kind) for kind in set(kinds)}
    macros = macro_places(netlist, floorplan)
    widths = [width_of[kind] for kind in kinds] + [0] * n_ports
    heights = [row * technology.rows_of(kind) for kind in kinds] + [0] * n_ports
    fixed = [False] * n_cells + [True] * n_ports
    for index, macro in macros.items():
        left, low, right, upper = macro.kept
        widths[index], heights[index], fixed[index] = right - left, upper - low, True
    circuit.cell_width, circuit.cell_height, circuit.cell_is_fixed = widths, heights, fixed
    circuit.cell_is_obstruction = [True] * n_cells + [False] * n_ports
    polarities = {kind: coloquinte.CellRowPolarity(_polarity(technology, kind)) for kind in set(kinds)}
    circuit.cell_row_polarity = [polarities[kind] for kind in kinds] + [coloquinte.CellRowPolarity(_SAME)] * n_ports
    width, height = (round(length * UNITS_PER_UM) for length in (floorplan.width_um, floorplan.height_um))
    center = (round(floorplan.width_um * UNITS_PER_UM / 2), round(floorplan.height_um * UNITS_PER_UM / 2))
    ports = [(round(x * UNITS_PER_UM), round(y * UNITS_PER_UM)) for x, y in floorplan.port_places]
    middle = ([center[0]] * n_cells + [x for x, _ in ports], [center[1]] * n_cells + [y for _, y in ports])
    circuit.cell_x, circuit.cell_y = _with_macros(middle, netlist, floorplan)
    circuit.setup_rows(coloquinte.Rectangle(0, width, 0, height), row, True, True)
    _add_nets(circuit, netlist, technology, floorplan)
    return circuit


def macro_places(netlist: Netlist, floorplan: Floorplan) -> dict[int, MacroPlace]:
    """Places of memories and other blocks by their instance's number."""
    if not floorplan.macros:
        return {}
    by_name = {macro.instance: macro for macro in floorplan.macros}
    return {index: by_name[cell.name] for index, cell in enumerate(netlist.instances) if cell.name in by_name}


def _with_macros(
    places: tuple[list[int], list[int]], netlist: Netlist, floorplan: Floorplan
) -> tuple[list[int], list[int]]:
    """Lower left corners with those of what blocks keep for themselves."""
    x, y = places
    for index, macro in macro_places(netlist, floorplan).items():
        x[index], y[index] = macro.kept[:2]
    return x, y


def _tall_places(
    x: Sequence[int], y: Sequence[int], netlist: Netlist, technology: Technology, floorplan: Floorplan
) -> dict[int, tuple[int, int]]:
    """Legal lower left corners of the cells of several rows, near to where global placement has them."""
    site, row = _grid(floorplan)
    parities = {_UPRIGHT: 0, _MIRRORED: 1}
    cells = {}
    for index, cell in enumerate(netlist.instances):
        rows = technology.rows_of(cell.cell)
        if rows > 1 and not technology.is_macro(cell.cell):
            parity = parities.get(_polarity(technology, cell.cell))
            cells[index] = TallCell(x[index] / site, y[index] / row, technology.sites_of(cell.cell), rows, parity)
    taken = np.zeros((floorplan.rows, round(floorplan.width_um / floorplan.site_um)), dtype=bool)
    for macro in floorplan.macros:
        left, low, right, upper = macro.kept
        taken[low // row : upper // row, left // site : right // site] = True
    places = place_tall_cells(list(cells.values()), taken)
    return {index: (column * site, line * row) for index, (column, line) in zip(cells, places, strict=True)}


def _grid(floorplan: Floorplan) -> tuple[int, int]:
    """Width of a site and height of a row in 1/1000 um."""
    return round(floorplan.site_um * UNITS_PER_UM), round(floorplan.row_um * UNITS_PER_UM)


def _polarity(technology: Technology, kind: str) -> int:
    """Which rows a cell may begin on so that its rails meet the rows'.

    Rows are mirrored in turn and share their rails. A cell of an odd number of rows fits on any, mirrored as the row
    is. One of an even number has the same rail on both edges, so it fits on every other row only, upright.
    """
    if technology.rows_of(kind) % 2 or technology.is_macro(kind):
        return _SAME
    rails = (technology.lef.macros[kind].rail, technology.row_rail)
    return _MIRRORED if "" not in rails and rails[0] != rails[1] else _UPRIGHT


def _add_nets(circuit: Any, netlist: Netlist, technology: Technology, floorplan: Floorplan) -> None:
    """Tell the placer about every net but that of the clock's port, which is ideal or leads to one buffer."""
    macros = technology.lef.macros
    members: list[list[tuple[int, int, int]]] = [[] for _ in netlist.nets]
    blocks = macro_places(netlist, floorplan)
    for index, cell in enumerate(netlist.instances):
        pins = macros[cell.cell].pins
        if index in blocks:
            pins = _pins_of_block(blocks[index], macros[cell.cell])
        for pin, net in cell.pins.items():
            x, y = pins[pin]
            members[net].append((index, round(x * UNITS_PER_UM), round(y * UNITS_PER_UM)))
    clock = clock_net(netlist)
    for index, net in enumerate(floorplan.port_nets):
        members[net].append((len(netlist.instances) + index, 0, 0))
    for net, pins_of in enumerate(members):
        if len(pins_of) > 1 and net != clock:
            cells, xs, ys = zip(*pins_of, strict=True)
            circuit.add_net(list(cells), list(xs), list(ys))


def _pins_of_block(place: MacroPlace, macro: Macro) -> dict[str, tuple[float, float]]:
    """Pins of a block in um from the lower left corner of what it keeps for itself."""
    dx, dy = ((place.x - place.kept[0]) / UNITS_PER_UM, (place.y - place.kept[1]) / UNITS_PER_UM)
    turned = {pin: oriented(at, macro, place.orientation) for pin, at in macro.pins.items()}
    return {pin: (x + dx, y + dy) for pin, (x, y) in turned.items()}


def clock_net(netlist: Netlist) -> int:
    """Number of the clock's net, or -1 if the design has no such port."""
    return next((port.nets[0] for port in netlist.ports if port.name == netlist.clock), -1)


def _result(circuit: Any, netlist: Netlist, technology: Technology, floorplan: Floorplan) -> Placement:
    n_cells = len(netlist.instances)
    site, row = _grid(floorplan)
    x = np.array(circuit.cell_x[:n_cells], dtype=np.int64)
    # Coloquinte knows no sites. Widths are whole sites, so rounding all left edges down keeps the cells apart.
    x -= x % site
    y = np.array(circuit.cell_y[:n_cells], dtype=np.int64)
    is_odd = np.array([technology.rows_of(cell.cell) % 2 == 1 for cell in netlist.instances], dtype=bool)
    flipped = ((y // row) % 2 == 1) & is_odd
    blocks = macro_places(netlist, floorplan)
    for index, block in blocks.items():
        x[index], y[index], flipped[index] = block.x, block.y, False
    xs, ys = [], []
    macros = technology.lef.macros
    for index, cell in enumerate(netlist.instances):
        macro = macros[cell.cell]
        for pin in cell.pins:
            px, py = macro.pins[pin]
            if index in blocks:
                px, py = oriented((px, py), macro, blocks[index].orientation)
            xs.append(px + x[index] / UNITS_PER_UM)
            ys.append((macro.height_um - py if flipped[index] else py) + y[index] / UNITS_PER_UM)
    return Placement(x, y, flipped, np.array(xs), np.array(ys))
