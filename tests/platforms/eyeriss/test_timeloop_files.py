"""The export: read again, its numbers are those of the design and the layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_core.errors import InvalidInputError
from accel_core.platforms.eyeriss.energy import ENERGIES, energy_table
from accel_core.platforms.eyeriss.timeloop import timeloop_files
from accel_core.workloads import Layer
from tests.platforms.eyeriss.timeloop_outputs import REFERENCE

BASELINE = {
    "mesh_x": 14, "mesh_y": 12, "glb_depth": 16384, "glb_width": 64, "ifmap_depth": 12, "ifmap_width": 16,
    "weights_depth": 192, "weights_width": 16, "psum_depth": 16, "psum_width": 16,
}  # fmt: skip
STRIDED = Layer("conv1", 3, 96, 55, 54, 11, 7, 4)
FLAT = "parsed-processed-input.yaml"

sizes = st.integers(1, 1 << 17)
designs = st.fixed_dictionaries(
    {"mesh_x": st.sampled_from([1, 2, 168]), "mesh_y": st.sampled_from([1, 3, 168])}
    | {name: sizes for name in BASELINE if not name.startswith("mesh")}
)
layers = st.builds(Layer, st.text(min_size=1, max_size=100), *[st.integers(1, 5000)] * 6, st.integers(1, 4))


class Reader(yaml.CSafeLoader):
    """Reads the front end's tags as a key of their own."""


def _node(reader: Reader, tag: str, node: yaml.MappingNode) -> dict[str, Any]:
    return {"tag": tag, **reader.construct_mapping(node, deep=True)}


Reader.add_multi_constructor("!", _node)


