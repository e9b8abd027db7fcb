"""``sample``: draw designs from a platform's space."""

from __future__ import annotations

import argparse
from pathlib import Path

from accel_core.cli.arguments import Commands, add_set, add_technology, given_of
from accel_core.errors import InvalidInputError
from accel_core.platforms import TECHNOLOGY, get_platform
from accel_core.space import SAMPLERS, cross, design_ids, sample
from accel_core.tables import write_table


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("sample", help="draw designs from a platform's space")
    parser.add_argument("platform")
    parser.add_argument("-n", type=int, default=24, help="how many designs (with --backend: architectures)")
    parser.add_argument("--backend", type=int, default=0, metavar="N",
                        help="sample N backend points apart and cross them with the architectures")  # fmt: skip
    parser.add_argument("--sampler", default="lhs", help=f"one of {', '.join(SAMPLERS)}")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True, help="a .csv or .parquet file")
    add_set(parser, "narrow a parameter (NAME=V, NAME=V1,V2 or NAME=LO..HI), or give a setting of the space")
    add_technology(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Write the designs and print how evenly they cover the space."""
    platform, given = get_platform(arguments.platform), given_of(arguments)
    of_space = {*platform.space_settings, *([TECHNOLOGY] if platform.implement else [])}
    narrowed = {name: value for name, value in given.items() if name not in of_space}
    space = platform.space_under(given).restrict(narrowed)
    if arguments.n < 1 or arguments.backend < 0:
        raise InvalidInputError(f"-n is {arguments.n} and --backend {arguments.backend}; at least 1 and 0 are allowed")
    if arguments.backend:
        drawn = sample(space.subspace("architecture"), arguments.n, arguments.sampler, arguments.seed)
        backend = sample(space.subspace("backend"), arguments.backend, arguments.sampler, arguments.seed)
        designs = cross(drawn.designs, backend.designs)[list(space.names)]
        designs = designs[space.is_valid(designs)].reset_index(drop=True)
    else:
        drawn = sample(space, arguments.n, arguments.sampler, arguments.seed)
        designs = drawn.designs
    designs.insert(0, "design_id", design_ids(designs, space.names))
    write_table(designs, arguments.out)
    print(f"{len(designs)} designs to {arguments.out}; {arguments.sampler}, discrepancy {drawn.discrepancy:.4f}")
