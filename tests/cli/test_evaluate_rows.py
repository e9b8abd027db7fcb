"""``evaluate`` where rows differ in layer and settings, and the flags of settings."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from accel_core.cli import main

LAYERS = "name,C,M,P,Q,R,S,stride\nfirst,3,64,224,224,3,3,1\nsecond,64,128,28,28,3,3,2\n"
MAPPING = "L6[WIO] Q4 M2 P112 - L5[IO] Q28 P2 - L4[] G1 M4X Q2X - L3[] G1 M4Y S3Y - L2[I] G1 - L1[W] R3 C3 - L0[O] M2"
FIRST, OTHER = "first", "second"


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ACCEL_DB", str(tmp_path / "state" / "results.duckdb"))
    monkeypatch.chdir(tmp_path)
    Path("L.csv").write_text(LAYERS)
    return tmp_path


def designs(**columns: object) -> None:
    """Write F.csv: the default design of a 14 x 12 mesh, once for each entry of the columns."""
    pd.DataFrame({"mesh_x": 14, "mesh_y": 12, **columns}).to_csv("F.csv", index=False)


def evaluated(*words: str) -> pd.DataFrame:
    assert main(["evaluate", "eyeriss", "--designs", "F.csv", "--out", "r.csv", *words]) == 0
    return pd.read_csv("r.csv")


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["evaluate", "eyeriss", "--designs", "F.csv", "--out", "r.csv", *words]) == 2
    assert not Path("r.csv").exists()
    lines = [line for line in capsys.readouterr().err.strip().splitlines() if not line.startswith("note: ")]
    assert len(lines) == 1
    return lines[0]


def test_a_mapping_of_the_command_line_is_evaluated() -> None:
    designs(glb_depth=[16384])
    row = evaluated("--workload", "vgg16/conv1_1", "--mapping", MAPPING, "--energy-table", "fixed").iloc[0]
    assert (row["cycles"], row["fidelity"]) == (903168, "analytical")
    assert row["energy_j"] * 1e6 == pytest.approx(390.0, abs=5e-3)
    assert json.loads(row["settings"])["energy_table"] == "fixed"


def test_each_row_has_its_layer_and_its_mapping_and_the_order_stays() -> None:
    designs(layer=[OTHER, FIRST, OTHER, FIRST], mapping=[None, MAPPING, None, None])
    table = evaluated("--layers", "L.csv", "--energy-table", "fixed")
    assert table["layer"].tolist() == [OTHER, FIRST, OTHER, FIRST]
    names = table["workload"].str.replace("@[0-9a-f]{8}", "", regex=True)
    assert names.tolist() == ["L/second", "L/first", "L/second", "L/first"]
    assert table["mapping"][1] == MAPPING.replace("G1 ", "").replace(" G1", "").replace("M4X Q2X", "M4X Q2X")
    assert table["cycles"][1] == 903168
    assert table["edp_js"][3] < table["edp_js"][1]
    assert table["edp_js"][0] == table["edp_js"][2]


def test_an_earlier_result_is_evaluated_again_with_its_mappings() -> None:
    designs(layer=[OTHER, FIRST])
    first = evaluated("--layers", "L.csv", "--objective", "energy")
    Path("r.csv").rename("F.csv")
    again = evaluated("--layers", "L.csv")
    metrics = ["cycles", "energy_j", "mapping"]
    pd.testing.assert_frame_equal(first[metrics], again[metrics])


def test_layers_without_a_column_are_one_network() -> None:
    designs(glb_width=[64])
    whole = evaluated("--layers", "L.csv").iloc[0]
    designs(layer=[FIRST, OTHER])
    parts = evaluated("--layers", "L.csv")
    assert re.fullmatch("L@[0-9a-f]{8}", whole["workload"])
    assert whole["cycles"] == parts["cycles"].sum()
    assert whole["energy_j"] == pytest.approx(parts["energy_j"].sum())


def test_layers_of_a_network_that_ships_are_named_in_the_column_too() -> None:
    designs(layer=["conv1_1"])
    assert evaluated("--workload", "vgg16")["workload"].tolist() == ["vgg16/conv1_1"]


def test_layers_of_ones_own_are_not_taken_for_a_network_that_ships() -> None:
    Path("vgg16.csv").write_text("".join(LAYERS.splitlines(keepends=True)[:2]))
    designs(glb_depth=[16384])
    assert evaluated("--layers", "vgg16.csv", "--mapping", MAPPING)["workload"][0].startswith("vgg16@")


def test_a_column_of_a_number_is_a_setting_of_its_row() -> None:
    pd.DataFrame({"mesh_x": [14, 16], "mesh_y": [12, 12], "pes": [None, 192]}).to_csv("F.csv", index=False)
    table = evaluated("--workload", "vgg16/conv1_1")
    assert [json.loads(text)["pes"] for text in table["settings"]] == [168, 192]
    assert table["design_id"].nunique() == 2
    assert table["settings_id"].nunique() == 1, "a total says which designs there are, not what one costs"


def test_sample_and_evaluate_take_another_total() -> None:
    assert main(["sample", "eyeriss", "-n", "6", "--set", "pes=192", "--set", "mesh_x=4..48", "--out", "F.csv"]) == 0
    drawn = pd.read_csv("F.csv")
    assert (drawn["mesh_x"] * drawn["mesh_y"] == 192).all()
    assert drawn["mesh_x"].between(4, 48).all()
    assert set(evaluated("--set", "pes=192")["status"]) == {"ok"}


def test_optimize_searches_the_space_of_its_total() -> None:
    words = ["--objective", "edp_js", "--optimizer", "random", "--budget", "4", "--set", "pes=60", "--out", "o.csv"]
    assert main(["optimize", "eyeriss", *words]) == 0
    found = pd.read_csv("o.csv")
    assert (found["mesh_x"] * found["mesh_y"] == 60).all()


def test_results_of_another_total_are_imported_and_a_mesh_of_none_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    pd.DataFrame({"mesh_x": [16], "mesh_y": [12], "layer": ["conv1_1"]}).to_csv("F.csv", index=False)
    evaluated("--workload", "vgg16", "--set", "pes=192")
    assert main(["import", "r.csv"]) == 0
    assert "1 new results" in capsys.readouterr().out
    assert main(["export", "--platform", "eyeriss", "--out", "out.csv"]) == 0
    again = pd.read_csv("out.csv").merge(pd.read_csv("r.csv"), on=["design_id", "settings_id", "mapping", "workload"])
    assert len(again) == 1
    pd.read_csv("r.csv").assign(settings="{}").to_csv("wrong.csv", index=False)
    assert main(["import", "wrong.csv"]) == 2
    assert "wrong.csv: row 1: mesh_x is 16; allowed: 1, 2, 3, 4, 6, 7, 8, 12, 14" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("columns", "words", "message"),
    [
        ({"layer": [FIRST, "third"]}, [], "F.csv, row 2: layer 'third' of workload 'L@"),
        ({"layer": [FIRST, None]}, [], "F.csv, row 2: layer '' of workload 'L@"),
        ({"mapping": [MAPPING]}, ["--mapping", MAPPING], "mapping is given twice, on the command line and as a column"),
        ({"glb_width": [64]}, ["--mapping", "x", "--set", "mapping=x"], "mapping is given twice, as --mapping and as"),
        ({"layer": [OTHER, FIRST], "mapping": [None, MAPPING.replace("Q28", "Q14")]}, [],
         "F.csv, row 2: mapping: the factors of Q multiply to 112; layer 'first' has Q = 224"),
        ({"mapping": ["nonsense"], "layer": [FIRST]}, [], "F.csv, row 1: mapping 'nonsense': 1 levels"),
        ({"objective": ["edp", "speed"], "layer": [FIRST, FIRST]}, [],
         "F.csv, row 2: setting objective is 'speed'; allowed: edp, delay, energy"),
        ({"glb_width": [64]}, ["--objective", "speed"], "setting objective is 'speed'; allowed: edp, delay, energy"),
        ({"glb_width": [64]}, ["--energy-table", "cheap"], "energy table 'cheap' is unknown; allowed: scaled, fixed"),
        ({"glb_width": [64]}, ["--set", "pes=0"], "setting pes is 0; allowed: 1 to 4096"),
        ({"mesh_y": [12, 14]}, [], "F.csv, row 2: mesh_x 14, mesh_y 14 breaks constraint"),
        ({"pes": [None, 192]}, [], "F.csv, row 2: mesh_x is 14; allowed: 1, 2, 3, 4, 6, 8, 12, 16"),
        ({"color": ["red"]}, [], "F.csv: column 'color' is no parameter of eyeriss; allowed: mesh_x"),
    ],
)  # fmt: skip
def test_wrong_rows_are_named(
    columns: dict[str, object], words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    designs(**columns)
    assert message in refused(capsys, "--layers", "L.csv", *words)


def test_a_layer_column_needs_layers(capsys: pytest.CaptureFixture[str]) -> None:
    designs(layer=[FIRST])
    assert "F.csv: column 'layer' needs --layers or --workload, whose layers it names" in refused(capsys)


def test_another_platform_has_no_mapping(capsys: pytest.CaptureFixture[str]) -> None:
    pd.DataFrame({"features": [24]}).to_csv("F.csv", index=False)
    words = [
        "evaluate",
        "axiline",
        "--designs",
        "F.csv",
        "--fidelity",
        "analytical",
        "--mapping",
        "x",
        "--out",
        "r.csv",
    ]
    assert main(words) == 2
    assert (
        "--set mapping: axiline at fidelity analytical has no such name; allowed: benchmark" in capsys.readouterr().err
    )


def test_platforms_name_networks_their_layers_and_settings(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["platforms", "--json"]) == 0
    eyeriss = next(entry for entry in json.loads(capsys.readouterr().out) if entry["name"] == "eyeriss")
    assert eyeriss["size"] == 4_423_680
    assert {"vgg16", "vgg16/conv1_1", "mobilenet_v2", "resnet18/conv3_1a"} <= set(eyeriss["workloads"])
    assert eyeriss["settings"]["analytical"]["objective"]["choices"] == ["edp", "delay", "energy"]
    assert main(["platforms"]) == 0
    assert (
        "workloads  vgg16, alexnet, resnet18, mobilenet_v2, and parts such as vgg16/conv1_1" in capsys.readouterr().out
    )
