"""A chip of four parameters whose latency is a formula: quick to log, and its optimum is known."""

import numpy as np
import pandas as pd

from accel_core.offline import OfflineSettings

PARAMETERS = {
    "pes": (1, 2, 4, 6, 8, 16),
    "lanes": (1, 2, 4, 8),
    "memory_b": (1024, 2048, 4096, 8192, 16384),
    "gbps": (5, 10, 20),
}
SMALL = OfflineSettings(
    alpha=0.1, beta=0.1, embedding=16, layers=1, heads=2, feed_forward=16, votes=2, width=16, depth=1, steps=150,
    batch=32, learning_rate=5e-3, negatives=16, reports=5,
)  # fmt: skip


def random_designs(n, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({name: rng.choice(values, n) for name, values in PARAMETERS.items()})


def latency_s(designs, work=1.0):
    compute = work * 1e-3 / (designs["pes"] * designs["lanes"])
    return compute + 2e-4 / designs["gbps"] * np.sqrt(16384 / designs["memory_b"])


def area_mm2(designs):
    return (0.5 * designs["pes"] * designs["lanes"] + designs["memory_b"] / 2048 + 0.1 * designs["gbps"]).to_numpy()


def logs(n=600, seed=0, work=1.0, slowest_share=1.0):
    designs = random_designs(n, seed)
    latency = latency_s(designs, work)
    is_ok = designs["lanes"] * 512 <= designs["memory_b"]
    logged = designs.assign(status=np.where(is_ok, "ok", "infeasible"), runtime_s=latency.where(is_ok))
    return logged[~(logged["runtime_s"] < latency.quantile(1 - slowest_share))].reset_index(drop=True)
