"""Axiline's testbench of real work: that it trains, as the bit-true model does, and is the same every time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from accel_core.platforms.axiline import AXILINE
from accel_core.platforms.axiline.architecture import BENCHMARKS, Architecture
from accel_core.platforms.axiline.fixed_point import quantize
from accel_core.platforms.axiline.model import simulate
from accel_core.platforms.axiline.testbench import CYCLES, LEARNING_RATE, testbench_of, training_vectors
from accel_core.space import sample


@pytest.mark.parametrize("benchmark", BENCHMARKS)
def test_the_work_is_learning(benchmark: str) -> None:
    a = Architecture(benchmark, 12, 3, 8, 16)
    rng = np.random.default_rng(1)
    vectors = training_vectors(a, 400, rng)
    mu = int(quantize(LEARNING_RATE, a.internal_fraction, a.internal_bits))
    weights = quantize(rng.normal(0.0, 0.1, (1, a.padded_features)), a.internal_fraction, a.internal_bits)
    trace = simulate(a, weights, vectors, mu)
    one = 1 << a.internal_fraction
    if benchmark in ("svm", "logistic"):
        threshold = one // 2 if benchmark == "logistic" else 0
        right = (trace.predictions[:, 0] > threshold) == (vectors.labels[:, 0] == 1)
        assert right[-100:].mean() > 0.9
        return
    error = (trace.predictions - vectors.labels)[:, 0] / one
    rated = vectors.rated[:, 0]
    assert np.abs(error[-100:]).mean() < 0.35 * np.abs(error[:20]).mean()
    assert 0.5 < rated.mean() < 0.9


def test_back_to_back_after_the_weights(tmp_path: Path) -> None:
    a = Architecture("svm", 12, 3, 8, 16)
    bench = testbench_of(
        {"benchmark": "svm", "features": 12, "cycles_per_vector": 3, "input_bits": 8, "internal_bits": 16, "units": 1}
    )
    words = [int(word, 16) for word in bench.files["stimuli.hex"].split()]
    valid, load = ([word >> bit & 1 for word in words] for bit in (0, 2))
    vectors = CYCLES // a.slots
    assert len(words) == (1 + vectors) * a.slots
    assert load == [1] * a.cycles + [0] * (len(words) - a.cycles)
    assert valid == [0] * a.slots + ([1] + [0] * (a.slots - 1)) * vectors
    assert bench.title == f"{vectors} training vectors without a gap"


def test_equal_architectures_work_equally() -> None:
    design = sample(AXILINE.space, 1, "lhs", seed=2).designs.to_dict("records")[0]
    other = {**design, "f_target_hz": 1.0, "utilization_target": 0.1}
    assert testbench_of(design) == testbench_of(other)
