"""Bit-true model of Axiline: the same fixed-point numbers as the RTL after every vector, without its cycles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from accel_core.platforms.axiline.architecture import Architecture
from accel_core.platforms.axiline.fixed_point import Ints, round_saturate, saturate, sigmoid


@dataclass(frozen=True)
class Vectors:
    """A stream of V vectors, in raw fixed-point integers.

    Attributes:
        features: Shape (V, padded_features); a real host sends zeros behind the last feature.
        labels: Shape (V, units): Q4 numbers for linear and recommender, else class bits 0 and 1.
        rated: Shape (V, units): whether that user rated the item; used by the recommender only.
        train: Shape (V,): False leaves the weights as they are.
    """

    features: Ints
    labels: Ints
    rated: npt.NDArray[np.bool_]
    train: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Trace:
    """What the accelerator computed.

    Attributes:
        predictions: Shape (V, units), Q4: the inner product, or for logistic regression its sigmoid.
        weights: Shape (V, units, padded_features), Q4: the weights after each vector.
    """

    predictions: Ints
    weights: Ints


def simulate(architecture: Architecture, weights: Ints, vectors: Vectors, mu: int) -> Trace:
    """Run vectors one after another.

    Args:
        architecture: Widths and benchmark.
        weights: First weights, shape (units, padded_features), raw Q4 integers.
        vectors: What enters.
        mu: Learning rate, a raw Q4 integer.

    Returns:
        Predictions made with the weights from before each vector, and the weights after it.
    """
    predictions = np.empty(vectors.labels.shape, dtype=np.int64)
    history = np.empty((len(vectors.features), *weights.shape), dtype=np.int64)
    for index, features in enumerate(vectors.features):
        inner = round_saturate(weights @ features, architecture.input_fraction, architecture.internal_bits)
        predictions[index] = _predict(architecture, inner)
        step = _step(architecture, predictions[index], vectors.labels[index], vectors.rated[index], mu)
        if vectors.train[index]:
            weights = _updated(architecture, weights, step, features)
        history[index] = weights
    return Trace(predictions, history)


def _predict(architecture: Architecture, inner: Ints) -> Ints:
    if architecture.benchmark == "logistic":
        return sigmoid(inner, architecture.internal_bits, architecture.sigmoid_bits)
    return inner


def _step(architecture: Architecture, prediction: Ints, labels: Ints, rated: npt.NDArray[np.bool_], mu: int) -> Ints:
    """Return what the weights move by against each feature, shape (units,), Q4."""
    bits, one = architecture.internal_bits, 1 << architecture.internal_fraction
    if architecture.benchmark == "svm":
        sign = np.where(labels == 1, 1, -1)
        return np.where(sign * prediction < one, saturate(-sign * mu, bits), 0)
    target = labels * one if architecture.benchmark == "logistic" else labels
    error = saturate(prediction - target, bits)
    step = round_saturate(error * mu, architecture.internal_fraction, bits)
    return np.where(rated, step, 0) if architecture.benchmark == "recommender" else step


def _updated(architecture: Architecture, weights: Ints, step: Ints, features: Ints) -> Ints:
    difference = (weights << architecture.input_fraction) - step[:, None] * features
    return round_saturate(difference, architecture.input_fraction, architecture.internal_bits)
