"""What every surrogate promises, whatever is inside."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from accel_core.errors import InvalidInputError, NotFittedError
from accel_core.surrogates import SURROGATES, Prediction, Surrogate

N_TRAIN = 90


def designs(n: int, seed: int) -> pd.DataFrame:
    """Return random designs with numbers, a wide positive range, texts and a column that never varies."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "lanes": rng.integers(1, 64, n),
            "bits": rng.choice([4, 8, 16], n),
            "f_target_hz": rng.uniform(2e8, 1e9, n),
            "kind": rng.choice(["svm", "linear"], n),
            "voltage": 1.1,
        },
        index=[f"design {i}" for i in range(n)],
    )


def metrics(X: pd.DataFrame, noise: float = 0.02, seed: int = 9) -> pd.DataFrame:
    """Return a power law with noise, and a metric that is negative at times."""
    rng = np.random.default_rng(seed)
    area = 1e-4 * X["lanes"] * X["bits"] ** 1.5 * X["kind"].map({"svm": 1.0, "linear": 1.4})
    power = area * X["f_target_hz"] * 3e-9 * np.exp(noise * rng.standard_normal(len(X)))
    slack = 1e-9 * (1 - X["f_target_hz"] / 6e8) + 2e-11 * rng.standard_normal(len(X))
    return pd.DataFrame({"power_w": power, "chip_area_mm2": area, "worst_slack_s": slack})


@pytest.fixture(scope="module", params=list(SURROGATES))
def kind(request: pytest.FixtureRequest) -> type[Surrogate]:
    return SURROGATES[request.param]


@pytest.fixture(scope="module")
def fitted(kind: type[Surrogate]) -> Surrogate:
    X = designs(N_TRAIN, 0)
    return kind(seed=3, budget_s=5).fit(X, metrics(X))


@pytest.fixture(scope="module")
def prediction(fitted: Surrogate) -> Prediction:
    return fitted.predict(designs(120, 1))


def test_predictions_have_the_shape_of_the_targets(prediction: Prediction):
    assert list(prediction.mean.columns) == ["power_w", "chip_area_mm2", "worst_slack_s"]
    assert list(prediction.std.columns) == list(prediction.mean.columns)
    assert prediction.mean.index.equals(designs(120, 1).index)
    assert prediction.std.index.equals(prediction.mean.index)


def test_unseen_designs_are_predicted_within_a_few_percent(prediction: Prediction):
    actual = metrics(designs(120, 1), noise=0.0)
    error = 100 * (prediction.mean[["power_w", "chip_area_mm2"]] / actual[["power_w", "chip_area_mm2"]] - 1).abs()
    assert error.mean().max() < 6


def test_a_target_that_changes_sign_is_learned(prediction: Prediction):
    actual = metrics(designs(120, 1))["worst_slack_s"]
    assert np.corrcoef(prediction.mean["worst_slack_s"], actual)[0, 1] > 0.98


def test_uncertainty_is_positive_and_covers_what_it_claims(prediction: Prediction):
    actual = metrics(designs(120, 1), seed=10)
    assert (prediction.std > 0).all(axis=None)
    lower, upper = prediction.interval(0.9)
    covered = ((lower <= actual) & (actual <= upper))[["power_w", "worst_slack_s"]].to_numpy().mean()
    assert 0.78 < covered <= 1.0


def test_wider_intervals_contain_narrower_ones(prediction: Prediction):
    narrow, wide = prediction.interval(0.5), prediction.interval(0.95)
    assert (wide[0] <= narrow[0]).all(axis=None)
    assert (narrow[1] <= wide[1]).all(axis=None)


def test_predict_mean_is_the_mean_of_predict(fitted: Surrogate, prediction: Prediction):
    pd.testing.assert_frame_equal(fitted.predict_mean(designs(120, 1)), prediction.mean, rtol=1e-12)


def test_the_same_seed_gives_the_same_numbers(kind: type[Surrogate]):
    X = designs(30, 4)
    y = metrics(X)
    first, second = (kind(seed=7, budget_s=0.5).fit(X, y).predict(X) for _ in range(2))
    pd.testing.assert_frame_equal(first.mean, second.mean, check_exact=True)
    pd.testing.assert_frame_equal(first.std, second.std, check_exact=True)


