"""Axiline on the open kits: three designs each through the whole flow, placed legally, and where the node should be."""

import pytest

from accel_core.paths import cache_path
from accel_core.physical import FlowSettings, implement, load_technology
from accel_core.platforms import get_platform
from accel_core.space import sample
from tests.physical.kits import asap7, ihp, needs_kits
from tests.physical.legality import orientations, violations

AXILINE = get_platform("axiline")

# Reached clocks in GHz and areas in um2 a cell, as the kits' README has them of an earlier flow; clocks with the room
# that three designs of another sample take.
EXPECTED = {"ihp": ((0.10, 0.25), (12.0, 20.0)), "asap7": ((0.5, 1.2), (0.12, 0.175))}


@needs_kits
@pytest.mark.slow
@pytest.mark.parametrize(("folder", "name"), [(ihp, "ihp"), (asap7, "asap7")])
@pytest.mark.timeout(1200)  # On a busy machine; ASAP7 is 45 MB of Liberty.
def test_designs_are_legal_and_where_the_node_should_have_them(folder, name, tmp_path, monkeypatch):
    monkeypatch.setenv("ACCEL_RUNS", str(tmp_path / "runs"))
    path = folder(tmp_path / name)
    kit = load_technology(path, cache_path())
    designs = sample(AXILINE.space_under({"technology": str(path)}), 3, "lhs", seed=11).designs
    clocks, areas = EXPECTED[name]
    for number, design in enumerate(designs.to_dict("records")):
        settings = FlowSettings(design["f_target_hz"], min(0.75, design["utilization_target"]))
        out = tmp_path / f"{name}-{number}"
        assert AXILINE.implement is not None
        metrics = implement(AXILINE.implement.rtl(design), kit, settings, out, cache_path())
        text = (out / "placed.def").read_text()
        assert violations(text, kit) == []
        assert sum(orientations(text).values()) == metrics["cells"]
        assert clocks[0] <= metrics["f_effective_hz"] / 1e9 <= clocks[1]
        assert areas[0] <= metrics["cell_area_mm2"] * 1e6 / metrics["cells"] <= areas[1]
        assert (out / "check.tcl").read_text().count("read_liberty") == len(kit.liberties)
