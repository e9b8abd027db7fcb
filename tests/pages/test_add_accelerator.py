"""The page that makes a platform of an uploaded table: guesses, preview, what is wrong, adding, removing."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from accel_core.paths import data_path
from accel_core.platforms import PLATFORMS, find_own
from accel_core.platforms.from_files.platform_yaml import load_platform

PAGE = "pages/add_accelerator.py"
TABLE = (data_path() / "examples" / "svm_table" / "results.csv").read_bytes()


@pytest.fixture
def own(empty_store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ACCEL_PLATFORMS", str(tmp_path / "platforms"))
    yield tmp_path / "platforms"
    monkeypatch.setenv("ACCEL_PLATFORMS", str(tmp_path / "nothing"))
    find_own()


def upload(app, name: str, content: bytes):
    app.file_uploader(key="add-upload").set_value((name, content, "text/csv")).run()
    assert not app.exception, app.exception[0].message
    return app


def texts(app) -> list[str]:
    return [entry.value for entry in app.text]


def test_a_table_becomes_a_platform_in_three_clicks(own: Path, empty_store, open_page) -> None:
    app = upload(open_page(PAGE), "svm.csv", TABLE)
    shown = {entry.label: entry.value for entry in app.metric}
    assert shown == {"Designs": "150", "Ok": "150", "Infeasible or failed": "0", "Parameters": "6", "Workloads": "1"}
    yaml = app.code[0].value
    app.button(key="add-do").click().run()
    assert not app.exception
    assert app.title[0].value == "AccelScope"
    assert app.sidebar.selectbox(key="platform").value == "svm"
    assert (own / "svm" / "platform.yaml").read_text().strip() == yaml.strip()
    assert (own / "svm" / "results.csv").read_bytes() == TABLE
    assert len(empty_store.store.find(platform="svm", status="ok")) == 150
    platform = load_platform(own / "svm" / "platform.yaml")
    example = load_platform(data_path() / "examples" / "svm_table" / "platform.yaml")
    assert platform.metrics == example.metrics
    assert platform.space.parameter("f_target_hz").values == example.space.parameter("f_target_hz").values


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"n,m\n1,2\n", "⚠ no column is a metric; choose at least one"),
        ("a.csv", b"n,cycles\n,2\n3,4\n", None),
        ("a.csv", b"", "⚠ a.csv: it is empty"),
        ("a.csv", b"n,Power (mW),power_uw\n1,2,x\n2,3,4\n", None),
        ("a.parquet", b"PAR1", "⚠ a.parquet: not a readable parquet table"),
    ],
)
def test_what_is_wrong_is_said_as_text_and_nothing_can_be_added(
    own: Path, open_page, name: str, content: bytes, message: str | None
) -> None:
    app = upload(open_page(PAGE), name, content)
    if message is not None:
        assert any(text.startswith(message) for text in texts(app)), texts(app)
    add = [button for button in app.button if button.key == "add-do"]
    assert not add or message is None or add[0].disabled
    assert not own.exists()


def test_a_name_that_is_taken_or_wrong_is_refused(own: Path, open_page) -> None:
    app = upload(open_page(PAGE), "svm.csv", TABLE)
    for name, said in {"../x": "name is '../x'; allowed: letters", "axiline": "name 'axiline' is taken"}.items():
        app.text_input(key="add-name-svm.csv").set_value(name).run()
        if not app.button(key="add-do").disabled:
            app.button(key="add-do").click().run()
        assert any(said in text for text in texts(app)), texts(app)
    assert not list(own.glob("*/platform.yaml"))


def test_texts_of_a_file_are_no_markdown(own: Path, open_page) -> None:
    heading = "![x](http://example.com/x.png)"
    table = pd.DataFrame({"n": [1, 2], heading: ["a", "b"], "cycles": [3.5, 4.5]}).to_csv(index=False).encode()
    app = upload(open_page(PAGE), "x.csv", table)
    shown = [*app.markdown, *app.caption, *app.subheader, *app.error, *app.info, *app.warning]
    assert not any("example.com" in str(entry.value) for entry in shown)


def test_repeated_designs_are_settled(own: Path, open_page) -> None:
    app = upload(open_page(PAGE), "x.csv", b"n,cycles,cost\n1,10,1\n1,20,1\n2,5,3\n")
    assert {entry.label: entry.value for entry in app.metric}["Designs"] == "2"
    assert "repeats: mean" in app.code[0].value
    app.button_group(key="add-repeats").set_value("refuse").run()
    assert any("has cycles 10.0 and 20.0" in text for text in texts(app)), texts(app)


def test_an_example_is_tried_removed_and_brought_back(own: Path, empty_store, open_page) -> None:
    app = open_page(PAGE)
    app.button(key="add-example-svm_table").click().run()
    assert app.sidebar.selectbox(key="platform").value == "svm_table"
    app = open_page(PAGE)
    assert app.button(key="add-example-svm_table").disabled
    app.button(key="add-remove-svm_table").click().run()
    assert not app.exception
    assert "svm_table" not in PLATFORMS
    app.button(key="add-undo").click().run()
    assert "svm_table" in PLATFORMS
    assert (own / "svm_table" / "results.csv").is_file()
