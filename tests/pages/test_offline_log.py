"""Logs of anybody's on the page Offline: what is wrong with one is named, and the best of one is found."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from accel_core.errors import InvalidInputError
from pages.components import offline_log
from pages.components.offline_data import baseline, best_logged, shipped_log, uploaded_log
from tests.pages.made_up_trainings import parquet


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("application", "lenet", "row 3: application is 'lenet'; allowed: mobilenet_edgetpu, "),
        ("application", None, "row 3: application is missing; allowed: mobilenet_edgetpu, "),
        ("status", "maybe", "row 3: status is 'maybe'; allowed: ok, infeasible"),
        ("lanes", 5, "row 3: lanes is 5; allowed: 1, 2, 4, "),
        ("lanes", 4.9, "row 3: lanes is 4.9; allowed: 1, 2, 4, "),
        ("lanes", 2**32 + 4, "row 3: lanes is 4294967300; allowed: 1, 2, 4, "),
        ("runtime_s", -1.0, "row 3: runtime_s is -1.0; allowed: finite and above 0 where status is ok"),
        ("runtime_s", np.inf, "row 3: runtime_s is inf; allowed: finite"),
        ("runtime_s", np.nan, "row 3: runtime_s is missing; allowed: finite"),
    ],
)
def test_a_logged_value_that_cannot_be_is_named_with_its_row(column, value, words) -> None:
    rows = pd.DataFrame([baseline()] * 4).assign(application="m6", status="ok", runtime_s=0.2, chip_area_mm2=np.nan)
    assert len(uploaded_log("right.parquet", parquet(rows)).table) == 4
    rows[column] = [value if i == 2 else given for i, given in enumerate(rows[column])]
    with pytest.raises(InvalidInputError, match=re.escape(f"wrong.parquet, {words}")):
        uploaded_log("wrong.parquet", parquet(rows))


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["x" * 5000] * 2000, "column 'status' has 1 texts of up to 5,000 letters; allowed: 64 of 100"),
        ([str(i) for i in range(2000)], "column 'status' has 2,000 texts of up to 4 letters; allowed: 64 of 100"),
    ],
)
def test_texts_that_unpack_to_far_more_than_the_file_are_refused(texts, words) -> None:
    rows = pd.DataFrame([baseline()] * 2000).assign(application="m6", status=texts, runtime_s=0.2, chip_area_mm2=np.nan)
    with pytest.raises(InvalidInputError, match=words):
        uploaded_log("large.parquet", parquet(rows))


def test_what_pandas_noted_of_a_log_does_not_matter() -> None:
    rows = pd.DataFrame([baseline()] * 3).assign(application="m6", status="ok", runtime_s=0.2, chip_area_mm2=np.nan)
    indexed = parquet(rows.set_index(["application", "status"]), index=True)
    assert list(uploaded_log("mine.parquet", indexed).table["application"]) == ["m6"] * 3
    damaged = parquet(rows).replace(b"numpy_type", b"numpy_tipe").replace(b"index_columns", b"index_colunms")
    assert len(uploaded_log("mine.parquet", damaged).table) == 3


def test_a_log_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    own = parquet(shipped_log().of(["m6"]).head(300).astype({"application": str}))
    monkeypatch.setattr(offline_log, "MAX_ROWS", 200)
    with pytest.raises(InvalidInputError, match="300 designs"):
        uploaded_log("long.parquet", own)


def test_the_best_of_a_log_runs_all_applications_within_the_limit() -> None:
    rows = pd.DataFrame([baseline()] * 4).assign(
        lanes=[1, 1, 2, 2], application=["m5", "m6", "m5", "m6"], status=["ok", "ok", "ok", "infeasible"],
        runtime_s=[0.4, 0.2, 0.1, np.nan], chip_area_mm2=[20.0, 20.0, 30.0, 30.0],
    )  # fmt: skip
    both = best_logged(rows, ["m5", "m6"], 27.0)
    assert both is not None
    assert (both.design["lanes"], both.runtime_s) == (1, pytest.approx(0.3))
    alone = best_logged(rows[rows["application"] == "m5"], ["m5"], 100.0)
    assert alone is not None
    assert alone.design["lanes"] == 2
    assert best_logged(rows, ["m5", "m6"], 10.0) is None
    twice = pd.concat([rows, rows[rows["application"] == "m5"]])
    assert best_logged(twice, ["m5", "m6"], 100.0) == both
