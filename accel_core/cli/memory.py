"""``memory``: compile a static memory at 45 nm."""

from __future__ import annotations

import argparse
from pathlib import Path

from accel_core.cli.arguments import Commands
from accel_core.physical.memories import Memory, compile_memory, to_lef, to_liberty, to_verilog
from accel_core.rtl import PORTS

_FIGURES = (
    ("width", "width_um", 1.0, "um"),
    ("height", "height_um", 1.0, "um"),
    ("area", "area_um2", 1.0, "um2"),
    ("access", "access_s", 1e12, "ps"),
    ("cycle", "cycle_s", 1e12, "ps"),
    ("energy of a read", "read_energy_j", 1e12, "pJ"),
    ("energy of a write", "write_energy_j", 1e12, "pJ"),
    ("leakage", "leakage_w", 1e6, "uW"),
)


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("memory", help="compile a static memory at 45 nm: LEF, Liberty and Verilog")
    parser.add_argument("--words", type=int, required=True, help="how many words")
    parser.add_argument("--bits", type=int, required=True, help="bits of a word; costs as much as whole bytes")
    parser.add_argument("--ports", choices=PORTS, default=PORTS[0], help="one port, or one to read and one to write")
    parser.add_argument("--out", type=Path, help="folder for the three files")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Print the figures and write the files."""
    memory = compile_memory(arguments.words, arguments.bits, arguments.ports)
    print(f"{memory.name}, 45 nm, 1.1 V, 25 C: {_basis(memory)}")
    for title, name, scale, unit in _FIGURES:
        error = memory.errors.get(name)
        doubt = f"  +- {error.mean:.0%} on average, {error.largest:.0%} at most" if error else ""
        print(f"  {title:18}{getattr(memory, name) * scale:12.5g} {unit:4}{doubt}")
    if arguments.out:
        arguments.out.mkdir(parents=True, exist_ok=True)
        for suffix, text in (("lef", to_lef([memory])), ("lib", to_liberty([memory])), ("v", to_verilog(memory))):
            path = arguments.out / f"{memory.name}.{suffix}"
            path.write_text(text)
            print(f"wrote {path}")


def _basis(memory: Memory) -> str:
    if memory.source == "table":
        return "exactly as in the tables"
    beyond = "; it lies outside of them, where errors are unknown" if memory.is_beyond else ""
    return f"by curves through the tables, whose errors over them stand beside{beyond}"
