"""Learned models of metrics: designs in, metrics with uncertainty out."""

from collections.abc import Mapping

from accel_core.surrogates.ann import NeuralNetwork
from accel_core.surrogates.base import Prediction, Surrogate
from accel_core.surrogates.forest import RandomForest
from accel_core.surrogates.gbdt import GradientBoosting
from accel_core.surrogates.gp import GaussianProcess
from accel_core.surrogates.stack import StackedEnsemble

SURROGATES: Mapping[str, type[Surrogate]] = {
    kind.name: kind for kind in (GradientBoosting, RandomForest, NeuralNetwork, GaussianProcess, StackedEnsemble)
}
"""Every surrogate by its short name."""

__all__ = ["SURROGATES", "Prediction", "Surrogate"]
