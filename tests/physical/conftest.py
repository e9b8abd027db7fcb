"""A technology small enough to work out by hand, and the real one."""

from pathlib import Path

import numpy as np
import pytest

from accel_core.physical.floorplan import Floorplan
from accel_core.physical.graph import Graph, make_graph
from accel_core.physical.netlist import Instance, Netlist, Port
from accel_core.physical.placement import Placement
from accel_core.physical.technology import Technology, load_technology

# Delays do not depend on slew, and rise by 2 ps (fall: 1 ps) for each fF.
LIBERTY = """
library (tiny) {
  delay_model : table_lookup;
  time_unit : "1ns"; voltage_unit : "1V"; leakage_power_unit : "1nW"; capacitive_load_unit (1, ff);
  slew_lower_threshold_pct_rise : 30; slew_upper_threshold_pct_rise : 70; output_threshold_pct_rise : 50;
  lu_table_template (delay) { variable_1 : input_net_transition; variable_2 : total_output_net_capacitance;
    index_1 ("0.0, 1.0"); index_2 ("0.0, 100.0"); }
  lu_table_template (check) { variable_1 : constrained_pin_transition; variable_2 : related_pin_transition;
    index_1 ("0.0, 1.0"); index_2 ("0.0, 1.0"); }
  power_lut_template (energy) { variable_1 : input_transition_time; index_1 ("0.0, 1.0"); }
  cell (INV) {
    area : 2.0; cell_leakage_power : 5.0;
    pin (A) { direction : input; capacitance : 3.0; rise_capacitance : 3.0; fall_capacitance : 2.0; }
    pin (Z) { direction : output; function : "!A";
      timing () { related_pin : "A"; timing_sense : negative_unate;
        cell_rise (delay) { values ("0.020, 0.220", "0.020, 0.220"); }
        cell_fall (delay) { values ("0.010, 0.110", "0.010, 0.110"); }
        rise_transition (delay) { values ("0.030, 0.030", "0.030, 0.030"); }
        fall_transition (delay) { values ("0.040, 0.040", "0.040, 0.040"); }
      }
      internal_power () { related_pin : "A";
        rise_power (energy) { values ("4.0, 4.0"); } fall_power (energy) { values ("2.0, 2.0"); } }
    }
  }
  cell (BUF) {
    area : 3.0; cell_leakage_power : 1.0;
    pin (A) { direction : input; capacitance : 3.0; }
    pin (Z) { direction : output; function : "A"; }
  }
  cell (LOW) { area : 1.0; pin (Z) { direction : output; function : "0"; } }
  cell (HIGH) { area : 1.0; pin (Z) { direction : output; function : "1"; } }
  cell (LATCH) { area : 1.0; latch (IQ, IQN) { enable : "G"; data_in : "D"; }
    pin (D) { direction : input; } pin (G) { direction : input; } pin (Q) { direction : output; function : "IQ"; } }
  cell (DFF) {
    area : 6.0; ff (IQ, IQN) { next_state : "D"; clocked_on : "CK"; }
    leakage_power () { when : "D"; value : 10.0; } leakage_power () { when : "!D"; value : 20.0; }
    pin (D) { direction : input; capacitance : 2.0;
      timing () { related_pin : "CK"; timing_type : setup_rising;
        rise_constraint (check) { values ("0.050, 0.050", "0.050, 0.050"); }
        fall_constraint (check) { values ("0.060, 0.060", "0.060, 0.060"); } }
      internal_power () { when : "!CK & Q";
        rise_power (energy) { values ("8.0, 8.0"); } fall_power (energy) { values ("0.0, 0.0"); } }
    }
    pin (CK) { direction : input; clock : true; capacitance : 1.0;
      internal_power () { rise_power (energy) { values ("1.0, 1.0"); } fall_power (energy) { values ("2.0, 2.0"); } } }
    pin (Q) { direction : output; function : "IQ";
      timing () { related_pin : "CK"; timing_type : rising_edge; timing_sense : non_unate;
        cell_rise (delay) { values ("0.100, 0.300", "0.100, 0.300"); }
        cell_fall (delay) { values ("0.080, 0.180", "0.080, 0.180"); }
        rise_transition (delay) { values ("0.030, 0.030", "0.030, 0.030"); }
        fall_transition (delay) { values ("0.040, 0.040", "0.040, 0.040"); } }
    }
  }
}
"""

