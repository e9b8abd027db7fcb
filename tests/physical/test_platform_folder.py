"""Platform folders of OpenROAD-flow-scripts as technologies: what is read, and what is refused."""

import shutil

import pytest

from accel_core.errors import InvalidInputError
from accel_core.physical.kit_check import check_kit
from accel_core.physical.technology import Helper, load_technology, pinned_technology
from tests.physical.conftest import LEF, LIBERTY
from tests.physical.kits import asap7, gzipped, ihp, needs_kits, platform_folder

LAYERS = """
LAYER m1
  TYPE ROUTING ;
  DIRECTION HORIZONTAL ;
  PITCH 0.2 ;
  WIDTH 0.1 ;
END m1
LAYER m2
  TYPE ROUTING ;
  DIRECTION VERTICAL ;
  PITCH 0.3 0.2 ;
  WIDTH 0.1 ;
END m2
LAYER m3
  TYPE ROUTING ;
  DIRECTION HORIZONTAL ;
  PITCH 0.4 ;
  WIDTH 0.2 ;
END m3
LAYER v1
  TYPE CUT ;
  WIDTH 0.1 ;
END v1
"""
CONFIG = """
export PROCESS = 65
export CORNER ?= BC
export TECH_LEF = $(PLATFORM_DIR)/lef/tech.lef
export SC_LEF = $(PLATFORM_DIR)/lef/cells.lef
export BC_LIB_FILES = $(PLATFORM_DIR)/lib/best.lib
export TC_LIB_FILES = $(PLATFORM_DIR)/lib/gates.lib.gz $(PLATFORM_DIR)/lib/flops.lib
export LIB_FILES = $($(CORNER)_LIB_FILES) $(ADDITIONAL_LIBS)
export DONT_USE_CELLS = *TCH
export FILL_CELLS = FILL*
export MIN_BUF_CELL_AND_PORTS = BUF A Z
export TIELO_CELL_AND_PORT = LOW Z
export TIEHI_CELL_AND_PORT = HIGH Z
export PLACE_SITE = unit
export MIN_ROUTING_LAYER ?= m2
"""
RC = """
# kOhm and fF per um
set_layer_rc -layer m1 -resistance 2.0e-3 -capacitance 1e-10
set_layer_rc -layer m2 -resistance 2.0e-3 \\
             -capacitance 1.5e-1
set_layer_rc -layer m3 -capacitance 1.2e-1 -resistance 5.0e-4
if { $::env(CORNER) == "WC" } {
  set_layer_rc -layer m3 -resistance 9.0e-4 -capacitance 9e-1
  set_layer_rc -via v1 -resistance 5
}
set_wire_rc -signal -layer m2
set_wire_rc -clock -layer m3
"""


LIBRARY = LIBERTY.replace('voltage_unit : "1V";', 'voltage_unit : "1V"; nom_voltage : 1.2;')


def _without(text: str, cells: str) -> str:
    """A library with the cells of one letter only: ``D`` for the flip-flop, all others for ``I``."""
    head, flop = text.split("  cell (DFF)")
    return head + "}\n" if cells == "I" else head[: head.index("  cell (INV)")] + "  cell (DFF)" + flop


@pytest.fixture
def folder(tmp_path):
    place = platform_folder(tmp_path / "a kit", CONFIG, RC)
    gzipped(place / "lib" / "gates.lib.gz", _without(LIBRARY, "I"))
    (place / "lib" / "flops.lib").write_text(_without(LIBRARY, "D"))
    (place / "lib" / "best.lib").write_text(LIBRARY)
    (place / "lef" / "tech.lef").write_text("SITE unit SIZE 0.5 BY 2.0 ; END unit\n" + LAYERS)
    (place / "lef" / "cells.lef").write_text(LEF.partition("\n")[2])
    return place


