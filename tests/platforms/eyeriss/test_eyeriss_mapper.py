"""The exact mapper against a slow one that tries everything, and against what Timeloop found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accel_core.errors import InvalidInputError
from accel_core.platforms.eyeriss.architecture import capacities
from accel_core.platforms.eyeriss.cost import evaluate_nest
from accel_core.platforms.eyeriss.counts import layer_array
from accel_core.platforms.eyeriss.energy import energy_table
from accel_core.platforms.eyeriss.mapper import OBJECTIVES, map_designs
from accel_core.platforms.eyeriss.mapper.bounds import Machine
from accel_core.platforms.eyeriss.mapper.search import search
from accel_core.platforms.eyeriss.mapper.tables import LayerTables
from accel_core.platforms.eyeriss.mapping import check_mapping, parse_mapping
from accel_core.space import DesignSpace, sample
from accel_core.workloads import Layer
from tests.platforms.eyeriss.eyeriss_twin import least

CONV1_1 = Layer("conv1_1", 3, 64, 224, 224, 3, 3)
NAMES = "mesh_x mesh_y glb_depth glb_width ifmap_depth ifmap_width weights_depth weights_width psum_depth psum_width"
BASELINE = (14, 12, 16384, 64, 12, 16, 192, 16, 16, 16)
SOURCES_OPTIMUM = (4, 42, 512, 512, 6, 64, 48, 64, 8, 128)
SPACE = DesignSpace.from_yaml(Path(__file__).parents[3] / "data" / "spaces" / "eyeriss.yaml")
FIXED = energy_table("fixed")
GLB_READ = 2
"""Which of the energies reading a row of the global buffer takes."""


def table(*designs: tuple[int, ...]) -> pd.DataFrame:
    return pd.DataFrame(list(designs), columns=NAMES.split())


def best(designs: pd.DataFrame, layer: Layer = CONV1_1, objective: str = "edp") -> pd.DataFrame:
    return map_designs(designs, layer, FIXED.of(designs), objective)


def small_sizes(most: int) -> st.SearchStrategy[int]:
    return st.sampled_from([size for size in (1, 2, 3, 4, 6) if size <= most])


small_layers = st.builds(
    Layer,
    st.just("small"),
    small_sizes(3), small_sizes(4), small_sizes(6), small_sizes(4), small_sizes(4), small_sizes(3),
    st.sampled_from([1, 2, 3]),
).filter(lambda layer: layer.macs <= 300)  # fmt: skip
buffers = st.tuples(
    st.sampled_from([4, 8, 16, 32, 64, 512]), st.sampled_from([1, 2, 3, 6, 12]), st.sampled_from([1, 3, 6, 16]),
    st.sampled_from([1, 2, 4]),
)  # fmt: skip
energies = st.lists(st.floats(-2.5, 2.5), min_size=15, max_size=15).map(
    lambda exponents: FIXED.of(table(BASELINE))[0] * np.exp(exponents)
)


def check_against_slow(
    layer: Layer, mesh: tuple[int, int], buffer: tuple[int, ...], row: tuple[int, ...], prices: np.ndarray
) -> None:
    """Check that the mapper finds what trying everything finds, under each objective."""
    capacity, words = np.array(buffer, np.int64), np.array(row, np.int64)
    edp, cycles, energy_at_cycles, energy = least(layer, mesh, capacity, words, prices)

    tables = LayerTables(layer_array(layer))
    inner, keys = tables.inner(*mesh)
    found = {
        name: search(tables.problem, inner, keys, tables.fitting(buffer[0]), Machine(capacity, words, prices), number,
                     np.full(2, np.inf))[1]
        for name, number in OBJECTIVES.items()
    }  # fmt: skip

    assert found["edp"][0] == pytest.approx(edp, rel=1e-9)
    assert found["delay"] == pytest.approx([cycles, energy_at_cycles], rel=1e-9)
    assert found["energy"][0] == pytest.approx(energy, rel=1e-9)


row_sizes = st.tuples(st.sampled_from([1, 2, 8]), *[st.sampled_from([1, 2])] * 3)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(small_layers, st.tuples(small_sizes(4), small_sizes(6)), buffers, row_sizes, energies)
def test_nothing_that_a_slow_mapper_finds_is_better(
    layer: Layer, mesh: tuple[int, int], buffer: tuple[int, ...], row: tuple[int, ...], prices: np.ndarray
) -> None:
    check_against_slow(layer, mesh, buffer, row, prices)


forwarding_layers = st.builds(
    Layer,
    st.just("forwarding"),
    st.sampled_from([1, 2]), st.sampled_from([1, 2, 4]), small_sizes(4), st.sampled_from([2, 4, 6]), small_sizes(4),
    st.sampled_from([2, 3, 4]),
    st.sampled_from([1, 1, 2]),
).filter(lambda layer: layer.macs <= 150)  # fmt: skip
dear_glb = energies.map(lambda prices: prices * np.where(np.arange(15) == GLB_READ, 20, 1))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(
    forwarding_layers,
    st.tuples(st.sampled_from([1, 2]), st.sampled_from([2, 3, 4, 6])),
    buffers,
    row_sizes,
    st.one_of(dear_glb, energies),
)
def test_nothing_is_better_where_neighbors_forward_inputs(
    layer: Layer, mesh: tuple[int, int], buffer: tuple[int, ...], row: tuple[int, ...], prices: np.ndarray
) -> None:
    check_against_slow(layer, mesh, buffer, row, prices)


def test_forwarding_pays_where_the_global_buffer_is_dear_to_read() -> None:
    layer, design = Layer("conv2", 48, 256, 27, 27, 5, 5), table((28, 6, *BASELINE[2:]))
    dear = FIXED.of(design) * np.where(np.arange(15) == GLB_READ, 10, 1)
    found = map_designs(design, layer, dear, "energy").iloc[0]
    assert found["accesses_ifmap_i_reads"] > layer.macs
    again = evaluate_nest(parse_mapping(found["mapping"]), layer, design, dear).iloc[0]
    assert again["energy_j"] == found["energy_j"]


# What Timeloop's random search finds with large effort under the fixed table.
def test_it_beats_timeloops_long_search_on_the_baseline() -> None:
    found = best(table(BASELINE)).iloc[0]
    assert (found["lanes"], found["cycles"]) == (168, 516096)
    assert found["energy_j"] * 1e6 <= 375.1


def test_it_beats_timeloops_long_search_on_the_sources_optimum() -> None:
    found = best(table(SOURCES_OPTIMUM)).iloc[0]
    assert found["cycles"] == 602112
    assert found["energy_j"] * 1e6 <= 262.45


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_no_mapping_that_timeloop_made_is_better(objective: str) -> None:
    reference = pd.read_csv(Path(__file__).with_name("timeloop_v4_mappings.csv"))
    rows = reference[reference["layer"] == "vgg16_conv1_1"]
    found = best(rows[NAMES.split()], objective=objective)
    value = {"edp": lambda cycles, energy: cycles * energy, "delay": lambda cycles, _: cycles}.get(
        objective, lambda _, energy: energy
    )
    timeloops = value(rows["cycles"], rows["energy_uJ"] + 0.005)
    assert (value(found["cycles"], found["energy_j"] * 1e6).to_numpy() <= timeloops.to_numpy()).all()


def test_a_mapping_fits_its_design_and_costs_what_the_mapper_says() -> None:
    designs = sample(SPACE, 24, seed=3).designs
    found = best(designs)
    for i, mapping in enumerate(found["mapping"]):
        design = designs.iloc[[i]]
        nest = parse_mapping(mapping)
        check_mapping(nest, CONV1_1, design.iloc[0].to_dict())
        again = evaluate_nest(nest, CONV1_1, design, FIXED.of(design))
        pd.testing.assert_frame_equal(again, found.iloc[[i]])


def test_designs_together_get_what_each_gets_alone() -> None:
    designs = sample(SPACE, 30, seed=5).designs
    alone = pd.concat([best(designs.iloc[[i]]) for i in range(len(designs))])
    pd.testing.assert_frame_equal(best(designs), alone)


def test_more_of_a_buffer_is_never_worse_at_the_same_energies() -> None:
    designs = sample(SPACE, 40, seed=7).designs
    larger = designs.assign(glb_depth=designs["glb_depth"].max(), psum_depth=64, weights_depth=384, ifmap_depth=48)
    assert (capacities(larger) >= capacities(designs)).all()
    for objective, column in (("energy", "energy_j"), ("delay", "cycles")):
        now, then = best(designs, objective=objective)[column], best(larger, objective=objective)[column]
        assert (then <= now * (1 + 1e-12)).all()


def test_a_mesh_with_a_side_of_one_is_legal() -> None:
    found = best(table((168, 1, *BASELINE[2:]), (1, 168, *BASELINE[2:])))
    assert found["status"].tolist() == ["ok", "ok"]


def test_a_buffer_without_a_word_is_infeasible_and_named() -> None:
    found = best(table((14, 12, 16384, 64, 12, 16, 192, 16, 16, 8), BASELINE))
    assert found["status"].tolist() == ["infeasible", "ok"]
    assert found.loc[0, "stage"] == "psum"
    assert found.loc[0, "reason"] == "psum scratchpad (L0) holds no word"
    assert np.isnan(found.loc[0, "energy_j"])


def test_a_fully_connected_layer_has_a_mapping() -> None:
    found = best(table(BASELINE), Layer("fc", 4096, 1000, 1, 1, 1, 1)).iloc[0]
    assert found["status"] == "ok"
    assert found["accesses_dram_w_reads"] == 4096 * 1000


def test_an_unknown_objective_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="objective 'area' is unknown; allowed: edp, delay, energy"):
        best(table(BASELINE), objective="area")


def test_a_layer_with_too_many_factorizations_is_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"layer 'many' can be split .* in 51,840,000 ways; .* up to 2,000,000"):
        best(table(BASELINE), Layer("many", 5040, 5040, 5040, 5040, 3, 3))


@pytest.mark.parametrize("layer", [Layer("vast", 1000003, 1000003, 10007, 10007, 1, 1),
                                   Layer("vast", 1, 1, 10007, 10007, 1, 1, 10_000_000)])  # fmt: skip
def test_a_layer_whose_counts_would_overflow_is_refused(layer: Layer) -> None:
    with pytest.raises(InvalidInputError, match=r"layer 'vast' has .* multiply-accumulates at stride"):
        best(table(BASELINE), layer)


def test_counts_just_below_the_limit_do_not_overflow() -> None:
    # 2^52 multiply-accumulates at stride 14: 2^52 * 15^2 is a little less than 2^60.
    layer = Layer("wide", 2**13, 2**13, 2**13, 2**13, 1, 1, 14)
    found = best(table(BASELINE), layer, "energy").iloc[0]
    numbers = found[[name for name in found.index if name.startswith(("accesses", "energy"))]].astype(float)
    assert found["status"] == "ok"
    assert (numbers >= 0).all()
    assert found["lanes"] * found["compute_cycles"] == 2**52
