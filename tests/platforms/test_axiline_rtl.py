"""Axiline's RTL, simulated by Icarus Verilog, against the bit-true model, value by value and cycle by cycle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from accel_core.platforms.axiline.architecture import BENCHMARKS, Architecture
from accel_core.platforms.axiline.fixed_point import round_saturate
from accel_core.platforms.axiline.metrics import total_cycles
from accel_core.platforms.axiline.model import Vectors, simulate
from accel_core.platforms.axiline.rtl import verilog_of
from accel_core.process import Limits, run
from tests.platforms.axiline_bench import Outputs, Turn, play

pytestmark = pytest.mark.tools

N_RANDOM_DESIGNS = 10


def random_architecture(benchmark: str, rng: np.random.Generator) -> Architecture:
    lanes = int(rng.integers(1, 7))
    cycles = int(rng.integers(1, 26))
    features = int(rng.integers((lanes - 1) * cycles + 1, lanes * cycles + 1))
    units = int(rng.integers(1, 4)) if benchmark == "recommender" else 1
    return Architecture(benchmark, features, cycles, int(rng.choice([4, 8])), int(rng.choice([8, 16])), units)


def words(rng: np.random.Generator, shape: tuple[int, ...], bits: int, extremes: float) -> np.ndarray:
    """Uniform words, of which a share is the smallest or the largest number."""
    limit = 1 << (bits - 1)
    uniform = rng.integers(-limit, limit, shape)
    edges = rng.choice([-limit, limit - 1, 0, -1, 1], shape)
    return np.where(rng.random(shape) < extremes, edges, uniform)


def random_vectors(a: Architecture, n: int, rng: np.random.Generator, extremes: float = 0.1) -> Vectors:
    features = words(rng, (n, a.padded_features), a.input_bits, extremes)
    features[:, a.features :] = 0
    classes = a.benchmark in ("logistic", "svm")
    labels = rng.integers(0, 2, (n, a.units)) if classes else words(rng, (n, a.units), a.internal_bits, extremes)
    return Vectors(features, labels, rng.random((n, a.units)) < 0.7, rng.random(n) < 0.8)


def readback(a: Architecture, outputs: Outputs, turn: int) -> np.ndarray:
    """Weights seen at the head during one turn, shape (units, padded_features)."""
    start = turn * a.slots
    return outputs.weights[start : start + a.cycles].transpose(1, 0, 2).reshape(a.units, -1)


def check(
    folder: Path,
    a: Architecture,
    weights: np.ndarray,
    vectors: Vectors,
    *,
    mu: int,
    gaps: float,
    seed: int,
    verilog: str = "",
    flags: tuple[str, ...] = ("-Wall", "-Wno-timescale"),
) -> None:
    """Load, run all vectors with random gaps, and compare ready, predictions and weights in every turn."""
    rng = np.random.default_rng(seed)
    turns, expected_weights, expected_predictions = [Turn(load=True)], [None], {}
    trace = simulate(a, weights, vectors, mu)
    current = weights
    for index in range(len(vectors.features)):
        while rng.random() < gaps:
            turns.append(Turn())
            expected_weights.append(current)
        expected_predictions[len(turns) * a.slots + a.cycles + 1] = trace.predictions[index]
        turns.append(Turn(vector=index))
        expected_weights.append(current)
        current = trace.weights[index]
    turns += [Turn(), Turn()]
    expected_weights += [current, current]

    outputs = play(
        folder,
        verilog or verilog_of(a),
        a,
        weights=weights,
        vectors=vectors,
        turns=turns,
        mu=mu,
        rng=rng,
        flags=flags,
    )

    assert np.array_equal(np.flatnonzero(outputs.ready), np.arange(0, len(turns) * a.slots, a.slots))
    assert np.flatnonzero(outputs.prediction_valid).tolist() == list(expected_predictions)
    for cycle, prediction in expected_predictions.items():
        assert outputs.predictions[cycle].tolist() == prediction.tolist(), f"prediction in cycle {cycle}"
    for turn in range(1, len(turns)):
        assert readback(a, outputs, turn).tolist() == expected_weights[turn].tolist(), f"weights in turn {turn}"


@pytest.mark.parametrize("benchmark", BENCHMARKS)
@pytest.mark.parametrize("seed", range(N_RANDOM_DESIGNS))
def test_rtl_equals_the_model_on_random_designs(benchmark: str, seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng([BENCHMARKS.index(benchmark), seed])
    a = random_architecture(benchmark, rng)
    weights = words(rng, (a.units, a.padded_features), a.internal_bits - int(rng.integers(0, 4)), 0.1)
    one = 1 << a.internal_fraction
    mu = int(rng.choice([1, one // 16, one // 4, one, -one, one * 8 - 1, -8 * one]))
    check(tmp_path, a, weights, random_vectors(a, 24, rng), mu=mu, gaps=0.3, seed=seed)


@pytest.mark.parametrize("benchmark", BENCHMARKS)
@pytest.mark.parametrize(("input_bits", "internal_bits"), [(4, 8), (4, 16), (8, 8), (8, 16)])
def test_rtl_equals_the_model_where_everything_saturates(
    benchmark: str, input_bits: int, internal_bits: int, tmp_path: Path
) -> None:
    """All sign combinations of the largest and smallest words, which overflow any sum that is a bit too narrow."""
    a = Architecture(benchmark, 8, 2, input_bits, internal_bits, 2 if benchmark == "recommender" else 1)
    rng = np.random.default_rng(0)
    low, high = -(1 << (input_bits - 1)), (1 << (input_bits - 1)) - 1
    features = np.array([[value] * 8 for value in (low, high, low, low, high, high, low, high)])
    labels = rng.integers(0, 2, (8, a.units))
    if benchmark in ("linear", "recommender"):
        labels = np.where(labels == 1, (1 << (internal_bits - 1)) - 1, -(1 << (internal_bits - 1)))
    vectors = Vectors(features, labels, np.ones_like(labels, dtype=bool), np.ones(8, dtype=bool))
    for first in (-(1 << (internal_bits - 1)), (1 << (internal_bits - 1)) - 1):
        for mu in (-(1 << (internal_bits - 1)), (1 << (internal_bits - 1)) - 1):
            check(tmp_path, a, np.full((a.units, 8), first), vectors, mu=mu, gaps=0.0, seed=0)


@pytest.mark.parametrize(("cycles", "features"), [(1, 5), (2, 5), (3, 9), (7, 20), (25, 60)])
@pytest.mark.parametrize("n_vectors", [1, 2, 9])
def test_rtl_takes_the_cycles_of_the_published_equation(
    cycles: int, features: int, n_vectors: int, tmp_path: Path
) -> None:
    """From the first chunk to the last written weight, both included, on a stream without gaps."""
    a = Architecture("linear", features, cycles, 8, 16)
    rng = np.random.default_rng(n_vectors)
    vectors = Vectors(
        rng.integers(64, 128, (n_vectors, a.padded_features)),
        np.full((n_vectors, 1), -(1 << 15)),
        np.ones((n_vectors, 1), dtype=bool),
        np.ones(n_vectors, dtype=bool),
    )
    weights = np.zeros((1, a.padded_features), dtype=np.int64)
    turns = [Turn(load=True), *(Turn(vector=index) for index in range(n_vectors)), Turn(), Turn()]

    outputs = play(tmp_path, verilog_of(a), a, weights=weights, vectors=vectors, turns=turns, mu=40, rng=rng)

    final = simulate(a, weights, vectors, 40).weights[-1].reshape(1, cycles, a.lanes)[:, -1]
    first_chunk = a.slots
    last_chunk_final = (outputs.weights == final).all(axis=(1, 2)) & (
        np.arange(len(outputs.weights)) % a.slots == cycles - 1
    )
    written_at_end_of = np.flatnonzero(last_chunk_final)[0] - 1
    assert written_at_end_of - first_chunk + 1 == total_cycles(cycles, n_vectors)


def test_reset_forgets_what_entered_during_it(tmp_path: Path) -> None:
    """The bench resets with every input at 1, so whatever still counts as a vector would give a prediction."""
    a = Architecture("svm", 6, 3, 8, 16)
    rng = np.random.default_rng(1)
    vectors = random_vectors(a, 1, rng)
    weights = words(rng, (1, 6), 16, 0.0)

    outputs = play(
        tmp_path,
        verilog_of(a),
        a,
        weights=weights,
        vectors=vectors,
        turns=[Turn(load=True), Turn()],
        mu=5,
        rng=rng,
    )

    assert not outputs.prediction_valid.any()
    assert np.array_equal(readback(a, outputs, 1), weights)


@pytest.mark.parametrize("inner", [-4097, -4096, -4095, 4095, 4096, 4097])
@pytest.mark.parametrize("label", [0, 1])
def test_svm_learns_from_a_vector_strictly_inside_the_margin(inner: int, label: int, tmp_path: Path) -> None:
    """Features of 1/2 and 1/2 and equal weights make the inner product the weight; 4096 is 1 in Q4.12."""
    a = Architecture("svm", 2, 1, 8, 16)
    weights = np.array([[inner, inner]])
    vectors = Vectors(np.array([[64, 64]]), np.array([[label]]), np.ones((1, 1), bool), np.ones(1, bool))

    outputs = play(
        tmp_path,
        verilog_of(a),
        a,
        weights=weights,
        vectors=vectors,
        turns=[Turn(load=True), Turn(vector=0), Turn()],
        mu=100,
        rng=np.random.default_rng(0),
    )

    moved = {(1, -4097), (1, -4096), (1, -4095), (1, 4095), (0, 4097), (0, 4096), (0, 4095), (0, -4095)}
    step = (50 if label else -50) if (label, inner) in moved else 0
    assert readback(a, outputs, 2).tolist() == [[inner + step, inner + step]]


@pytest.mark.parametrize(("bits_in", "shift", "bits_out"), [(6, 0, 5), (6, 0, 6), (7, 1, 5), (7, 3, 4), (8, 4, 8)])
def test_round_saturate_equals_the_model_for_every_value(
    bits_in: int, shift: int, bits_out: int, tmp_path: Path
) -> None:
    bench = f"""
module bench;
    reg signed [{bits_in}-1:0] value;
    wire signed [{bits_out}-1:0] result;
    integer i;
    round_saturate #(.IN({bits_in}), .SHIFT({shift}), .OUT({bits_out})) dut (.value(value), .result(result));
    initial for (i = -(1 << {bits_in - 1}); i < (1 << {bits_in - 1}); i = i + 1) begin
        value = i; #1 $display("%0d", result);
    end
endmodule
"""
    (tmp_path / "bench.v").write_text(verilog_of(Architecture("svm", 2, 1, 8, 16)) + bench)
    run(["iverilog", "-g2005", "-s", "bench", "-o", "bench.vvp", "bench.v"], "compile", Limits(60), cwd=tmp_path)

    output = run(["vvp", "-n", "bench.vvp"], "simulate", Limits(60), cwd=tmp_path).output

    values = np.arange(-(1 << (bits_in - 1)), 1 << (bits_in - 1))
    assert [int(line) for line in output.split()] == round_saturate(values, shift, bits_out).tolist()