def test_folder_is_a_technology(folder):
    kit = load_technology(folder)
    assert (kit.name, kit.node_nm, kit.site.name) == ("a kit", 65.0, "unit")
    assert [path.name for path in kit.liberties] == ["gates.lib.gz", "flops.lib"]  # The typical corner, not BC.
    assert set(kit.library.cells) == {"INV", "BUF", "LOW", "HIGH", "LATCH", "DFF"}
    assert kit.dont_use == ("*TCH", "FILL*")
    assert not kit.is_usable("LATCH")
    assert (kit.buffer, kit.tie_low, kit.tie_high) == (Helper("BUF", "Z", "A"), Helper("LOW", "Z"), Helper("HIGH", "Z"))
    # m1 is below the lowest routing layer; what stands in a condition does not count.
    assert (kit.vertical.layer, kit.vertical.resistance_ohm_per_um) == ("m2", pytest.approx(2.0))
    assert kit.vertical.capacitance_f_per_um == pytest.approx(1.5e-16)
    assert (kit.horizontal.layer, kit.horizontal.resistance_ohm_per_um) == ("m3", pytest.approx(0.5))
    assert kit.horizontal.capacitance_f_per_um == pytest.approx(1.2e-16)


def test_what_a_folder_leaves_open_follows_its_inverter(folder):
    kit = load_technology(folder)
    # 3 fF rising, 2 fF falling; four of them rising slow the output by 24 ps, falling by 8 ps.
    assert kit.inverter_chain.input_f == pytest.approx(2.5e-15)
    assert kit.inverter_chain.delay_s == pytest.approx((20e-12 + 24e-12 + 10e-12 + 8e-12) / 2)
    assert kit.output_load_f == pytest.approx(4 * 2.5e-15)
    assert kit.input_transition_s == kit.clock_transition_s == pytest.approx(35e-12)
    assert kit.supply_v == 1.2


def test_yaml_may_say_otherwise(folder):
    path = folder.parent / "own.yaml"
    path.write_text('name: own\nplatform: "a kit"\nvariables: {CORNER: BC}\ndont_use: []\nsupply_v: 0.9\n')
    kit = load_technology(path)
    assert (kit.name, kit.supply_v, kit.dont_use) == ("own", 0.9, ())
    assert [file.name for file in kit.liberties] == ["best.lib"]
    assert kit.vertical.layer == "m2"


def test_digest_follows_every_file(folder):
    name = pinned_technology(str(folder))
    assert name == f"{folder}#{load_technology(folder).digest}"
    for file in ("config.mk", "setRC.tcl", "lib/flops.lib", "lef/tech.lef"):
        copy = folder.parent / file.replace("/", "-")
        shutil.copytree(folder, copy)
        with (copy / file).open("a") as stream:
            stream.write("\n")
        assert load_technology(copy).digest != load_technology(folder).digest


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("config.mk", ("LIB_FILES = $(", "OTHER = $("), "a kit/config.mk: LIB_FILES is not set; allowed: one or more"),
        ("config.mk", ("flops.lib", "flip.lib"), "config.mk, LIB_FILES: file .*lib/best.lib|flip.lib does not exist"),
        ("config.mk", ("cells.lef", "cell.lef"), "config.mk, SC_LEF: file .*cell.lef does not exist"),
        ("config.mk", ("BUF A Z", "BUF A"), "MIN_BUF_CELL_AND_PORTS: is 'BUF A'; allowed: cell, input, output"),
        ("config.mk", ("BUF A Z", "BUF A Y"), "a kit, buffer: cell BUF has no pin Y; allowed: A, Z"),
        ("config.mk", ("LOW Z", "LOWEST Z"), "a kit: cell LOWEST is not in the Liberty and LEF files"),
        (
            "config.mk",
            ("PLACE_SITE = unit", "PLACE_SITE = none"),
            "site: 'none' is not in the LEF files; allowed: unit",
        ),
        ("setRC.tcl", ("2.0e-3 \\", "$r \\"), r"setRC.tcl, line 4: -resistance is \$r; allowed: a number"),
        (
            "setRC.tcl",
            ("2.0e-3 \\", "2.0 \\"),
            "m2: resistance is 2000 ohm/um; allowed: 0.1 to 40 for a width of 0.1 um",
        ),
        ("setRC.tcl", ("2.0e-3 \\", "2.0e-6 \\"), "m2: resistance is 0.002 ohm/um; allowed: 0.1 to 40"),
        ("setRC.tcl", ("1.2e-1", "1.2e+2"), "m3: capacitance is 1.2e-13 F/um; allowed: 2e-17 to 2e-15"),
        ("setRC.tcl", ("set_", "get_"), "no horizontal layer from 'm2' up has a resistance .*; allowed: set_layer_rc"),
    ],
)
def test_broken_folder_is_refused(folder, file, change, message):
    text = (folder / file).read_text()
    assert change[0] in text
    (folder / file).write_text(text.replace(*change))
    if change[0] == "flops.lib":
        (folder / "lib" / "best.lib").unlink()
    with pytest.raises(InvalidInputError, match=message):
        load_technology(folder)


