"""The bit-true model against real-number gradient descent: it learns what it is meant to learn."""

from __future__ import annotations

import numpy as np
import pytest

from accel_core.platforms.axiline.architecture import Architecture
from accel_core.platforms.axiline.fixed_point import quantize
from accel_core.platforms.axiline.model import Vectors, simulate

N_VECTORS = 400


def real_step(benchmark: str, inner: float, label: float) -> float:
    """Derivative of the loss by the inner product, in real numbers."""
    if benchmark == "svm":
        return -label if label * inner < 1 else 0.0
    return (1 / (1 + np.exp(-inner)) if benchmark == "logistic" else inner) - label


@pytest.mark.parametrize("benchmark", ["linear", "logistic", "svm", "recommender"])
def test_weights_follow_gradient_descent_in_real_numbers(benchmark: str) -> None:
    a = Architecture(benchmark, 12, 4, 8, 16)
    rng = np.random.default_rng(7)
    truth = rng.uniform(-1, 1, 12)
    x = quantize(rng.uniform(-1, 1, (N_VECTORS, 12)), a.input_fraction, 8)
    reals = x / 2.0**a.input_fraction
    targets = reals @ truth
    classes = (targets > 0).astype(np.int64)
    labels = classes if benchmark in ("logistic", "svm") else quantize(targets, a.internal_fraction, 16)
    vectors = Vectors(x, labels[:, None], np.ones((N_VECTORS, 1), bool), np.ones(N_VECTORS, bool))
    mu = 1 / 16

    trace = simulate(a, np.zeros((1, 12), dtype=np.int64), vectors, int(mu * 2**a.internal_fraction))

    weights = np.zeros(12)
    for features, target, label in zip(reals, targets, classes, strict=True):
        wanted = {"svm": 2 * label - 1, "logistic": label}.get(benchmark, target)
        weights = weights - mu * real_step(benchmark, features @ weights, wanted) * features
    learned = trace.weights[-1, 0] / 2.0**a.internal_fraction
    # Every vector adds a rounding error of a quarter LSB (2^-12) on average; the sigmoid table up to 2 %.
    assert np.abs(learned - weights).max() < {"logistic": 0.05, "svm": 0.1}.get(benchmark, 0.01)
    agreement = np.corrcoef(learned, truth)[0, 1]
    assert agreement > 0.95


def test_users_learn_only_from_items_they_rated() -> None:
    a = Architecture("recommender", 4, 2, 8, 16, units=3)
    weights = np.full((3, 4), 1000)
    vectors = Vectors(
        np.full((1, 4), 64), np.array([[4096, 4096, 0]]), np.array([[True, False, True]]), np.ones(1, bool)
    )

    after = simulate(a, weights, vectors, 4096).weights[0]

    # Each predicts 4 * 1000 / 2 = 2000. User 0: error 2000 - 4096, half of it off each weight; user 2: error 2000.
    assert after.tolist() == [[2048] * 4, [1000] * 4, [0] * 4]


def test_prediction_only_leaves_the_weights() -> None:
    a = Architecture("linear", 4, 2, 8, 16)
    weights = np.array([[100, 200, 300, 400]])
    vectors = Vectors(np.full((1, 4), 64), np.array([[4096]]), np.ones((1, 1), bool), np.zeros(1, bool))

    trace = simulate(a, weights, vectors, 4096)

    assert trace.predictions.tolist() == [[500]]
    assert trace.weights[0].tolist() == weights.tolist()