def test_rows_are_predicted_one_by_one_as_together(fitted: Surrogate, prediction: Prediction):
    X = designs(120, 1)
    alone = pd.concat([fitted.predict(X.iloc[[row]]).mean for row in range(3)])
    pd.testing.assert_frame_equal(alone, prediction.mean.iloc[:3], rtol=1e-6)


def test_column_order_does_not_matter(fitted: Surrogate, prediction: Prediction):
    shuffled = designs(120, 1)[["kind", "voltage", "bits", "f_target_hz", "lanes"]]
    pd.testing.assert_frame_equal(fitted.predict(shuffled).mean, prediction.mean)


def test_inputs_are_left_as_they_were(kind: type[Surrogate]):
    X = designs(20, 5)
    y = metrics(X)
    before = X.copy(), y.copy()
    kind(budget_s=0.5).fit(X, y).predict(X)
    pd.testing.assert_frame_equal(X, before[0])
    pd.testing.assert_frame_equal(y, before[1])


def test_an_unseen_text_is_predicted_with_at_least_the_spread_of_training(fitted: Surrogate):
    X = designs(120, 1)
    strange = fitted.predict(X.assign(kind="recommender"))
    spread = metrics(designs(N_TRAIN, 0)).std(ddof=0)
    assert np.isfinite(strange.mean).all(axis=None)
    assert (strange.std >= spread).all(axis=None)


def test_a_column_that_never_varied_is_unknown_elsewhere(fitted: Surrogate, prediction: Prediction):
    other = fitted.predict(designs(120, 1).assign(voltage=0.9))
    assert (other.std > prediction.std).all(axis=None)


def test_constant_and_single_targets_are_possible(kind: type[Surrogate]):
    X = designs(16, 6)
    y = pd.DataFrame({"power_w": 0.25}, index=X.index)
    found = kind(budget_s=0.5).fit(X, y).predict(X)
    np.testing.assert_allclose(found.mean["power_w"], 0.25, rtol=1e-3)
    assert np.isfinite(found.std).all(axis=None)


def test_an_empty_table_is_predicted_as_an_empty_table(fitted: Surrogate):
    found = fitted.predict(designs(120, 1).iloc[:0])
    assert found.mean.shape == (0, 3)
    assert found.std.shape == (0, 3)


def test_predicting_before_fitting_is_refused(kind: type[Surrogate]):
    with pytest.raises(NotFittedError, match=f"surrogate '{kind.name}' has not been fitted"):
        kind().predict(designs(3, 0))


def test_a_missing_column_is_named(fitted: Surrogate):
    with pytest.raises(InvalidInputError, match="X lacks column 'bits'"):
        fitted.predict(designs(3, 1).drop(columns="bits"))


def test_an_extra_column_is_named(fitted: Surrogate):
    with pytest.raises(InvalidInputError, match="X has column 'color' that the model was not fitted on"):
        fitted.predict(designs(3, 1).assign(color="red"))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_target_that_is_not_finite_is_named(kind: type[Surrogate], bad: float):
    X = designs(12, 0)
    y = metrics(X)
    y.iloc[5, 0] = bad
    with pytest.raises(InvalidInputError, match=f"column 'power_w', row design 5 is {bad}; allowed: finite numbers"):
        kind().fit(X, y)


def test_a_feature_that_is_not_finite_is_named(kind: type[Surrogate], fitted: Surrogate):
    X = designs(12, 0)
    broken = X.assign(f_target_hz=X["f_target_hz"].where(X.index != "design 2"))
    with pytest.raises(InvalidInputError, match="column 'f_target_hz', row design 2 is nan"):
        kind().fit(broken, metrics(X))
    with pytest.raises(InvalidInputError, match="column 'f_target_hz', row design 2 is nan"):
        fitted.predict(broken)


def test_too_few_rows_are_refused(kind: type[Surrogate]):
    X = designs(7, 0)
    with pytest.raises(InvalidInputError, match="there are 7 rows to learn from; allowed: at least 8"):
        kind().fit(X, metrics(X))


def test_a_budget_that_is_not_positive_is_refused(kind: type[Surrogate]):
    with pytest.raises(InvalidInputError, match="budget_s is 0; allowed: above 0"):
        kind(budget_s=0)
