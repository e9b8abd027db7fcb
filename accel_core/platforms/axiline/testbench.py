"""Axiline at work: stimuli that follow its protocol, and a testbench that plays them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from accel_core.platforms.axiline.architecture import Architecture
from accel_core.platforms.axiline.fixed_point import Ints, quantize
from accel_core.platforms.axiline.model import Vectors
from accel_core.rtl import Testbench

CYCLES = 300
"""About so many cycles of training are simulated. Measured: 1,200 give 2-3 % less power, 100 give 10 % less."""

LEARNING_RATE = 0.05
"""Assumed; SGD on features of this size settles within tens of vectors."""

BENCH = """\
// Plays one word of stimuli a cycle into Axiline; the work begins when the first weights are loaded.
module bench;
    localparam WORD = {word}, CYCLES = {cycles}, LOADING = {loading};
    reg clk = 0, rst = 1, working = 0;
    reg [WORD-1:0] stimuli [0:CYCLES-1];
    reg [WORD-1:0] now;
    wire ready, prediction_valid;
    wire [{weights}-1:0] weights;
    wire [{predictions}-1:0] prediction;
    integer cycle;

    axiline dut (
        .clk(clk), .rst(rst), .ready(ready), .mu({mu_bits}'d{mu}),
        .valid(now[0]), .train(now[1]), .load(now[2]), .label(now[3 +: {labels}]),
        .features(now[3 + {labels} +: {features}]), .load_weights(now[3 + {labels} + {features} +: {weights}]),
        .weights(weights), .prediction_valid(prediction_valid), .prediction(prediction)
    );
    always #5 clk = ~clk;

    initial begin
        $readmemh("stimuli.hex", stimuli);
        now = {{WORD{{1'b{before}}}}};
        repeat (3) @(posedge clk);
        #1 rst = 0;
        for (cycle = 0; cycle < CYCLES; cycle = cycle + 1) begin
            now = stimuli[cycle];
            working = cycle >= LOADING;
            #8 {each_cycle};
            @(posedge clk);
            #1 ;
        end
        $finish;
    end
endmodule
"""


@dataclass(frozen=True)
class Turn:
    """What enters in one turn of the ring: weights, a vector (its index), or nothing."""

    vector: int | None = None
    load: bool = False


def testbench_of(design: Mapping[str, Any]) -> Testbench:
    """Train a design on data that its model can learn, back to back; equal architectures give equal work."""
    a = Architecture.of(design)
    rng = np.random.default_rng(0)
    vectors = training_vectors(a, max(1, CYCLES // a.slots), rng)
    turns = [Turn(load=True), *(Turn(index) for index in range(len(vectors.train)))]
    weights = quantize(rng.normal(0.0, 0.1, (a.units, a.padded_features)), a.internal_fraction, a.internal_bits)
    mu = max(1, int(quantize(LEARNING_RATE, a.internal_fraction, a.internal_bits)))
    title = f"{len(vectors.train)} training vectors without a gap"
    return bench_of(a, weights, vectors, turns, mu, title=title)


testbench_of.__test__ = False  # type: ignore[attr-defined]  # Not a test, whatever pytest takes its name for.


def training_vectors(a: Architecture, count: int, rng: np.random.Generator) -> Vectors:
    """Vectors whose labels follow from true weights: features N(0, 0.3), an inner product of about N(0, 1)."""
    features = rng.normal(0.0, 0.3, (count, a.padded_features))
    features[:, a.features :] = 0.0
    true = rng.normal(0.0, 1.0 / (0.3 * np.sqrt(a.features)), (a.units, a.padded_features))
    product = features @ true.T
    if a.benchmark in ("logistic", "svm"):
        labels: Ints = (product > 0.0).astype(np.int64)
    else:
        labels = quantize(product, a.internal_fraction, a.internal_bits)
    rated = rng.random((count, a.units)) < 0.7
    return Vectors(quantize(features, a.input_fraction, a.input_bits), labels, rated, np.ones(count, dtype=bool))


def bench_of(
    a: Architecture,
    weights: Ints,
    vectors: Vectors,
    turns: Sequence[Turn],
    mu: int,
    *,
    rng: np.random.Generator | None = None,
    each_cycle: str = "",
    title: str = "",
) -> Testbench:
    """Write a testbench that plays the turns in order.

    Args:
        a: The architecture.
        weights: Loaded in turns that load, shape (units, padded_features).
        vectors: What enters.
        turns: In their order.
        mu: Learning rate, a raw Q4 integer.
        rng: Fills every input that the protocol leaves open with anything; None with zeros.
        each_cycle: A statement for when the outputs of a cycle are stable.
        title: What it does.
    """
    widths = {
        "labels": a.units * a.label_bits,
        "features": a.lanes * a.input_bits,
        "weights": a.units * a.lanes * a.internal_bits,
    }
    stimuli = [_word(a, weights, vectors, turn, cycle, rng) for turn in turns for cycle in range(a.slots)]
    text = BENCH.format(
        word=3 + sum(widths.values()),
        cycles=len(stimuli),
        loading=a.slots * sum(turn.load for turn in turns[:1]),
        mu=mu % (1 << a.internal_bits),
        mu_bits=a.internal_bits,
        predictions=a.units * a.internal_bits,
        before=0 if rng is None else 1,
        each_cycle=each_cycle,
        **widths,
    )
    return Testbench(text, {"stimuli.hex": "\n".join(f"{word:x}" for word in stimuli) + "\n"}, title)


def _word(
    a: Architecture, weights: Ints, vectors: Vectors, turn: Turn, cycle: int, rng: np.random.Generator | None
) -> int:
    """Pack one cycle's inputs: load_weights, features, label, load, train, valid."""
    label_bits, feature_bits = a.units * a.label_bits, a.lanes * a.input_bits
    label = _open(label_bits, rng)
    features = _open(feature_bits, rng)
    loaded = _open(a.units * a.lanes * a.internal_bits, rng)
    valid, train, load = _open(1, rng), _open(1, rng), 0
    if cycle == 0:
        valid = int(turn.vector is not None)
    chunk = slice(cycle * a.lanes, (cycle + 1) * a.lanes)
    if turn.vector is not None and cycle == 0:
        train = int(vectors.train[turn.vector])
        label = _pack(_labels(a, vectors, turn.vector), a.label_bits)
    if turn.vector is not None and cycle < a.cycles:
        features = _pack(vectors.features[turn.vector, chunk], a.input_bits)
    if turn.load and cycle < a.cycles:
        load = 1
        loaded = _pack(weights[:, chunk].ravel(), a.internal_bits)
    return (((loaded << feature_bits | features) << label_bits | label) << 3) | load << 2 | train << 1 | valid


def _labels(a: Architecture, vectors: Vectors, index: int) -> Ints:
    labels: Ints = vectors.labels[index]
    if a.benchmark == "recommender":
        labels = labels % (1 << a.internal_bits) + (vectors.rated[index].astype(np.int64) << a.internal_bits)
    return labels


def _pack(values: Ints, bits: int) -> int:
    packed = 0
    for value in values[::-1]:
        packed = packed << bits | int(value) % (1 << bits)
    return packed


def _open(bits: int, rng: np.random.Generator | None) -> int:
    """An input that the protocol leaves open."""
    if rng is None:
        return 0
    return int.from_bytes(rng.bytes(-(-bits // 8)), "little") % (1 << bits)
