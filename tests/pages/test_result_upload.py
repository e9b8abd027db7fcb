"""Results uploaded on the page Runs: what came in, what was there, and what is wrong where."""

from __future__ import annotations

import io

import pandas as pd
import pytest

from accel_core.errors import InvalidInputError
from accel_core.evaluators import evaluate
from accel_core.platforms import get_platform
from accel_core.space import sample
from pages.components import result_upload

PAGE = "pages/runs.py"
RESULTS = evaluate("axiline", sample(get_platform("axiline").space, 3, seed=5).designs, "analytical")


def upload(app, table: pd.DataFrame, name: str = "mine.csv"):
    stream = io.BytesIO()
    if name.endswith(".csv"):
        table.to_csv(stream, index=False)
    else:
        table.to_parquet(stream, index=False)
    app.file_uploader(key="result-upload").set_value((name, stream.getvalue(), "text/csv")).run()
    return press(app)


def press(app):
    app.button(key="result-upload-import").click().run()
    assert not app.exception, app.exception[0].message
    return app


@pytest.mark.parametrize("name", ["mine.csv", "mine.parquet"])
def test_a_file_comes_in_once(empty_store, open_page, name):
    app = upload(open_page(PAGE), RESULTS, name)
    assert [entry.value for entry in app.success] == [f"3 new results from {name}."]
    assert len(empty_store.store.find(platform="axiline")) == 3
    press(app)
    assert [entry.value for entry in app.success] == [f"0 new results from {name}; 3 stored already."]


def test_a_result_that_differs_asks_which_to_keep(empty_store, open_page):
    app = upload(open_page(PAGE), RESULTS)
    other = RESULTS.assign(runtime_s=RESULTS["runtime_s"] * [1.0, 2.0, 1.0])
    upload(app, other, "other.csv")
    message = app.error[0].value
    assert "other.csv, row 2: design" in message
    assert "nothing is imported until it is said which to keep" in message
    assert sorted(empty_store.store.find()["runtime_s"]) == sorted(RESULTS["runtime_s"])

    app.segmented_control(key="result-upload-keep").set_value("file").run()
    press(app)
    assert [entry.value for entry in app.success] == ["0 new results from other.csv; 2 stored already; 1 replaced."]
    assert sorted(empty_store.store.find()["runtime_s"]) == sorted(other["runtime_s"])


def test_a_wrong_cell_is_named_as_text(empty_store, open_page):
    table = RESULTS.astype({"runtime_s": object})
    table.loc[1, "runtime_s"] = "![](http://x.example/a.png)"
    app = upload(open_page(PAGE), table)
    message = app.error[0].value
    assert "mine.csv, row 2, column 'runtime_s'" in message
    assert "![](" not in message
    assert empty_store.store.find().empty
    assert not app.success


def test_a_file_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(result_upload, "MAX_BYTES", 10)
    with pytest.raises(InvalidInputError, match=r"mine\.csv: 11 bytes; at most 10 are allowed"):
        result_upload.read_upload("mine.csv", bytes(11))
