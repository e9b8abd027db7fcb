"""What ``technology check`` says of a kit that is worked out by hand, and of NanGate45."""

import re
from pathlib import Path

import pytest

from accel_core.errors import InvalidInputError
from accel_core.physical.expressions import Expression, parse_expression
from accel_core.physical.flip_flops import chosen_flip_flops, flip_flop_kind
from accel_core.physical.kit_check import check_kit
from accel_core.physical.logic_functions import truth_table
from accel_core.physical.synthesis import synthesize
from accel_core.physical.synthesis_library import synthesis_libraries
from accel_core.physical.technology import Technology, load_technology
from accel_core.process import Limits
from accel_core.rtl import Rtl
from tests.physical.conftest import LEF, LIBERTY, YAML

_NAND = """
  cell (NAND) {
    area : 4.0; cell_leakage_power : 5.0;
    pin (A) { direction : input; capacitance : 3.0; } pin (B) { direction : input; capacitance : 3.0; }
    pin (Z) { direction : output; function : "(A B)'"; %s }
  }
"""


def whole_kit(folder: Path, *changes: tuple[str, str]) -> Path:
    """The tiny kit with a NAND, delays of the buffer, and a larger flip-flop before the usual one."""
    folder.mkdir(parents=True)
    arcs = LIBERTY[LIBERTY.index("timing () {") : LIBERTY.index("internal_power () { related_pin")]
    library = LIBERTY.replace('function : "A"; }', f'function : "A"; {arcs.replace("negative", "positive")} }}')
    flop = library[library.index("  cell (DFF)") : library.rindex("}")]
    nand = _NAND % (arcs + arcs.replace('"A"', '"B"'))
    library = library.replace(
        "  cell (DFF)", nand + flop.replace("(DFF)", "(DFFX4)").replace("6.0", "9.0") + "  cell (DFF)"
    )
    lef = LEF + "".join(
        LEF[LEF.index(f"MACRO {like}") : LEF.index(f"END {like}\n")].replace(like, name) + f"END {name}\n"
        for like, name in (("DFF", "DFFX4"),)
    )
    inv = LEF[LEF.index("MACRO INV") : LEF.index("END INV\n")]
    pin = inv[inv.index("  PIN A") : inv.index("  PIN Z")]
    lef += inv.replace("INV", "NAND").replace(pin, pin + pin.replace(" A\n", " B\n")) + "END NAND\n"
    yaml = YAML
    for before, after in changes:
        assert before in library + lef + yaml
        library, lef, yaml = (text.replace(before, after) for text in (library, lef, yaml))
    (folder / "tiny.lib").write_text(library)
    (folder / "tiny.lef").write_text(lef)
    (folder / "tiny.yaml").write_text(yaml)
    return folder


def kit(folder: Path, *changes: tuple[str, str]) -> Technology:
    return load_technology(whole_kit(folder, *changes) / "tiny.yaml")


def test_figures_by_hand(tmp_path):
    found = check_kit(kit(tmp_path / "kit"))
    # Four inputs of 3 fF rising (2 ps each fF) and of 2 fF falling (1 ps each).
    assert found["fo4_s"] == pytest.approx((20e-12 + 24e-12 + 10e-12 + 8e-12) / 2)
    assert found["nand2_area_um2"] == 4.0
    # The clock's own energies, 1 fJ rising and 2 fJ falling (fF V2).
    assert found["flip_flop_energy_j"] == pytest.approx(3e-15)
    assert found["cells"] == {
        "buffer": {"all": 1, "usable": 1}, "flip-flop": {"all": 2, "usable": 2}, "inverter": {"all": 1, "usable": 1},
        "latch": {"all": 1, "usable": 0}, "logic": {"all": 1, "usable": 1}, "tie": {"all": 2, "usable": 2},
    }  # fmt: skip
    assert (found["flip_flops"], found["tie_low"], found["supply_v"]) == (["DFF"], "LOW", 1.0)
    # Rows of 2 um are 9.5 pitches of three features.
    assert found["feature_nm"] == pytest.approx(2000 / 28.5)


