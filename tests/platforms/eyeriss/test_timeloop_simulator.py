"""Fidelity ``simulated`` of Eyeriss: a fake Timeloop's mapping gives the columns that the model gives for it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from accel_core.cli import main
from accel_core.errors import InvalidInputError
from accel_core.evaluators import evaluate
from accel_core.platforms.eyeriss.mapping import parse_mapping
from accel_core.space import design_ids
from accel_core.workloads import Layer, Workload
from tests.platforms.eyeriss.timeloop_outputs import LAYERS, NO_MAPPING, REFERENCE, install_fake, script_of

PARAMETERS = ["mesh_x", "mesh_y", "glb_depth", "glb_width", "ifmap_depth", "ifmap_width", "weights_depth",
              "weights_width", "psum_depth", "psum_width"]  # fmt: skip
FIXED = {"energy_table": "fixed"}


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts a ``timeloop-mapper`` of this shell script before everything else on PATH."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return lambda script: install_fake(tmp_path / "bin", script)


def workload(*layers: Layer) -> Workload:
    return Workload("mine", "Mine", "a test", layers=layers)


def design(row: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([row])[PARAMETERS]


@pytest.mark.parametrize("row", [REFERENCE[0], REFERENCE[4], REFERENCE[10]], ids=lambda row: row["compact_map"])
def test_the_columns_are_those_of_the_model_for_the_same_mapping(row: dict[str, Any], fake: Any) -> None:
    fake(script_of(row))
    runs = workload(LAYERS[row["layer"]])
    ours = evaluate(
        "eyeriss", design(row), "analytical", workload=runs, settings=FIXED | {"mapping": row["compact_map"]}
    )
    theirs = evaluate("eyeriss", design(row), "simulated", workload=runs, settings=FIXED)
    assert theirs["status"].tolist() == ["ok"], theirs["reason"].tolist()
    numbers = [name for name in ours.select_dtypes("number").columns if name not in ("seconds", "seed")]
    assert set(numbers) <= set(theirs.columns)
    # The reference has energies by level in fJ per multiply-accumulate with two decimals.
    pd.testing.assert_frame_equal(theirs[numbers], ours[numbers], check_dtype=False, rtol=2e-4)
    counted = [name for name in numbers if name.startswith("accesses") or name in ("cycles", "lanes", "utilization")]
    pd.testing.assert_frame_equal(theirs[counted], ours[counted], check_dtype=False)
    assert parse_mapping(theirs["mapping"][0]) == parse_mapping(ours["mapping"][0])
    assert set(json.loads(theirs["tool_versions"][0])) == {"timeloop-mapper", "energy table fixed"}


def test_layers_that_are_run_often_count_that_often(fake: Any) -> None:
    row = REFERENCE[0]
    layer = LAYERS[row["layer"]]
    fake(script_of(row))
    often = Layer("often", layer.C, layer.M, layer.P, layer.Q, layer.R, layer.S, repeat=2)
    found = evaluate("eyeriss", design(row), "simulated", workload=workload(layer, often), settings=FIXED)
    assert found["cycles"][0] == 3 * row["cycles"]
    assert found["energy_j"][0] == pytest.approx(3e-6 * row["energy_uJ"], rel=1e-4)
    assert found["utilization"][0] == pytest.approx(row["utilization"] / 100, abs=1e-4)
    assert [part.partition(": ")[0] for part in found["mapping"][0].split("; ")] == [layer.name, "often"]


def test_what_timeloop_cannot_map_is_infeasible_and_keeps_its_files(fake: Any, tmp_path: Path) -> None:
    fake(f"echo '{NO_MAPPING}'")
    row = REFERENCE[0]
    runs = workload(LAYERS[row["layer"]])
    found = evaluate("eyeriss", design(row), "simulated", workload=runs, artifacts=tmp_path / "kept")
    assert found[["status", "stage"]].values.tolist() == [["infeasible", "timeloop"]]
    folder = tmp_path / "kept" / design_ids(design(row), PARAMETERS)[0] / f"01_{row['layer']}"
    assert NO_MAPPING in (folder / "timeloop-mapper.log").read_text()
    assert (folder / "arch.yaml").is_file()


def test_a_wrong_energy_table_is_told_at_once(fake: Any) -> None:
    fake("true")
    with pytest.raises(InvalidInputError, match="energy table 'cheap' is unknown"):
        evaluate("eyeriss", design(REFERENCE[0]), "simulated", settings={"energy_table": "cheap"})


def test_without_timeloop_one_line_says_so_and_files_are_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    rows = tmp_path / "designs.csv"
    design(REFERENCE[0]).to_csv(rows, index=False)
    command = ["eyeriss", "--designs", str(rows), "--workload", "vgg16/conv1_1"]
    assert main(["evaluate", *command, "--fidelity", "simulated", "--out", str(tmp_path / "out.csv")]) == 2
    assert "simulated is not available here: the program timeloop-mapper is not on PATH" in capsys.readouterr().err
    assert main(["files", *command, "--out", str(tmp_path / "files"), "--set", "energy_table=fixed"]) == 0
    written = {path.name for path in (tmp_path / "files").glob("*/01_conv1_1/*")}
    assert {"arch.yaml", "problem.yaml", "mapper.yaml", "ERT.yaml"} <= written
