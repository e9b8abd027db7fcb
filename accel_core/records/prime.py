"""The dataset released with PRIME (Kumar et al., ICLR 2022; gs://gresearch/prime), as a table.

Each record is one design on one application: ``param_1`` to ``param_10``, ``runtime`` in milliseconds, ``area`` in mm²
and ``infeasible``. The release gives the values of each parameter (google-research, ``prime/prime_colab.ipynb``), but
not its name. The paper's table says how many values each name has, which settles 6, 8, 9 and 10; 3 and 5, and with them
7, follow from the designs that the authors describe; the order of 1, 2 and 4, which have the same values, is assumed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from accel_core.errors import InvalidInputError
from accel_core.records.example import Fields, parse_examples
from accel_core.records.tfrecord import IntArray, read_batches
from accel_core.tables import replaced_when_whole

_COUNTS = (1, 2, 4, 6, 8, 10, 12, 14, 16, 32)

PARAMETERS: Mapping[str, tuple[int, ...]] = {
    "pes_x": _COUNTS,
    "pes_y": _COUNTS,
    "cores": (4, 8, 16, 32, 64, 128, 256),
    "lanes": _COUNTS,
    "pe_memory_b": tuple(2**i for i in range(18, 25)),
    "core_memory_b": tuple(2**i for i in range(12, 23)),
    "activation_memory_b": tuple(2**i for i in range(8, 15)),
    "instruction_memory_b": tuple(2**i for i in range(13, 17)),
    "parameter_memory_b": tuple(2**i for i in range(11, 16)),
    "dram_gbps": (5, 10, 16, 20, 25, 30),
}
"""Values of ``param_1`` to ``param_10``, in that order; memories in bytes, DRAM bandwidth in GB/s."""


@dataclass(frozen=True)
class Logged:
    """How many designs a log has, and how fast they are.

    Attributes:
        infeasible: Designs that could not be built or mapped.
        feasible: Designs with a runtime.
        min_s: Shortest runtime, NaN without feasible designs.
        mean_s: Mean runtime.
        max_s: Longest runtime.
    """

    infeasible: int
    feasible: int
    min_s: float
    mean_s: float
    max_s: float


PUBLISHED: Mapping[str, Logged] = {
    "mobilenet_edgetpu": Logged(384_355, 115_711, 0.25222, 0.52913, 16.35226),
    "mobilenet_v2": Logged(744_718, 255_414, 0.19135, 0.37505, 7.39813),
    "mobilenet_v3": Logged(797_460, 202_672, 0.40519, 0.99375, 7.00146),
    "m4": Logged(791_984, 208_148, 0.33559, 0.79433, 35.88135),
    "m5": Logged(698_618, 301_514, 0.20255, 0.44052, 35.36355),
    "m6": Logged(756_468, 243_664, 0.12779, 0.30174, 4.23690),
    "unet": Logged(449_578, 51_128, 0.61096, 3.68175, 124.98751),
    "t_rnn_dec": Logged(405_607, 94_459, 0.12805, 0.66244, 4.44774),
    "t_rnn_enc": Logged(410_933, 88_880, 0.12797, 0.73120, 5.11282),
}
"""The released logs by application (google-research, ``prime/prime_dataset_colab.ipynb``, Table 1)."""

APPLICATIONS = tuple(PUBLISHED)

_FOLDERS = {"u-net": "unet", "mobilenetedgetpu": "mobilenet_edgetpu", "mobilenetv2": "mobilenet_v2",
            "mobilenetv3": "mobilenet_v3"}  # fmt: skip
_FIELDS = Fields((*(f"param_{i}" for i in range(1, 11)), "runtime", "area"), ("infeasible",))
_SECONDS_PER_RUNTIME = 1e-3
_STATUSES = pa.array(["ok", "infeasible"])
SCHEMA = pa.schema(
    [
        ("application", pa.string()),
        *((name, pa.int32()) for name in PARAMETERS),
        ("status", pa.string()),
        ("runtime_s", pa.float64()),
        ("chip_area_mm2", pa.float64()),
    ]
)
"""Columns of a log; missing numbers are null."""


def application_of(path: Path) -> str | None:
    """Return the application that a released file is about, by the name of its folder; None for another folder."""
    name = path.absolute().parent.name.lower()
    name = _FOLDERS.get(name, name)
    return name if name in APPLICATIONS else None


def check_beginnings(paths: Sequence[Path]) -> None:
    """Read the first record of each file, which a file of another type does not have.

    Raises:
        InvalidInputError: If a file cannot be read or does not begin with an intact record.
    """
    for path in paths:
        next(read_batches(path))


def import_prime(paths: Sequence[Path], application: str, out: Path) -> Logged:
    """Write the designs of released files as one Parquet table; memory does not grow with their number.

    The table has the columns ``application``, ``PARAMETERS``, ``status`` (``ok`` or ``infeasible``), ``runtime_s`` and
    ``chip_area_mm2``. An infeasible design has no runtime, and an area only where the file has one.

    Args:
        paths: TFRecord files of one application.
        application: One of ``APPLICATIONS``.
        out: A ``.parquet`` file; it is replaced when all records are read, or left as it was.

    Raises:
        InvalidInputError: If a file is missing, cut or damaged, a record has other fields or a value that is not
            released, with file and record; if the application is unknown, or the table cannot be written.
    """
    if application not in APPLICATIONS:
        raise InvalidInputError(f"application '{application}' is unknown; allowed: {', '.join(APPLICATIONS)}")
    if out.suffix != ".parquet":
        raise InvalidInputError(f"{out}: the file's name must end in .parquet")
    summary = Summary()
    with replaced_when_whole(out) as partial, pq.ParquetWriter(partial, SCHEMA, compression="zstd") as writer:
        for path in paths:
            for designs in _read(path):
                runtimes = designs.runtime_ms[~designs.is_infeasible] * np.float64(_SECONDS_PER_RUNTIME)
                summary.add(int(designs.is_infeasible.sum()), runtimes)
                writer.write_table(_table(designs, application))
    return summary.logged()


@dataclass(frozen=True)
class _Designs:
    """Checked records: parameters, shape (n, 10), and one value a design of everything else."""

    parameters: IntArray
    runtime_ms: npt.NDArray[np.float32]
    area_mm2: npt.NDArray[np.float32]
    is_infeasible: npt.NDArray[np.bool_]


def _read(path: Path) -> Iterator[_Designs]:
    for batch in read_batches(path):
        floats, integers, problem = parse_examples(batch, _FIELDS)
        wrong = _first_wrong(floats, integers)
        index, reason = wrong if wrong is not None else (len(floats), problem)
        if reason:
            raise InvalidInputError(f"{path}, record {batch.first + index}: {reason}")
        yield _Designs(floats[:, :10].astype(np.int64), floats[:, 10], floats[:, 11], integers[:, 0] == 1)


def _first_wrong(floats: npt.NDArray[np.float32], integers: IntArray) -> tuple[int, str] | None:
    """Return the first record with a value that is not allowed, and what is wrong with it."""
    is_infeasible = integers[:, 0] == 1
    found = []

    def check(name: str, values: npt.NDArray[np.generic], is_right: npt.NDArray[np.bool_], allowed: str) -> None:
        if not is_right.all():
            index = int(np.argmin(is_right))
            found.append((index, f"{name} is {values[index]:.9g}; allowed: {allowed}"))

    for i, (name, values) in enumerate(PARAMETERS.items()):
        check(f"param_{i + 1} ({name})", floats[:, i], np.isin(floats[:, i], values), ", ".join(map(str, values)))
    check("infeasible", integers[:, 0], is_infeasible | (integers[:, 0] == 0), "0, 1")
    for column, name in ((10, "runtime"), (11, "area")):
        numbers = floats[:, column]
        check(name, numbers, is_infeasible | _is_size(numbers), "numbers above 0 where infeasible is 0")
    return min(found, key=lambda entry: entry[0], default=None)


def _is_size(values: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    return np.isfinite(values) & (values > 0)


def _table(designs: _Designs, application: str) -> pa.Table:
    n = len(designs.runtime_ms)
    columns = {
        "application": pa.repeat(pa.scalar(application), n),
        **{name: pa.array(designs.parameters[:, i], pa.int32()) for i, name in enumerate(PARAMETERS)},
        "status": _STATUSES.take(pa.array(designs.is_infeasible.astype(np.int8))),
        "runtime_s": pa.array(designs.runtime_ms * np.float64(_SECONDS_PER_RUNTIME), mask=designs.is_infeasible),
        "chip_area_mm2": pa.array(designs.area_mm2.astype(np.float64), mask=~_is_size(designs.area_mm2)),
    }
    return pa.table(columns, schema=SCHEMA)


class Summary:
    """Counts designs and runtimes as they pass."""

    def __init__(self) -> None:
        self._n_infeasible = self._n_feasible = 0
        self._sum, self._min, self._max = 0.0, np.inf, -np.inf

    def add(self, n_infeasible: int, runtimes: npt.NDArray[np.float64]) -> None:
        """Add designs without a runtime, and the runtimes in s of others."""
        self._n_infeasible += n_infeasible
        self._n_feasible += len(runtimes)
        self._sum += float(runtimes.sum())
        self._min = min(self._min, runtimes.min(initial=np.inf))
        self._max = max(self._max, runtimes.max(initial=-np.inf))

    def logged(self) -> Logged:
        """Return what was added."""
        if not self._n_feasible:
            return Logged(self._n_infeasible, 0, np.nan, np.nan, np.nan)
        mean = self._sum / self._n_feasible
        return Logged(self._n_infeasible, self._n_feasible, float(self._min), mean, float(self._max))
