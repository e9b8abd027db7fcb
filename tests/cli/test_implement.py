"""``implement`` takes Verilog as people have it through the flow, and says what cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from accel_core.cli import main
from accel_core.physical import placed_available

pytestmark = pytest.mark.skipif(placed_available() is not None, reason=str(placed_available()))


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """An accumulator in two files, with an include, a define and a parameter."""
    monkeypatch.setenv("ACCEL_RUNS", str(tmp_path / "runs"))
    (tmp_path / "inc").mkdir()
    (tmp_path / "inc" / "width.vh").write_text("`ifndef WIDTH\n`error\n`endif\n")
    (tmp_path / "adder.v").write_text(
        '`include "width.vh"\n`ifdef NEVER\n`include "nowhere.vh"\n`endif\n'
        "module adder (input [`WIDTH-1:0] a, b, output [`WIDTH-1:0] y);\n  assign y = a + b;\nendmodule\n"
    )
    (tmp_path / "top.v").write_text(
        "module top #(parameter N = 1) (input tick, input [`WIDTH-1:0] x, output [`WIDTH*N-1:0] y);\n"
        "  genvar i;\n  generate for (i = 0; i < N; i = i + 1) begin : lane\n"
        "    reg [`WIDTH-1:0] sum;\n    wire [`WIDTH-1:0] next;\n    adder add (.a(sum), .b(x), .y(next));\n"
        "    always @(posedge tick) sum <= next ^ i;\n    assign y[i*`WIDTH +: `WIDTH] = sum;\n"
        "  end endgenerate\nendmodule\n"
    )
    files = [str(tmp_path / name) for name in ("adder.v", "top.v")]
    return ["implement", "--verilog", *files, "--top", "top", "--clock", "tick", "--include", str(tmp_path / "inc")]


def test_includes_defines_and_parameters_make_the_design(sources, tmp_path, capsys) -> None:
    rest = ["--define", "WIDTH=6", "--parameter", "N=3", "--period", "1e-9", "--out", str(tmp_path / "out"), "--json"]
    assert main([*sources, *rest, "--through", "placement"]) == 0
    told = capsys.readouterr()
    found = json.loads(told.out)
    assert (found["status"], found["flops"], round(found["f_target_hz"])) == ("ok", 18, 1_000_000_000)
    assert {"netlist.v", "placed.def", "constraints.sdc", "layout.png"} <= {
        p.name for p in (tmp_path / "out").iterdir()
    }
    begun = [line.rpartition(" ")[2] for line in told.err.splitlines()]
    assert begun[:3] == ["synthesis", "floorplan", "placement"]


def test_auto_finds_a_clock_that_is_met(sources, tmp_path, capsys) -> None:
    out = tmp_path / "my [out] é"
    sources = [*sources, "--through", "placement"]
    assert main([*sources, "--define", "WIDTH=8", "--io-delay", "0.2", "--out", str(out), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert 0.0 <= found["worst_slack_s"] < 1e-12
    assert json.loads((out / "report.json").read_text())["settings"]["f_target_hz"] == found["f_target_hz"]
    assert main([*sources, "--define", "WIDTH=8", "--io-delay", "0.2", "--out", str(out), "--period", "5e-9"]) == 0
    assert "clock reached" in capsys.readouterr().out
    slow = json.loads((out / "report.json").read_text())["metrics"]
    assert slow["f_effective_hz"] < found["f_effective_hz"] * 1.01


def test_what_cannot_exist_is_a_result(sources, tmp_path, capsys) -> None:
    rest = ["--define", "WIDTH=6", "--period", "1e-9", "--utilization", "1.3", "--out", str(tmp_path / "out")]
    assert main([*sources, *rest]) == 0
    assert capsys.readouterr().out.startswith("infeasible at floorplan: ")


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        (["--period", "soon"], "--period is 'soon'; allowed: seconds above 0, or auto"),
        (["--period", "-1"], "--period is '-1'; allowed: seconds above 0, or auto"),
        (["--parameter", "M=3"], "--verilog: module 'top' has no parameter 'M'; found: N"),
        (["--utilization", "0"], "utilization_target is 0.0; allowed: above 0"),
        (["--technology", "none.yaml"], "none.yaml"),
        (["--define", "WIDTH"], "--define 'WIDTH': write NAME=VALUE"),
    ],
)
def test_wrong_input_is_one_sentence(sources, tmp_path, capsys, rest, message) -> None:
    assert main([*sources, "--out", str(tmp_path / "out"), *rest]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert message in said[0]


def test_a_file_that_is_not_there_is_named(sources, tmp_path, capsys) -> None:
    assert main([*sources[:1], "--verilog", "gone.v", "--top", "top", "--out", str(tmp_path)]) == 2
    assert "--verilog: 'gone.v': No such file or directory" in capsys.readouterr().err
