"""A person's own platforms are found in their folder and by ``--platform-file``, and forgotten when they go."""

from __future__ import annotations

import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest

from accel_core.cli import main
from accel_core.errors import InvalidInputError
from accel_core.paths import data_path
from accel_core.platforms import PLATFORMS, add_file, find_own, get_platform, registry
from accel_core.platforms.base import Platform
from accel_core.platforms.from_files.platform_yaml import load_platform
from accel_core.platforms.registry import NAMED_FILES
from accel_core.space.documents import load_yaml
from accel_core.store import ResultStore
from accel_core.tables import read_table

TWIN = "name: axiline\nparameters: [{name: n, kind: integer, low: 1, high: 2}]\nformulas: {cycles: n}\n"
EXAMPLES = data_path() / "examples"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """An empty folder of own platforms; what is found there is forgotten at the end."""
    monkeypatch.setenv("ACCEL_PLATFORMS", str(tmp_path / "own"))
    monkeypatch.setenv(NAMED_FILES, "")
    monkeypatch.setenv("ACCEL_DB", str(tmp_path / "x.duckdb"))
    monkeypatch.setenv("ACCEL_RUNS", str(tmp_path / "runs"))
    (tmp_path / "own").mkdir()
    yield tmp_path / "own"
    monkeypatch.setenv("ACCEL_PLATFORMS", str(tmp_path / "nothing"))
    monkeypatch.setenv(NAMED_FILES, "")
    find_own()


def test_a_folder_comes_changes_and_goes(own: Path) -> None:
    shutil.copytree(EXAMPLES / "systolic", own / "mine")
    assert find_own() == {}
    first = get_platform("systolic")
    assert get_platform("systolic") is first
    path = own / "mine" / "platform.yaml"
    path.write_text(path.read_text().replace("title: Systolic array\n", "title: Another title\n"))
    find_own()
    assert PLATFORMS["systolic"].title == "Another title"
    shutil.rmtree(own / "mine")
    find_own()
    with pytest.raises(InvalidInputError, match="platform 'systolic' is unknown; allowed: axiline, "):
        get_platform("systolic")


