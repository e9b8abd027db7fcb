"""The exact optima and latency-area fronts that ship; scripts/enumerate_edgetpu.py finds them among all designs."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.paths import data_path
from accel_core.platforms.edgetpu.applications import applications
from accel_core.platforms.edgetpu.architecture import PARAMETERS
from accel_core.platforms.logged import Optimum
from accel_core.tables import read_table

LIMITS_MM2 = (27.0, 29.0, 100.0)
"""Area limits of PRIME (Kumar et al., ICLR 2022); 29 is from memory."""


def true_front(names: Iterable[str]) -> pd.DataFrame:
    """Return all designs of which none is both smaller and faster, by rising area and falling runtime.

    The table has the ten parameters, ``runtime_s`` and ``chip_area_mm2``.

    Args:
        names: Applications, in any order; a design runs all of them.

    Raises:
        InvalidInputError: If one is unknown, or the space was not enumerated for them together.
    """
    given = set(names)
    for name in given:
        if name not in applications():
            raise InvalidInputError(f"application '{name}' is unknown; allowed: {', '.join(applications())}")
    together = "+".join(name for name in applications() if name in given)
    path = data_path() / "optima" / f"{together}.parquet"
    if not path.is_file():
        raise InvalidInputError(
            f"the optimum for {together or 'no application'} is not known;"
            f" python scripts/enumerate_edgetpu.py {together or 'APPLICATION'} finds it"
        )
    return _read(path).copy()


def optimum(names: Iterable[str], limit_mm2: float) -> Optimum:
    """Return the fastest design of at most some area.

    Args:
        names: As for `true_front`.
        limit_mm2: Any.

    Raises:
        InvalidInputError: As `true_front`, or if no design that runs them is that small.
    """
    front = true_front(names)
    n = int(front["chip_area_mm2"].searchsorted(limit_mm2, side="right"))
    if n == 0:
        least = front["chip_area_mm2"].iloc[0]
        raise InvalidInputError(f"the area limit is {limit_mm2:g} mm2; a design that runs takes {least:.2f} or more")
    best = front.iloc[n - 1]
    design = {name: int(best[name]) for name in PARAMETERS}
    return Optimum(float(best["runtime_s"]), float(best["chip_area_mm2"]), design)


@cache
def _read(path: Path) -> pd.DataFrame:
    return read_table(path)
