"""The tiny technology with a buffer that takes time, setups that heed the clock, and a falling-edge flip-flop."""

from dataclasses import replace

import numpy as np
import pytest

from accel_core.physical.floorplan import Floorplan, edge_places
from accel_core.physical.netlist import Netlist
from accel_core.physical.placement import Placement
from accel_core.physical.technology import load_technology
from accel_core.physical.wires import Wire
from tests.physical.conftest import LEF, LIBERTY, YAML

# A buffer takes 10 ps and 1 ps for each fF, whatever comes in, and gives 30 ps (falling: 40 ps) of transition.
BUFFER = """pin (Z) { direction : output; function : "A";
      timing () { related_pin : "A"; timing_sense : positive_unate;
        cell_rise (delay) { values ("0.010, 0.110", "0.010, 0.110"); }
        cell_fall (delay) { values ("0.010, 0.110", "0.010, 0.110"); }
        rise_transition (delay) { values ("0.030, 0.030", "0.030, 0.030"); }
        fall_transition (delay) { values ("0.040, 0.040", "0.040, 0.040"); }
      }
      internal_power () { related_pin : "A";
        rise_power (energy) { values ("3.0, 3.0"); } fall_power (energy) { values ("5.0, 5.0"); } } }"""
# Setup of rising data: 50 ps and a tenth of the clock's transition.
SETUP = 'rise_constraint (check) { values ("0.050, 0.150", "0.050, 0.150"); }'


def liberty() -> str:
    """The library's text."""
    text = LIBERTY.replace('pin (Z) { direction : output; function : "A"; }', BUFFER)
    text = text.replace('rise_constraint (check) { values ("0.050, 0.050", "0.050, 0.050"); }', SETUP)
    start = text.index("  cell (DFF)")
    falling = text[start : text.rindex("}")].replace("cell (DFF)", "cell (DFFN)").replace('"CK"; }', '"!CK"; }')
    falling = falling.replace("setup_rising", "setup_falling").replace("rising_edge", "falling_edge")
    falling = falling.replace('clocked_on : "CK"', 'clocked_on : "!CK"')
    return text[: text.rindex("}")] + falling + "}\n"


@pytest.fixture(scope="session")
def clocked(tmp_path_factory):
    """That technology."""
    folder = tmp_path_factory.mktemp("clocked")
    (folder / "tiny.lib").write_text(liberty())
    macro = LEF[LEF.index("MACRO DFF") :]
    (folder / "tiny.lef").write_text(LEF + macro.replace("MACRO DFF", "MACRO DFFN").replace("END DFF", "END DFFN"))
    (folder / "tiny.yaml").write_text(YAML)
    return load_technology(folder / "tiny.yaml")


@pytest.fixture(scope="session")
def resistive(clocked):
    """The same with wires that have resistance."""
    wires = {way: replace(getattr(clocked, way), resistance_ohm_per_um=2.0) for way in ("horizontal", "vertical")}
    assert isinstance(wires["horizontal"], Wire)
    return replace(clocked, **wires)


def plan_of(netlist: Netlist, width_um: float) -> Floorplan:
    """A square box of rows with the ports along its edge."""
    bits = [(name, net) for port in netlist.ports for name, net in zip(port.bits, port.nets, strict=True)]
    places = tuple(edge_places(len(bits), width_um, width_um))
    names, nets = zip(*bits, strict=True)
    return Floorplan(width_um, width_um, "unit", 0.5, 2.0, round(width_um / 2.0), names, nets, places)


def placement_of(netlist: Netlist, corners_um: list[tuple[float, float]]) -> Placement:
    """Cells at these corners, all of a cell's pins at its corner."""
    corners = np.array(corners_um)
    pins = np.repeat(corners, [len(cell.pins) for cell in netlist.instances], axis=0)
    x, y = np.round(corners * 1000).astype(np.int64).T
    return Placement(x, y, np.zeros(len(x), dtype=bool), pins[:, 0], pins[:, 1])
