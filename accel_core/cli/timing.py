"""``timing``: worst slack and power of any mapped netlist."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from accel_core.cli.arguments import Commands
from accel_core.paths import cache_path
from accel_core.physical import CONDITIONS, POWER_GROUPS, load_technology, time_netlist


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("timing", help="time and power a mapped netlist")
    for name, meaning in (
        ("netlist", "structural Verilog of one flat module"),
        ("sdc", "constraints, in the library's units"),
        ("spef", "parasitics"),
    ):
        parser.add_argument(f"--{name}", type=Path, required=True, help=f"{meaning}; may be gzipped")
    parser.add_argument("--technology", required=True, help="the name of one, or a file that describes it")
    activity = parser.add_mutually_exclusive_group()
    activity.add_argument("--activity", type=float, default=0.1, help="transitions of every net in a clock period")
    activity.add_argument("--vcd", type=Path, help="take them from this dump of a simulation of the netlist")
    parser.add_argument(
        "--conditions",
        choices=CONDITIONS,
        default="true",
        help="conditions of Liberty groups by their true probability, or with all pins independent as OpenSTA has it",
    )
    parser.add_argument("--json", action="store_true", help="print everything as JSON, in SI units")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Print worst slack and power by group."""
    technology = load_technology(arguments.technology, cache_path())
    files = (arguments.netlist, arguments.sdc, arguments.spef)
    found = time_netlist(*files, technology, arguments.activity, arguments.conditions, arguments.vcd)
    if arguments.json:
        print(json.dumps(found, indent=1))
        return
    print(f"worst slack {found['worst_slack_s'] * 1e9:.6g} ns of a period of {found['period_s'] * 1e9:.6g} ns")
    print(f"{'power, mW':15}{'internal':>12}{'switching':>12}{'leakage':>12}{'total':>12}")
    for group in POWER_GROUPS:
        print(_row(group, found[group]))
    print(_row("total", found))


def _row(name: str, watts: dict[str, Any]) -> str:
    parts = [watts[f"power_{part}_w"] for part in ("internal", "switching", "leakage")]
    return f"{name:15}" + "".join(f"{value * 1e3:12.6g}" for value in (*parts, watts["power_w"]))
