"""The random-search mapper: what Timeloop's random search does, from a seed."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_core.errors import InvalidInputError
from accel_core.platforms.eyeriss import random_mapper
from accel_core.platforms.eyeriss.cost import evaluate_nest
from accel_core.platforms.eyeriss.counts import layer_array
from accel_core.platforms.eyeriss.energy import energy_table
from accel_core.platforms.eyeriss.mapper import map_designs
from accel_core.platforms.eyeriss.mapping import check_mapping, parse_mapping
from accel_core.platforms.eyeriss.random_mapper import ordered_factorizations, random_mapping, search
from accel_core.platforms.eyeriss.space import SPACE
from accel_core.space import sample
from accel_core.workloads import Layer

CONV1_1 = Layer("vgg16_conv1_1", 3, 64, 224, 224, 3, 3)
NAMES = ("mesh_x", "mesh_y", "glb_depth", "glb_width", "ifmap_depth", "ifmap_width", "weights_depth", "weights_width",
         "psum_depth", "psum_width")  # fmt: skip
DESIGNS = pd.DataFrame(
    [(14, 12, 16384, 64, 12, 16, 192, 16, 16, 16), (4, 42, 512, 512, 6, 64, 48, 64, 8, 128)], columns=NAMES
)
ENERGIES = energy_table("fixed").of(DESIGNS)


@pytest.mark.slow
def test_small_effort_stops_where_the_source_did():
    """Timeloop with ``victory_condition: 100`` leaves the baseline at 96 lanes, 903168 cycles, about 434 uJ."""
    found = pd.concat([random_mapping(DESIGNS.iloc[:1], CONV1_1, ENERGIES[:1], seed=seed) for seed in range(60)])
    assert found["lanes"].median() == 96
    assert found["cycles"].median() == 903168
    assert 400e-6 < found["energy_j"].median() < 470e-6


def test_large_effort_comes_near_what_timeloop_finds_with_large_effort():
    """168 lanes, 516096 cycles and 375.1 uJ for the baseline; 602112 cycles and 262.45 uJ for the source's optimum."""
    found = random_mapping(DESIGNS, CONV1_1, ENERGIES, patience=30_000)
    assert found["lanes"].tolist() == [168, 144]
    assert found["cycles"].tolist() == [516096, 602112]
    assert found["energy_j"].to_numpy() == pytest.approx([375.1e-6, 262.45e-6], rel=0.01)


def test_more_patience_finds_better_mappings():
    edp = [
        np.median([_edp(random_mapping(DESIGNS, CONV1_1, ENERGIES, patience=patience, seed=s)) for s in range(10)])
        for patience in (10, 100, 2000)
    ]
    assert edp[0] > edp[1] > edp[2]


def _edp(table):
    return (table["cycles"] * table["energy_j"]).sum()


@pytest.mark.parametrize(("objective", "column"), [("delay", "cycles"), ("energy", "energy_j")])
def test_the_objective_decides(objective, column):
    aimed, other = (
        np.mean([random_mapping(DESIGNS, CONV1_1, ENERGIES, aim, 300, seed)[column].mean() for seed in range(8)])
        for aim in (objective, {"delay": "energy", "energy": "delay"}[objective])
    )
    assert aimed < other


def test_a_design_has_the_same_mapping_in_any_company_and_another_with_another_seed():
    both = random_mapping(DESIGNS, CONV1_1, ENERGIES, seed=7)
    turned = random_mapping(DESIGNS.iloc[::-1], CONV1_1, ENERGIES[::-1], seed=7)
    pd.testing.assert_frame_equal(both, turned.sort_index())
    alone = random_mapping(DESIGNS.iloc[[1]].astype(float), CONV1_1, ENERGIES[[1]], seed=7)
    pd.testing.assert_frame_equal(both.iloc[[1]], alone)
    assert (both["mapping"] != random_mapping(DESIGNS, CONV1_1, ENERGIES, seed=8)["mapping"]).all()


sizes = st.sampled_from([1, 2, 3, 4, 6, 7, 8, 12])
layers = st.builds(Layer, st.just("layer"), *[sizes] * 4, *[st.sampled_from([1, 2, 3, 5])] * 2, st.integers(1, 2))


