"""Make data/examples/svm_table/results.csv: shipped results of Axiline under an engineer's own headings and units.

    python scripts/make_example_table.py

The numbers are those of ``data/results/axiline.parquet``, support-vector machines only; every design appears once.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from accel_core.paths import data_path

N_ROWS = 150
HEADINGS = {
    "features": ("Features", 1.0),
    "cycles_per_vector": ("Cycles per vector", 1.0),
    "input_bits": ("Input bits", 1.0),
    "internal_bits": ("Internal bits", 1.0),
    "f_target_hz": ("Target clock (MHz)", 1e-6),
    "utilization_target": ("Core utilization", 1.0),
    "f_effective_hz": ("Effective clock (MHz)", 1e-6),
    "power_w": ("Power (mW)", 1e3),
    "chip_area_mm2": ("Area (um2)", 1e6),
    "runtime_s": ("Runtime (us)", 1e6),
    "energy_j": ("Energy (nJ)", 1e9),
}
DIGITS = 6


def example_table(results: pd.DataFrame) -> pd.DataFrame:
    """Return the table as a person would have it."""
    rows = results[(results["benchmark"] == "svm") & (results["status"] == "ok")].head(N_ROWS)
    columns = {heading: (rows[name] * scale).map(_rounded) for name, (heading, scale) in HEADINGS.items()}
    return pd.DataFrame(columns)


def _rounded(value: float) -> float | int:
    number = float(f"{value:.{DIGITS}g}")
    return int(number) if number.is_integer() else number


if __name__ == "__main__":
    folder = data_path()
    table = example_table(pd.read_parquet(folder / "results" / "axiline.parquet"))
    table.to_csv(folder / "examples" / "svm_table" / "results.csv", index=False)
    print(f"{len(table)} rows")
