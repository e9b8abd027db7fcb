"""Splits, error figures and studies, on models whose errors are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from accel_core.errors import InvalidInputError
from accel_core.surrogates import SURROGATES, Prediction
from accel_core.surrogates.accuracy import ape, error_table, summarize
from accel_core.surrogates.calibration import calibration_error, coverage
from accel_core.surrogates.splits import Split, unseen_architecture_splits, unseen_backend_splits
from accel_core.surrogates.studies import importances, learning_curve, sampler_comparison
from accel_core.surrogates.validation import validate, validate_roi

from .made_up import ARCHITECTURE, BACKEND, TARGETS, results


class Oracle:
    """Knows power = a * b up to a relative error that shrinks with the number of training rows."""

    def fit(self, X, y, groups=None):
        self.n_train, self.columns, self.groups = len(X), y.columns, groups
        return self

    def predict(self, X):
        mean = pd.DataFrame(dict.fromkeys(self.columns, X["a"] * X["b"] * (1 + 1 / self.n_train)))
        return Prediction(mean, 0.01 * mean)


def table(n: int = 48) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {"a": np.repeat(np.arange(1, n // 4 + 1), 4), "b": rng.uniform(1, 2, n), "c": rng.uniform(1, 2, n)}
    )
    return X, pd.DataFrame({"power_w": X["a"] * X["b"]})


def folds(n_rows: int, n_folds: int) -> list[Split]:
    """Plain folds over all rows."""
    fold_of = np.random.default_rng(0).permutation(n_rows) % n_folds
    return [Split("folds", k, np.flatnonzero(fold_of != k), np.flatnonzero(fold_of == k)) for k in range(n_folds)]


def test_ape_is_relative_to_the_actual_value():
    np.testing.assert_allclose(ape([110.0, 80.0, -9.0], [100.0, 100.0, -10.0]), [10, 20, 10])


def test_ape_of_zero_is_refused():
    with pytest.raises(InvalidInputError, match="an actual value is 0"):
        ape([1.0], [0.0])


def test_error_figures_of_four_values():
    # mean 2.5; population variance (1.5^2 + .5^2) * 2 / 4 = 1.25; p95 at position 0.95 * 3 = 2.85 -> 3.85
    assert summarize([1.0, 2.0, 3.0, 4.0]) == pytest.approx(
        {"muape": 2.5, "p95_ape": 3.85, "max_ape": 4.0, "std_ape": 1.25**0.5}
    )


def test_no_values_have_no_error_figures():
    assert np.isnan(list(summarize([]).values())).all()


def test_error_table_groups():
    rows = pd.DataFrame({"model": ["a", "a", "b"], "predicted": [1.1, 1.3, 2.0], "actual": [1.0, 1.0, 1.0]})
    found = error_table(rows, ["model"]).set_index("model")
    assert found["muape"].round(6).to_dict() == {"a": 20.0, "b": 100.0}
    assert found["n_test"].to_dict() == {"a": 2, "b": 1}


@pytest.mark.parametrize("n_folds", [2, 5])
def test_unseen_backend_points_belong_to_known_architectures(n_folds: int):
    X = results(9, 7, seed=0)
    splits = unseen_backend_splits(X, ARCHITECTURE, BACKEND, n_folds)
    keys = X[ARCHITECTURE].astype(str).agg("|".join, axis=1).to_numpy()
    assert sorted(np.concatenate([split.test for split in splits])) == list(range(len(X)))
    for split in splits:
        assert set(keys[split.test]) <= set(keys[split.train])
        assert not set(split.test) & set(split.train)
        assert split.groups is None


def test_shared_backend_points_are_unseen_in_every_architecture():
    X = pd.DataFrame([(a, f, u) for a in range(6) for f, u in zip(range(10), range(10), strict=True)])
    X.columns = ["a", "f_target_hz", "utilization_target"]
    for split in unseen_backend_splits(X, ["a"], BACKEND):
        train, test = X.iloc[split.train]["f_target_hz"], X.iloc[split.test]["f_target_hz"]
        assert not set(train) & set(test)
        assert len(test) == 12
        assert split.groups is not None
        assert len(set(split.groups)) == 8


def test_unseen_architectures_share_none_and_spread_their_kinds():
    X = results(20, 3, seed=0)
    keys = X[ARCHITECTURE].astype(str).agg("|".join, axis=1).to_numpy()
    for split in unseen_architecture_splits(X, ARCHITECTURE, stratify="benchmark"):
        assert not set(keys[split.train]) & set(keys[split.test])
        assert split.groups is not None
        assert len(set(X.iloc[split.test]["benchmark"])) >= 2


def test_impossible_splits_are_refused():
    X = results(3, 4, seed=0)
    with pytest.raises(InvalidInputError, match="n_folds is 5; allowed: 2 to 3, the number of architectures"):
        unseen_architecture_splits(X, ARCHITECTURE)
    with pytest.raises(InvalidInputError, match="the table lacks column 'color'"):
        unseen_architecture_splits(X, ["color"], 2)
    with pytest.raises(InvalidInputError, match="its architecture has one backend point"):
        unseen_backend_splits(results(6, 1, seed=0), ARCHITECTURE, BACKEND, 2)


def test_validation_scores_what_was_held_out():
    X, y = table()
    found = validate({"oracle": Oracle}, X, y, folds(len(X), 4))
    errors = found.errors()
    # 36 of 48 rows train each fold, so every prediction is 1/36 too high.
    assert errors.loc[0, ["model", "metric", "split", "n_train", "n_test"]].tolist() == [
        "oracle",
        "power_w",
        "folds",
        36,
        48,
    ]
    assert errors.loc[0, ["muape", "p95_ape", "max_ape"]].tolist() == pytest.approx([100 / 36] * 3)
    assert errors.loc[0, "std_ape"] == pytest.approx(0, abs=1e-9)
    assert sorted(found.predictions["row"]) == list(range(48))
    # 1 % of spread and 2.8 % of error: no interval below 99 % holds any.
    assert (found.covered["coverage"] == 0).all()
    assert (found.covered["n"] == 48).all()


def test_only_designs_in_the_roi_count_when_asked():
    data = results(12, 6, seed=3)
    X, y = data.drop(columns=TARGETS), data[["f_effective_hz"]]
    found = validate({"gp": lambda: SURROGATES["gp"](budget_s=0.1)}, X, y, folds(len(X), 3), tolerance=0.2)
    inside = (data["f_effective_hz"] / data["f_target_hz"]).between(0.8, 1.2)
    assert 0 < inside.sum() < len(data)
    assert found.errors()["n_test"].tolist() == [len(data)]
    assert found.errors(only_roi=True)["n_test"].tolist() == [inside.sum()]


def test_training_on_the_roi_leaves_other_rows_out():
    data = results(12, 6, seed=3)
    X, y = data.drop(columns=TARGETS), data[["f_effective_hz"]]
    split = unseen_architecture_splits(X, ARCHITECTURE, 3)[0]
    found = validate({"gp": lambda: SURROGATES["gp"](budget_s=0.1)}, X, y, [split], tolerance=0.2, train_on_roi=True)
    inside = (data["f_effective_hz"] / data["f_target_hz"]).between(0.8, 1.2).to_numpy()
    assert set(found.predictions["n_train"]) == {inside[split.train].sum()}


def test_the_roi_classifier_is_scored_on_held_out_designs():
    data = results(20, 8, seed=3)
    found = validate_roi(data.drop(columns=TARGETS), data[TARGETS], folds(len(data), 4))
    assert sorted(found["row"]) == list(range(len(data)))
    assert (found["predicted"] == found["actual"]).mean() > 0.85


def test_coverage_counts_designs_inside_the_interval():
    mean = pd.DataFrame({"power_w": [10.0, 10.0, 10.0, 10.0]})
    prediction = Prediction(mean, mean * 0.1, {"power_w": np.array([1.0, 1.0, 2.0, 3.0])})
    actual = pd.DataFrame({"power_w": [10.5, 9.0, 11.5, 20.0]})
    # 50 %: rank ceil(5 * .5) = 3 -> 2 standard deviations; 80 %: rank 4 -> 3 of them
    found = coverage(prediction, actual, (0.5, 0.8))
    assert found["coverage"].tolist() == [0.75, 0.75]
    assert calibration_error(found)["power_w"] == pytest.approx((0.25 + 0.05) / 2)


def test_learning_curves_go_down_and_keep_groups_whole():
    X, y = table()
    split = Split("x", 0, np.arange(40), np.arange(40, 48), X["a"].to_numpy()[:40] - 1)
    models = []

    def make() -> Oracle:
        models.append(Oracle())
        return models[-1]

    curve = learning_curve(make, X, y, split, [8, 20, 40], repeats=2)
    assert curve.groupby("n_train")["muape"].mean().round(6).tolist() == [12.5, 5.0, 2.5]
    assert all(
        np.unique(model.groups, return_counts=True)[1].tolist() == [4] * (model.n_train // 4) for model in models
    )


def test_learning_curve_sizes_are_checked():
    X, y = table()
    with pytest.raises(InvalidInputError, match="learning-curve size is 41; allowed: 8 to 40"):
        learning_curve(Oracle, X, y, Split("x", 0, np.arange(40), np.arange(40, 48)), [41])


def test_samplers_are_compared_at_equal_size_without_test_architectures():
    X, y = table()
    names = np.where(np.arange(48) < 20, "lhs", "sobol")
    found = sampler_comparison(Oracle, X, y, names, np.arange(44, 46), groups=X["a"], repeats=3)
    assert set(found["sampler"]) == {"lhs", "sobol"}
    assert found["n_train"].unique().tolist() == [20]
    assert found["sampler"].value_counts().to_dict() == {"lhs": 1, "sobol": 3}


def test_one_sampler_is_nothing_to_compare():
    X, y = table()
    with pytest.raises(InvalidInputError, match="two samplers, 8 rows each"):
        sampler_comparison(Oracle, X, y, ["lhs"] * 48, np.arange(4))


def test_importance_is_zero_for_what_a_model_ignores():
    X, y = table()
    found = importances(Oracle().fit(X, y), X, y).set_index("feature")["importance"]
    assert found["c"] == pytest.approx(0)
    assert found["a"] > found["b"] > 5
