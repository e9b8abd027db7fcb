"""``layers``: ONNX models and layer tables on the command line, and models where ``evaluate`` takes layer tables."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from accel_core.campaigns import Campaign
from accel_core.cli import campaign, main
from accel_core.cli.layers import add_workload, chosen_workload
from accel_core.errors import InvalidInputError
from accel_core.platforms import get_platform
from accel_core.workloads import read_layers, read_onnx
from tests.workloads.onnx_models import mobilenet_v2, model, node, save, weights


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def network(workplace: Path) -> Path:
    return save(mobilenet_v2("batch"), workplace / "net.onnx")


def test_a_model_becomes_a_layer_table_that_is_read_again(network: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["layers", "net.onnx", "--out", "net.csv"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].split() == ["name", "C", "M", "P", "Q", "R", "S", "stride", "repeat", "MACs"]
    assert said[2].split() == ["conv2", "1", "1", "112", "112", "3", "3", "1", "32", "3,612,672"]
    assert said[54:] == [
        "53 layers, 300,774,272 multiply-accumulates",
        "free size taken as 1: batch",
        "without multiply-accumulates: Add 10, Clip 52, Flatten 1, GlobalAveragePool 1",
        "53 layers to net.csv",
    ]
    assert read_layers(Path("net.csv")) == read_onnx(network).layers

    assert main(["layers", "net.csv"]) == 0
    assert capsys.readouterr().out.splitlines() == said[:55]


def test_sizes_that_a_model_leaves_free_are_given_by_name(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    net = model([node("Conv", "x w", "y")], {"x": ["n", 3, "edge=1", None]}, {"w": weights(4, 3, 1, 1)})
    save(net, workplace / "net.onnx")
    assert main(["layers", "net.onnx", "--size", "edge=1=20", "--size", "x[3]=30"]) == 0
    assert "1 layers, 7,200 multiply-accumulates" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["none.onnx"], "none.onnx: cannot be read: No such file"),
        (["net.onnx", "--size", "height=3"], "net.onnx has no free size 'height'; allowed: batch"),
        (["net.onnx", "--size", "height"], "--size 'height': write NAME=N, N an integer from 1"),
        (["net.onnx", "--size", "batch=-1"], "--size 'batch=-1': write NAME=N"),
        (["net.onnx", "--size", "batch=0"], "net.onnx: size batch is 0; allowed: integers 1 to 10,000,000"),
        (["net.onnx", "--size", "batch=1", "--size", "batch=2"], "--size batch is given twice"),
        (["net.onnx", "--out", "net.parquet"], "--out net.parquet: the file's name must end in .csv"),
        (["net.csv", "--size", "batch=1"], "--size batch: net.csv leaves no size free"),
        (["net.csv"], "net.csv, line 1: the columns are "),
    ],
)
def test_wrong_words_are_one_line_and_exit_code_2(
    words: list[str], message: str, network: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("net.csv").write_text("not,a,table\n")
    assert main(["layers", *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert message in line
    assert not Path("net.parquet").exists()


def words(*others: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_workload(parser)
    return parser.parse_args(others)


def test_commands_take_a_network_of_ones_own_and_say_what_is_left_out(
    network: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workload = chosen_workload(get_platform("eyeriss"), words("--layers", "net.onnx", "--size", "batch=2"))

    assert workload is not None
    assert re.fullmatch(r"net@[0-9a-f]{8}", workload.name)
    assert workload.operators == read_onnx(network, {"batch": 2}).operators
    assert capsys.readouterr().err.splitlines() == [
        f"note: {workload.name}: 53 layers, 601,548,544 multiply-accumulates",
        f"note: {workload.name}: without multiply-accumulates: Add 10, Clip 52, Flatten 1, GlobalAveragePool 1",
    ]


@pytest.mark.parametrize(
    ("platform", "given", "message"),
    [
        ("axiline", ["--layers", "net.onnx"], r"workload 'net@.*': axiline runs training vectors, not layers"),
        ("eyeriss", ["--size", "batch=2"], r"--size batch needs --layers, whose size it is"),
        ("eyeriss", ["--workload", "net"], r"platform 'eyeriss' has no workload 'net'"),
    ],
)
def test_commands_refuse_what_a_platform_does_not_run(
    platform: str, given: list[str], message: str, network: Path
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        chosen_workload(get_platform(platform), words(*given))


def test_a_result_names_the_network_by_its_content(workplace: Path) -> None:
    table = "name,C,M,P,Q,R,S,stride\nconv,3,8,9,9,3,3,1\n"
    Path("mine.csv").write_text(table)
    Path("d.csv").write_text("mesh_x,mesh_y\n14,12\n")
    for name in ("a", "b"):
        assert main(["evaluate", "eyeriss", "--designs", "d.csv", "--layers", "mine.csv", "--out", f"{name}.csv"]) == 0
        Path("mine.csv").write_text(table.replace(",8,", ",16,"))

    first, second = (pd.read_csv(f"{name}.csv")["workload"][0] for name in ("a", "b"))
    assert re.fullmatch(r"mine@[0-9a-f]{8}", first)
    assert first != second


def test_optimize_searches_on_a_network_of_ones_own(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("net.yaml").write_text("problem: {instance: {C: 3, M: 8, P: 9, Q: 9, R: 3, S: 3}}\n")
    arguments = ["--layers", "net.yaml", "--objective", "edp_js", "--budget", "2", "--batch", "2", "--out", "o.csv"]

    assert main(["optimize", "eyeriss", *arguments, "--optimizer", "random"]) == 0
    assert set(pd.read_csv("o.csv")["macs"]) == {8 * 3 * 81 * 9}
    assert re.match(r"note: net@[0-9a-f]{8}: 1 layers, 17,496 multiply-accumulates", capsys.readouterr().err)


def test_campaign_says_what_a_network_holds_and_hands_it_on(
    network: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    handed = []

    def recorded(given: Campaign, progress: object) -> SimpleNamespace:
        handed.append(given)
        return SimpleNamespace(name="c", state="finished", done=1, total=1, ok=1, infeasible=0, failed=0, timeout=0)

    monkeypatch.setattr(campaign, "run_campaign", recorded)
    definition = "name: c\nplatform: eyeriss\nfidelity: analytical\nsampler: {designs: 1}\nlayers: net.onnx\n"
    Path("c.yaml").write_text(definition)

    assert main(["campaign", "c.yaml"]) == 0

    said = capsys.readouterr().err.splitlines()
    assert said[0] == f"note: {handed[0].workload}: 53 layers, 300,774,272 multiply-accumulates"
    assert said[1].endswith(": free size taken as 1: batch")
    assert "without multiply-accumulates: Add 10" in said[2]