def test_pages_that_look_at_once_do_not_take_one_file_for_two(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(path: Path) -> Platform:
        time.sleep(0.05)
        return load_platform(path)

    monkeypatch.setattr(registry, "load_platform", slow)
    shutil.copytree(EXAMPLES / "systolic", own / "mine")
    with ThreadPoolExecutor(4) as pool:
        assert [asked.result() for asked in [pool.submit(find_own) for _ in range(4)]] == [{}] * 4
    assert "systolic" in PLATFORMS


def test_a_platform_stays_known_while_its_changed_file_is_read(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def watched(path: Path) -> Platform:
        assert "systolic" in PLATFORMS
        return load_platform(path)

    shutil.copytree(EXAMPLES / "systolic", own / "mine")
    find_own()
    monkeypatch.setattr(registry, "load_platform", watched)
    (own / "mine" / "notes.txt").write_text("changed")
    assert find_own() == {}


def test_one_file_named_twice_is_one_platform(own: Path, tmp_path: Path) -> None:
    file = ["--platform-file", str(EXAMPLES / "systolic" / "platform.yaml")]
    assert main(["sample", *file, *file, "-n", "2", "--out", str(tmp_path / "d.csv")]) == 0


def test_a_path_that_cannot_be_handed_on_is_refused_in_words(own: Path, tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES / "systolic", tmp_path / "a:b")
    with pytest.raises(InvalidInputError, match="its path has a ':'; allowed: a path without"):
        add_file(tmp_path / "a:b" / "platform.yaml")


def test_what_is_wrong_hides_nothing_else(own: Path) -> None:
    shutil.copytree(EXAMPLES / "systolic", own / "good")
    for name, text in {"bad": "name: bad\n", "worse": "name: [", "twin": TWIN}.items():
        (own / name).mkdir()
        (own / name / "platform.yaml").write_text(text)
    shutil.copytree(EXAMPLES / "svm_table", own / "lost")
    (own / "lost" / "results.csv").unlink()
    problems = {path.parent.name: text for path, text in find_own().items()}
    assert set(problems) == {"bad", "worse", "twin", "lost"}
    assert all("\n" not in text for text in problems.values())
    assert "systolic" in PLATFORMS
    with pytest.raises(InvalidInputError, match=r"platform\.yaml: the key 'parameters' is missing"):
        get_platform("bad")
    with pytest.raises(InvalidInputError, match="as of another platform; allowed: another name"):
        add_file(own / "twin" / "platform.yaml")


def test_commands_take_a_platform_file(own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = ["--platform-file", str(EXAMPLES / "systolic" / "platform.yaml")]
    designs, found = str(tmp_path / "d.csv"), str(tmp_path / "r.csv")
    assert main(["platforms", *file]) == 0
    assert "systolic: Systolic array" in capsys.readouterr().out
    assert main(["sample", *file, "-n", "3", "--set", "dataflow=os", "--out", designs]) == 0
    assert main(["evaluate", *file, "--designs", designs, "--workload", "bert_query", "--out", found]) == 0
    assert set(read_table(Path(found))["workload"]) == {"bert_query"}
    goals = ["--objective", "runtime_s", "--objective", "array", "--budget", "4", "--batch", "2"]
    assert main(["optimize", *file, *goals, "--set", "dataflow=os", "--out", str(tmp_path / "o.csv")]) == 0
    assert len(read_table(tmp_path / "o.csv")) >= 4


def test_a_campaign_names_its_platform_file(own: Path, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(
        f"name: mine\nplatform: fir\nplatform_file: {EXAMPLES / 'fir' / 'platform.yaml'}\n"
        "fidelity: simulated\nsampler: {designs: 3}\n"
    )
    assert main(["campaign", str(tmp_path / "c.yaml")]) == 0
    with ResultStore(tmp_path / "x.duckdb") as store:
        found = store.find(platform="fir")
    assert (found["cycles"] == 1024 * found["taps"] / found["multipliers"] + 1).all()


@pytest.mark.parametrize("is_flag", [False, True])
def test_a_campaign_finds_its_platform_file_wherever_it_runs(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_flag: bool
) -> None:
    shutil.copytree(EXAMPLES / "systolic", tmp_path / "here" / "array")
    said = "" if is_flag else "platform_file: array/platform.yaml\n"
    (tmp_path / "here" / "c.yaml").write_text(f"name: mine\nplatform: systolic\n{said}sampler: {{designs: 2}}\n")
    monkeypatch.chdir(tmp_path / "here" if is_flag else tmp_path)
    words = ["c.yaml", "--platform-file", "array/platform.yaml"] if is_flag else ["here/c.yaml"]
    assert main(["campaign", *words]) == 0
    kept = load_yaml((tmp_path / "runs" / "mine" / "campaign.yaml").read_text(), "kept", 10**6)
    assert kept["platform_file"] == str(tmp_path / "here" / "array" / "platform.yaml")


def test_measured_results_are_exported_and_imported_the_same(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = EXAMPLES / "svm_table" / "platform.yaml"
    file, out = ["--platform-file", str(path)], str(tmp_path / "r.csv")
    platform = add_file(path)
    with ResultStore(tmp_path / "x.duckdb") as store:
        store.take_in_measured(platform)
        wanted = store.find(platform=platform.name).drop(columns="created_at")
    assert main(["export", *file, "--platform", platform.name, "--out", out]) == 0
    monkeypatch.setenv("ACCEL_DB", str(tmp_path / "y.duckdb"))
    assert main(["import", *file, out]) == 0
    with ResultStore(tmp_path / "y.duckdb") as store:
        found = store.find(platform=platform.name).drop(columns="created_at")
        assert store.take_in_measured(platform) == 0
    by = {"by": "design_id", "ignore_index": True}
    pd.testing.assert_frame_equal(found.sort_values(**by), wanted.sort_values(**by))


@pytest.mark.parametrize("command", ["evaluate", "optimize"])
def test_a_table_alone_cannot_be_evaluated_and_says_so(
    own: Path, tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = ["--platform-file", str(EXAMPLES / "svm_table" / "platform.yaml")]
    assert main(["sample", *file, "-n", "2", "--out", str(tmp_path / "d.csv")]) == 0
    rest = {"evaluate": ["--designs", str(tmp_path / "d.csv")], "optimize": ["--objective", "energy_j"]}[command]
    assert main([command, *file, *rest, "--out", str(tmp_path / "r.csv")]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert "measured elsewhere" in said[0]


def test_a_command_without_a_platform_says_how_to_name_one(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sample", "-n", "2", "--out", "d.csv"]) == 2
    assert capsys.readouterr().err == "error: no platform is named; allowed: its name, or one --platform-file\n"
