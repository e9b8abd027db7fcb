"""Files for other tools: SDC constraints, placed DEF, and an OpenSTA script that checks our numbers."""

from __future__ import annotations

from pathlib import Path

from accel_core.physical.floorplan import Floorplan
from accel_core.physical.netlist import Netlist
from accel_core.physical.placement import UNITS_PER_UM, Placement
from accel_core.physical.technology import Technology
from accel_core.physical.timing import Constraints


def to_sdc(netlist: Netlist, technology: Technology, constraints: Constraints) -> str:
    """Constraints in the units of the technology's Liberty file, which is what SDC readers assume."""
    library = technology.library

    def time(seconds: float) -> str:
        return f"{seconds / library.time_s:.9g}"

    clock = netlist.clock
    inputs = [bit for port in netlist.ports if port.is_input and port.name != clock for bit in port.bits]
    outputs = [bit for port in netlist.ports if not port.is_input for bit in port.bits]
    lines = [
        "# The load of the output ports is in the SPEF file, because OpenSTA 2.0 lets set_load replace a net's wires.",
        f"create_clock -name {clock} -period {time(constraints.period_s)} [get_ports {{{clock}}}]",
        f"set_clock_transition {time(technology.clock_transition_s)} [get_clocks {{{clock}}}]",
        f"set_input_transition {time(technology.clock_transition_s)} [get_ports {{{clock}}}]",
    ]
    for name in inputs:
        lines.append(f"set_input_delay {time(constraints.input_delay_s)} -clock {clock} [get_ports {{{name}}}]")
        lines.append(f"set_input_transition {time(technology.input_transition_s)} [get_ports {{{name}}}]")
    for name in outputs:
        lines.append(f"set_output_delay {time(constraints.output_delay_s)} -clock {clock} [get_ports {{{name}}}]")
    return "\n".join([*lines, ""])


def to_def(netlist: Netlist, floorplan: Floorplan, placement: Placement) -> str:
    """The placed design; every row on the grid, odd rows mirrored, ports on the edge."""
    width, height = (round(length * UNITS_PER_UM) for length in (floorplan.width_um, floorplan.height_um))
    site, row = round(floorplan.site_um * UNITS_PER_UM), round(floorplan.row_um * UNITS_PER_UM)
    lines = [
        "VERSION 5.8 ;",
        'DIVIDERCHAR "/" ;',
        'BUSBITCHARS "[]" ;',
        f"DESIGN {netlist.top} ;",
        f"UNITS DISTANCE MICRONS {UNITS_PER_UM} ;",
        f"DIEAREA ( 0 0 ) ( {width} {height} ) ;",
    ]
    for index in range(floorplan.rows):
        way = "FS" if index % 2 else "N"
        lines.append(f"ROW row_{index} {floorplan.site} 0 {index * row} {way} DO {width // site} BY 1 STEP {site} 0 ;")
    lines.append(f"COMPONENTS {len(netlist.instances)} ;")
    places = zip(netlist.instances, placement.x.tolist(), placement.y.tolist(), placement.flipped.tolist(), strict=True)
    lines += [
        f"- {cell.name} {cell.cell} + PLACED ( {x} {y} ) {'FS' if flipped else 'N'} ;" for cell, x, y, flipped in places
    ]
    lines += ["END COMPONENTS", f"PINS {len(floorplan.port_bits)} ;"]
    inputs = {net for port in netlist.ports if port.is_input for net in port.nets}
    for name, net, (x, y) in zip(floorplan.port_bits, floorplan.port_nets, floorplan.port_places, strict=True):
        way = "INPUT" if net in inputs else "OUTPUT"
        place = f"( {round(x * UNITS_PER_UM)} {round(y * UNITS_PER_UM)} )"
        lines.append(f"- {name} + NET {netlist.nets[net]} + DIRECTION {way} + PLACED {place} N ;")
    lines += ["END PINS", *_def_nets(netlist), "END DESIGN", ""]
    return "\n".join(lines)


def _def_nets(netlist: Netlist) -> list[str]:
    members: list[list[str]] = [[] for _ in netlist.nets]
    for port in netlist.ports:
        for bit, net in zip(port.bits, port.nets, strict=True):
            members[net].append(f"( PIN {bit} )")
    for cell in netlist.instances:
        for pin, net in cell.pins.items():
            members[net].append(f"( {cell.name} {pin} )")
    lines = [f"NETS {len(netlist.nets)} ;"]
    lines += [f"- {name} {' '.join(pins)} ;" for name, pins in zip(netlist.nets, members, strict=True)]
    return [*lines, "END NETS"]


def opensta_script(artifacts: Path, technology: Technology, top: str, activity: float) -> str:
    """A script for ``sta -exit`` that reads a design's artifacts and reports worst slack and power.

    Any line with "Error" or "not found", or a warning, in OpenSTA's output means that it timed something else.
    """
    return "\n".join(
        (
            f"read_liberty {technology.liberty}",
            f"read_verilog {artifacts / 'netlist.v'}",
            f"link_design {top}",
            f"read_sdc {artifacts / 'constraints.sdc'}",
            f"read_spef {artifacts / 'parasitics.spef'}",
            f"set_power_activity -global -activity {activity:g}",
            "report_worst_slack -digits 6",
            "report_power -digits 6",
            "",
        )
    )
