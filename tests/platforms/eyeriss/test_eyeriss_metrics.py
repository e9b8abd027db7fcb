"""Eyeriss's platform: its space under a total and a budget, workloads summed up layer by layer, given mappings."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from accel_core.errors import InvalidInputError
from accel_core.evaluators import evaluate, settings_id
from accel_core.platforms import get_platform
from accel_core.platforms.eyeriss.area import onchip_bits
from accel_core.platforms.eyeriss.metrics import METRICS
from accel_core.space import sample
from accel_core.workloads import Layer, Workload

EYERISS = get_platform("eyeriss")
FIRST = "Q4 M2 P112 - Q28 P2 - M4X Q2X - M4Y S3Y - - R3 C3 - M2"
SMALL = Layer("a", 4, 8, 6, 6, 3, 3)
OTHER = Layer("b", 8, 8, 6, 6, 1, 1)


def results(workload: Workload | str, designs: pd.DataFrame | None = None, **settings: object) -> pd.DataFrame:
    designs = EYERISS.space.defaults() if designs is None else designs
    return evaluate("eyeriss", designs, "analytical", workload=workload, settings=settings)


def net(*layers: Layer) -> Workload:
    return Workload("net", "Net", "here", layers=layers)


def test_the_space_has_the_size_of_the_source() -> None:
    assert EYERISS.space.size == 4_423_680
    assert EYERISS.space.size_is_exact
    assert EYERISS.space.defaults().iloc[0].tolist() == [14, 12, 16384, 64, 12, 16, 192, 16, 16, 16]


@pytest.mark.parametrize("pes", [1, 7, 192, 4096])
def test_another_total_has_the_meshes_that_multiply_to_it(pes: int) -> None:
    space = EYERISS.space_under({"pes": pes})
    designs = sample(space, 12, seed=1).designs
    assert (designs["mesh_x"] * designs["mesh_y"] == pes).all()
    n_sides = sum(pes % side == 0 for side in range(1, pes + 1))
    assert space.size == EYERISS.space.size // 16 * n_sides
    space.check(space.defaults())


def test_a_budget_of_bits_leaves_out_what_needs_more() -> None:
    designs = sample(EYERISS.space, 200, seed=2).designs
    limit = int(np.median(onchip_bits(designs)))
    kept = EYERISS.space_under({"bits_budget": limit}).is_valid(designs)
    assert kept.tolist() == (onchip_bits(designs) <= limit).tolist()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"pes": 0}, "setting pes is 0; allowed: 1 to 4096"),
        ({"pes": 5000}, "setting pes is 5000; allowed: 1 to 4096"),
        ({"pes": 16.5}, "setting pes is 16.5; it must be a whole number"),
        ({"bits_budget": -1}, "setting bits_budget is -1; allowed: 0 to"),
        ({"objective": "speed"}, "setting objective is 'speed'; allowed: edp, delay, energy"),
        ({"mapper": "lucky"}, "setting mapper is 'lucky'; allowed: exact, random"),
        ({"energy_table": "cheap"}, "energy table 'cheap' is unknown; allowed: scaled, fixed, or a .yaml file"),
    ],
)
def test_a_setting_that_is_not_allowed_is_named(settings: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        results("vgg16/conv1_1", **settings)


def test_the_reference_mapping_has_the_metrics_of_the_source() -> None:
    row = results("vgg16/conv1_1", mapping=FIRST, energy_table="fixed").iloc[0]
    # Timeloop v4 on eyeriss_like: 903168 cycles, 57.14 %, 390.00 uJ; 188.44 GFLOPs are (2 MACs - outputs) / cycles.
    assert row["cycles"] == 903168
    assert row["utilization"] == pytest.approx(96 / 168)
    assert row["lanes"] == 96
    assert row["energy_j"] * 1e6 == pytest.approx(390.0, abs=5e-3)
    assert row["energy_j"] == pytest.approx(
        row[[f"energy_{x}_j" for x in ("mac", "ifmap", "weights", "psum", "glb", "dram")]].sum()
    )
    assert row["throughput_flops"] / 1e9 == pytest.approx(188.44, abs=5e-3)
    assert row["edp_js"] == row["energy_j"] * row["runtime_s"] == row["energy_j"] * 903168e-9
    assert row["onchip_bits"] == 16384 * 64 + 168 * (12 * 16 + 192 * 16 + 16 * 16)
    assert row["onchip_bits"] == row[["bits_glb", "bits_ifmap", "bits_weights", "bits_psum"]].sum()
    assert list(json.loads(row["tool_versions"])) == ["energy table fixed"]


def test_a_network_is_the_sum_of_its_layers_and_their_repetitions() -> None:
    designs = sample(EYERISS.space, 3, seed=5).designs
    a, b = results(net(SMALL), designs), results(net(OTHER), designs)
    both = results(net(SMALL, Layer("b", 8, 8, 6, 6, 1, 1, repeat=3)), designs)
    for name in ("cycles", "energy_j", "energy_dram_j", "accesses_glb_i_reads", "macs"):
        np.testing.assert_allclose(both[name], a[name] + 3 * b[name])
    pes = designs["mesh_x"] * designs["mesh_y"]
    np.testing.assert_allclose(both["utilization"], both["macs"] / (both["cycles"] * pes))
    outputs = SMALL.outputs + 3 * OTHER.outputs
    np.testing.assert_allclose(both["throughput_flops"], (2 * both["macs"] - outputs) / both["runtime_s"])
    assert both["mapping"].tolist() == [f"a: {x}; b: {y}" for x, y in zip(a["mapping"], b["mapping"], strict=True)]


def test_found_mappings_given_back_cost_what_they_cost() -> None:
    workload = net(SMALL, OTHER)
    found = results(workload)
    again = results(workload, mapping=found["mapping"][0])
    pd.testing.assert_frame_equal(again[list(METRICS)], found[list(METRICS)])
    assert settings_id(EYERISS, "analytical", json.loads(again["settings"][0])) != found["settings_id"][0]


def test_a_layer_without_room_says_which_level_and_which_layer() -> None:
    designs = EYERISS.space.defaults().assign(psum_depth=8)
    mapping = "Q6 P6 S3 - - - - - R3 C4 - M8"
    one = results(net(SMALL), designs, mapping=mapping).iloc[0]
    assert one["status"] == "ok"
    wide = Layer("wide", 4, 16, 6, 6, 3, 3)
    row = results(net(wide), designs, mapping=mapping.replace("M8", "M16")).iloc[0]
    assert (row["status"], row["stage"]) == ("infeasible", "psum")
    assert "16 words; the design has 8" in row["reason"]
    assert np.isnan(row["energy_j"])
    both = f"a: {mapping}; wide: {mapping.replace('M8', 'M16')}"
    row = results(net(SMALL, wide), designs, mapping=both).iloc[0]
    assert row["reason"].startswith("layer 'wide': ")
    assert np.isnan(row["cycles"])


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ("Q4 - - -", "4 levels with '-' between them; needed: 7"),
        ("- - - - - - M8", "the factors of C multiply to 1; layer 'a' has C = 4"),
        ("- - C4X - - - -", r"columns \(L4\) has C4; allowed there: Q, M"),
    ],
)
def test_a_wrong_mapping_names_level_dimension_and_numbers(mapping: str, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        results(net(SMALL), mapping=mapping)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ("Q4 - - - - - -", "workload 'net' has 2 layers; write 'layer: mapping; layer: mapping'"),
        ("a: Q4", "layer 'b' has none; needed: one for each of a, b"),
        ("a: Q4; c: Q4", "layer 'c' is none of workload 'net'; allowed: one for each of a, b"),
        ("a: Q4; a: Q4", "layer 'a' has two mappings"),
    ],
)
def test_mappings_of_a_network_name_their_layers(mapping: str, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        results(net(SMALL, OTHER), mapping=mapping)


@pytest.mark.slow
def test_the_random_mapper_never_beats_the_exact_one() -> None:
    designs = sample(EYERISS.space, 4, seed=8).designs
    exact = results("vgg16/conv1_1", designs)
    lucky = results("vgg16/conv1_1", designs, mapper="random", mapper_seed=3)
    again = results("vgg16/conv1_1", designs, mapper="random", mapper_seed=3)
    assert (exact["edp_js"] <= lucky["edp_js"] * (1 + 1e-12)).all()
    pd.testing.assert_series_equal(lucky["mapping"], again["mapping"])


def test_each_objective_is_the_least_of_its_kind() -> None:
    designs = sample(EYERISS.space, 3, seed=9).designs
    by = {name: results("resnet18/conv3_1a", designs, objective=name) for name in ("edp", "delay", "energy")}
    for name, metric in (("edp", "edp_js"), ("delay", "cycles"), ("energy", "energy_j")):
        assert all((by[name][metric] <= other[metric] * (1 + 1e-12)).all() for other in by.values())


def test_results_say_which_energies_they_were_made_with(tmp_path: Path) -> None:
    source = constants_text()
    versions, keys = [], []
    for pj in ("512.0", "300.0"):
        file = tmp_path / "mine.yaml"
        file.write_text(source.replace("512.0", pj), encoding="utf-8")
        row = results("vgg16/conv1_1", energy_table=str(file), mapping=FIRST).iloc[0]
        versions.append(row["tool_versions"])
        keys.append(row["settings_id"])
        assert row["energy_dram_j"] * 1e6 == pytest.approx(226.0975 * float(pj) / 512, abs=1e-3)
    assert versions[0] != versions[1]
    assert keys[0] != keys[1], "results of another content would be found again under the file's name"


def constants_text() -> str:
    """The source's energies as a user would write them down."""
    actions = {
        "dram": "{read_pj: 512.0, write_pj: 512.0}",
        "glb": "{read_pj: 18.183829, write_pj: 14.137929, leak_pj_per_cycle: 0.005652}",
        "ifmap": "{read_pj: 0.202442, write_pj: 0.176713, leak_pj_per_cycle: 0.000101}",
        "weights": "{read_pj: 1.976602, write_pj: 1.881657, leak_pj_per_cycle: 0.001592}",
        "psum": "{read_pj: 0.2513, write_pj: 0.2191, leak_pj_per_cycle: 0.000134}",
        "mac": "{compute_pj: 0.207692}",
    }
    return "levels:\n" + "".join(f"  {level}: {text}\n" for level, text in actions.items())


def test_features_tell_buffers_apart_by_their_bits() -> None:
    designs = sample(EYERISS.space, 20, seed=4).designs
    features = EYERISS.features(designs)
    np.testing.assert_allclose(2 ** features["log2_bits_glb"], designs["glb_depth"] * designs["glb_width"])
    np.testing.assert_allclose(2 ** features["log2_mesh_x"], designs["mesh_x"])
