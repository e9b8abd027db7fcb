"""The compiled simulator against its slow twin, and what must hold of every design."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_core.platforms.edgetpu.applications import Application, Row, applications, arrays_of
from accel_core.platforms.edgetpu.architecture import FEASIBLE, PARAMETERS, Indices, model, sizes, values
from accel_core.platforms.edgetpu.latency import Outcome
from accel_core.platforms.edgetpu.mapping import spread_layers
from accel_core.platforms.edgetpu.metrics import designs_of
from accel_core.platforms.edgetpu.simulate import simulate
from accel_core.platforms.edgetpu.tiling import tile_layers
from tests.platforms.edgetpu import edgetpu_twin as twin

COUNTS = [len(column) for column in values()]

# Conv, strided, depthwise, pool, gate, dense, and sizes that nothing divides.
MIXED = (
    Row("stem", "conv", 3, 17, 57, 61, 3, 3, 2),
    Row("wide", "conv", 17, 200, 57, 61, 3, 3, 1),
    Row("filter", "depthwise", 200, 200, 29, 31, 5, 5, 2),
    Row("average", "pool", 200, 200, 1, 1, 29, 31, 1),
    Row("gate", "scale", 200, 200, 29, 31, 1, 1, 1),
    Row("down", "conv", 200, 31, 15, 16, 1, 1, 2),
    Row("classes", "dense", 31, 1001, 1, 1, 1, 1, 1),
)
HUGE = (Row("image", "conv", 64, 64, 900, 1100, 3, 3, 1), Row("mix", "conv", 64, 300, 450, 550, 1, 1, 2))


def random_indices(n: int, seed: int) -> Indices:
    rng = np.random.default_rng(seed)
    return np.stack([rng.integers(0, count, n) for count in COUNTS], axis=1).astype(np.uint8)


def design(chosen: Indices) -> dict[str, int]:
    return {name: int(column[index]) for name, column, index in zip(PARAMETERS, values(), chosen, strict=True)}


@pytest.mark.parametrize(
    ("rows", "seed"),
    [(MIXED, 0), (HUGE, 1), (applications()["mobilenet_v3"].rows, 2), (applications()["t_rnn_dec"].rows, 3)],
    ids=["mixed", "huge", "mobilenet_v3", "t_rnn_dec"],
)
def test_it_agrees_with_its_slow_twin(rows: tuple[Row, ...], seed: int) -> None:
    indices = random_indices(150, seed)
    out = simulate(indices, arrays_of(rows))
    seen = set()
    for i, chosen in enumerate(indices):
        slow = twin.infer(rows, design(chosen), model())
        seen.add(slow["memory"])
        assert out.memory[i] == slow["memory"]
        if slow["memory"] != FEASIBLE:
            assert (out.needed[i], out.layer[i]) == (slow["needed"], slow["layer"])
            continue
        # Shares of parameters are rounded up to bytes, from floats here and from fractions there.
        assert out.cycles[i] == pytest.approx(slow["cycles"], abs=len(rows), rel=1e-9)
        assert out.program_bytes[i] == slow["program"]
        assert out.dram_bytes[i] == pytest.approx(slow["dram"], rel=1e-6)
        assert out.resident[i] == pytest.approx(slow["resident"])
    assert FEASIBLE in seen
    assert len(seen) > 2


def test_two_layers_worked_out_by_hand() -> None:
    """A dense layer of 256 x 512 and one of 512 x 8 on 2 x 1 PEs of 4 cores with 8 lanes, all parameters resident.

    All split channels: 64 lanes. First: 512 / 64 = 8 groups of 256 / 4 = 64 cycles, and as the slice of 256 inputs fits
    (2 x 8 x 256 = 4096 bytes), 8 restarts of 12: 512 + 96 = 608. Its 256 inputs take 16 cycles on the bus, and as many
    bytes at 5 GB/s and 800 MHz 41 cycles. Second: 1 group of 128 cycles, two slices: 24 cycles; 8 outputs: 2 cycles.
    Bundles: 8 + 1 of 8 cycles; two layers of 40; start 92000.
    """
    rows = (Row("a", "dense", 256, 512, 1, 1, 1, 1, 1), Row("b", "dense", 512, 8, 1, 1, 1, 1, 1))
    wanted = [2, 1, 4, 8, 262144, 65536, 2048, 8192, 4096, 5]
    chosen = np.array([[list(c).index(w) for c, w in zip(values(), wanted, strict=True)]], dtype=np.uint8)

    out = simulate(chosen, arrays_of(rows))

    assert out.memory[0] == FEASIBLE
    assert out.cycles[0] == 92000 + 608 + (128 + 24) + 2 * 40 + 9 * 8
    assert out.dram_bytes[0] == 256 + 8
    assert out.program_bytes[0] == 2 * 64 + 9 * 32
    assert out.resident[0] == 1.0


def better(more: str, rows: tuple[Row, ...], seed: int) -> tuple[Outcome, Outcome]:
    """Outcomes of random designs, and of the same with the next larger value of one parameter."""
    column = PARAMETERS.index(more)
    less = random_indices(64, seed)
    less[:, column] %= COUNTS[column] - 1
    larger = less.copy()
    larger[:, column] += 1
    layers = arrays_of(rows)
    return simulate(less, layers), simulate(larger, layers)


sizes_ = st.integers(1, 40)
conv = st.builds(Row, st.just("c"), st.just("conv"), st.integers(1, 300), st.integers(1, 300), sizes_, sizes_,
                 st.sampled_from([1, 3, 5]), st.sampled_from([1, 3, 5]), st.integers(1, 2))  # fmt: skip
single = st.builds(
    lambda kind, c, p, q, k, s: Row("s", kind, c, c, p, q, k, k, s),
    st.sampled_from(["depthwise", "scale"]), st.integers(1, 600), sizes_, sizes_, st.sampled_from([1, 3, 5]),
    st.integers(1, 2),
)  # fmt: skip
dense = st.builds(lambda c, m: Row("d", "dense", c, m, 1, 1, 1, 1, 1), st.integers(1, 3000), st.integers(1, 3000))
networks = st.lists(conv | single | dense, min_size=1, max_size=6).map(tuple)
seeds = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize(
    "more",
    ["pe_memory_b", "core_memory_b", "activation_memory_b", "instruction_memory_b", "parameter_memory_b", "dram_gbps"],
)
@settings(max_examples=25, deadline=None)
@given(rows=networks, seed=seeds)
def test_more_memory_or_bandwidth_never_hurts(more: str, rows: tuple[Row, ...], seed: int) -> None:
    less, larger = better(more, rows, seed)
    was_ok = less.memory == FEASIBLE
    assert (larger.memory[was_ok] == FEASIBLE).all()
    assert (larger.cycles[was_ok] <= less.cycles[was_ok]).all()
    assert (larger.dram_bytes[was_ok] <= less.dram_bytes[was_ok]).all()


@pytest.mark.parametrize("column", range(4), ids=PARAMETERS[:4])
@settings(max_examples=25, deadline=None)
@given(rows=networks, seed=seeds)
def test_more_compute_never_takes_a_layer_more_lane_cycles(column: int, rows: tuple[Row, ...], seed: int) -> None:
    rng = np.random.default_rng(seed)
    arrays = rng.integers(1, 40, (32, 4))
    larger = arrays.copy()
    larger[:, column] += rng.integers(1, 9, 32)
    layers = arrays_of(rows)

    few, many = (tile_layers(layers, a, spread_layers(layers, a), sizes(), model()).compute for a in (arrays, larger))

    assert (many <= few).all()


@settings(max_examples=40, deadline=None)
@given(rows=networks, seed=seeds)
def test_no_layer_is_faster_than_its_multipliers(rows: tuple[Row, ...], seed: int) -> None:
    indices = random_indices(64, seed)
    layers = arrays_of(rows)
    out = simulate(indices, layers)
    arrays = np.ascontiguousarray(designs_of(indices)[list(PARAMETERS[:4])])

    ok = out.memory == FEASIBLE
    assert (out.cycles[ok] * 4 * arrays.prod(axis=1)[ok] >= layers.macs.sum()).all()
    lanes = tile_layers(layers, arrays, spread_layers(layers, arrays), sizes(), model()).compute
    assert (lanes * 4 * arrays.prod(axis=1)[:, None] >= layers.macs).all()


@settings(max_examples=25, deadline=None)
@given(rows=networks, seed=seeds)
def test_traffic_is_at_least_image_and_result_and_what_is_not_resident(rows: tuple[Row, ...], seed: int) -> None:
    layers = arrays_of(rows)
    out = simulate(random_indices(64, seed), layers)
    ok = out.memory == FEASIBLE
    least = layers.input_bytes[0] + layers.output_bytes[-1] + (1 - out.resident[ok]) * layers.weight_bytes.sum()
    assert (out.dram_bytes[ok] >= least - 1e-6 * least).all()
    assert ((out.resident[ok] >= 0) & (out.resident[ok] <= 1)).all()


@pytest.mark.parametrize("application", applications().values(), ids=applications().keys())
def test_one_pass_over_many_designs_is_many_passes_over_one(application: Application) -> None:
    indices = np.concatenate([random_indices(20, 5)] * 2)
    together = simulate(indices, application.layers)
    alone = [simulate(indices[i : i + 1], application.layers) for i in range(20)]
    for name, column in zip(Outcome._fields, together, strict=True):
        single_values = np.array([getattr(one, name)[0] for one in alone])
        np.testing.assert_array_equal(column, np.concatenate([single_values, single_values]), err_msg=name)


def test_the_simulator_of_no_designs_is_empty() -> None:
    assert simulate(random_indices(0, 0), arrays_of(MIXED)).cycles.size == 0
    assert designs_of(random_indices(0, 0)).equals(pd.DataFrame({name: values()[0][:0] for name in PARAMETERS}))
