"""Logs of designs as somebody has them before a search: random, mostly infeasible, and without the best.

The logs released with PRIME (Kumar et al., ICLR 2022) hold random designs, of which those within the area limit are far
slower than what PRIME then designs from them. Ours are uniformly random designs too. To keep them as far from the best,
a feasible design is left out if it is faster than a factor times the exact optimum, under the smallest of the area
limits that it keeps. Larger designs stay, however fast: the released logs hold some faster than what PRIME designed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from accel_core.errors import InvalidInputError
from accel_core.platforms.edgetpu.applications import Application, applications
from accel_core.platforms.edgetpu.architecture import FEASIBLE, PARAMETERS, Floats, Indices, constants, values
from accel_core.platforms.edgetpu.area import area_mm2
from accel_core.platforms.edgetpu.metrics import designs_of, latency_s
from accel_core.platforms.edgetpu.optima import LIMITS_MM2, optimum
from accel_core.platforms.edgetpu.simulate import simulate
from accel_core.records import SCHEMA, Logged, Summary
from accel_core.tables import replaced_when_whole

FACTORS: Mapping[str, float] = {
    "mobilenet_edgetpu": 354.13 / 298.50,
    "mobilenet_v2": 410.83 / 207.43,
    "mobilenet_v3": 938.41 / 454.30,
    "m4": 779.98 / 370.45,
    "m5": 449.38 / 208.42,
    "m6": 369.85 / 131.46,
    "unet": 1333.18 / 740.27,
    "t_rnn_dec": 890.22 / 132.88,
    "t_rnn_enc": 584.70 / 130.67,
}
"""How much slower than the optimum the fastest logged design is, at least.

Runtimes in ms of the best in the released log and of PRIME's design, under 27 mm² (table of single applications in the
paper; remembered values).
"""

MOST = 100_000_000
_DRAWN = 65_536
"""Designs drawn at a time, whatever number is asked for, so that a longer log begins with the shorter one."""


def least_runtime_s(name: str, area: Floats) -> Floats:
    """Return the runtime below which a design of some area is left out of an application's log."""
    floors = [FACTORS[name] * optimum([name], limit).runtime_s for limit in LIMITS_MM2]
    return np.array([*floors, 0.0])[np.searchsorted(LIMITS_MM2, area)]


def write_logs(names: Sequence[str], n: int, seed: int, out: Path) -> dict[str, Logged]:
    """Write logs of applications, one after another, as one Parquet table; memory does not grow with their length.

    The table has the columns of an imported released log (`accel_core.records.import_prime`). Same seed, same log.

    Args:
        names: Applications.
        n: Designs of each, infeasible ones included.
        seed: 0 or more.
        out: A ``.parquet`` file; it is replaced when all is written, or left as it was.

    Raises:
        InvalidInputError: If an application is unknown, a number out of range, or the file cannot be written.
    """
    check_request(names, n, seed)
    if out.suffix != ".parquet":
        raise InvalidInputError(f"{out}: the file's name must end in .parquet")
    summaries = {}
    with replaced_when_whole(out) as partial, pq.ParquetWriter(partial, SCHEMA, compression="zstd") as writer:
        for name in names:
            summary = Summary()
            for part in log(name, n, seed):
                runtimes = part["runtime_s"].drop_null().to_numpy()
                summary.add(len(part) - len(runtimes), runtimes)
                writer.write_table(part)
            summaries[name] = summary.logged()
    return summaries


def check_request(names: Sequence[str], n: int, seed: int) -> None:
    """Refuse a log that cannot be made.

    Raises:
        InvalidInputError: If an application is unknown or a number out of range.
    """
    for name in names:
        if name not in applications():
            raise InvalidInputError(f"application '{name}' is unknown; allowed: {', '.join(applications())}")
    if not 1 <= n <= MOST:
        raise InvalidInputError(f"the number of designs is {n}; allowed: 1 to {MOST:,}")
    if seed < 0:
        raise InvalidInputError(f"the seed is {seed}; allowed: 0 or more")


def log(name: str, n: int, seed: int) -> Iterator[pa.Table]:
    """Yield the log of an application in parts: random designs, feasible and infeasible, without the best.

    A part has at most 65,536 designs.
    """
    application = applications()[name]
    rng = np.random.default_rng([seed, list(applications()).index(application.name)])
    left = n
    while left:
        part = _logged(application, _draw(rng))[:left]
        left -= len(part)
        yield part


def _draw(rng: np.random.Generator) -> Indices:
    return np.stack([rng.integers(0, len(column), _DRAWN) for column in values()], axis=1).astype(np.uint8)


def _logged(application: Application, indices: Indices) -> pa.Table:
    """Run designs and return those that a log may have."""
    designs = designs_of(indices)
    outcome = simulate(indices, application.layers)
    area, runtime = area_mm2(designs), constants()["inferences"] * latency_s(outcome)
    is_lost = outcome.memory != FEASIBLE
    kept = is_lost | (runtime >= least_runtime_s(application.name, area))
    columns: dict[str, pa.Array] = {
        "application": pa.repeat(pa.scalar(application.name), int(kept.sum())),
        **{name: pa.array(designs[name].to_numpy()[kept], pa.int32()) for name in PARAMETERS},
        "status": pa.array(np.where(is_lost[kept], "infeasible", "ok")),
        "runtime_s": _feasible(runtime, is_lost, kept),
        "chip_area_mm2": _feasible(area, is_lost, kept),
    }
    return pa.table(columns, schema=SCHEMA)


def _feasible(numbers: Floats, is_lost: npt.NDArray[np.bool_], kept: npt.NDArray[np.bool_]) -> pa.Array:
    return pa.array(numbers[kept], mask=is_lost[kept])
