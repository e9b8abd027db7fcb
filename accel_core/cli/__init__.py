"""The command line: everything a page can do, headless.

Exit code 0 when the command did its work (infeasible designs included), 2 with one clear line for wrong input.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from accel_core.cli import (
    campaign,
    evaluate,
    files,
    implement,
    layers,
    logs,
    memory,
    optimize,
    platforms,
    sample,
    space,
    technology,
    timing,
    transfer,
)
from accel_core.errors import DISK_FULL, AccelError, InvalidInputError, is_disk_full
from accel_core.platforms import add_file

COMMANDS = (
    platforms, layers, space, sample, evaluate, files, campaign, optimize, logs,
    technology, memory, implement, timing, transfer,
)  # fmt: skip


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
    for command in dict.fromkeys(commands.choices.values()):
        _let_files_name_platforms(command)
    chosen = parser.parse_args(arguments)
    try:
        _find_platform(chosen)
        chosen.run(chosen)
    except AccelError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        if not is_disk_full(error):
            raise
        where = f"{error.filename}: " if error.filename else ""
        print(f"error: {where}{DISK_FULL}; free some space", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; results that were written are kept", file=sys.stderr)
        return 130
    return 0


def _let_files_name_platforms(command: argparse.ArgumentParser) -> None:
    """Give a command ``--platform-file``; a platform need not be named then."""
    command.add_argument(
        "--platform-file", type=Path, action="append", default=[], metavar="DIR/platform.yaml",
        help="an accelerator of your own, beside those in data/platforms (ACCEL_PLATFORMS); repeatable",
    )  # fmt: skip
    for action in command._actions:
        if action.dest == "platform" and not action.option_strings:
            action.nargs, action.required = "?", False
            command.set_defaults(is_of_platform=True)


def _find_platform(chosen: argparse.Namespace) -> None:
    """Read the platforms of files, and take the only one where a command needs one and none is named."""
    found = list(dict.fromkeys(add_file(path).name for path in chosen.platform_file))
    if "is_of_platform" in chosen and chosen.platform is None:
        if len(found) != 1:
            raise InvalidInputError("no platform is named; allowed: its name, or one --platform-file")
        chosen.platform = found[0]
