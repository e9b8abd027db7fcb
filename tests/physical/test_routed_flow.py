"""The flow through timing repair, clock tree and routing: every stage is taken, recorded, and agreed with."""

import json
import shutil
from dataclasses import replace

import pytest
from PIL import Image

from accel_core.physical import FlowSettings, implement
from accel_core.physical.stages import stages_in
from accel_core.rtl import Rtl
from tests.physical.legality import violations
from tests.physical.test_opensta import MAC_ARRAY, SYSTOLIC, opensta

SETTINGS = FlowSettings(8e8, 0.75, io_delay_fraction=0.1, through="routing")


@pytest.fixture(scope="module")
def run(nangate, cache, tmp_path_factory):
    folder = tmp_path_factory.mktemp("routed")
    return implement(Rtl(MAC_ARRAY, "top"), nangate, SETTINGS, folder, cache), folder


@pytest.fixture(scope="module")
def report(run):
    return json.loads((run[1] / "report.json").read_text())


def test_stages_come_in_their_order(run):
    log = (run[1] / "flow.log").read_text()
    assert stages_in(log) == [
        "synthesis", "floorplan", "ports", "placement", "repair", "clock_tree", "routing", "parasitics", "timing",
        "activity", "power", "artifacts",
    ]  # fmt: skip


def test_the_record_tells_what_was_done(run, report):
    metrics, folder = run
    assert report["repair"]["after"] == {"capacitance": 0, "transition": 0, "fanout": 0}
    clock = report["timing"]["clock"]
    assert clock["sinks"] == metrics["flops"] == 64
    assert 0.0 < clock["insertion_delay_s"]["min"] <= clock["insertion_delay_s"]["max"] < 2e-10
    assert report["routing"]["wirelength_um"] == pytest.approx(metrics["wirelength_m"] * 1e6)
    assert {"congestion.png", "routing.guide"} <= {path.name for path in folder.iterdir()}
    with Image.open(folder / "congestion.png") as picture, Image.open(folder / "layout.png") as layout:
        assert picture.size == layout.size


def test_cells_and_clock_buffers_stand_legally(run, nangate):
    assert violations((run[1] / "placed.def").read_text(), nangate) == []


def test_clock_buffers_count_in_area_and_in_the_power_of_the_clock(run, report, nangate):
    metrics, _ = run
    buffers = report["timing"]["clock"]["buffer_area_um2"]
    assert 0.0 < buffers < metrics["cell_area_mm2"] * 1e6
    total = sum(nangate.library.cells[kind].area_um2 * n for kind, n in report["cells_by_type"].items())
    assert metrics["cell_area_mm2"] * 1e6 == pytest.approx(total)
    assert report["groups"]["clock"]["power_w"] > 0.0


@pytest.mark.tools
@pytest.mark.skipif(shutil.which("sta") is None, reason="OpenSTA (Debian package opensta) is not installed")
def test_opensta_agrees_on_the_slack(run):
    metrics, folder = run
    assert metrics["worst_slack_s"] == pytest.approx(opensta(folder), abs=0.005 / SETTINGS.f_target_hz)


def test_equal_modules_are_mapped_once_and_the_rest_goes_on_as_ever(nangate, cache, tmp_path):
    settings = FlowSettings(3e8, 0.6, through="routing", hierarchy="by_module")
    implement(Rtl(SYSTOLIC, "top"), nangate, settings, tmp_path, cache)
    report = json.loads((tmp_path / "report.json").read_text())
    assert [(kept["module"], kept["instances"]) for kept in report["kept_modules"]] == [("pe", 4)]
    assert report["metrics"]["flops"] == 4 * 28
    assert violations((tmp_path / "placed.def").read_text(), nangate) == []
    implement(Rtl(SYSTOLIC, "top"), nangate, replace(settings, through="placement"), tmp_path, cache)
    assert not {"congestion.png", "routing.guide"} & {path.name for path in tmp_path.iterdir()}


def test_the_fastest_clock_is_reported_at_the_target_and_auto_makes_it_the_target(nangate, cache, tmp_path):
    found = {}
    for clock in ("target", "fastest", "auto"):
        settings = FlowSettings(4e8, 0.7, through="placement", clock=clock)
        found[clock] = implement(Rtl(MAC_ARRAY, "top"), nangate, settings, tmp_path / clock, cache)
    assert found["fastest"]["f_effective_hz"] > 1.05 * found["target"]["f_effective_hz"]
    assert found["fastest"]["f_target_hz"] == found["target"]["f_target_hz"] == 4e8
    assert found["auto"]["f_target_hz"] == pytest.approx(found["fastest"]["f_effective_hz"], rel=1e-3)
    assert 0.0 <= found["auto"]["worst_slack_s"] < 1e-12
    assert found["auto"]["power_w"] > found["fastest"]["power_w"]
