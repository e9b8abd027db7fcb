"""The Gaussian process against finite differences and against refitting."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import check_grad
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, WhiteKernel

from accel_core.surrogates.gp_math import (
    SHAPES,
    Hyper,
    _negative_log_posterior,
    condition,
    fit_hyper,
    held_out,
    initial_hyper,
)
from accel_core.surrogates.tuning import make_folds


def data(n: int = 40, d: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    Z = rng.standard_normal((n, d))
    t = np.sin(2 * Z[:, 0]) + 0.5 * Z[:, 1] + 0.05 * rng.standard_normal(n)
    return Z, t


@pytest.mark.parametrize("shape", list(SHAPES))
def test_the_gradient_is_that_of_the_posterior(shape: str):
    Z, t = data(n=15)
    theta = np.array([0.3, -0.2, 0.5, -0.4, 0.1, -1.5])
    error = check_grad(
        lambda x: _negative_log_posterior(Hyper.from_flat(shape, x), Z, t)[0],
        lambda x: _negative_log_posterior(Hyper.from_flat(shape, x), Z, t)[1],
        theta,
    )
    assert error < 1e-3


@pytest.mark.parametrize(
    ("shape", "peer"), [("gaussian", RBF), ("matern52", lambda scale: Matern(scale, nu=2.5)), ("matern32", Matern)]
)
def test_predictions_agree_with_scikit_learn(shape: str, peer):
    Z, t = data()
    new = np.random.default_rng(5).standard_normal((20, 3))
    # A linear part of e^-20 is none; scikit-learn's standard deviation includes its white noise as ours does.
    hyper = Hyper(shape, np.log([0.7, 1.5, 3.0]), np.log(0.8), -20.0, np.log(0.1))
    kernel = ConstantKernel(0.64) * peer(np.array([0.7, 1.5, 3.0])) + WhiteKernel(0.01)
    theirs = GaussianProcessRegressor(kernel, optimizer=None, alpha=1e-8).fit(Z, t)
    mean, std = condition(hyper, Z, t).predict(new, True)
    expected_mean, expected_std = theirs.predict(new, return_std=True)
    np.testing.assert_allclose(mean, expected_mean, atol=1e-6)
    np.testing.assert_allclose(std, expected_std, atol=1e-4)


def test_held_out_predictions_are_those_of_refitting_without_the_fold():
    Z, t = data()
    hyper = Hyper("matern52", np.log([1.0, 1.0, 2.0]), -0.3, -0.5, np.log(0.1))
    folds = make_folds(len(Z), None, seed=1)
    mean, std = held_out(condition(hyper, Z, t), t, folds)
    for train, test in folds:
        expected_mean, expected_std = condition(hyper, Z[train], t[train]).predict(Z[test], True)
        np.testing.assert_allclose(mean[test], expected_mean, atol=1e-8)
        np.testing.assert_allclose(std[test], expected_std, atol=1e-4)


@pytest.mark.slow
def test_fitting_finds_which_feature_does_not_matter():
    Z, t = data(n=120)
    hyper = fit_hyper(Z, t, initial_hyper("gaussian", 3), 80)
    assert hyper.log_lengths[2] > hyper.log_lengths[0] + 1
    assert np.exp(hyper.log_noise) == pytest.approx(0.05, rel=0.4)


def test_doubled_rows_do_not_break_the_factorization():
    Z, t = data(n=20)
    process = condition(initial_hyper("gaussian", 3), np.vstack([Z, Z]), np.concatenate([t, t]))
    assert np.isfinite(process.predict(Z, True)[0]).all()
