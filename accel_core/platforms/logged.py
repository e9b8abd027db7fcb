"""What a platform offers to learning from logged designs alone: applications, areas, logs, and the truth to reveal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from accel_core.records import Logged
from accel_core.workloads import Workload

Floats = npt.NDArray[np.float64]
Designs = pd.DataFrame | Mapping[str, npt.ArrayLike]


class Application(Protocol):
    """A network that logged designs ran."""

    @property
    def name(self) -> str:
        """Short name."""

    @property
    def title(self) -> str:
        """Words for a person."""

    @property
    def context(self) -> Floats:
        """What a model is told of it: numbers in the order of `LoggedData.context`."""

    @property
    def workload(self) -> Workload:
        """Its layers."""


LIMITS = ("compute", "bus", "dram")
"""What a layer can wait for; ``bus`` and ``dram`` are memory, in the sense of Kumar et al. (ICLR 2022)."""


@dataclass(frozen=True)
class Breakdown:
    """One inference of one design.

    Attributes:
        layers: One row a layer: ``layer``, ``kind``, ``compute_s``, ``bus_s`` and ``dram_s``, which go on at the same
            time, ``fixed_s`` of instructions and synchronization, which come on top, ``total_s``, and which of
            ``LIMITS`` decides.
        start_s: What every inference begins with.
        resident: Share of the parameters that stay on the chip.
        utilization: Share of the multipliers' cycles that do work.
        reason: Why the design cannot run; then there are no layers and the shares are NaN.
    """

    layers: pd.DataFrame
    start_s: float
    resident: float
    utilization: float
    reason: str = ""

    @property
    def total_s(self) -> float:
        """The whole inference."""
        return float(self.layers["total_s"].sum()) + self.start_s if len(self.layers) else float("nan")

    def bound_s(self, limit: str) -> float:
        """Return the time of the layers that wait for one of ``LIMITS``, without what is fixed."""
        rows = self.layers[self.layers["bound"] == limit]
        return float(rows[f"{limit}_s"].sum())

    @property
    def memory_s(self) -> float:
        """Time of the layers that wait for a bus or DRAM."""
        return self.bound_s("bus") + self.bound_s("dram")


@dataclass(frozen=True)
class Optimum:
    """The fastest of all designs of at most some area.

    Attributes:
        runtime_s: Of the usual run of inferences; the mean over several applications.
        chip_area_mm2: Its area.
        design: Its parameters.
    """

    runtime_s: float
    chip_area_mm2: float
    design: dict[str, int]


@dataclass(frozen=True)
class LoggedData:
    """A platform's designs as logs have them.

    Attributes:
        parameters: Columns that make a design, in the order of the logs.
        context: Names of the numbers that describe an application.
        inferences: Inferences that a logged runtime is of.
        applications: By name.
        area_mm2: The area of each design.
        area_parts_mm2: The same, part by part.
        optimum: The fastest design for some applications under an area limit in mm2; raises ``InvalidInputError``
            where it is not known.
        breakdown: Where one inference of a design spends its time.
        layers_of: An application's layers as a model is told them, one row a layer.
        check_request: Refuses a log of some applications, a number of designs and a seed that cannot be made.
        log: Yields the log of an application (its name, a number of designs, a seed) in parts.
        write_logs: Writes logs of applications to a Parquet file and says what each has.
    """

    parameters: tuple[str, ...]
    context: tuple[str, ...]
    inferences: int
    applications: Callable[[], Mapping[str, Application]]
    area_mm2: Callable[[Designs], Floats]
    area_parts_mm2: Callable[[Designs], dict[str, Floats]]
    optimum: Callable[[Iterable[str], float], Optimum]
    breakdown: Callable[[Mapping[str, float], Any], Breakdown]
    layers_of: Callable[[Any], pd.DataFrame]
    check_request: Callable[[Sequence[str], int, int], None]
    log: Callable[[str, int, int], Iterator[pa.Table]]
    write_logs: Callable[[Sequence[str], int, int, Path], dict[str, Logged]]
