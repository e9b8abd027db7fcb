"""``platform.yaml``: parts compose, and whatever is wrong is said in one sentence with its place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from accel_core.errors import InvalidInputError
from accel_core.evaluators import measured_results
from accel_core.metrics import is_metric
from accel_core.paths import data_path
from accel_core.platforms.from_files.own_metrics import RESERVED
from accel_core.platforms.from_files.platform_yaml import load_platform, platform_of
from accel_core.process import Limits, run
from accel_core.space.documents import load_document
from accel_core.store.rows import FIXED_COLUMNS

EXAMPLES = data_path() / "examples"
PARAMETERS = "parameters: [{name: n, kind: integer, low: 1, high: 8}]\n"
VERILOG = "verilog: {files: [top.v], top: top, parameters: {N: n}}\n"


def toy(folder: Path, text: str):
    (folder / "top.v").write_text("module top #(parameter N = 1) (input clk, output reg q); endmodule")
    _, content = load_document("name: toy\n" + text)
    return platform_of(content, folder, "x.yaml")


def test_parts_compose(tmp_path: Path) -> None:
    assert toy(tmp_path, PARAMETERS + VERILOG).fidelities == ("placed",)
    both = toy(tmp_path, PARAMETERS + VERILOG + "formulas: {cycles: 100 / n}")
    assert both.fidelities == ("placed", "simulated")
    design = pd.DataFrame({"n": [4], "f_effective_hz": [1e9], "cycle_energy_j": [2e-12], "power_w": [1e-3]})
    row = both.combine.run(design, both.default_workload).iloc[0]
    assert (row["cycles"], row["runtime_s"], row["energy_j"]) == (25.0, 2.5e-8, 5e-11)
    assert "throughput_flops" not in both.metrics
    (tmp_path / "r.csv").write_text("n,cycles\n1,5\n")
    table = "results: {table: r.csv}\nmetrics: [{name: cycles}]\n"
    assert toy(tmp_path, PARAMETERS + "formulas: {cycles: n}\n" + table).fidelities == ("simulated", "measured")


def test_versions_follow_what_makes_results(tmp_path: Path) -> None:
    first = toy(tmp_path, PARAMETERS + VERILOG + "formulas: {cycles: n}").versions
    second = toy(tmp_path, PARAMETERS + VERILOG + "formulas: {cycles: 2 * n}").versions
    assert set(first) == {"placed", "simulated"}
    assert first["simulated"] != second["simulated"]
    assert first["placed"] != second["placed"]  # runtimes of placed designs follow from the formula


def test_a_formula_without_a_number_that_means_something_makes_a_design_infeasible(tmp_path: Path) -> None:
    text = "formulas: {cycles: 10 / (n - 3), macs: (n - 4) ** 0.5}"
    platform = toy(tmp_path, PARAMETERS + text)
    found = platform.simulate(pd.DataFrame({"n": [1, 3, 5]}), platform.default_workload, {})
    assert found["status"].tolist() == ["infeasible", "infeasible", "ok"]
    assert found["reason"].tolist() == ["cycles is -5; allowed: at least 0", "cycles is inf; allowed: at least 0", ""]
    assert found["cycles"].fillna(0).tolist() == [0, 0, 5]
    assert found["macs"].fillna(0).tolist() == [0, 0, 1]


def test_no_name_is_that_of_a_column_of_every_result(tmp_path: Path) -> None:
    assert set(RESERVED) == set(FIXED_COLUMNS)
    for name in (*RESERVED, "Seed"):
        with pytest.raises(
            InvalidInputError, match=rf"metrics\.0\.name is '{name}', a column of every result; allowed"
        ):
            toy(tmp_path, PARAMETERS + f"metrics: [{{name: {name}}}]\nformulas: {{{name}: n}}")
        assert not is_metric(name)
        with pytest.raises(InvalidInputError, match=rf"x\.yaml, parameters: a name is '{name}', a column of every"):
            toy(tmp_path, f"formulas: {{cycles: 1}}\nparameters: [{{name: {name}, kind: integer, low: 1, high: 2}}]")
    with pytest.raises(InvalidInputError, match=r"x\.yaml: 'n' is a parameter and a metric; allowed: one of the two"):
        toy(tmp_path, PARAMETERS + "metrics: [{name: n}]\nformulas: {cycles: n}")


def test_versions_follow_what_is_said_of_verilog_and_of_a_program(tmp_path: Path) -> None:
    said = ("", ", constants: {M: 1}", ", constants: {M: 2}", ", defines: {D: n}", ", clock: clock")
    text = "module top #(parameter N = 1, M = 1) (input clk, clock, output reg q); endmodule"
    (tmp_path / "two.v").write_text(text)
    rtl = [f"verilog: {{files: [two.v], top: top, parameters: {{N: n}}{more}}}\n" for more in said]
    assert len({toy(tmp_path, PARAMETERS + one).versions["placed"] for one in rtl}) == len(said)
    program = PARAMETERS + "program: {command: [ls], output: r.json}\nmetrics: [{name: power_w, column: %s, unit: %s}]"
    pairs = (("power", "W"), ("power", "mW"), ("leakage", "mW"))
    assert len({toy(tmp_path, program % pair).versions["simulated"] for pair in pairs}) == len(pairs)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "x.yaml: the key 'parameters' is missing; allowed: a list, as in a space's YAML"),
        (PARAMETERS, "platform 'toy' has nothing that gives results; "
         "allowed: an implementation, a simulator, equations, a program or a table of results"),
        (PARAMETERS + "verilogs: {}",
         "x.yaml: key 'verilogs' is unknown (did you mean 'verilog'?); allowed: name, title, summary, parameters, "
         "constraints, workloads, metrics, results, verilog, program, formulas"),
        ("parameters: [n]\nformulas: {cycles: n}",
         "x.yaml, parameters: 'n' has no kind; allowed without one where there are results"),
        (PARAMETERS + "formulas: {cycles: m}", None),
        (PARAMETERS + "formulas: {speed: n}",
         "x.yaml, formulas: 'speed' is no metric; allowed: common metrics, and those declared"),
        (PARAMETERS + VERILOG.replace("N: n", "N: m"),
         "x.yaml, verilog.parameters.N is 'm'; allowed: a parameter, n, f_target_hz, utilization_target"),
        (PARAMETERS + VERILOG.replace("N: n", "M: n"), "x.yaml: module 'top' has no parameter 'M'; found: N"),
        (PARAMETERS + VERILOG.replace("{N: n}", "[N]"), "x.yaml, verilog.parameters is a list; allowed: a mapping"),
        (PARAMETERS + VERILOG.replace("top: top", "top: 1x"), "x.yaml, verilog.top is '1x'; allowed: a Verilog name"),
        (PARAMETERS + VERILOG.replace("parameters: {N: n}", "constants: {N: true}"),
         "x.yaml, verilog.constants.N is True; allowed: a number or a text"),
        (PARAMETERS + "title: 7\nformulas: {cycles: n}", "x.yaml, title is 7; allowed: one line of text"),
        (PARAMETERS + "workloads: {a: b}\nformulas: {cycles: n}", "x.yaml, workloads is a dict; allowed: a list"),
        (PARAMETERS + "formulas: {cycles: n}\nmetrics: [{name: e}]\nprogram: {command: [ls], output: a.json}",
         "x.yaml has program and formulas; allowed: one of them, for both simulate"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, text: str, message: str | None) -> None:
    with pytest.raises(InvalidInputError) as caught:
        toy(tmp_path, text)
    assert "\n" not in str(caught.value)
    if message is not None:
        assert str(caught.value) == message


@pytest.mark.parametrize("name", ["a b", "../a", "1a", "", "a" * 41, "ä"])
def test_names_are_plain(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInputError, match=r"x\.yaml, name is '.*'; allowed: letters, digits, '_' and '-'"):
        platform_of({"name": name}, tmp_path, "x.yaml")


BENCH = """
module bench; parameter TAPS = 16, MULTIPLIERS = 4;
reg clk = 0, reset = 1, shift = 0, valid = 0; reg signed [7:0] coefficient = 0, data = 0;
wire ready, done; wire signed [15+$clog2(TAPS):0] result;
fir #(.TAPS(TAPS), .MULTIPLIERS(MULTIPLIERS)) dut (.clk(clk), .reset(reset), .coefficient_shift(shift),
  .coefficient_in(coefficient), .in_valid(valid), .in_ready(ready), .in_data(data),
  .out_valid(done), .out_data(result));
