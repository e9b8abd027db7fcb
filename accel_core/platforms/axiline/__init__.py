"""Axiline: training and inference of small models on a stream of vectors (Zeng et al., DATE 2023; VeriGOOD-ML).

A vector of features enters in chunks, one a cycle. The inner product with the weights takes ``cycles`` cycles, the
benchmark stage one, and the update by stochastic gradient descent again ``cycles``. The weights circulate in a ring of
``cycles`` + 2 slots past the inner product and the update, so there is no memory to address and the next vector meets
each weight in the very cycle after its update.

The source's recommender RTL is not described in detail. Ours is one half-step of matrix factorization: ``units`` users
update their factors at the same time against the factors of one item, which enter as the features.
"""

from accel_core.paths import data_path
from accel_core.platforms.axiline.metrics import analytical, features, simulate
from accel_core.platforms.axiline.rtl import rtl_of
from accel_core.platforms.axiline.testbench import testbench_of
from accel_core.platforms.base import Implementation, Platform
from accel_core.platforms.combining import NEEDS, Combination, combined
from accel_core.space import DesignSpace
from accel_core.workloads import Workload

_SOURCE = "VeriGOOD-ML rtml_ppa.py: V = 500,000 vectors for every benchmark"
_SHORT = "a shorter stream, chosen here"

AXILINE = Platform(
    name="axiline",
    title="Axiline",
    summary="Trains linear, logistic, support-vector and recommender models by stochastic gradient descent on a stream"
    " of vectors; weights circulate past the inner product and the update.",
    space=DesignSpace.from_yaml(data_path() / "spaces" / "axiline.yaml"),
    workloads={
        workload.name: workload
        for workload in (
            Workload("train-500k", "500,000 training vectors", _SOURCE, n_vectors=500_000),
            Workload("train-10k", "10,000 training vectors", _SHORT, n_vectors=10_000),
            Workload("one-vector", "One vector: the latency", _SHORT, n_vectors=1),
        )
    },
    metrics=(
        "f_target_hz",
        "f_effective_hz",
        "worst_slack_s",
        "power_w",
        "power_effective_w",
        "power_internal_w",
        "power_switching_w",
        "power_leakage_w",
        "cell_area_mm2",
        "chip_area_mm2",
        "wirelength_m",
        "cells",
        "flops",
        "cycles",
        "runtime_s",
        "cycle_energy_j",
        "energy_j",
        "power_runtime_j",
        "edp_js",
        "utilization",
        "macs",
        "throughput_flops",
    ),
    implement=Implementation(rtl_of, testbench_of),
    simulate=simulate,
    combine=Combination(NEEDS, lambda implemented, workload: combined(simulate(implemented, workload, {}))),
    analytical=analytical,
    features=features,
    versions={"placed": "2"},  # 2: energy and runtime belong to one clock
)

__all__ = ["AXILINE"]
