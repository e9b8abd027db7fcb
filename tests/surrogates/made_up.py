"""A made-up accelerator with the shape of real results: power laws, a clock that saturates, synthesis noise."""

from __future__ import annotations

import numpy as np
import pandas as pd

TARGETS = ["f_effective_hz", "power_w", "chip_area_mm2", "runtime_s", "energy_j"]
ARCHITECTURE = ["benchmark", "features", "cycles_per_vector", "input_bits", "units"]
BACKEND = ["f_target_hz", "utilization_target"]


def architectures(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return random architectures."""
    return pd.DataFrame(
        {
            "benchmark": rng.choice(["linear", "logistic", "svm"], n),
            "features": rng.integers(5, 60, n),
            "cycles_per_vector": rng.integers(1, 25, n),
            "input_bits": rng.choice([4, 8], n),
            "units": rng.integers(1, 3, n),
        }
    )


def backends(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return random backend points, target clocks from 0.2 to 1.5 GHz."""
    return pd.DataFrame({"f_target_hz": rng.uniform(2e8, 1.5e9, n), "utilization_target": rng.uniform(0.4, 0.9, n)})


def results(n_architectures: int, n_backends: int, seed: int, noise: float = 0.015) -> pd.DataFrame:
    """Return designs (own backend points for each architecture) with derived features and five metrics."""
    rng = np.random.default_rng(seed)
    table = architectures(n_architectures, rng)
    table = table.loc[table.index.repeat(n_backends)].reset_index(drop=True)
    table = pd.concat([table, backends(len(table), rng)], axis=1)
    return measure(table, rng, noise)


def measure(table: pd.DataFrame, rng: np.random.Generator, noise: float = 0.015) -> pd.DataFrame:
    """Add lanes, cycles and the five metrics to a table of designs."""
    extra = table["benchmark"].map({"linear": 0.0, "logistic": 250.0, "svm": 90.0}).to_numpy(dtype=float)
    bits = table["input_bits"].to_numpy(dtype=float)
    lanes = np.ceil(table["features"] / table["cycles_per_vector"]).to_numpy(dtype=float)
    target = table["f_target_hz"].to_numpy(dtype=float)

    def jitter() -> np.ndarray:
        return np.exp(noise * rng.standard_normal(len(table)))

    f_max = 1.3e9 / (1 + 0.12 * np.log2(bits) + 0.10 * np.log2(1 + lanes) + extra / 2000) * jitter()
    slack = np.exp(0.02 * rng.random(len(table)))
    f_eff = ((target * slack) ** -12 + f_max**-12) ** (-1 / 12)
    pressure = 1 + 0.18 * np.clip(target / f_max, 0, 1.5) ** 4
    cells = (
        lanes * table["units"] * (14 * bits**1.7 + 30 * bits) + 20 * table["features"] * bits + extra * bits
    ) * pressure
    power = 1e-9 * f_eff * 0.1 * cells * 2.2e-5 * (1 + 0.05 / table["utilization_target"]) * jitter() + 2e-8 * cells
    cycles = 2 * table["cycles_per_vector"] + 1 + (table["cycles_per_vector"] + 2) * 499_999
    return table.assign(
        lanes=lanes,
        multiplier_bits=lanes * bits**2 * table["units"],
        cycles=cycles.astype(float),
        f_effective_hz=f_eff,
        power_w=power,
        chip_area_mm2=cells * 1.1e-6 / table["utilization_target"] * jitter(),
        runtime_s=cycles / f_eff,
        energy_j=power * cycles / f_eff,
    )
