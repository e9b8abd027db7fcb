from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pandas as pd
import pytest

from accel_core.cli import main
from accel_core.platforms import get_platform
from accel_core.process import Limits, run

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCEL_DB", str(tmp_path / "state" / "results.duckdb"))
    monkeypatch.setenv("ACCEL_RUNS", str(tmp_path / "state" / "runs"))


@pytest.fixture
def designs(tmp_path: Path) -> Path:
    path = tmp_path / "designs.csv"
    assert main(["sample", "axiline", "-n", "5", "--seed", "2", "--out", str(path)]) == 0
    return path


def test_platforms_as_json_names_everything_that_can_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["platforms", "--json"]) == 0
    axiline = next(entry for entry in json.loads(capsys.readouterr().out) if entry["name"] == "axiline")
    assert {"title", "size", "parameters", "constraints", "workloads", "fidelities", "metrics"} <= set(axiline)
    assert axiline["size"] is None
    assert "placed" in axiline["fidelities"]
    assert {"benchmark", "features", "f_target_hz"} <= {entry["name"] for entry in axiline["parameters"]}


@pytest.mark.parametrize("sampler", ["lhs", "sobol", "halton", "random"])
def test_the_same_seed_draws_the_same_designs_within_what_was_set(sampler: str, tmp_path: Path) -> None:
    tables = []
    for name in ("one.csv", "two.parquet"):
        words = ["--sampler", sampler, "--seed", "3", "--set", "benchmark=svm,linear", "--set", "f_target_hz=5e8..6e8"]
        assert main(["sample", "axiline", "-n", "7", *words, "--out", str(tmp_path / name)]) == 0
        tables.append(pd.read_csv(tmp_path / name) if name.endswith("csv") else pd.read_parquet(tmp_path / name))
    assert tables[0]["design_id"].tolist() == tables[1]["design_id"].tolist()
    assert len(tables[0]) == tables[0]["design_id"].nunique() == 7
    assert tables[0]["f_target_hz"].between(5e8, 6e8).all()
    assert set(tables[0]["benchmark"]) <= {"svm", "linear"}


def test_backend_points_are_crossed_with_architectures(tmp_path: Path) -> None:
    out = tmp_path / "crossed.csv"
    assert main(["sample", "axiline", "-n", "3", "--backend", "4", "--out", str(out)]) == 0
    table = pd.read_csv(out)
    assert len(table) == 12
    assert table.groupby("f_target_hz").size().tolist() == [3, 3, 3, 3]


def test_evaluate_keeps_order_and_identity_and_takes_set_over_the_file(designs: Path, tmp_path: Path) -> None:
    out = tmp_path / "results.csv"
    words = ["--fidelity", "analytical", "--workload", "train-10k", "--set", "f_target_hz=5e8", "--out", str(out)]
    assert main(["evaluate", "axiline", "--designs", str(designs), *words]) == 0
    given, results = pd.read_csv(designs), pd.read_csv(out)
    assert results["features"].tolist() == given["features"].tolist()
    assert (results["f_target_hz"] == 5e8).all()
    assert (results["workload"] == "train-10k").all()
    assert (results["cycles"] / 5e8 == results["runtime_s"]).all()


