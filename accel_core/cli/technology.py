"""``technology``: what was understood of a process kit."""

from __future__ import annotations

import argparse
import json
from typing import Any

from accel_core.cli.arguments import Commands
from accel_core.paths import cache_path
from accel_core.physical import check_kit, load_technology


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("technology", help="check a process kit: what was understood, what looks wrong")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = actions.add_parser("check", help="print corner, cells, speed and sizes beside what the node should have")
    check.add_argument("technology", help="a name, a YAML file, or a platform folder of OpenROAD-flow-scripts")
    check.add_argument("--json", action="store_true", help="as JSON")
    check.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Print the kit."""
    kit = check_kit(load_technology(arguments.technology, cache_path()))
    print(json.dumps(kit, indent=2) if arguments.json else "\n".join(kit_lines(kit)))


def kit_lines(kit: dict[str, Any]) -> list[str]:
    """The same for a person."""
    corner = kit["corner"]
    node = f"{kit['node_nm']:g} nm node, " if kit["node_nm"] else ""
    lines = [
        f"{kit['name']}: {kit['title']}, digest {kit['digest']}",
        f"  corner       {corner['name'] or 'unnamed'}: process {corner['process']}, {corner['voltage_v']} V, "
        f"{corner['temperature_c']} C; supply {kit['supply_v']:g} V",
        f"  geometry     {node}features of {kit['feature_nm']:.3g} nm by the finest pitch; "
        f"site {kit['site']['name']} {kit['site']['width_um']:g} x {kit['site']['height_um']:g} um",
        "  cells        " + ", ".join(f"{n['usable']} of {n['all']} {kind}" for kind, n in kit["cells"].items()),
        f"  flip-flops   {', '.join(kit['flip_flops'])}",
        f"  inserted     buffer {kit['buffer']}, constants {kit['tie_low'] or 'ground'} and "
        f"{kit['tie_high'] or 'the supply'}",
    ]
    if kit["multi_row_cells"]:
        many = kit["multi_row_cells"]
        lines.append(f"  several rows {len(many)} cells, such as {many[0]}")
    lines += [
        f"  {figure['name']:<18} {figure['value']:.4g} ({figure['cell']}); "
        f"expected {figure['low']:.3g} to {figure['high']:.3g}: {figure['basis']}"
        for figure in kit["figures"]
    ]
    lines += [f"  looks wrong: {doubt}" for doubt in kit["doubts"]] or ["  nothing looks wrong"]
    return lines