def test_missing_files_are_named(folder):
    (folder / "setRC.tcl").unlink()
    with pytest.raises(InvalidInputError, match=r"file .*setRC.tcl does not exist; allowed: a setRC.tcl beside it"):
        load_technology(folder)
    (folder / "config.mk").unlink()
    with pytest.raises(InvalidInputError, match=r"has no config.mk; allowed: a platform folder, or a YAML file"):
        load_technology(folder)
    with pytest.raises(InvalidInputError, match="/none: no such file; allowed: nangate45, or the path of"):
        load_technology(folder / "none")


def test_resistances_in_kiloohm_though_the_library_says_ohm(folder):
    """OpenROAD's tables are in kOhm; gf180's library, of all public ones, names another unit."""
    text = _without(LIBRARY, "I").replace(
        'voltage_unit : "1V";', 'voltage_unit : "1V"; pulling_resistance_unit : "1ohm";'
    )
    gzipped(folder / "lib" / "gates.lib.gz", text)
    kit = load_technology(folder)
    assert kit.vertical.resistance_ohm_per_um == pytest.approx(2.0)
    assert "m2: 0.002 ohm/um in the library's unit of 1 ohm is no wire; taken as 2 ohm/um" in kit.vertical.note


@needs_kits
def test_ihp(tmp_path, cache):
    kit = load_technology(ihp(tmp_path), cache)
    assert kit.header.voltage_v == kit.supply_v == 1.2
    assert (kit.horizontal.layer, kit.vertical.layer) == ("Metal3", "Metal2")
    assert kit.horizontal.resistance_ohm_per_um == pytest.approx(0.44)
    assert kit.vertical.capacitance_f_per_um == pytest.approx(1.691e-16, rel=1e-3)
    assert (kit.buffer.cell, kit.site.name, kit.rows_of("sg13g2_dfrbpq_1")) == ("sg13g2_buf_1", "CoreSite", 1)
    found = check_kit(kit)
    # A fanout-of-4 delay of 1/3 to 1/2 ps per nm of channel is 43 to 65 ps in 0.13 um.
    assert found["fo4_s"] == pytest.approx(61e-12, rel=0.05)
    assert found["nand2_area_um2"] == pytest.approx(7.2576)
    # As OpenSTA reckons the clock pin: its table at 20 ps is 26.5 fJ.
    assert found["flip_flop_energy_j"] == pytest.approx(26e-15, rel=0.05)
    assert found["flip_flops"] == ["sg13g2_dfrbpq_1"]
    assert found["cells"]["flip-flop"] == {"all": 9, "usable": 8}
    assert found["doubts"] == []


@needs_kits
@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_asap7(tmp_path, cache):
    kit = load_technology(asap7(tmp_path), cache)
    assert len(kit.liberties) == 5
    assert kit.supply_v == 0.7
    assert (kit.horizontal.layer, kit.vertical.layer) == ("M2", "M3")
    assert kit.horizontal.resistance_ohm_per_um == pytest.approx(29.71, rel=1e-3)
    assert (kit.tie_low, kit.tie_high) == (Helper("TIELOx1_ASAP7_75t_R", "L"), Helper("TIEHIx1_ASAP7_75t_R", "H"))
    for cell, usable in (
        ("NAND2x1_ASAP7_75t_R", True), ("NAND2xp5_ASAP7_75t_R", False), ("AND2x2_ASAP7_75t_R", True),
        ("SDFHx1_ASAP7_75t_R", False), ("ICGx1_ASAP7_75t_R", False), ("BUFx12f_ASAP7_75t_R", True),
    ):  # fmt: skip
        assert kit.is_usable(cell) is usable, cell
    found = check_kit(kit)
    assert found["fo4_s"] == pytest.approx(19.5e-12, rel=0.05)
    assert found["nand2_area_um2"] == pytest.approx(0.08748)
    assert found["flip_flops"][:1] == ["DFFHQNx1_ASAP7_75t_R"]
    assert found["doubts"] == []
