"""What single models are made of."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from accel_core.errors import InvalidInputError
from accel_core.surrogates import SURROGATES
from accel_core.surrogates.gp import MAX_ROWS, GaussianProcess
from accel_core.surrogates.intervals import conformal_multiple
from accel_core.surrogates.linear import fit_ridge
from accel_core.surrogates.stack import StackedEnsemble, _convex_weights
from accel_core.surrogates.tables import TableEncoder, TargetScaler
from accel_core.surrogates.tuning import affordable, make_folds, make_partitions, seed_for

from .made_up import TARGETS, results


def test_quadratic_ridge_finds_a_product():
    rng = np.random.default_rng(0)
    Z = rng.standard_normal((80, 3))
    T = (2 + Z[:, 0] * Z[:, 1] - 0.5 * Z[:, 2] ** 2)[:, None]
    new = rng.standard_normal((20, 3))
    expected = 2 + new[:, 0] * new[:, 1] - 0.5 * new[:, 2] ** 2
    np.testing.assert_allclose(fit_ridge(Z, T, True).predict(new, [0], False)[0][:, 0], expected, atol=1e-2)


def test_ridge_penalizes_what_only_noise_supports():
    rng = np.random.default_rng(0)
    Z = rng.standard_normal((25, 20))
    T = rng.standard_normal((25, 1))
    weights = fit_ridge(Z, T, False).weights
    assert np.linalg.norm(weights) < 0.5 * np.linalg.norm(np.linalg.lstsq(Z, T, rcond=None)[0])


def test_folds_hold_out_each_row_once_and_groups_together():
    groups = np.repeat(["a", "b", "c", "d", "e", "f", "g"], 3)
    folds = make_folds(21, groups, seed=0)
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(21))
    for train, test in folds:
        assert not set(groups[train]) & set(groups[test])


def test_two_groups_are_too_few_to_group_by():
    grouped, plain = make_folds(20, np.repeat(["a", "b"], 10), seed=0), make_folds(20, None, seed=0)
    assert [test.tolist() for _, test in grouped] == [test.tolist() for _, test in plain]


def test_group_labels_must_match_the_rows():
    with pytest.raises(InvalidInputError, match="there are 3 group labels for 9 rows"):
        make_folds(9, ["a", "b", "c"], seed=0)


def test_partitions_differ():
    first, second = make_partitions(40, None, seed=0)
    assert any((a[1].tolist() != b[1].tolist()) for a, b in zip(first, second, strict=True))


def test_a_budget_buys_at_least_one_and_at_most_all_candidates():
    assert [affordable(budget, 2.0, 4) for budget in (0.1, 5.0, 100.0)] == [1, 2, 4]


def test_seeds_are_the_same_in_every_process():
    assert seed_for(0, "gp", 1) == 576094657


def test_stack_weights_prefer_the_better_model_and_add_up_to_one():
    rng = np.random.default_rng(0)
    target = rng.standard_normal(200)
    predictions = np.column_stack([target + 0.05 * rng.standard_normal(200), target + rng.standard_normal(200)])
    weights = _convex_weights(predictions, target)
    assert weights.sum() == pytest.approx(1)
    assert weights[0] > 0.9


def test_models_are_tuned_for_each_target():
    data = results(12, 6, seed=0)
    model = SURROGATES["forest"](budget_s=100).fit(data.drop(columns=TARGETS), data[["power_w", "f_effective_hz"]])
    assert set(model.settings_) == {"power_w", "f_effective_hz"}
    # Power is a power law of the features, a line between logarithms; steps alone follow it worse.
    assert model.settings_["power_w"]["trend"] != "none"


@pytest.mark.slow
def test_a_large_table_is_thinned_to_what_an_exact_process_can_keep():
    data = results(140, 12, seed=0)
    X, y = data.drop(columns=TARGETS), data[["power_w"]]
    assert len(X) > MAX_ROWS
    encoder, scaler = TableEncoder(X), TargetScaler(y.to_numpy())
    Z, T = encoder.encode(X).features, scaler.forward(y.to_numpy())
    found = GaussianProcess().assess({"shape": "matern52"}, Z, T, make_partitions(len(X), None, 0))
    assert found.learner.processes[0].Z.shape[0] == MAX_ROWS
    assert np.corrcoef(found.mean[:, 0], T[:, 0])[0, 1] > 0.99


def test_the_stack_is_at_least_about_as_good_as_its_best_member():
    data, new = results(20, 8, seed=1), results(30, 4, seed=2)
    X, y = data.drop(columns=TARGETS), data[["power_w"]]

    def error(model):
        found = model.fit(X, y).predict_mean(new.drop(columns=TARGETS))["power_w"]
        return float((found / new["power_w"] - 1).abs().mean())

    assert error(StackedEnsemble()) < 1.15 * min(error(SURROGATES[name](budget_s=1)) for name in ("gp", "gbdt", "ann"))


def test_conformal_multiples_are_order_statistics():
    scores = np.arange(1.0, 10.0)
    # rank ceil(10 * level): the 5th and the 9th of nine scores; more than all asked for gives the largest
    assert conformal_multiple(scores, 0.5) == 5.0
    assert conformal_multiple(scores, 0.9) == 9.0
    assert conformal_multiple(scores, 0.99) == 9.0
    assert conformal_multiple(None, 0.95) == pytest.approx(norm.ppf(0.975))


@pytest.mark.parametrize("level", [0.0, 1.0, -1.0])
def test_impossible_levels_are_refused(level: float):
    with pytest.raises(InvalidInputError, match=r"interval level is .*; allowed: above 0 and below 1"):
        conformal_multiple(None, level)
