"""Cells of several rows: legal places on rows whose rails they meet, from a small library made for it."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_core.physical.export import to_def
from accel_core.physical.floorplan import make_floorplan
from accel_core.physical.lef import parse_lef
from accel_core.physical.netlist import Instance, Netlist, Port
from accel_core.physical.placement import Placement, place
from accel_core.physical.technology import load_technology
from tests.physical.conftest import LIBERTY, YAML
from tests.physical.legality import orientations, violations

# The tiny library with flip-flops of two rows on ground (DFF) and on the supply (DFP), and one of three rows (DFT).
_RAIL = """  PIN {name}
    USE {use} ;
    PORT
      RECT 0.0 {low} {width} {high} ;
    END
  END {name}
"""
_PIN = "  PIN {0}\n    USE SIGNAL ;\n    PORT\n      RECT 0.1 {1} 0.3 {2} ;\n    END\n  END {0}\n"


def _macro(name: str, width: float, pins: str, edges: str) -> str:
    """A cell whose edges from the lowest up are on ``G`` or ``P``."""
    text = f"MACRO {name}\n  CLASS CORE ;\n  ORIGIN 0 0 ;\n  SIZE {width} BY {2 * (len(edges) - 1)} ;\n  SITE unit ;\n"
    for number, pin in enumerate(pins.split()):
        text += _PIN.format(pin, 0.5 + 0.2 * number, 0.6 + 0.2 * number)
    for supply, name_use in {"P": ("VDD", "POWER"), "G": ("VSS", "GROUND")}.items():
        for edge, own in enumerate(edges):
            if own == supply:
                shape = {"low": 2 * edge - 0.1, "high": 2 * edge + 0.1, "width": width}
                text += _RAIL.format(name=name_use[0] + (str(edge) if edge > 1 else ""), use=name_use[1], **shape)
    return f"{text}END {name}\n"


LEF = "SITE unit SIZE 0.5 BY 2.0 ; END unit\n" + "".join(
    _macro(*cell)
    for cell in (
        ("INV", 1.0, "A Z", "GP"), ("BUF", 1.5, "A Z", "GP"), ("LOW", 0.5, "Z", "GP"), ("HIGH", 0.5, "Z", "GP"),
        ("DFF", 1.5, "D CK Q", "GPG"), ("DFP", 1.5, "D CK Q", "PGP"), ("DFT", 1.0, "D CK Q", "GPGP"),
    )
)  # fmt: skip


@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two-rows")
    head, flop = LIBERTY.split("  cell (DFF)")
    body = flop.rstrip().removesuffix("}")
    cells = "".join(f"  cell ({name}){body}" for name in ("DFF", "DFP", "DFT"))
    (folder / "tiny.lib").write_text(f"{head}{cells}}}\n")
    (folder / "tiny.lef").write_text(LEF)
    (folder / "tiny.yaml").write_text(YAML)
    return load_technology(folder / "tiny.yaml")


def pipeline(kinds: list[str]) -> Netlist:
    """Flip-flops of these kinds with an inverter after each."""
    nets = ["clk", "a", *(f"n{index}" for index in range(2 * len(kinds)))]
    ports = [Port("clk", True, ("clk",), (0,)), Port("a", True, ("a",), (1,))]
    ports.append(Port("y", False, ("y",), (len(nets) - 1,)))
    cells = []
    for index, kind in enumerate(kinds):
        d, q, z = (1 if index == 0 else 2 * index + 1), 2 * index + 2, 2 * index + 3
        cells.append(Instance(f"f{index}", kind, {"D": d, "CK": 0, "Q": q}, "", ""))
        cells.append(Instance(f"i{index}", "INV", {"A": q, "Z": z}, "", ""))
    return Netlist("top", "clk", tuple(ports), tuple(nets), tuple(cells))


def test_rails_and_rows_are_read(kit):
    macros = kit.lef.macros
    assert {name: macro.rail for name, macro in macros.items()} == {
        "INV": "ground", "BUF": "ground", "LOW": "ground", "HIGH": "ground",
        "DFF": "ground", "DFP": "power", "DFT": "ground",
    }  # fmt: skip
    assert [kit.rows_of(name) for name in ("INV", "DFF", "DFP", "DFT")] == [1, 2, 2, 3]
    assert kit.row_rail == "ground"
    assert kit.is_usable("DFT")


@settings(max_examples=15, deadline=None)
@given(
    kinds=st.lists(st.sampled_from(["DFF", "DFP", "DFT"]), min_size=30, max_size=100),
    utilization=st.floats(0.2, 0.6),
    seed=st.integers(0, 5),
)
def test_every_placement_is_legal(kit, kinds, utilization, seed):
    netlist = pipeline(kinds)
    plan = make_floorplan(netlist, kit, utilization)
    placement = place(netlist, kit, plan, seed)
    assert violations(to_def(netlist, plan, placement), kit) == []


def test_area_and_pins_are_those_of_two_rows(kit):
    netlist = pipeline(["DFF", "DFP", "DFT"] * 30)
    plan = make_floorplan(netlist, kit, 0.6)
    area = 90 * 2.0 + 30 * (6.0 + 6.0 + 6.0)
    assert area / 0.6 <= plan.area_um2 <= area / 0.6 + plan.rows * 2.0 * 0.5
    placement = place(netlist, kit, plan, 0)
    rows = placement.y // 2000
    kinds = np.array([cell.cell for cell in netlist.instances])
    assert set(rows[kinds == "DFF"] % 2) == {0}
    assert set(rows[kinds == "DFP"] % 2) == {1}
    assert set(rows[kinds == "DFT"] % 2) == {0, 1}
    assert not placement.flipped[(kinds == "DFF") | (kinds == "DFP")].any()
    # A mirrored cell of three rows is 6 um high: D is at 0.55 um of it, or at 5.45 um.
    first = np.cumsum([0, *(len(cell.pins) for cell in netlist.instances)])
    for index in np.flatnonzero(kinds == "DFT"):
        height = 5.45 if placement.flipped[index] else 0.55
        assert placement.pin_y[first[index]] == pytest.approx(placement.y[index] / 1000 + height)
    assert set(orientations(to_def(netlist, plan, placement))) == {"N", "FS"}


def test_the_check_itself_finds_what_is_wrong(kit):
    netlist = pipeline(["DFF", "DFF"])
    plan = make_floorplan(netlist, kit, 0.2)
    good = place(netlist, kit, plan, 0)
    assert violations(to_def(netlist, plan, good), kit) == []

    def moved(index: int, dx: int, dy: int) -> list[str]:
        x, y = good.x.copy(), good.y.copy()
        x[index] += dx
        y[index] += dy
        return violations(to_def(netlist, plan, Placement(x, y, good.flipped, good.pin_x, good.pin_y)), kit)

    assert any("off the grid" in line for line in moved(0, 100, 0))
    assert any("outside" in line for line in moved(0, 100_000, 0))
    assert any("on an edge of power" in line for line in moved(0, 0, 2000))
    assert any(" is on " in line for line in moved(0, int(good.x[2] - good.x[0]), int(good.y[2] - good.y[0])))


def test_origins_and_masks_of_a_lef():
    macro = parse_lef(
        "MACRO A\n  ORIGIN 1 0.5 ;\n  SIZE 3 BY 2 ;\n  PIN x\n    PORT\n"
        "      RECT MASK 2 -1 -0.5 1 1.5 ;\n    END\n  END x\nEND A\n"
    ).macros["A"]
    assert macro.pins == {"x": (1.0, 1.0)}
    assert macro.rail == ""


def test_widths_that_are_no_whole_sites_are_rounded_up(kit):
    counts = Counter(kit.sites_of(name) for name in ("INV", "BUF", "LOW", "DFF"))
    assert counts == {2: 1, 3: 2, 1: 1}
