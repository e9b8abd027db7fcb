"""``evaluate`` on wrong Eyeriss input: exit code 2 and one line that names level, dimension and numbers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from accel_core.cli import main

HEADER = "name,C,M,P,Q,R,S,stride"
MAPPING = "Q4 P112 - Q28 P2 - M4X Q2X - S3Y - - R3 C3 - M16"
BASELINE = {
    "mesh_x": 14, "mesh_y": 12, "glb_depth": 16384, "glb_width": 64, "ifmap_depth": 12, "ifmap_width": 16,
    "weights_depth": 192, "weights_width": 16, "psum_depth": 16, "psum_width": 16,
}  # fmt: skip
COMPONENTS = {
    "DRAM": "dram",
    "shared_glb": "glb",
    "ifmap_spad": "ifmap",
    "weights_spad": "weights",
    "psum_spad": "psum",
    "mac": "mac",
}
"""Of an ERT, and what our levels are called."""


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ACCEL_DB", str(tmp_path / "state" / "results.duckdb"))
    monkeypatch.chdir(tmp_path)
    Path("L.csv").write_text(f"{HEADER}\nfirst,3,64,224,224,3,3,1\nsecond,64,128,28,28,3,3,2\n")
    return tmp_path


def designs(*rows: dict[str, object]) -> None:
    """Write F.csv: the baseline, changed in each row."""
    pd.DataFrame([{**BASELINE, **row} for row in rows]).to_csv("F.csv", index=False)


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Return the one line that a refusal says, beside notes about defaults."""
    assert main(["evaluate", "eyeriss", "--designs", "F.csv", "--out", "r.csv", *words]) == 2
    assert not Path("r.csv").exists()
    said = capsys.readouterr()
    (line,) = [line for line in said.err.splitlines() if not line.startswith("note: ")]
    assert line.startswith("error: ")
    return line.removeprefix("error: ")


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("a,3,64,0,224,3,3,1", "L.csv, line 2: P is '0'; allowed: integers 1 to 10,000,000"),
        ("a,3,64,224,-1,3,3,1", "L.csv, line 2: Q is '-1'; allowed: integers 1 to 10,000,000"),
        ("a,2.5,64,224,224,3,3,1", "L.csv, line 2: C is '2.5'; allowed: integers 1 to 10,000,000"),
        ("a,3,x,224,224,3,3,1", "L.csv, line 2: M is 'x'; allowed: integers 1 to 10,000,000"),
        ("a,3,64,224,224,3,3,0", "L.csv, line 2: stride is '0'; allowed: integers 1 to 10,000,000"),
        ("a,3,64,224,224,3,,1", "L.csv, line 2: S is ''; allowed: integers 1 to 10,000,000"),
    ],
)
def test_a_layer_size_that_is_no_integer_from_1(layer: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    designs({})
    Path("L.csv").write_text(f"{HEADER}\n{layer}\n")
    assert refused(capsys, "--layers", "L.csv") == message


@pytest.mark.parametrize(
    ("changes", "words", "message"),
    [
        ({"mesh_x": 12, "mesh_y": 12}, [], "F.csv, row 2: mesh_x 12, mesh_y 12 breaks constraint 'total of"),
        ({"mesh_x": 5, "mesh_y": 5}, [], "F.csv, row 2: mesh_x is 5; allowed: 1, 2, 3, 4, 6, 7, 8, 12, 14"),
        ({}, ["--set", "pes=192"], "F.csv, row 1: mesh_x is 14; allowed: 1, 2, 3, 4, 6, 8, 12, 16"),
        ({"glb_depth": 100}, [], "F.csv, row 2: glb_depth is 100; allowed: 512, "),
        ({"glb_depth": 32768, "glb_width": 512}, ["--set", "bits_budget=2000000"], "breaks constraint 'on-chip bits"),
    ],
)  # fmt: skip
def test_a_mesh_or_a_size_outside_the_space(
    changes: dict[str, object], words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    designs({}, changes)
    assert message in refused(capsys, "--workload", "vgg16/conv1_1", *words)


@pytest.mark.parametrize("missing", COMPONENTS)
def test_an_ert_without_a_level(missing: str, capsys: pytest.CaptureFixture[str]) -> None:
    designs({})
    text = "ERT:\n  version: '0.4'\n  tables:\n"
    for name in COMPONENTS:
        actions = ("compute",) if name == "mac" else ("read", "write", "leak")
        lines = [f"  - name: system_top_level.{name}[1..1]", "    actions:"]
        lines += [f"    - {{name: {action}, arguments: {{}}, energy: 1.0}}" for action in actions]
        text += "\n".join([*lines, ""]) if name != missing else ""
    Path("ert.yaml").write_text(text)
    line = refused(capsys, "--workload", "vgg16/conv1_1", "--energy-table", "ert.yaml")
    assert line.startswith(f"ert.yaml: level {COMPONENTS[missing]} is missing")


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        (MAPPING.replace("P112", "P56"), "mapping: the factors of P multiply to 112; layer 'first' has P = 224"),
        (MAPPING.replace("M4X", "M8X"), "mapping: the factors of M multiply to 128; layer 'first' has M = 64"),
        (MAPPING.replace("S3Y", "R3Y"), "mapping: rows (L3) has R3; allowed there: S, C, M"),
        (MAPPING.replace("- M16", ""), f"mapping '{MAPPING.replace('- M16', '').strip()}': 6 levels"),
    ],
)
def test_a_mapping_that_is_none_of_the_layer(mapping: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    designs({})
    Path("L.csv").write_text(f"{HEADER}\nfirst,3,64,224,224,3,3,1\n")
    assert refused(capsys, "--layers", "L.csv", "--mapping", mapping).startswith(message)
    designs({"layer": "first", "mapping": MAPPING}, {"layer": "first", "mapping": mapping})
    assert refused(capsys, "--layers", "L.csv").startswith(f"F.csv, row 2: {message}")


# What MAPPING needs: columns 4 * 2, rows 3, ifmap 3 * 3, weights 3 * 3 * 16, psum 16. The global buffer: 3 channels of
# 2 + 2 input rows and 56 + 2 input columns are 696 words, 64 filters of 2 x 56 outputs 7,168.
OVERFLOWS = [
    ({"mesh_x": 7, "mesh_y": 24}, "columns (L4) needs 8 columns; the design has 7"),
    ({"mesh_x": 84, "mesh_y": 2}, "rows (L3) needs 3 rows; the design has 2"),
    ({"ifmap_depth": 3}, "ifmap scratchpad (L2) needs 9 words; the design has 6"),
    ({"weights_depth": 48}, "weights scratchpad (L1) needs 144 words; the design has 96"),
    ({"psum_depth": 8}, "psum scratchpad (L0) needs 16 words; the design has 8"),
    ({"glb_depth": 512}, "global buffer (L5) needs 7,864 words; the design has 4,096"),
]


@pytest.mark.parametrize(("changes", "message"), OVERFLOWS)
def test_a_mapping_that_does_not_fit_a_level_of_a_design(
    changes: dict[str, object], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    designs({}, changes)
    words = ["--workload", "vgg16/conv1_1"]
    assert refused(capsys, *words, "--mapping", MAPPING) == f"F.csv, row 2: mapping: {message}"
    designs({}, {**changes, "mapping": MAPPING}, {})
    assert refused(capsys, *words) == f"F.csv, row 2: mapping: {message}"


def test_the_layer_of_a_network_whose_mapping_does_not_fit_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    designs({}, {"psum_depth": 8})
    both = f"first: {MAPPING}; second: P28 Q14 - C16 M64 R3 - Q2X - S3Y C4Y - - - M2"
    line = refused(capsys, "--layers", "L.csv", "--mapping", both)
    assert line == "F.csv, row 2: mapping: layer 'first': psum scratchpad (L0) needs 16 words; the design has 8"


def test_a_search_takes_designs_that_a_mapping_does_not_fit_as_infeasible() -> None:
    words = ["--objective", "energy_j", "--optimizer", "random", "--budget", "24", "--set", f"mapping={MAPPING}"]
    assert main(["optimize", "eyeriss", *words, "--out", "o.csv"]) == 0
    found = pd.read_csv("o.csv")
    assert set(found["status"]) == {"ok", "infeasible"}
