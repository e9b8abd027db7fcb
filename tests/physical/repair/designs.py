"""Small placed designs for repair, and a proof that two netlists compute the same."""

from dataclasses import replace

import numpy as np

from accel_core.physical.floorplan import Floorplan, make_floorplan
from accel_core.physical.netlist import Netlist
from accel_core.physical.placement import Placement
from accel_core.physical.repair.families import is_buffer
from accel_core.physical.repair.site import Site
from accel_core.physical.technology import Technology
from accel_core.physical.timing import Constraints

# A pipeline of a counter, a sum and a product, with one enable for all registers and one net of many loads.
RTL = """
module busy (input clk, input rst, input en, input [7:0] a, input [7:0] b, output reg [15:0] y, output reg [63:0] z,
             output t);
  reg [7:0] c, d; reg flag;
  assign t = flag;
  always @(posedge clk) begin
    flag <= rst ? 1'b0 : ^a;
    if (en) begin c <= a + b; d <= a ^ c; y <= c * d + y; z <= flag ? {z[47:0], y} : z ^ {8{c}}; end
  end
endmodule
"""


def spread(netlist: Netlist, technology: Technology, pitch_um: float = 0.0) -> tuple[Floorplan, Placement]:
    """Cells in a row, ``pitch_um`` apart, their pins in one place; the ports where the row begins."""
    plan = make_floorplan(netlist, technology, 0.05)
    plan = replace(plan, port_places=tuple((0.0, 0.0) for _ in plan.port_places))
    count = len(netlist.instances)
    corner = np.arange(count) * round(pitch_um * 1000)
    pins = np.repeat(np.arange(count) * pitch_um, [len(cell.pins) for cell in netlist.instances])
    zeros = np.zeros(count, dtype=np.int64)
    return plan, Placement(corner, zeros, zeros.astype(bool), pins, np.zeros(len(pins)))


def timed(netlist: Netlist, technology: Technology, constraints: Constraints, pitch_um: float = 0.0):
    """A timer of a netlist that is spread."""
    plan, placement = spread(netlist, technology, pitch_um)
    return Site(technology, plan, constraints).timer(netlist, placement), placement


def logic_of(netlist: Netlist, technology: Technology) -> dict[str, tuple]:
    """What every cell but buffers, and every output port, is fed by, seen through buffers.

    Netlists with the same logic have the same cells by name and family with the same sources at the same pins.
    """
    library = technology.library.cells
    source: dict[int, tuple[str, str]] = {}
    for port in netlist.ports:
        if port.is_input:
            source.update({net: ("port", bit) for bit, net in zip(port.bits, port.nets, strict=True)})
    through: dict[int, int] = {}
    for cell in netlist.instances:
        for pin, net in cell.pins.items():
            if library[cell.cell].pins[pin].direction == "output":
                if is_buffer(library[cell.cell]):
                    (through[net],) = (other for name, other in cell.pins.items() if name != pin)
                else:
                    source[net] = (cell.name, pin)

    def root(net: int) -> tuple[str, str]:
        while net in through:
            net = through[net]
        return source[net]

    found: dict[str, tuple] = {}
    for cell in netlist.instances:
        kind = library[cell.cell]
        if not is_buffer(kind):
            inputs = tuple((pin, root(net)) for pin, net in cell.pins.items() if kind.pins[pin].direction == "input")
            found[cell.name] = (tuple(sorted(kind.functions.items())), inputs)
    for port in netlist.ports:
        if not port.is_input:
            assert [netlist.nets[net] for net in port.nets] == list(port.bits)
            found |= {f"port {bit}": root(net) for bit, net in zip(port.bits, port.nets, strict=True)}
    return found
