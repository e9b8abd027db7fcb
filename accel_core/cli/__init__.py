"""The command line: everything a page can do, headless.

Exit code 0 when the command did its work (infeasible designs included), 2 with one clear line for wrong input.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from accel_core.cli import campaign, evaluate, files, layers, logs, optimize, platforms, sample, transfer
from accel_core.errors import AccelError

COMMANDS = (platforms, layers, sample, evaluate, files, campaign, optimize, logs, transfer)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, as everything else here does."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"error: {message}; see {self.prog} --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = _Parser(prog="python -m accel_core", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in COMMANDS:
        module.add_to(commands)
    chosen = parser.parse_args(arguments)
    try:
        chosen.run(chosen)
    except AccelError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; results that were written are kept", file=sys.stderr)
        return 130
    return 0
