"""``implement``: any Verilog through all stages of the physical flow."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from accel_core.cli.arguments import Commands, parse_given
from accel_core.errors import EvaluationError, InvalidInputError
from accel_core.paths import cache_path
from accel_core.physical import (
    HIERARCHIES,
    THROUGH,
    FlowSettings,
    Technology,
    followed,
    implement_in_process,
    load_technology,
    placed_available,
)
from accel_core.process import Limits
from accel_core.rtl import Rtl
from accel_core.rtl.verilog_text import sources, with_values

_FIRST_FO4 = 25.0
"""Fan-out-of-four delays in the first period that ``--period auto`` tries; assumed, and only a beginning."""
_SHOWN = (
    ("clock reached", "f_effective_hz", 1e6, "MHz"),
    ("worst slack", "worst_slack_s", 1e-9, "ns"),
    ("power", "power_w", 1e-3, "mW"),
    ("cell area", "cell_area_mm2", 1e-6, "um2"),
    ("chip area", "chip_area_mm2", 1e-6, "um2"),
    ("wires", "wirelength_m", 1e-3, "mm"),
    ("cells", "cells", 1, ""),
    ("flip-flops", "flops", 1, ""),
)


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("implement", help="take Verilog of your own through synthesis, placement and timing")
    parser.add_argument("--verilog", type=Path, nargs="+", required=True, metavar="A.v", help="Verilog-2005, in order")
    parser.add_argument("--top", required=True, help="top module")
    parser.add_argument("--clock", default="clk", help="its clock port")
    parser.add_argument(
        "--include", type=Path, action="append", default=[], metavar="DIR", help="where included files lie; repeatable"
    )
    for flag, what in (("define", "`define NAME V before the first file"), ("parameter", "a parameter of the top")):
        parser.add_argument(f"--{flag}", action="append", default=[], metavar="NAME=V", help=f"{what}; repeatable")
    parser.add_argument("--period", default="auto", help="of the clock in s; auto: the fastest that is met")
    parser.add_argument("--utilization", type=float, default=0.6, help="share of the core that cells fill")
    parser.add_argument("--technology", default="nangate45", metavar="T", help="a name, a YAML file or a kit's folder")
    parser.add_argument(
        "--through",
        choices=THROUGH,
        default="routing",
        help="places alone, or repair, clock tree and routes",
    )
    parser.add_argument("--hierarchy", choices=HIERARCHIES, default="flat", help="by_module maps equal modules once")
    parser.add_argument("--io-delay", type=float, default=0.0, help="share of the period that ports take on each side")
    parser.add_argument("--activity", type=float, default=0.1, help="transitions of every net in a clock period")
    parser.add_argument("--seed", type=int, default=0, help="of the placer")
    parser.add_argument("--time-limit", type=float, default=3600.0, metavar="S", help="seconds for the whole run")
    parser.add_argument("--memory-limit", type=float, default=8.0, metavar="GB", help="gigabytes of each tool")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for everything that is made")
    parser.add_argument("--json", action="store_true", help="print the metrics as JSON, in SI units")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Implement a design; what cannot exist is a result, and said as one."""
    if missing := placed_available(arguments.technology):
        raise InvalidInputError(f"implement is not available here: {missing}")
    technology = load_technology(arguments.technology, cache_path())
    settings, rtl = _settings(arguments, technology), _rtl(arguments)
    limits = Limits(arguments.time_limit, int(arguments.memory_limit * 1e9))
    started = time.perf_counter()

    def tell(stage: str) -> None:
        print(f"[{time.perf_counter() - started:6.1f} s] {stage}", file=sys.stderr)

    try:
        with followed(arguments.out, tell):
            metrics = implement_in_process(rtl, arguments.technology, settings, arguments.out, cache_path(), limits)
    except EvaluationError as trouble:
        found: dict[str, Any] = {"status": trouble.status, "stage": trouble.stage, "reason": trouble.reason}
        said = f"{trouble.status} at {trouble.stage}: {trouble.reason}"
        print(json.dumps(found, indent=1) if arguments.json else said)
        return
    if arguments.json:
        print(json.dumps({"status": "ok", **metrics}, indent=1))
        return
    for title, name, scale, unit in _SHOWN:
        print(f"{title:14}{metrics[name] / scale:12.6g} {unit}".rstrip())
    print(f"everything else is in {arguments.out}")


def _settings(arguments: argparse.Namespace, technology: Technology) -> FlowSettings:
    is_auto = arguments.period == "auto"
    try:
        period_s = _FIRST_FO4 * technology.inverter_chain.delay_s if is_auto else float(arguments.period)
    except ValueError:
        period_s = 0.0
    if not 0.0 < period_s < float("inf"):
        raise InvalidInputError(f"--period is '{arguments.period}'; allowed: seconds above 0, or auto")
    return FlowSettings(
        f_target_hz=1.0 / period_s,
        utilization_target=arguments.utilization,
        activity=arguments.activity,
        seed=arguments.seed,
        io_delay_fraction=arguments.io_delay,
        clock="auto" if is_auto else "target",
        through=arguments.through,
        hierarchy=arguments.hierarchy,
    )


def _rtl(arguments: argparse.Namespace) -> Rtl:
    text = sources(arguments.verilog, arguments.include, "--verilog")
    defines = parse_given(arguments.define, "--define")
    parameters = parse_given(arguments.parameter, "--parameter")
    return Rtl(with_values(text, arguments.top, parameters, defines, "--verilog"), arguments.top, arguments.clock)
