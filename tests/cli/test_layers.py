"""``layers``: ONNX models and layer tables on the command line, and models where ``evaluate`` takes layer tables."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from accel_core.cli import evaluate, main
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
        (["net.csv", "--size", "batch=1"], "--size batch: a layer table leaves no size free"),
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


def test_evaluate_takes_a_model_as_its_layers_and_reports_it(network: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workload = evaluate._workload(get_platform("axiline"), argparse.Namespace(layers=Path("net.onnx"), workload=None))
    assert workload is not None
    assert (workload.name, workload.source) == ("net", "file net.onnx")
    assert workload.layers == read_onnx(network).layers
    assert capsys.readouterr().err.splitlines()[0] == "note: net.onnx: 53 layers, 300,774,272 multiply-accumulates"
