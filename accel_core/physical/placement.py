"""Placement: every cell on a legal place in the rows, with Coloquinte."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from accel_core.errors import InfeasibleError, ToolNotFoundError
from accel_core.physical.floorplan import Floorplan
from accel_core.physical.netlist import Netlist
from accel_core.physical.technology import Technology
from accel_core.physical.versions import installed_version

# Coloquinte works on integers; 1/1000 um is finer than any site or pin grid.
UNITS_PER_UM = 1000
EFFORT = 3


@dataclass(frozen=True)
class Placement:
    """Where the cells stand.

    Attributes:
        x: Left edge of each instance in 1/1000 um, shape (instances,).
        y: Lower edge.
        flipped: Whether the instance is mirrored about its horizontal axis (``FS``), because its row is.
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


def place(netlist: Netlist, technology: Technology, floorplan: Floorplan, seed: int) -> Placement:
    """Place a netlist: globally, then legally, then with local improvements.

    Raises:
        InfeasibleError: If no legal placement was found, at stage ``placement``.
        ToolNotFoundError: If Coloquinte is not installed.
    """
    try:
        import coloquinte  # noqa: PLC0415 - wheels exist for some systems only
    except ImportError as error:
        raise ToolNotFoundError("placement", "the Python package coloquinte is not installed") from error
    macros = technology.lef.macros
    widths = [round(macros[cell.cell].width_um * UNITS_PER_UM) for cell in netlist.instances]
    row = round(floorplan.row_um * UNITS_PER_UM)
    n_cells, n_ports = len(widths), len(floorplan.port_bits)
    circuit = coloquinte.Circuit(n_cells + n_ports)
    circuit.cell_width = widths + [0] * n_ports
    circuit.cell_height = [row] * n_cells + [0] * n_ports
    circuit.cell_is_fixed = [False] * n_cells + [True] * n_ports
    circuit.cell_is_obstruction = [True] * n_cells + [False] * n_ports
    circuit.cell_row_polarity = [coloquinte.CellRowPolarity.SAME] * (n_cells + n_ports)
    center = (round(floorplan.width_um * UNITS_PER_UM / 2), round(floorplan.height_um * UNITS_PER_UM / 2))
    ports = [(round(x * UNITS_PER_UM), round(y * UNITS_PER_UM)) for x, y in floorplan.port_places]
    circuit.cell_x = [center[0]] * n_cells + [x for x, _ in ports]
    circuit.cell_y = [center[1]] * n_cells + [y for _, y in ports]
    box = coloquinte.Rectangle(
        0, round(floorplan.width_um * UNITS_PER_UM), 0, round(floorplan.height_um * UNITS_PER_UM)
    )
    circuit.setup_rows(box, row, True, True)
    _add_nets(circuit, netlist, technology, floorplan)
    parameters = coloquinte.ColoquinteParameters(EFFORT, seed)
    try:
        circuit.place_global(parameters)
        circuit.place_detailed(parameters)
    except RuntimeError as error:
        raise InfeasibleError("placement", f"no legal placement: {str(error).strip()}") from error
    return _result(circuit, netlist, technology, floorplan)


def _add_nets(circuit: object, netlist: Netlist, technology: Technology, floorplan: Floorplan) -> None:
    """Tell the placer about every net but the clock, which is ideal."""
    macros = technology.lef.macros
    members: list[list[tuple[int, int, int]]] = [[] for _ in netlist.nets]
    for index, cell in enumerate(netlist.instances):
        pins = macros[cell.cell].pins
        for pin, net in cell.pins.items():
            x, y = pins[pin]
            members[net].append((index, round(x * UNITS_PER_UM), round(y * UNITS_PER_UM)))
    clock = clock_net(netlist)
    for index, net in enumerate(floorplan.port_nets):
        members[net].append((len(netlist.instances) + index, 0, 0))
    for net, pins_of in enumerate(members):
        if len(pins_of) > 1 and net != clock:
            cells, xs, ys = zip(*pins_of, strict=True)
            circuit.add_net(list(cells), list(xs), list(ys))  # type: ignore[attr-defined]


def clock_net(netlist: Netlist) -> int:
    """Number of the clock's net, or -1 if the design has no such port."""
    return next((port.nets[0] for port in netlist.ports if port.name == netlist.clock), -1)


def _result(circuit: object, netlist: Netlist, technology: Technology, floorplan: Floorplan) -> Placement:
    n_cells = len(netlist.instances)
    row = round(floorplan.row_um * UNITS_PER_UM)
    site = round(floorplan.site_um * UNITS_PER_UM)
    x = np.array(circuit.cell_x[:n_cells], dtype=np.int64)  # type: ignore[attr-defined]
    # Coloquinte knows no sites. Widths are whole sites, so rounding all left edges down keeps the cells apart.
    x -= x % site
    y = np.array(circuit.cell_y[:n_cells], dtype=np.int64)  # type: ignore[attr-defined]
    flipped = (y // row) % 2 == 1
    xs, ys = [], []
    macros = technology.lef.macros
    for index, cell in enumerate(netlist.instances):
        macro = macros[cell.cell]
        for pin in cell.pins:
            px, py = macro.pins[pin]
            xs.append(px + x[index] / UNITS_PER_UM)
            ys.append((macro.height_um - py if flipped[index] else py) + y[index] / UNITS_PER_UM)
    return Placement(x, y, flipped, np.array(xs), np.array(ys))
