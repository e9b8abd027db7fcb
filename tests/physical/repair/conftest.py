"""The tiny technology with three sizes of each cell and limits, still workable by hand."""

from pathlib import Path

import pytest

from accel_core.physical.floorplan import Floorplan, make_floorplan
from accel_core.physical.netlist import Netlist
from accel_core.physical.placement import Placement, place
from accel_core.physical.synthesis import synthesize
from accel_core.physical.technology import Technology, load_technology
from accel_core.process import Limits
from accel_core.rtl import Rtl
from tests.physical.conftest import YAML
from tests.physical.repair.designs import RTL

_HEAD = """
library (sized) {
  delay_model : table_lookup;
  time_unit : "1ns"; voltage_unit : "1V"; leakage_power_unit : "1nW"; capacitive_load_unit (1, ff);
  slew_lower_threshold_pct_rise : 30; slew_upper_threshold_pct_rise : 70; output_threshold_pct_rise : 50;
  default_max_transition : 0.2;
  lu_table_template (delay) { variable_1 : input_net_transition; variable_2 : total_output_net_capacitance;
    index_1 ("0.0, 1.0"); index_2 ("0.0, 100.0"); }
  lu_table_template (check) { variable_1 : constrained_pin_transition; variable_2 : related_pin_transition;
    index_1 ("0.0, 1.0"); index_2 ("0.0, 1.0"); }
"""
_GATE = """
  cell ({name}{size}) {{
    area : {area}; cell_leakage_power : {size};
    pin (A) {{ direction : input; capacitance : {size}.0; }}
    pin (Z) {{ direction : output; function : "{function}"; max_capacitance : {load};
      timing () {{ related_pin : "A"; timing_sense : {sense};
        cell_rise (delay) {{ values ("{start}, {rise}", "{start}, {rise}"); }}
        cell_fall (delay) {{ values ("{start}, {rise}", "{start}, {rise}"); }}
        rise_transition (delay) {{ values ("0.010, {slope}", "0.010, {slope}"); }}
        fall_transition (delay) {{ values ("0.010, {slope}", "0.010, {slope}"); }} }} }}
  }}
"""
_FLOP = """
  cell (DFF{size}) {{
    area : {area}; ff (IQ, IQN) {{ next_state : "D"; clocked_on : "CK"; }}
    pin (D) {{ direction : input; capacitance : 2.0;
      timing () {{ related_pin : "CK"; timing_type : setup_rising;
        rise_constraint (check) {{ values ("0.050, 0.050", "0.050, 0.050"); }}
        fall_constraint (check) {{ values ("0.060, 0.060", "0.060, 0.060"); }} }} }}
    pin (CK) {{ direction : input; clock : true; capacitance : 1.0; }}
    pin (Q) {{ direction : output; function : "IQ"; max_capacitance : {load};
      timing () {{ related_pin : "CK"; timing_type : rising_edge; timing_sense : non_unate;
        cell_rise (delay) {{ values ("0.100, {rise}", "0.100, {rise}"); }}
        cell_fall (delay) {{ values ("0.080, {fall}", "0.080, {fall}"); }}
        rise_transition (delay) {{ values ("0.010, {slope}", "0.010, {slope}"); }}
        fall_transition (delay) {{ values ("0.010, {slope}", "0.010, {slope}"); }} }} }}
  }}
"""
_MACRO = """MACRO {0}
  SITE unit ;
  SIZE {1} BY 2.0 ;
{2}END {0}
"""
_PIN = """  PIN {0}
    PORT
      RECT 0.0 0.5 0.5 1.5 ;
    END
  END {0}
"""
SIZES = (1, 2, 4)


def sized_liberty() -> str:
    """Inverters and buffers of size s: s fF at the input, 4 / s ps for each fF, loads up to 30 s fF."""
    cells = []
    for size in SIZES:
        for name, function, sense, start, area in (
            ("INV", "!A", "negative_unate", 0.010, 1 + size),
            ("BUF", "A", "positive_unate", 0.020, 2 + size),
        ):
            rise = start + 0.4 / size
            cells.append(
                _GATE.format(
                    name=name, size=size, function=function, sense=sense, start=start, area=area, rise=rise,
                    slope=0.010 + 0.4 / size, load=30 * size,
                )
            )  # fmt: skip
        cells.append(
            _FLOP.format(
                size=size, area=5 + size, rise=0.100 + 0.4 / size, fall=0.080 + 0.4 / size, slope=0.010 + 0.4 / size,
                load=30 * size,
            )
        )  # fmt: skip
    ties = '  cell (LOW) { area : 1.0; pin (Z) { direction : output; function : "0"; } }\n'
    ties += '  cell (HIGH) { area : 1.0; pin (Z) { direction : output; function : "1"; } }\n'
    return _HEAD + "".join(cells) + ties + "}\n"


def sized_lef() -> str:
    """Widths of one micrometer and more; all pins in one place of a cell."""
    kinds = {f"{name}{size}": (0.5 + 0.5 * size, ("A", "Z")) for name in ("INV", "BUF") for size in SIZES}
    kinds |= {f"DFF{size}": (2.5 + 0.5 * size, ("D", "CK", "Q")) for size in SIZES}
    kinds |= {"LOW": (0.5, ("Z",)), "HIGH": (0.5, ("Z",))}
    macros = [_MACRO.format(name, width, "".join(map(_PIN.format, pins))) for name, (width, pins) in kinds.items()]
    return "SITE unit SIZE 0.5 BY 2.0 ; END unit\n" + "".join(macros)


@pytest.fixture(scope="session")
def sized(tmp_path_factory) -> Technology:
    """The technology."""
    folder: Path = tmp_path_factory.mktemp("sized")
    (folder / "tiny.lib").write_text(sized_liberty())
    (folder / "tiny.lef").write_text(sized_lef())
    (folder / "sized.yaml").write_text(YAML.replace("BUF,", "BUF1,").replace("name: tiny", "name: sized"))
    return load_technology(folder / "sized.yaml")


@pytest.fixture(scope="session")
def busy(nangate, cache) -> tuple[Netlist, Floorplan, Placement]:
    """A placed NanGate45 design of some hundred cells, with an enable of a hundred registers."""
    rtl = Rtl(RTL, "busy", "clk")
    netlist = synthesize(rtl, nangate, 1e9, cache, Limits()).netlist
    plan = make_floorplan(netlist, nangate, 0.5)
    return netlist, plan, place(netlist, nangate, plan, 0)
