"""The whole flow on one small design: artifacts, repeatability, the cache, and what is recorded."""

import json
from dataclasses import replace

import pytest
from PIL import Image

from accel_core.errors import InfeasibleError, InvalidInputError, ToolFailedError
from accel_core.metrics import METRICS
from accel_core.physical import FlowSettings, implement, placed_available, synthesis
from accel_core.rtl import Rtl

VERILOG = """
module product (input clk, input [5:0] a, input [5:0] b, output reg [11:0] p);
  always @(posedge clk) p <= a * b;
endmodule
module top (input clk, input rst, input [5:0] a, input [5:0] b, output reg [15:0] sum);
  wire [11:0] p;
  product u_product (.clk(clk), .a(a), .b(b), .p(p));
  always @(posedge clk) sum <= rst ? 16'd0 : sum + p;
endmodule
"""
RTL = Rtl(VERILOG, "top")
SETTINGS = FlowSettings(f_target_hz=5e8, utilization_target=0.7)
FILES = {
    "design.v", "netlist.v", "placed.def", "parasitics.spef", "constraints.sdc", "check.tcl",
    "report.json", "flow.log", "layout.png", "cells.lib",
}  # fmt: skip


@pytest.fixture(scope="module")
def run(nangate, cache, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    return implement(RTL, nangate, SETTINGS, folder, cache), folder


def test_metrics_are_those_of_the_project(run):
    metrics, _ = run
    versions = metrics["tool_versions"]
    assert set(metrics) - {"tool_versions"} == {
        "f_target_hz", "f_effective_hz", "worst_slack_s", "power_w", "power_internal_w", "power_switching_w",
        "power_leakage_w", "cell_area_mm2", "chip_area_mm2", "wirelength_m", "cells", "flops",
    }  # fmt: skip
    assert set(metrics) - {"tool_versions"} <= set(METRICS)
    assert metrics["flops"] == 28
    assert metrics["power_w"] == pytest.approx(
        sum(metrics[f"power_{p}_w"] for p in ("internal", "switching", "leakage"))
    )
    assert metrics["f_effective_hz"] == pytest.approx(1.0 / (2e-9 - metrics["worst_slack_s"]))
    assert metrics["cell_area_mm2"] < metrics["chip_area_mm2"]
    assert {"pyosys", "coloquinte", "technology"} <= set(versions)


def test_all_artifacts_are_there(run):
    _, folder = run
    assert {path.name for path in folder.iterdir()} == FILES
    assert (folder / "design.v").read_text() == VERILOG
    with Image.open(folder / "layout.png") as image:
        assert image.size == (900, 900)
        assert len(image.getcolors(1 << 16) or range(1000)) > 4


def test_report_explains_the_numbers(run):
    metrics, folder = run
    report = json.loads((folder / "report.json").read_text())
    assert report["status"] == "ok"
    assert report["metrics"] == {name: value for name, value in metrics.items() if name != "tool_versions"}
    assert report["settings"]["utilization_target"] == 0.7
    assert report["floorplan"]["utilization"] == pytest.approx(0.7, abs=0.02)
    assert {share["module"] for share in report["modules"]} == {"product", "top"}
    assert sum(share["cells"] for share in report["modules"]) == metrics["cells"]
    assert sum(share["power_w"] for share in report["modules"]) == pytest.approx(metrics["power_w"])
    path = report["timing"]["critical_path"]
    assert path["slack_s"] == metrics["worst_slack_s"]
    assert path["required_s"] - path["steps"][-1]["arrival_s"] == pytest.approx(metrics["worst_slack_s"])
    assert sum(step["delay_s"] for step in path["steps"]) == pytest.approx(path["steps"][-1]["arrival_s"])
    assert {"synthesis", "placement", "timing", "power"} <= set(report["seconds"])


def test_same_seed_and_tools_give_the_same_numbers_bit_for_bit(run, nangate, tmp_path):
    metrics, folder = run
    assert implement(RTL, nangate, SETTINGS, tmp_path, None) == metrics
    for name in ("netlist.v", "placed.def", "parasitics.spef", "constraints.sdc", "layout.png"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_a_sweep_of_utilization_does_not_synthesize_again(run, nangate, cache, tmp_path, monkeypatch):
    metrics, _ = run
    monkeypatch.setattr(synthesis, "run", lambda *_, **__: pytest.fail("Yosys ran"))
    areas = []
    for utilization in (0.5, 0.9):
        found = implement(RTL, nangate, FlowSettings(5e8, utilization), tmp_path, cache)
        assert found["cells"] == metrics["cells"]
        areas.append(found["chip_area_mm2"])
    assert areas[0] / areas[1] == pytest.approx(0.9 / 0.5, rel=0.05)


def test_missed_target_is_a_result(nangate, cache, tmp_path):
    found = implement(RTL, nangate, FlowSettings(5e9, 0.7), tmp_path, cache)
    assert found["worst_slack_s"] < 0
    assert found["f_effective_hz"] < 5e9


def test_activity_is_a_setting(run, nangate, cache, tmp_path):
    metrics, _ = run
    found = implement(RTL, nangate, FlowSettings(5e8, 0.7, activity=0.2), tmp_path, cache)
    assert found["power_switching_w"] == pytest.approx(2 * metrics["power_switching_w"])
    assert found["power_leakage_w"] == metrics["power_leakage_w"]
    assert found["worst_slack_s"] == metrics["worst_slack_s"]


def test_port_delays_are_a_setting(run, nangate, cache, tmp_path):
    metrics, _ = run
    found = implement(RTL, nangate, FlowSettings(5e8, 0.7, io_delay_fraction=0.6), tmp_path, cache)
    assert found["worst_slack_s"] < metrics["worst_slack_s"]


def test_over_full_floorplan_is_recorded(nangate, cache, tmp_path):
    with pytest.raises(InfeasibleError, match="floorplan: over-full"):
        implement(RTL, nangate, FlowSettings(5e8, 1.2), tmp_path, cache)
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["status"], report["stage"]) == ("infeasible", "floorplan")
    assert report["reason"].startswith("over-full: a target utilization of 1.2")
    assert "infeasible at floorplan" in (tmp_path / "flow.log").read_text()


def test_a_clock_is_one_bit(nangate, cache, tmp_path):
    rtl = Rtl("module top (input [1:0] clk, output reg q); always @(posedge clk[0]) q <= clk[1]; endmodule", "top")
    with pytest.raises(ToolFailedError, match="synthesis: port clk of module top has 2 bits; allowed: one clock"):
        implement(rtl, nangate, SETTINGS, tmp_path, cache)


@pytest.mark.parametrize("through", ["placement", "routing"])
def test_nothing_to_make_is_said(nangate, cache, tmp_path, through):
    rtl = Rtl("module top (input clk, input a); reg q; always @(posedge clk) q <= a; endmodule", "top")
    with pytest.raises(ToolFailedError, match="synthesis: no cell is left of top; allowed: a design with outputs"):
        implement(rtl, nangate, replace(SETTINGS, through=through), tmp_path, cache)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"f_target_hz": 0.0}, "f_target_hz is 0.0; allowed: above 0"),
        ({"f_target_hz": float("nan")}, "f_target_hz is nan; allowed: above 0"),
        ({"utilization_target": -0.5}, "utilization_target is -0.5; allowed: above 0"),
        ({"activity": 3.0}, "activity is 3.0; allowed: 0 to 2"),
        ({"io_delay_fraction": 1.0}, "io_delay_fraction is 1.0; allowed: 0 to below 1"),
        ({"seed": -1}, "seed is -1; allowed: 0 to"),
        ({"hierarchy": "deep"}, "hierarchy is 'deep'; allowed: flat, by_module"),
    ],
)
def test_meaningless_settings_are_refused(change, message):
    with pytest.raises(InvalidInputError, match=message):
        FlowSettings(**{"f_target_hz": 5e8, "utilization_target": 0.7, **change})


def test_missing_packages_are_named_in_one_line(monkeypatch):
    assert placed_available() is None
    monkeypatch.setattr("accel_core.physical.flow.find_spec", lambda name: None if name == "coloquinte" else name)
    assert placed_available() == "real implementation is off: missing Python packages: coloquinte for placement"
