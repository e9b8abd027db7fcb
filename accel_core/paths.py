"""Where things live: shipped data, the user's database, runs and caches."""

from __future__ import annotations

import os
from pathlib import Path

SERVER_LOCK = "server.lock"
CACHE = "cache"
ERRANDS = "errands"
ENERGY_TABLES = "energy_tables"
NO_RUNS = (SERVER_LOCK, CACHE, ERRANDS, ENERGY_TABLES, "enumerations", "offline_models", "prime", "shipped")
"""Names in the folder of runs that are none of a run: of the server, the pages, the scripts and the benchmarks."""

ROOT = Path(__file__).resolve().parent.parent


def data_path() -> Path:
    """Return the folder of shipped spaces, workloads, technologies and results."""
    return ROOT / "data"


def database_path() -> Path:
    """Return the database file: ``ACCEL_DB``, or one under ``data/``."""
    return Path(os.environ.get("ACCEL_DB") or data_path() / "accelscope.duckdb").absolute()


def runs_path() -> Path:
    """Return the folder of campaign runs: ``ACCEL_RUNS``, or one under ``data/``."""
    return Path(os.environ.get("ACCEL_RUNS") or data_path() / "runs").absolute()


def platforms_path() -> Path:
    """Return the folder of a person's own accelerators: ``ACCEL_PLATFORMS``, or one under ``data/``."""
    return Path(os.environ.get("ACCEL_PLATFORMS") or data_path() / "platforms").absolute()


def kits_path() -> Path:
    """Return the folder of technology files that were given through a page; no campaign can be called so."""
    return runs_path() / ".kits"


def cache_path() -> Path:
    """Return the folder of what may be deleted at any time, such as synthesized netlists."""
    return runs_path() / CACHE