@pytest.mark.parametrize(
    ("change", "doubt"),
    [
        (("voltage_unit : \"1V\";", "voltage_unit : \"1V\"; nom_voltage : 1.2;"), "the library's tables are for 1.2 V"),
        (("time_unit : \"1ns\"", "time_unit : \"1us\""), "fo4_s of INV is 3.1e-08; expected: "),
        (("area : 4.0", "area : 4000"), "nand2_area_um2 of NAND is 4000; expected"),
        (("area : 3.0", "area : 3.00"), "cells of the libraries are not in the LEF files, such as LATCH; not used"),
        (("internal_power", "no_power"), "have no internal power"),
    ],
)  # fmt: skip
def test_doubts_are_said(tmp_path, change, doubt):
    assert doubt in " ".join(check_kit(kit(tmp_path / "kit", change))["doubts"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("supply_v: 1.0", "supply_v: 11"), r"tiny.yaml, supply_v: is 11 V; allowed: 0.3 to 6 V"),
        (("supply_v: 1.0", "supply_v: 0.1"), r"supply_v: is 0.1 V; allowed: 0.3 to 6 V"),
        (("1.0e-16}", "1.0e-13}"), r"wires, m1: capacitance is 1e-13 F/um; allowed: 2e-17 to 2e-15"),
        (("ohm_per_um: 0.0", "ohm_per_um: 0.0004"), "resistance is 0.0004 ohm/um; allowed: 0.001 to"),
        (("supply_v: 1.0", "supply_v: 1.0\nsite: row"), "site: 'row' is not in the LEF files; allowed: unit"),
        (("supply_v: 1.0", "supply: 1.0"), "tiny.yaml: key 'supply' is unknown; allowed: name, title"),
        (("SIZE 0.5 BY", "SIZE 0.5005 BY"), "site unit: is 0.5005 x 2 um; allowed: multiples of 1/1000 um"),
        (('"!A"', '"A"'), "library tiny: has no inverter with delays; allowed: one at least"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(tmp_path, change, message):
    with pytest.raises(InvalidInputError, match=message):
        kit(tmp_path / "kit", change)


def test_a_supply_twice_off_the_librarys_is_refused(tmp_path):
    with pytest.raises(InvalidInputError, match=r"is 1 V; allowed: 1.25 to 5 V, for the library is for 2.5 V"):
        kit(tmp_path / "kit", ('voltage_unit : "1V";', 'voltage_unit : "1V"; nom_voltage : 2.5;'))


def test_nangate_has_nothing_doubtful(nangate):
    found = check_kit(nangate)
    assert found["doubts"] == []
    assert found["flip_flops"] == ["DFF_X1", "DFFR_X1", "DFFS_X1", "DFFRS_X1"]
    assert 1 / 3 <= found["fo4_s"] / 45e-12 <= 1 / 2  # Weste and Harris: 1/3 to 1/2 ps per nm.
    assert found["nand2_area_um2"] == 0.798


def test_the_smallest_flip_flop_is_chosen_not_the_first(tmp_path):
    tiny = kit(tmp_path / "kit")
    assert [name for name in tiny.library.cells if name.startswith("DFF")] == ["DFFX4", "DFF"]
    assert [cell.name for cell in chosen_flip_flops(tiny)] == ["DFF"]
    own = kit(tmp_path / "own", ("supply_v: 1.0", 'supply_v: 1.0\nflip_flops: ["*X4"]'))
    assert [cell.name for cell in chosen_flip_flops(own)] == ["DFFX4"]


def test_kinds_of_flip_flops(nangate):
    cells = nangate.library.cells
    kinds = {
        name: flip_flop_kind(cells[name]) for name in ("DFF_X2", "DFFR_X1", "DFFRS_X2", "SDFF_X1", "DLH_X1", "INV_X1")
    }
    assert kinds == {
        "DFF_X2": (True, None, None), "DFFR_X1": (True, False, None), "DFFRS_X2": (True, False, False),
        "SDFF_X1": None, "DLH_X1": None, "INV_X1": None,
    }  # fmt: skip


def test_synthesis_sees_only_usable_cells_and_no_powers(nangate, cache):
    (text,) = synthesis_libraries(nangate, cache)
    assert 'clocked_on : "CK";' in text
    assert not [
        word for word in ("internal_power", "SDFF_X1", "CLKBUF_X1", "DFF_X2", "FILLCELL", "TBUF") if word in text
    ]
    assert "cell (NAND2_X1)" in text
    assert synthesis_libraries(nangate, None) == [text]


def in_other_words(tree: Expression) -> str:
    """The same function with ``'`` for not, blanks for and, ``+`` for or."""
    if tree.kind in ("pin", "0", "1"):
        return tree.name or tree.kind
    parts = [f"({in_other_words(operand)})" for operand in tree.operands]
    return f"{parts[0]}'" if tree.kind == "not" else {"and": " ", "or": "+", "xor": "^"}[tree.kind].join(parts)


def test_functions_in_another_syntax_give_the_same_netlist(nangate, cache, tmp_path):
    def other(match: re.Match[str]) -> str:
        return f"{match[1]}{in_other_words(parse_expression(match[2]))}{match[3]}"

    text = nangate.liberties[0].read_text()
    changed = re.sub(r'(\bfunction\s*:\s*")([^"]*[A-Z0-9][^"]*)(")', other, text)
    assert "(A1) (A2)" in changed
    (tmp_path / "other.lib").write_text(changed)
    yaml = nangate.source.read_text()
    yaml = re.sub(r"(?m)^(package|folder|liberty|lef):.*\n", "", yaml)
    lefs = [str(path) for path in nangate.lefs]
    (tmp_path / "other.yaml").write_text(f"{yaml}\nliberty: other.lib\nlef: {lefs}\n")
    rtl = Rtl("module top (input clk, input [5:0] a, input [5:0] b, output reg [11:0] p);\n"
              "always @(posedge clk) p <= a * b ^ {a, b}; endmodule\n", "top")  # fmt: skip
    kits = (nangate, load_technology(tmp_path / "other.yaml"))
    usual, same = (synthesize(rtl, entry, 1e9, None, Limits(120.0)).netlist for entry in kits)
    assert len(usual.instances) > 100
    assert same == usual


def test_a_kit_without_tie_cells_ties_pins_to_the_rails(tmp_path):
    ties = (("tie_low: {cell: LOW, output: Z}\n", ""), ("tie_high: {cell: HIGH, output: Z}\n", ""))
    absent = (
        ("MACRO LOW", "MACRO NOLOW"),
        ("END LOW", "END NOLOW"),
        ("MACRO HIGH", "MACRO NOHIGH"),
        ("END HIGH", "END NOHIGH"),
    )
    tiny = kit(tmp_path / "kit", *ties, *absent)
    assert (tiny.tie_low, tiny.tie_high) == (None, None)
    assert "no cell for constant 0, so pins are tied to the ground itself" in " ".join(check_kit(tiny)["doubts"])
    rtl = Rtl("module top (input clk, input a, output reg q, output zero, output one);\n"
              "always @(posedge clk) q <= a; assign zero = 0; assign one = 1; endmodule\n", "top")  # fmt: skip
    netlist = synthesize(rtl, tiny, 1e8, None, Limits(120.0)).netlist
    assert sorted(cell.tied["A"] for cell in netlist.instances if cell.tied) == ["0", "1"]
    assert {cell.cell for cell in netlist.instances if cell.tied} == {"BUF"}
    assert re_tied(netlist.to_verilog()) == {"zero": "0", "one": "1"}
    assert type(netlist).from_plain(netlist.to_plain()) == netlist


def re_tied(verilog: str) -> dict[str, str]:
    """Value of each net that a buffer of a constant drives."""
    lines = [line for line in verilog.splitlines() if "1'b" in line]
    return {line.split(".Z(")[1].split(")")[0]: line.split("1'b")[1][0] for line in lines}


def test_one_pattern_needs_no_list(tmp_path):
    tiny = kit(tmp_path / "kit", ("supply_v: 1.0", 'supply_v: 1.0\ndont_use: "DFFX*"'))
    assert [cell.name for cell in tiny.usable_cells if cell.name.startswith("DFF")] == ["DFF"]


def test_a_function_that_is_not_understood_costs_its_cell_alone(tmp_path):
    tiny = kit(tmp_path / "kit", ("(A B)'", "(A B"))
    assert truth_table(tiny.library.cells["NAND"], "Z") is None
    assert truth_table(tiny.library.cells["INV"], "Z") == (1, 0)


def test_ties_and_buffers_are_found_where_nobody_names_them(tmp_path):
    names = (("tie_low: {cell: LOW, output: Z}\n", ""), ("buffer: {cell: BUF, input: A, output: Z}\n", ""))
    tiny = kit(tmp_path / "kit", *names)
    assert tiny.tie_low is not None
    assert (tiny.tie_low.cell, tiny.buffer.cell, tiny.buffer.input) == ("LOW", "BUF", "A")
