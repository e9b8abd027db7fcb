"""``platforms``: what can be explored."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from accel_core.cli.arguments import Commands
from accel_core.evaluators import settings_of
from accel_core.platforms import PLATFORMS, Platform, find_own
from accel_core.settings import Setting
from accel_core.space import Parameter
from accel_core.workloads.operators import EXAMPLES


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("platforms", help="list the accelerators, their parameters, workloads and metrics")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Print every platform."""
    for problem in find_own().values():
        print(f"left out: {problem}", file=sys.stderr)
    described = {platform.name: describe(platform) for platform in PLATFORMS.values()}
    if arguments.json:
        print(json.dumps(list(described.values()), indent=2))
        return
    for platform in PLATFORMS.values():
        entry = described[platform.name]
        size = f"{entry['size']:,} designs" if entry["size"] else "a continuous space"
        print(f"{entry['name']}: {entry['title']}, {size}")
        for parameter in entry["parameters"]:
            print(f"  {parameter['name']:<20} {parameter['allowed']}: {parameter['meaning']}")
        print(f"  workloads  {platform.workload_words}")
        if platform.runs is not None:
            left = "; ".join(f"{kind}: {why}" for kind, why in entry["operators"].items() if why)
            runs = ", ".join(kind for kind, why in entry["operators"].items() if not why)
            print(f"  operators  {runs}; left out of a network: {left or 'none'}")
        print(f"  fidelities {', '.join(entry['fidelities'])}")


def describe(platform: Platform) -> dict[str, Any]:
    """Return what ``platforms --json`` says of one platform."""
    return {
        "name": platform.name,
        "title": platform.title,
        "summary": platform.summary,
        "size": platform.space.size,
        "parameters": [_described(parameter) for parameter in platform.space.parameters],
        "constraints": [
            {"name": constraint.name, "expression": constraint.expression} for constraint in platform.space.constraints
        ],
        "workloads": list(platform.workloads),
        "operators": {} if platform.runs is None else {one.kind: platform.runs(one) or "" for one in EXAMPLES},
        "fidelities": list(platform.fidelities),
        "metrics": list(platform.metrics),
        "settings": {
            fidelity: {name: _setting(setting) for name, setting in settings_of(platform, fidelity).items()}
            for fidelity in platform.fidelities
        },
    }


def _setting(setting: Setting) -> dict[str, Any]:
    return {
        "default": setting.default,
        "low": setting.low,
        "high": setting.high,
        "choices": list(setting.choices),
        "meaning": setting.meaning,
    }


def _described(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "kind": parameter.kind,
        "low": parameter.low,
        "high": parameter.high,
        "values": list(parameter.values),
        "allowed": parameter.allowed,
        "default": parameter.default_value,
        "unit": parameter.unit,
        "scale": parameter.scale,
        "group": parameter.group,
        "meaning": parameter.meaning,
        "assumed": parameter.assumed,
    }
