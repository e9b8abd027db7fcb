"""A person's folder: a platform is added whole or not at all, and what is removed comes back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from accel_core.errors import InvalidInputError
from accel_core.metrics import get_metric
from accel_core.platforms import PLATFORMS, find_own
from accel_core.platforms.from_files import own_folder

GOOD = {
    "platform.yaml": b"name: mine\nresults: {table: r.csv}\nmetrics: [{name: cycles}]\n",
    "r.csv": b"n,cycles\n1,2\n2,3\n",
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ACCEL_PLATFORMS", str(tmp_path / "own"))
    yield tmp_path / "own"
    monkeypatch.setenv("ACCEL_PLATFORMS", str(tmp_path / "nothing"))
    find_own()


def test_metrics_of_what_was_only_looked_at_or_removed_may_be_said_otherwise(home: Path) -> None:
    yaml = "name: {}\nresults: {{table: r.csv}}\nmetrics: [{{name: looked_at, column: cycles, better: {}}}]\n"

    def files(name: str, better: str) -> dict[str, bytes]:
        return {"platform.yaml": yaml.format(name, better).encode(), "r.csv": GOOD["r.csv"]}

    (home / "upload").mkdir(parents=True)
    for name, better in (("results", "min"), ("mine", "min"), ("mine", "max")):
        for file, content in files(name, better).items():
            (home / "upload" / file).write_bytes(content)
        own_folder.read_only_table(home / "upload")
        assert get_metric("looked_at").better == better
    shutil.rmtree(home / "upload")
    own_folder.add("mine", files("mine", "max"))
    with pytest.raises(InvalidInputError, match="platform 'mine' has that name for"):
        own_folder.add("other", files("other", "min"))
    own_folder.remove("mine")
    assert own_folder.add("other", files("other", "min")).name == "other"


def test_it_is_added_removed_and_brought_back(home: Path) -> None:
    assert own_folder.add("mine", GOOD).name == "mine"
    assert own_folder.own_names() == ["mine"]
    with pytest.raises(InvalidInputError, match="name 'mine' is taken"):
        own_folder.add("mine", GOOD)
    own_folder.remove("mine")
    assert "mine" not in PLATFORMS
    assert own_folder.removed_names() == ["mine"]
    own_folder.bring_back("mine")
    assert (home / "mine" / "r.csv").read_bytes() == GOOD["r.csv"]
    assert "mine" in PLATFORMS


@pytest.mark.parametrize(
    ("name", "files", "message"),
    [
        ("mine", {**GOOD, "platform.yaml": b"name: ["}, "not readable as YAML"),
        ("mine", {"platform.yaml": GOOD["platform.yaml"]}, r"r\.csv: no such file"),
        ("other", GOOD, "name is 'mine'; it must be 'other'"),
        ("../mine", GOOD, r"name is '\.\./mine'; allowed: letters"),
        ("axiline", GOOD, "name 'axiline' is taken"),
    ],
)
def test_what_is_wrong_leaves_nothing_behind(home: Path, name: str, files: dict[str, bytes], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        own_folder.add(name, files)
    assert not list(home.glob("*/platform.yaml"))
    assert not list(home.rglob("*.csv"))


def test_an_upload_may_not_say_what_to_run(tmp_path: Path) -> None:
    (tmp_path / "platform.yaml").write_text(
        "name: mine\nparameters: [{name: n, kind: integer, low: 1, high: 2}]\nmetrics: [{name: cycles}]\n"
        "program: {command: [ls], output: a.json}\n"
    )
    with pytest.raises(InvalidInputError, match="it says what to run; allowed in an upload: results only"):
        own_folder.read_only_table(tmp_path)


def test_only_ones_own_can_be_removed(home: Path) -> None:
    with pytest.raises(InvalidInputError, match="platform 'axiline' is not in"):
        own_folder.remove("axiline")
