"""Map VGG-16's first layer on every design of the Eyeriss space, exactly, and keep the optima and the fronts.

The whole space has 4,423,680 designs; each gets its mapping of least energy-delay product. About half an hour of one
core a table of energies. What is done is kept in ``--work`` and not done again after an interruption, unless kernels,
energies or the space changed meanwhile.

    python scripts/make_eyeriss_optimum.py --table scaled
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import pandas as pd

from accel_core.evaluators import evaluate
from accel_core.pareto import is_nondominated
from accel_core.paths import data_path, runs_path
from accel_core.platforms.eyeriss.architecture import row_words
from accel_core.platforms.eyeriss.area import onchip_bits
from accel_core.platforms.eyeriss.cost import price_each
from accel_core.platforms.eyeriss.counts import CYCLES, IFMAP_READS
from accel_core.platforms.eyeriss.energy import energy_table
from accel_core.platforms.eyeriss.mapper.batch import find_mappings
from accel_core.platforms.eyeriss.mapper.record import EDP
from accel_core.platforms.eyeriss.mapper.tables import LayerTables
from accel_core.space import DesignSpace
from accel_core.workloads import Layer

LAYER = Layer("conv1_1", C=3, M=64, P=224, Q=224, R=3, S=3)
WORKLOAD = "vgg16/conv1_1"
OUTER = ("mesh_x", "glb_depth", "glb_width")
QUANTILES = np.linspace(0, 1, 1001)


def main() -> None:
    """Do what is missing, then write the optima, the fronts and the distribution."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", choices=["scaled", "fixed"], default="scaled")
    parser.add_argument("--work", type=Path, default=runs_path() / "cache" / "eyeriss_optimum")
    parser.add_argument("--out", type=Path, default=data_path() / "results" / "eyeriss")
    asked = parser.parse_args()
    space = DesignSpace.from_yaml(data_path() / "spaces" / "eyeriss.yaml")
    asked.work.mkdir(parents=True, exist_ok=True)
    cycles, energy, forwards = map_all(space, asked.table, asked.work)
    write(space, asked.table, cycles, energy, asked.out)
    print(f"{int(forwards.sum()):,} best mappings let neighbors forward inputs")


def blocks_of(space: DesignSpace) -> list[tuple[int, int, int]]:
    """Return the outer values; every block has one design for each combination of the scratchpads' sizes."""
    return list(itertools.product(*(space.parameter(name).values for name in OUTER)))


def block_designs(space: DesignSpace, block: tuple[int, int, int], pes: int = 168) -> pd.DataFrame:
    """Return the designs of a block, the last parameter fastest."""
    inner = [name for name in space.names if name not in (*OUTER, "mesh_y")]
    grid = np.array(list(itertools.product(*(space.parameter(name).values for name in inner))), np.int64)
    designs = pd.DataFrame(grid, columns=inner).assign(**dict(zip(OUTER, block, strict=True)))
    return designs.assign(mesh_y=pes // block[0])[list(space.names)].astype(np.int64)


def map_all(space: DesignSpace, table: str, work: Path) -> np.ndarray:
    """Return cycles, energy in pJ and whether inputs are forwarded, shape (3, n); what an earlier run did is read."""
    blocks = blocks_of(space)
    energies, tables = energy_table(table), LayerTables.of(LAYER)
    made_by = hashlib.blake2b(
        (energies.digest + space.to_yaml() + os.environ["NUMBA_CACHE_DIR"]).encode(), digest_size=6
    ).hexdigest()  # the folder of compiled kernels is named after their sources
    started, n_done = time.monotonic(), 0
    parts = []
    for number, block in enumerate(blocks):
        path = work / f"{table}-{made_by}-{number:04d}.npy"
        if not path.exists():
            designs = block_designs(space, block)
            prices = energies.of(designs)
            counts = find_mappings(tables, designs, prices, EDP).counts
            result = price_each(counts, row_words(designs), prices)
            temporary = path.with_suffix(".tmp.npy")
            forwards = counts[:, IFMAP_READS] > counts[:, CYCLES]
            np.save(temporary, np.stack([result[:, 0], result[:, 1:].sum(axis=1), forwards]))
            temporary.replace(path)
            n_done += 1
            left = (time.monotonic() - started) / n_done * (len(blocks) - number - 1)
            print(f"{table}: {number + 1} of {len(blocks)} blocks, about {left / 60:.0f} min left", flush=True)
        parts.append(np.load(path))
    return np.concatenate(parts, axis=1)


def write(space: DesignSpace, table: str, cycles: np.ndarray, energy: np.ndarray, out: Path) -> None:
    """Write the optima and fronts as a result table and the distribution of EDP over the whole space as another."""
    designs = pd.concat([block_designs(space, block) for block in blocks_of(space)], ignore_index=True)
    bits = onchip_bits(designs).astype(np.float64)
    values = np.column_stack([cycles, energy, bits])
    flat, cubic = is_nondominated(values[:, :2], ["min"] * 2), front(values)
    kept = {"least edp": np.argmin(cycles * energy), "least energy": np.argmin(energy)}
    kept["least cycles"] = np.lexsort((energy, cycles))[0]
    rows = np.unique(np.concatenate([np.flatnonzero(flat), cubic, list(kept.values())]))
    results = evaluate("eyeriss", designs.iloc[rows], "analytical", workload=WORKLOAD, settings={"energy_table": table})
    assert np.allclose(results["energy_j"], energy[rows] * 1e-12), "evaluate and the enumeration differ"
    results["best_in"] = [", ".join(name for name, row in kept.items() if row == chosen) for chosen in rows]
    results["on_front"] = np.where(flat[rows], "cycles, energy", "cycles, energy, bits")
    out.mkdir(parents=True, exist_ok=True)
    results.to_parquet(out / f"optimum_{table}.parquet", index=False)
    edp = np.quantile(cycles * energy * 1e-21, QUANTILES)
    pd.DataFrame({"share": QUANTILES, "edp_js": edp}).to_parquet(out / f"edp_{table}.parquet", index=False)
    print(f"{len(designs):,} designs, {flat.sum()} on the front of cycles and energy, {len(cubic)} with bits")


def front(values: np.ndarray) -> np.ndarray:
    """Return the nondominated rows; by blocks, for all at once would take long."""
    rows = np.arange(len(values))
    for size in (20_000, 200_000, len(values)):
        parts = [rows[i : i + size] for i in range(0, len(rows), size)]
        rows = np.concatenate([part[is_nondominated(values[part], ["min"] * 3)] for part in parts])
    return rows


if __name__ == "__main__":
    main()