def test_a_parameter_that_the_file_lacks_takes_its_default_and_says_so(
    designs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    slim = tmp_path / "slim.csv"
    pd.read_csv(designs).drop(columns="utilization_target").to_csv(slim, index=False)
    words = ["--designs", str(slim), "--fidelity", "analytical", "--out", str(tmp_path / "r.csv")]
    assert main(["evaluate", "axiline", *words]) == 0
    assert "at their defaults: utilization_target=0.7" in capsys.readouterr().err


def wrong(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Run a command that must be refused with exit code 2 and one line; return that line."""
    assert main(words) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    return lines[0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["sample", "abacus", "--out", "x.csv"], "platform 'abacus' is unknown; allowed: axiline"),
        (["sample", "axiline", "--sampler", "dice", "--out", "x.csv"], "dice"),
        (["sample", "axiline", "-n", "0", "--out", "x.csv"], "-n is 0"),
        (["sample", "axiline", "--set", "f_target_hz=9e8..5e8", "--out", "x.csv"], "inverted range"),
        (["sample", "axiline", "--set", "speed=1", "--out", "x.csv"], "speed"),
        (["sample", "axiline", "--set", "features", "--out", "x.csv"], "write NAME=VALUE"),
        (["sample", "axiline", "--out", "x.txt"], "must end in .csv, .tsv, .csv.gz, .tsv.gz or .parquet"),
        (["evaluate", "axiline", "--designs", "none.csv", "--fidelity", "placed", "--out", "r.csv"], "no such file"),
        (["evaluate", "axiline", "--designs", "one.csv", "--fidelity", "placed", "--out", "r.txt"], "must end in .csv"),
        (["evaluate", "axiline", "--designs", "one.csv", "--fidelity", "placed", "--out", "one.csv/r.csv"], "cannot"),
        (["import", "none.csv"], "none.csv: no such file"),
        (["export", "--fidelity", "guessed", "--out", "r.csv"], "--fidelity guessed is unknown; allowed: analytical"),
        (["export", "--campaign", "first", "--out", "r.csv"], "--campaign first is unknown; there are: none"),
        (["optimize", "axiline", "--objective", "power_w", "--bound", "power_w<=nan", "--fidelity", "placed",
          "--out", "r.csv"], "upper is nan; allowed: a finite number"),
        (["optimize", "axiline", "--objective", "beauty", "--fidelity", "analytical", "--out", "r.csv"], "beauty"),
        (["optimize", "axiline", "--objective", "runtime_s", "--bound", "runtime_s=3", "--fidelity", "analytical",
          "--out", "r.csv"], "write METRIC<=VALUE"),
        (["optimize", "axiline", "--fidelity", "analytical", "--out", "r.csv"], "no --objective is given"),
        (["optimize", "axiline", "--loss", "joy=1", "--fidelity", "analytical", "--out", "r.csv"], "'joy' is unknown"),
        (["optimize", "axiline", "--loss", "cycles=1", "--fidelity", "analytical", "--out", "r.csv"],
         "optimizer 'motpe': option 'loss' is unknown; allowed: none"),
        (["optimize", "axiline", "--loss", "cycles=1", "--optimizer", "genetic", "--option", "parents", "--fidelity",
          "analytical", "--out", "r.csv"], "--option 'parents': write NAME=VALUE"),
    ],
)  # fmt: skip
def test_wrong_input_is_one_line_and_exit_code_2(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    get_platform("axiline").space.defaults().to_csv("one.csv", index=False)
    assert message in wrong(words, capsys)
    assert [path.name for path in tmp_path.glob("*.csv")] == ["one.csv"]


@pytest.mark.parametrize("words", [["sample", "axiline", "-n", "many", "--out", "x.csv"], ["sample"], ["dance"], []])
def test_words_that_are_no_command_get_one_line(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("error: ")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.assign(features=["many", *table["features"][1:]]), "bad.csv, row 1: features is many"),
        (lambda table: table.assign(input_bits=5), "bad.csv, row 1: input_bits is 5; allowed: 4, 8"),
        (lambda table: table.assign(color="red"), "column 'color' is no parameter of axiline"),
        (lambda table: table[["design_id"]], "no column is a parameter of axiline"),
        (lambda table: table.iloc[:0], "bad.csv: it has no rows"),
    ],
)
def test_a_wrong_design_table_is_named_by_place_and_value(
    change: object, message: str, designs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    bad, out = tmp_path / "bad.csv", tmp_path / "r.csv"
    change(pd.read_csv(designs)).to_csv(bad, index=False)  # type: ignore[operator]
    words = ["evaluate", "axiline", "--designs", str(bad), "--fidelity", "analytical", "--out", str(out)]
    assert message in wrong(words, capsys)
    assert not out.exists()


def test_a_search_writes_every_evaluation_and_its_front(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "search.parquet"
    words = ["--objective", "runtime_s", "--objective", "utilization:max", "--fidelity", "analytical", "--budget", "9"]
    bound = ["--bound", "cycles<=1e7", "--optimizer", "random", "--out", str(out)]
    assert main(["optimize", "axiline", *words, *bound]) == 0
    assert len(pd.read_parquet(out)) == 9
    assert "9/9 evaluated" in capsys.readouterr().out


def test_a_search_minimizes_a_loss(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "search.csv"
    words = ["--optimizer", "genetic", "--loss", "runtime_s=1,utilization=-1", "--option", "sample=12", "--budget", "9"]
    assert main(["optimize", "axiline", *words, "--fidelity", "analytical", "--out", str(out)]) == 0
    assert len(pd.read_csv(out)) == 21
    printed = capsys.readouterr().out
    assert "the first 12 designs are random and set the scale of the loss" in printed
    assert "least loss -" in printed


def test_results_travel_out_and_in_without_a_copy(
    designs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results, exported = tmp_path / "results.csv", tmp_path / "out.parquet"
    words = ["--fidelity", "analytical", "--out", str(results)]
    assert main(["evaluate", "axiline", "--designs", str(designs), *words]) == 0
    assert main(["import", str(results)]) == 0
    assert main(["import", str(results)]) == 0
    assert "0 new results" in capsys.readouterr().out.splitlines()[-1]
    assert main(["export", "--platform", "axiline", "--fidelity", "analytical", "--out", str(exported)]) == 0
    assert sorted(pd.read_parquet(exported)["design_id"]) == sorted(pd.read_csv(designs)["design_id"])


def test_a_campaign_file_runs_to_its_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "first.yaml"
    file.write_text("name: first\nplatform: axiline\nfidelity: analytical\nsampler: {name: lhs, designs: 6}\n")
    assert main(["campaign", str(file)]) == 0
    assert "first finished: 6 of 6 designs; 6 ok" in capsys.readouterr().out


def test_the_module_is_the_command() -> None:
    done = run(
        [sys.executable, "-m", "accel_core", "sample", "abacus", "--out", "x.csv"],
        "test",
        Limits(60),
        cwd=ROOT,
        env={**os.environ},
    )
    assert done.exit_code == 2
    assert done.output.strip().splitlines()[-1].startswith("error: platform 'abacus' is unknown")


def test_an_export_has_the_results_that_a_platform_of_ones_own_brings_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCEL_PLATFORMS", str(ROOT / "data" / "examples"))
    out = tmp_path / "out.csv"
    assert main(["export", "--platform", "svm_table", "--out", str(out)]) == 0
    assert len(pd.read_csv(out)) == len(pd.read_csv(ROOT / "data" / "examples" / "svm_table" / "results.csv"))
