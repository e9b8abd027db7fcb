"""Parameters and defines of somebody's Verilog are set in its text: what Icarus then elaborates has those values."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accel_core.errors import InvalidInputError
from accel_core.process import Limits, run
from accel_core.rtl.verilog_text import MAX_DEPTH, source, with_values

TRAPS = """
// module top #(parameter A = 1);
/* module top; parameter A = 2; endmodule */
module other #(parameter A = 3, parameter B = 4) (input clk);
endmodule
`ifdef WIDE
`define DEPTH 40
`else
`define DEPTH 4
`endif
`define TEXT "parameter A = 5;"
module top #(
    parameter A = 6,  // parameter A = 7,
    parameter signed [31:0] B = (1 + 2) * {2{2'b01}} /* , parameter A = 8 */, C = 9
`ifdef WIDE
    , parameter D = 10
`else
    , parameter D = 11
`endif
) (input clk);
  parameter E = "a;b,c)", F = `DEPTH;
  parameter real G = 1.5;
  localparam A2 = A + 1, B2 = B;
  other #(.A(A), .B(B)) inner (.clk(clk));
  initial $display("%0d|%0d|%0d|%0d|%0s|%0d|%0g|%0d|%0d", A, B, C, D, E, F, G, A2, `DEPTH);
endmodule
"""
UNTOUCHED = ["6", "15", "9", "11", "a;b,c)", "4", "1.5", "7", "4"]
NAMES = ("A", "B", "C", "D", "E", "F", "G")

numbers = st.integers(-(2**31) + 1, 2**31 - 1).map(str)
texts = st.text("abc ,;()", min_size=1, max_size=12).map(lambda text: f'"{text.strip() or "x"}"')
values = st.fixed_dictionaries(
    {}, optional={**dict.fromkeys("ABCDF", numbers), "E": texts, "G": st.sampled_from(["0.25", "2.5", "3"])}
)


def elaborated(text: str, folder: Path) -> list[str]:
    (folder / "top.v").write_text(text)
    limits = Limits(60)
    compiled = run(["iverilog", "-g2005", "-s", "top", "-o", "top.vvp", "top.v"], "compile", limits, cwd=folder)
    assert compiled.exit_code == 0, compiled.output
    return run(["vvp", "-n", "top.vvp"], "run", limits, cwd=folder).output.strip().split("|")


@pytest.mark.tools
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_values=values, is_wide=st.booleans(), depth=st.none() | st.integers(1, 1000))
def test_the_text_elaborates_to_what_was_set(given_values, is_wide, depth, tmp_path) -> None:
    defines = {"WIDE": "1"} if is_wide else {}
    if depth is not None:
        defines["DEPTH"] = str(depth)
    found = elaborated(with_values(TRAPS, "top", given_values, defines, "x"), tmp_path)
    default_depth = str(depth if depth is not None else 40 if is_wide else 4)
    wanted = dict(zip(NAMES, UNTOUCHED, strict=False)) | {"D": "10" if is_wide else "11", "F": default_depth}
    wanted |= {name: value.strip('"') for name, value in given_values.items()}
    a = (int(wanted["A"]) + 1 + 2**31) % 2**32 - 2**31
    assert found == [*wanted.values(), str(a), default_depth]


def test_nothing_set_changes_nothing() -> None:
    assert with_values(TRAPS, "top", {}, {}, "x") == TRAPS


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("module top; parameter A =\n`ifdef X\n1\n`else\n2\n`endif\n; endmodule",
         "module top; parameter A =\n5; endmodule"),
        ("module top; parameter A = f(1, 2) + (3), B = 4; endmodule", "module top; parameter A = 5, B = 4; endmodule"),
        ("module top #(parameter A=1)(); endmodule", "module top #(parameter A=5)(); endmodule"),
        ("module top; localparam A = 1; parameter A = 2; endmodule",
         "module top; localparam A = 1; parameter A = 5; endmodule"),
    ],
)  # fmt: skip
def test_a_default_is_replaced_whole(text: str, wanted: str) -> None:
    assert with_values(text, "top", {"A": "5"}, {}, "x").split() == wanted.split()


def test_both_modules_of_a_conditional_are_set() -> None:
    text = "`ifdef X\nmodule top; parameter A = 1; endmodule\n`else\nmodule top; parameter A = 2; endmodule\n`endif\n"
    assert with_values(text, "top", {"A": "5"}, {}, "x").count("A = 5;") == 2


def test_a_define_of_the_source_gives_way_and_lines_keep_their_numbers() -> None:
    text = "`define N 1 \\\n  + 2\n// `define N 3\nmodule top; parameter A = `N; endmodule"
    assert with_values(text, "top", {}, {"N": "8"}, "x").splitlines() == [
        "`define N 8", "", "", "// `define N 3", "module top; parameter A = `N; endmodule",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("top", "parameters", "message"),
    [
        ("tap", {}, "x: module 'tap' is not there; found: other, top"),
        ("top", {"Z": "1"}, "x: module 'top' has no parameter 'Z'; found: A, B, C, D, E, F, G"),
        ("top", {"A2": "1"}, "x: module 'top' has no parameter 'A2'; found: A, B, C, D, E, F, G"),
    ],
)
def test_what_does_not_fit_is_named(top: str, parameters: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        with_values(TRAPS, top, parameters, {}, "x")
    assert str(caught.value) == message


def test_includes_are_put_in_place_from_beside_the_file_or_the_folder(tmp_path: Path) -> None:
    (tmp_path / "rtl").mkdir()
    (tmp_path / "rtl" / "a.v").write_text('`include "b.vh" // b\n/*\n`include "none.vh"\n*/\nwire a; // `include "x"\n')
    (tmp_path / "rtl" / "b.vh").write_text('  `include "c.vh"\nwire b;')
    (tmp_path / "c.vh").write_text("wire c;")
    assert source(tmp_path, ("rtl/a.v",), "x") == (
        'wire c;\nwire b;\n/*\n`include "none.vh"\n*/\nwire a; // `include "x"\n'
    )


def test_files_that_cannot_be_are_refused(tmp_path: Path) -> None:
    (tmp_path / "loop.v").write_text('`include "loop.v"\n')
    (tmp_path / "raw.v").write_bytes(b"\xff\xfe\x00")
    (tmp_path.parent / "outside.v").write_text("wire a;")
    for name, message in {
        "none.v": "x: 'none.v': No such file or directory; allowed: a readable Verilog file",
        "raw.v": "x: 'raw.v': not UTF-8 text; allowed: a readable Verilog file",
        "../outside.v": f"x: '../outside.v' lies outside {tmp_path}; allowed: files inside it",
    }.items():
        with pytest.raises(InvalidInputError) as caught:
            source(tmp_path, (name,), "x")
        assert str(caught.value) == message
    with pytest.raises(InvalidInputError, match=rf"is included {MAX_DEPTH} levels deep; allowed: no circle"):
        source(tmp_path, ("loop.v",), "x")
