"""How far the designs of the shipped zero-shot models are from the exact optimum.

    python benchmarks/left_out.py

Each of the nine models (data/models/offline) has never seen one application, and chooses a design for it from its
layers alone. About a minute.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from accel_core.offline import OfflineModel
from accel_core.paths import data_path
from accel_core.platforms.edgetpu.applications import Application, applications
from accel_core.platforms.edgetpu.area import area_mm2
from accel_core.platforms.edgetpu.metrics import indices_of
from accel_core.platforms.edgetpu.optima import optimum
from accel_core.platforms.edgetpu.rooflines import layers_of
from benchmarks.prime_online import runtimes_s
from benchmarks.prime_tables import aligned, middle

LIMITS_MM2 = (27.0, 29.0, 100.0)


def above_optimum(hidden: Application) -> Iterator[float]:
    """Yield by how much the first choice takes longer than the optimum, under each limit."""
    model = OfflineModel.load(data_path() / "models" / "offline" / f"{hidden.name}.npz")
    assert hidden.name not in model.contexts.names
    for limit in LIMITS_MM2:
        chosen = model.optimize(limit, 1, 0, area_mm2, [layers_of(hidden)])
        (runtime_s,) = runtimes_s(indices_of(chosen), (hidden.name,))[0]
        yield float(runtime_s) / optimum([hidden.name], limit).runtime_s - 1


def main() -> int:
    """Print a row for each application, and the median of all."""
    found = {name: list(above_optimum(application)) for name, application in applications().items()}
    rows = [[name, *(f"{100 * value:z.1f}" for value in values)] for name, values in found.items()]
    print("First choice above the exact optimum, %, by area limit:\n")
    print(aligned(["never seen", *(f"{limit:g} mm2" for limit in LIMITS_MM2)], rows))
    everything = [100 * value for values in found.values() for value in values]
    print(f"\nmedian {middle(everything):.1f} %, most {max(everything):.1f} %")
    return 0


if __name__ == "__main__":
    sys.exit(main())