_PIN = """  PIN {0}
    PORT
      RECT 0.0 0.5 0.5 1.5 ;
    END
  END {0}
"""
_MACRO = """MACRO {0}
  SITE unit ;
  SIZE {1} BY 2.0 ;
{2}END {0}
"""
_CELLS = {
    "INV": (1.0, ("A", "Z")),
    "BUF": (1.5, ("A", "Z")),
    "LOW": (0.5, ("Z",)),
    "HIGH": (0.5, ("Z",)),
    "DFF": (3.0, ("D", "CK", "Q")),
}
LEF = "SITE unit SIZE 0.5 BY 2.0 ; END unit\n" + "".join(
    _MACRO.format(name, width, "".join(map(_PIN.format, pins))) for name, (width, pins) in _CELLS.items()
)

YAML = """
name: tiny
liberty: tiny.lib
lef: [tiny.lef]
supply_v: 1.0
wires:
  horizontal: {layer: m1, resistance_ohm_per_um: 0.0, capacitance_f_per_um: 1.0e-16}
  vertical: {layer: m2, resistance_ohm_per_um: 0.0, capacitance_f_per_um: 2.0e-16}
buffer: {cell: BUF, input: A, output: Z}
tie_low: {cell: LOW, output: Z}
tie_high: {cell: HIGH, output: Z}
output_load_f: 4.0e-15
input_transition_s: 1.0e-11
clock_transition_s: 1.0e-11
"""


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory):
    """A folder with the tiny technology's three files."""
    folder = tmp_path_factory.mktemp("tiny")
    (folder / "tiny.lib").write_text(LIBERTY)
    (folder / "tiny.lef").write_text(LEF)
    (folder / "tiny.yaml").write_text(YAML)
    return folder


@pytest.fixture(scope="session")
def tiny(tiny_folder) -> Technology:
    """The tiny technology."""
    return load_technology(tiny_folder / "tiny.yaml")


@pytest.fixture(scope="session")
def cache(tmp_path_factory) -> Path:
    """A cache folder that the tests of this session share."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def nangate(cache) -> Technology:
    """NanGate45."""
    return load_technology("nangate45", cache)


def netlist_of(cells: list[tuple[str, dict[str, str]]], inputs: list[str], outputs: list[str]) -> Netlist:
    """A netlist of (library cell, {pin: net name}); the clock is ``clk``."""
    names: list[str] = [*inputs, *outputs]
    names += sorted({net for _, pins in cells for net in pins.values()} - set(names))
    ports = [Port(name, name in inputs, (name,), (names.index(name),)) for name in [*inputs, *outputs]]
    instances = [
        Instance(f"u{index}", cell, {pin: names.index(net) for pin, net in pins.items()}, "", "")
        for index, (cell, pins) in enumerate(cells)
    ]
    return Netlist("top", "clk", tuple(ports), tuple(names), tuple(instances))


@pytest.fixture
def graph_of(tiny):
    """Builds the graph of a netlist whose pins are all in one place, so that wires have no length."""

    def build(cells: list[tuple[str, dict[str, str]]], inputs: list[str], outputs: list[str]) -> Graph:
        netlist = netlist_of(cells, inputs, outputs)
        bits = tuple((port.bits[0], port.nets[0]) for port in netlist.ports)
        plan = Floorplan(
            10.0, 10.0, "unit", 0.5, 2.0, 5,
            tuple(name for name, _ in bits), tuple(net for _, net in bits), ((0.0, 0.0),) * len(bits),
        )  # fmt: skip
        count = len(cells)
        pins = sum(len(cell.pins) for cell in netlist.instances)
        zeros = np.zeros(count, dtype=np.int64)
        placement = Placement(zeros, zeros, zeros.astype(bool), np.zeros(pins), np.zeros(pins))
        return make_graph(netlist, tiny, plan, placement)

    return build