always #1 clk = ~clk;
reg signed [7:0] c [0:63], x [0:2000]; integer i, k, n, edges, first, taken, sum;
initial begin
  n = 0; edges = 0; first = -1; taken = 0;
  for (i = 0; i < TAPS; i = i + 1) c[i] = $random;
  for (i = 0; i < 2000; i = i + 1) x[i] = $random;
  @(negedge clk);
  for (i = TAPS - 1; i >= 0; i = i - 1) begin shift = 1; coefficient = c[i]; @(negedge clk); end
  shift = 0; reset = 0; valid = 1;
  repeat (TAPS) begin while (!ready) @(negedge clk); @(negedge clk); end
  valid = 0; repeat (100) @(negedge clk);
  valid = 1;
  while (n < 1024) begin
    data = x[taken];
    if (ready) begin if (first < 0) first = edges; taken = taken + 1; end
    @(negedge clk); edges = edges + 1;
    if (done) begin
      sum = 0;
      for (k = 0; k < TAPS; k = k + 1) if (n >= k) sum = sum + c[k] * x[n - k];
      if (result !== sum) $display("result %0d is %0d, not %0d", n, result, sum);
      n = n + 1;
    end
  end
  $display("%0d", edges - first - 1);
  $finish;
end
endmodule
"""


@pytest.mark.tools
@pytest.mark.parametrize(("taps", "multipliers"), [(8, 8), (16, 4), (32, 1)])
def test_the_filter_filters_and_takes_as_many_cycles_as_its_formula_says(
    tmp_path: Path, taps: int, multipliers: int
) -> None:
    platform = load_platform(EXAMPLES / "fir" / "platform.yaml")
    design = platform.space.defaults().assign(taps=taps, multipliers=multipliers, data_bits=8, coefficient_bits=8)
    (tmp_path / "fir.v").write_text(platform.implement.rtl(design.iloc[0]).verilog)
    (tmp_path / "bench.v").write_text(BENCH)
    sizes = [f"-Pbench.TAPS={taps}", f"-Pbench.MULTIPLIERS={multipliers}"]
    command = ["iverilog", "-g2005", *sizes, "-s", "bench", "-o", "a", "bench.v", "fir.v"]
    assert run(command, "compile", Limits(60), cwd=tmp_path).exit_code == 0
    printed = run(["vvp", "-n", "a"], "run", Limits(60), cwd=tmp_path).output.splitlines()[:1]
    cycles = platform.simulate(design, platform.default_workload, {})["cycles"].iloc[0]
    assert printed == [f"{cycles:.0f}"]


def test_the_table_example_is_made_of_shipped_results() -> None:
    platform = load_platform(EXAMPLES / "svm_table" / "platform.yaml")
    found = measured_results(platform)
    assert len(found) == 150
    shipped = pd.read_parquet(data_path() / "results" / "axiline.parquet")
    for name in ("f_effective_hz", "energy_j", "chip_area_mm2"):
        apart = np.abs(found[name].to_numpy()[:, None] / shipped[name].dropna().to_numpy() - 1).min(axis=1)
        assert apart.max() < 1e-5, name


def test_the_program_example_keeps_its_laws() -> None:
    import runpy

    model = runpy.run_path(str(EXAMPLES / "systolic" / "model.py"))["evaluate"]
    # 1024 cubed, output stationary, 32 x 32: (64 + 32 + 1024 - 2) * 32 * 32 compute cycles, SCALE-Sim's equations.
    assert model(32, 32, "os", 1024, 64, "square")["cycles"] == 1118 * 1024
    assert model(32, 32, "os", 1024, 4, "square")["cycles"] > 1118 * 1024  # the memory's roof
    assert model(128, 8, "os", 64, 64, "square")["status"] == "infeasible"
    for dataflow in ("os", "ws", "is"):
        found = model(16, 16, dataflow, 1024, 64, "bert_query")
        assert 0 < found["utilization"] <= 100
        assert found["traffic"] >= (128 * 768 + 768 * 768 + 128 * 768) / 1e6  # every matrix passes once


def test_a_misspelt_column_of_a_metric_is_named_with_those_there_are(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("width,Power (mW)\n1,2\n2,3\n")
    text = "name: x\nresults: {table: r.csv}\nmetrics: [{name: power_w, column: Powr (mW), unit: mW}]\n"
    (tmp_path / "platform.yaml").write_text(text)
    message = r"r\.csv: column 'Powr \(mW\)' is missing; found: width, Power \(mW\)"
    with pytest.raises(InvalidInputError, match=message):
        load_platform(tmp_path / "platform.yaml")