@settings(max_examples=15, deadline=None)
@given(layers, st.integers(1, 14), st.integers(1, 12), st.sampled_from([1, 8, 64, 512]), st.integers(0, 9))
def test_mappings_are_legal_and_cost_what_is_said(layer, mesh_x, mesh_y, glb_depth, seed):
    design = DESIGNS.iloc[[0]].assign(mesh_x=mesh_x, mesh_y=mesh_y, glb_depth=glb_depth, psum_depth=2, weights_depth=4)
    energies = energy_table("scaled").of(design)
    found = random_mapping(design, layer, energies, patience=20, seed=seed).iloc[0]
    if found["status"] == "infeasible":
        return
    nest = parse_mapping(found["mapping"])
    check_mapping(nest, layer, design.iloc[0].to_dict())
    again = evaluate_nest(nest, layer, design, energies).iloc[0]
    pd.testing.assert_series_equal(found, again)


@pytest.mark.parametrize("objective", ["edp", "delay", "energy"])
def test_no_random_mapping_beats_the_exact_one(objective):
    designs = sample(SPACE, 12, "random", 4).designs
    energies = energy_table("scaled").of(designs)
    for layer in (CONV1_1, Layer("strided", 64, 128, 28, 28, 3, 3, 2), Layer("fully connected", 512, 100, 1, 1, 1, 1)):
        exact = map_designs(designs, layer, energies, objective)
        drawn = random_mapping(designs, layer, energies, objective, patience=400)
        best, other = (
            {"edp": table["cycles"] * table["energy_j"], "delay": table["cycles"], "energy": table["energy_j"]}[
                objective
            ]
            for table in (exact, drawn)
        )
        assert (best <= other * (1 + 1e-12)).all()


def test_a_design_that_nothing_fits_is_infeasible():
    designs = pd.concat([DESIGNS.iloc[[0]].assign(glb_depth=1, glb_width=8), DESIGNS.iloc[[1]]], ignore_index=True)
    table = random_mapping(designs, CONV1_1, ENERGIES)
    assert table["status"].tolist() == ["infeasible", "ok"]
    assert table["stage"].tolist() == ["mapper", ""]
    assert table["reason"][0] == "none of 10,000 random mappings in a row fits the mesh and the buffers"
    assert table["mapping"][0] == ""
    assert np.isnan(table["cycles"][0])
    found = search(designs.iloc[:1], CONV1_1, ENERGIES[:1], timeout=50)
    assert (found.nests, found.fitting.tolist(), found.dropped.tolist()) == ([None], [0], [50])


def test_a_search_ends_with_so_many_samples_that_are_not_better():
    # One way to map it: the first sample is the best, and each further one no better.
    found = search(DESIGNS, Layer("one", 1, 1, 1, 1, 1, 1), ENERGIES, patience=17)
    assert found.fitting.tolist() == [18, 18]
    assert found.dropped.tolist() == [0, 0]


def test_every_factorization_is_as_likely_as_any_other():
    sizes = layer_array(Layer("small", 6, 4, 1, 1, 1, 3))
    tables = random_mapper._factor_tables(sizes)
    state, drawn = np.array([12345], np.uint64), np.ones(20, np.int64)
    seen: dict[tuple[int, ...], int] = {}
    for _ in range(24_000):
        random_mapper._draw(drawn, *tables, state)
        seen[tuple(drawn[[0, 6, 15, 17]].tolist())] = seen.get(tuple(drawn[[0, 6, 15, 17]].tolist()), 0) + 1
        assert drawn[[0, 6, 15, 17]].prod() == 6
        assert drawn[[1, 7, 13, 16, 19]].prod() == 4
    # C = 6 over DRAM, global buffer, rows and weights: 4 places for 2, 4 for 3.
    assert len(seen) == 16
    assert all(1300 < n < 1700 for n in seen.values())


@given(st.integers(1, 200), st.integers(1, 5))
def test_factorizations_are_complete(number, n):
    ways = ordered_factorizations(number, n)
    assert (ways.prod(axis=1) == number).all()
    assert len({tuple(way) for way in ways.tolist()}) == len(ways)
    # Each prime's exponent is put into n places on its own: stars and bars.
    expected, rest, prime = 1, number, 2
    while rest > 1:
        exponent = 0
        while rest % prime == 0:
            rest, exponent = rest // prime, exponent + 1
        for i in range(exponent):
            expected = expected * (n + i) // (i + 1)
        prime += 1
    assert len(ways) == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"objective": "area"}, "objective is 'area'; allowed: edp, delay, energy"),
        ({"patience": 0}, "random mapper: patience is 0; allowed: 1 to"),
        ({"seed": -1}, "random mapper: seed is -1; allowed: 0 or more"),
    ],
)
def test_wrong_settings_are_told(arguments, message):
    with pytest.raises(InvalidInputError, match=message):
        random_mapping(DESIGNS, CONV1_1, ENERGIES, **arguments)
