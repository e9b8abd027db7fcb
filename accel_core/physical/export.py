"""Files for other tools: SDC constraints, placed DEF, and an OpenSTA script that checks our numbers."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from accel_core.physical.floorplan import Floorplan
from accel_core.physical.macros import row_gaps
from accel_core.physical.netlist import Netlist
from accel_core.physical.placement import Placement
from accel_core.physical.technology import UNITS_PER_UM, Technology
from accel_core.physical.timing import Constraints

IO_CLOCK = "beyond_ports"
"""Clock that times at ports count from if the design's own is propagated: as late as that at flip-flops in the mean."""


def to_sdc(
    netlist: Netlist, technology: Technology, constraints: Constraints, port_latency_s: float | None = None
) -> str:
    """Constraints in the units of the technology's Liberty file, which is what SDC readers assume.

    Args:
        netlist: For its ports.
        technology: For its units and transitions.
        constraints: Of the run.
        port_latency_s: ``Timing.port_latency_s`` of a propagated clock, None for an ideal one.
    """
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
    beyond = clock
    if port_latency_s is not None:
        # The name of a clock may be that of a port, but not of two clocks.
        beyond = IO_CLOCK if clock != IO_CLOCK else f"{IO_CLOCK}_1"
        lines += [
            f"set_propagated_clock [get_clocks {{{clock}}}]",
            f"create_clock -name {beyond} -period {time(constraints.period_s)}",
            f"set_clock_latency {time(port_latency_s)} [get_clocks {{{beyond}}}]",
        ]
    for name in inputs:
        lines.append(f"set_input_delay {time(constraints.input_delay_s)} -clock {beyond} [get_ports {{{name}}}]")
        lines.append(f"set_input_transition {time(technology.input_transition_s)} [get_ports {{{name}}}]")
    for name in outputs:
        lines.append(f"set_output_delay {time(constraints.output_delay_s)} -clock {beyond} [get_ports {{{name}}}]")
    return "\n".join([*lines, ""])


def to_def(netlist: Netlist, floorplan: Floorplan, placement: Placement) -> str:
    """The placed design; every row on the grid, odd rows mirrored, cells as their rails want it, ports on the edge."""
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
        for part, (left, right) in enumerate(row_gaps(floorplan.macros, index, row, width)):
            name, count = f"row_{index}" + (f"_{part}" if part else ""), (right - left) // site
            lines.append(f"ROW {name} {floorplan.site} {left} {index * row} {way} DO {count} BY 1 STEP {site} 0 ;")
    lines.append(f"COMPONENTS {len(netlist.instances)} ;")
    ways = {macro.instance: macro.orientation for macro in floorplan.macros}
    places = zip(netlist.instances, placement.x.tolist(), placement.y.tolist(), placement.flipped.tolist(), strict=True)
    lines += [
        f"- {cell.name} {cell.cell} + FIXED ( {x} {y} ) {ways[cell.name]} ;"
        if cell.name in ways
        else f"- {cell.name} {cell.cell} + PLACED ( {x} {y} ) {'FS' if flipped else 'N'} ;"
        for cell, x, y, flipped in places
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


CHECK = "check.tcl"

# OpenSTA 2 does not tell a script where it lies, so there the command line is looked at.
_FIND_ITSELF = f"""\
# Run it with OpenSTA: sta -exit {CHECK} (OpenSTA 2 takes no path with blanks there: go to this folder first).
set here [info script]
if {{$here eq "" && [file readable /proc/self/cmdline]}} {{
  set stream [open /proc/self/cmdline]
  foreach word [split [read $stream] \\0] {{ if {{[file tail $word] eq "{CHECK}"}} {{ set here $word }} }}
  close $stream
}}
cd [file dirname [file normalize $here]]
foreach name {{%s}} {{
  if {{![file exists $name]}} {{
    puts "Error: $name not found beside {CHECK}; allowed: all files of one run, and links to its Liberty files"
    exit 1
  }}
}}"""


def link_libraries(liberties: Sequence[Path], folder: Path) -> tuple[str, ...]:
    """Put Liberty files into a folder, as links where the file system has them, and return their plain names there."""
    names = tuple(
        path.name if path.parent == folder.resolve() else f"cells{number or ''}.lib{'.gz' * (path.suffix == '.gz')}"
        for number, path in enumerate(liberties)
    )
    for name, path in zip(names, liberties, strict=True):
        if path == folder.resolve() / name:
            continue  # Made for this run.
        place = folder / name
        place.unlink(missing_ok=True)
        try:
            place.symlink_to(path.resolve())
        except OSError:
            shutil.copyfile(path, place)
    return names


def opensta_script(libraries: Sequence[str], top: str, activity: float) -> str:
    """A script for ``sta -exit`` that reads a design's artifacts, wherever they lie, and reports worst slack and power.

    Any line with "Error" or "not found", or a warning, in OpenSTA's output means that it timed something else.

    Args:
        libraries: Names of the Liberty files in the artifacts' folder.
        top: The top module.
        activity: Transitions of each net in a clock cycle.
    """
    files = ("netlist.v", "constraints.sdc", "parasitics.spef")
    return "\n".join(
        (
            "# OpenSTA 3.1 agrees in slack on every kit, and in power with what AccelScope gives under the setting",
            "# `conditions: independent`: it takes Q and QN of a flip-flop as independent of each other.",
            "# OpenSTA 2.0 (Debian) agrees in slack on NanGate45; its power is about twice as high, because it charges",
            "# the rising and the falling energy to every transition, and on other kits its slack is wrong, too.",
            _FIND_ITSELF % " ".join((*libraries, *files)),
            *(f"read_liberty {name}" for name in libraries),
            "read_verilog netlist.v",
            f"link_design {top}",
            "read_sdc constraints.sdc",
            "read_spef parasitics.spef",
            "report_worst_slack -digits 6",
            f"set_power_activity -global -activity {activity:g}",
            "report_power -digits 6",
            "",
        )
    )
