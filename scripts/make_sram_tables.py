"""Make data/memories/*.parquet: what is known of static memories at 45 nm, from two tables of text.

    python scripts/make_sram_tables.py FOLDER

FOLDER holds ``sram45.csv``, the 26 memories of OpenROAD-flow-scripts' platform nangate45 (their Liberty and LEF files,
made by bsg_fakeram with CACTI 7), and ``sram45_cacti.csv``, a grid of sizes by the same CACTI with the same settings.
``docs/memories.md`` says what the numbers mean.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from accel_core.paths import data_path


def published(table: pa.Table) -> pa.Table:
    """The published memories in the columns of the shipped table; all of them have one port."""
    names = {
        "words": "words", "bits": "bits", "width_um": "width_um", "height_um": "height_um", "access_s": "access_s",
        "min_period_s": "cycle_s", "cacti_read_J": "read_energy_j", "e_edge_J": "write_energy_j",
        "leakage_w": "leakage_w",
    }  # fmt: skip
    ports = pa.array(["1RW"] * len(table))
    columns = {ours: table[theirs] for theirs, ours in names.items()}
    return pa.table({"macro": table["macro"], "ports": ports, **columns})


def grid(table: pa.Table) -> pa.Table:
    """The grid in the same columns, its outlines as CACTI has them."""
    names = {
        "words": "words", "bits": "bits", "width_um": "width_um", "height_um": "height_um", "access_s": "access_s",
        "cycle_s": "cycle_s", "e_read_J": "read_energy_j", "e_write_J": "write_energy_j", "leakage_w": "leakage_w",
        "area_um2": "area_um2",
    }  # fmt: skip
    return pa.table(
        {"ports": table["ports"], **{ours: pc.cast(table[theirs], _kind(ours)) for theirs, ours in names.items()}}
    )


def _kind(name: str) -> pa.DataType:
    return pa.int64() if name in ("words", "bits") else pa.float64()


def main(folder: Path) -> None:
    """Write both tables."""
    place = data_path() / "memories"
    place.mkdir(exist_ok=True)
    for name, make in (("sram45", published), ("sram45_cacti", grid)):
        table = make(pyarrow.csv.read_csv(folder / f"{name}.csv"))
        pq.write_table(table, place / f"{name}.parquet")
        print(f"{name}: {len(table)} rows")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
