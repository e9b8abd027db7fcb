from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from accel_core.errors import InvalidInputError
from accel_core.surrogates.tables import MAX_LEVELS, TableEncoder, TargetScaler, check_targets


def test_wide_positive_columns_become_equal_steps_between_powers():
    encoder = TableEncoder(pd.DataFrame({"bits": [4, 8, 16, 32]}))
    steps = np.diff(encoder.encode(pd.DataFrame({"bits": [4, 8, 16, 32]})).features[:, 0])
    np.testing.assert_allclose(steps, steps[0])


def test_narrow_and_signed_columns_stay_linear():
    table = pd.DataFrame({"narrow": [10.0, 20.0, 30.0], "signed": [-1.0, 0.0, 1.0]})
    steps = np.diff(TableEncoder(table).encode(table).features, axis=0)
    np.testing.assert_allclose(steps[0], steps[1])


def test_texts_get_a_column_each_and_constants_none():
    table = pd.DataFrame({"kind": ["b", "a", "b"], "voltage": [1.0, 1.0, 1.0], "site": ["x", "x", "x"]})
    encoder = TableEncoder(table)
    assert encoder.feature_names == ["kind=a", "kind=b"]
    np.testing.assert_array_equal(encoder.encode(table).features, [[0, 1], [1, 0], [0, 1]])


def test_novel_rows_are_marked():
    table = pd.DataFrame({"kind": ["b", "a", "b"], "voltage": [1.0, 1.0, 1.0], "site": ["x", "x", "x"]})
    strange = pd.DataFrame({"kind": ["a", "c", "a", "a"], "voltage": [1, 1, 2, 1], "site": ["x", "x", "x", "y"]})
    assert TableEncoder(table).encode(strange).is_novel.tolist() == [False, True, True, True]


def test_categories_and_booleans_are_understood():
    table = pd.DataFrame({"kind": pd.Categorical(["a", "b", "a"]), "booth": [True, False, True]})
    assert TableEncoder(table).feature_names == ["kind=a", "kind=b", "booth"]


def test_zero_where_training_was_positive_is_novel_and_as_small_as_training_was():
    encoded = TableEncoder(pd.DataFrame({"lanes": [1, 2, 8]})).encode(pd.DataFrame({"lanes": [1, 0, 8]}))
    assert encoded.is_novel.tolist() == [False, True, False]
    assert encoded.features[0, 0] == encoded.features[1, 0] < encoded.features[2, 0]


def test_mixed_columns_are_refused():
    with pytest.raises(InvalidInputError, match="column 'kind', row 1 is 3; allowed: texts only, or numbers only"):
        TableEncoder(pd.DataFrame({"kind": ["a", 3, "b"]}))


def test_text_in_a_number_column_is_refused():
    encoder = TableEncoder(pd.DataFrame({"lanes": [1, 2, 8]}))
    with pytest.raises(InvalidInputError, match=r"column 'lanes' holds .* values; allowed: finite numbers"):
        encoder.encode(pd.DataFrame({"lanes": ["4", "5"]}))


def test_identifiers_are_refused_as_features():
    table = pd.DataFrame({"design_id": [f"{i:016x}" for i in range(MAX_LEVELS + 1)]})
    with pytest.raises(InvalidInputError, match="column 'design_id' has 65 different texts; allowed: at most 64"):
        TableEncoder(table)


def test_double_columns_are_refused():
    table = pd.DataFrame([[1, 2]], columns=["lanes", "lanes"])
    with pytest.raises(InvalidInputError, match="X has column 'lanes' more than once"):
        TableEncoder(table)


def test_mismatched_tables_are_refused():
    X = pd.DataFrame({"a": range(10)})
    with pytest.raises(InvalidInputError, match="X has 10 rows and y has 9"):
        check_targets(X, X.iloc[:9])
    with pytest.raises(InvalidInputError, match="different row labels"):
        check_targets(X, X.set_axis(range(1, 11)))
    with pytest.raises(InvalidInputError, match="column 'a' holds"):
        check_targets(X, X.astype(str))
    with pytest.raises(InvalidInputError, match="X has 1 and y 0 columns"):
        check_targets(X, X[[]])


def test_only_positive_wide_targets_become_logarithms():
    y = np.array([[1.0, 1.0, -1.0], [10.0, 1.2, 10.0]])
    assert TargetScaler(y).is_log.tolist() == [True, False, False]


@given(hnp.arrays(np.float64, (9, 2), elements=st.floats(-1e6, 1e6).filter(lambda v: abs(v) > 1e-3)))
def test_targets_survive_the_way_there_and_back(y):
    scaler = TargetScaler(y)
    np.testing.assert_allclose(scaler.backward(scaler.forward(y)), y, rtol=1e-6, atol=1e-6)


def test_log_targets_have_relative_uncertainty():
    y = np.array([[1.0], [10.0], [100.0]])
    scaler = TargetScaler(y)
    std = scaler.backward_std(y, np.full_like(y, 0.05))
    np.testing.assert_allclose((std / y)[:, 0], std[0, 0] / y[0, 0])
    # 5 % of the logarithms' spread is 0.05 * std(0, ln 10, ln 100) = 0.094 relative.
    assert std[0, 0] == pytest.approx(0.094, rel=0.01)