def read(files: dict[str, str], name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.load(files[name], Reader)
    return content


def nested(files: dict[str, str]) -> dict[str, dict[str, Any]]:
    nodes = read(files, "arch.yaml")["architecture"]["nodes"]
    pads = next(node["nodes"] for node in nodes if node["tag"] == "Parallel")
    return {node["name"]: node for node in [*(node for node in nodes if "name" in node), *pads]}


def flat_levels(files: dict[str, str]) -> dict[str, dict[str, Any]]:
    (top,) = read(files, FLAT)["architecture"]["subtree"]
    return {level["name"].partition("[")[0]: level for level in top["local"]}


@settings(max_examples=20)
@given(design=designs, layer=layers)
def test_the_files_say_exactly_what_the_design_and_the_layer_are(design: dict[str, int], layer: Layer) -> None:
    files = timeloop_files(design, layer)
    by_name, flat = nested(files), flat_levels(files)
    assert by_name["PE_column"]["spatial"] == {"meshX": design["mesh_x"]}
    assert by_name["PE"]["spatial"] == {"meshY": design["mesh_y"]}
    lanes = design["mesh_x"] * design["mesh_y"]
    names = {"glb": "shared_glb", "ifmap": "ifmap_spad", "weights": "weights_spad", "psum": "psum_spad"}
    for level, name in names.items():
        for written in (by_name[name]["attributes"], flat[name]["attributes"]):
            assert (written["depth"], written["width"]) == (design[f"{level}_depth"], design[f"{level}_width"])
            assert written["datawidth"] == (16 if level == "psum" else 8)
            words = 16 if level == "glb" else 2
            assert (written["read_bandwidth"], written["write_bandwidth"]) == (words, words)
        mesh = (1, 1) if level == "glb" else (design["mesh_x"], design["mesh_y"])
        assert (flat[name]["attributes"]["meshX"], flat[name]["attributes"]["meshY"]) == mesh
        assert flat[name]["name"] == f"{name}[1..{1 if level == 'glb' else lanes}]"
    for name in ("problem.yaml", FLAT):
        instance = read(files, name)["problem"]["instance"]
        assert {dimension: instance[dimension] for dimension in "CMPQRS"} == {
            dimension: getattr(layer, dimension) for dimension in "CMPQRS"
        }
        assert (instance["N"], instance["Wstride"], instance["Hstride"]) == (1, layer.stride, layer.stride)


@pytest.mark.parametrize(("mesh_x", "mesh_y"), [(14, 12), (1, 168), (168, 1), (1, 1)])
def test_a_side_of_one_is_neither_a_level_nor_constrained(mesh_x: int, mesh_y: int) -> None:
    files = timeloop_files(BASELINE | {"mesh_x": mesh_x, "mesh_y": mesh_y}, STRIDED)
    targets = read(files, FLAT)["architecture_constraints"]["targets"]
    spatial = {entry["target"] for entry in targets if entry["type"] == "spatial"}
    by_name = nested(files)
    for side, container in ((mesh_x, "PE_column"), (mesh_y, "PE")):
        level = f"inter_{container}_spatial"
        assert (
            (level in spatial) == (level in flat_levels(files)) == ("constraints" in by_name[container]) == (side > 1)
        )
    assert {entry["target"] for entry in targets} <= set(flat_levels(files))


def test_constraints_are_those_of_the_row_stationary_design() -> None:
    files = timeloop_files(BASELINE, STRIDED)
    targets = read(files, FLAT)["architecture_constraints"]["targets"]
    loops = {(entry["target"], entry["type"]): entry for entry in targets}

    def free(target: str, kind: str) -> set[str]:
        fixed = {word.removesuffix("=1") for word in loops[target, kind]["factors"].split(",")}
        return set("NCMPQRS") - fixed

    assert free("inter_PE_column_spatial", "spatial") == {"Q", "M"}
    assert free("inter_PE_spatial", "spatial") == {"S", "C", "M"}
    assert free("ifmap_spad", "temporal") == set()
    assert free("weights_spad", "temporal") == {"C", "R"}
    assert free("psum_spad", "temporal") == {"M"}
    assert free("inter_PE_spatial", "temporal") == free("inter_PE_column_spatial", "temporal") == set()
    # All that is unrolled over columns lies along X, over rows along Y: the first ``split`` dimensions lie along X.
    columns, rows = loops["inter_PE_column_spatial", "spatial"], loops["inter_PE_spatial", "spatial"]
    assert set("QM") <= set(columns["permutation"][: columns["split"]])
    assert set("SCM") <= set(rows["permutation"][rows["split"] :])
    kept = {target: set(entry.get("keep", [])) for (target, kind), entry in loops.items() if kind == "bypass"}
    assert kept == {
        "shared_glb": {"Inputs", "Outputs"}, "ifmap_spad": {"Inputs"}, "weights_spad": {"Weights"},
        "psum_spad": {"Outputs"}, "inter_PE_column_spatial": set(), "inter_PE_spatial": set(),
    }  # fmt: skip
    assert nested(files)["shared_glb"]["constraints"]["dataspace"]["bypass"] == ["Weights"]


def test_the_search_is_the_one_that_is_asked_for() -> None:
    files = timeloop_files(BASELINE, STRIDED, objective="delay", victory=7)
    for name in ("mapper.yaml", FLAT):
        mapper = read(files, name)["mapper"]
        assert (mapper["optimization_metrics"], mapper["victory_condition"]) == (["delay"], 7)
        assert mapper["num_threads"] == 1
        assert read(files, name)["mapspace"]["template"] == "uber"


def test_energies_are_the_tables_and_read_back_as_one(tmp_path: Path) -> None:
    row = REFERENCE[1]
    path = tmp_path / "mine.yaml"
    path.write_text(timeloop_files(row, STRIDED, "scaled")["ERT.yaml"])
    again = timeloop_files(row, STRIDED, str(path))
    assert read(again, "ERT.yaml") == read(again | {"ERT.yaml": path.read_text()}, "ERT.yaml")
    fixed = timeloop_files(row, STRIDED, "fixed")
    table = {entry["name"].split(".")[1].split("[")[0]: entry for entry in read(fixed, FLAT)["ERT"]["tables"]}
    energy = {name: {action["name"]: action["energy"] for action in entry["actions"]} for name, entry in table.items()}
    assert energy["weights_spad"] == {"read": 1.976602, "write": 1.881657, "update": 1.881657, "leak": 0.001592}
    assert energy["DRAM"] == {"read": 512, "write": 512, "update": 512, "leak": 0}
    assert energy["mac"] == {"compute": 0.207692}
    assert len(energy_table("fixed").energies_pj) == len(ENERGIES)


def test_an_unknown_energy_table_is_named() -> None:
    with pytest.raises(InvalidInputError, match="energy table 'cheap' is unknown; allowed: scaled, fixed"):
        timeloop_files(BASELINE, STRIDED, "cheap")


def test_a_layers_name_cannot_add_lines_to_the_files() -> None:
    files = timeloop_files(BASELINE, Layer("a\nproblem: {}", 1, 1, 1, 1, 1, 1))
    assert read(files, "problem.yaml")["problem"]["instance"]["C"] == 1
