"""Plays stimuli into Axiline's RTL under Icarus Verilog and returns what came out, cycle by cycle."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from accel_core.platforms.axiline.architecture import Architecture
from accel_core.platforms.axiline.model import Vectors
from accel_core.process import Limits, run

BENCH = """
module bench;
    localparam WORD = {word}, CYCLES = {cycles};
    reg clk = 0, rst = 1;
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
        now = {{WORD{{1'b1}}}};
        repeat (3) @(posedge clk);
        #1 rst = 0;
        for (cycle = 0; cycle < CYCLES; cycle = cycle + 1) begin
            now = stimuli[cycle];
            #8 $display("%b %b %b %b", ready, prediction_valid, prediction, weights);
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


@dataclass(frozen=True)
class Outputs:
    """Output of every cycle; cycle 0 is the first after reset.

    Attributes:
        ready: Shape (cycles,).
        prediction_valid: Shape (cycles,).
        predictions: Shape (cycles, units).
        weights: Shape (cycles, units, lanes). Unknown values are replaced by a number no word can hold.
    """

    ready: np.ndarray
    prediction_valid: np.ndarray
    predictions: np.ndarray
    weights: np.ndarray


UNKNOWN = 1 << 40


def play(
    folder: Path,
    verilog: str,
    architecture: Architecture,
    *,
    weights: np.ndarray,
    vectors: Vectors,
    turns: list[Turn],
    mu: int,
    rng: np.random.Generator,
    flags: tuple[str, ...] = ("-Wall", "-Wno-timescale"),
) -> Outputs:
    """Simulate the turns in order; every input that the protocol leaves open is random. No warning is accepted."""
    a = architecture
    widths = {
        "labels": a.units * a.label_bits,
        "features": a.lanes * a.input_bits,
        "weights": a.units * a.lanes * a.internal_bits,
    }
    word = 3 + sum(widths.values())
    stimuli = [
        _word(a, weights, vectors, turn=turn, cycle=cycle, rng=rng) for turn in turns for cycle in range(a.cycles + 2)
    ]
    bench = BENCH.format(
        word=word,
        cycles=len(stimuli),
        mu=mu % (1 << a.internal_bits),
        mu_bits=a.internal_bits,
        predictions=a.units * a.internal_bits,
        **widths,
    )
    (folder / "design.v").write_text(verilog)
    (folder / "bench.v").write_text(bench)
    (folder / "stimuli.hex").write_text("\n".join(f"{stimulus:x}" for stimulus in stimuli))
    compiled = run(
        ["iverilog", "-g2005", *flags, "-o", "bench.vvp", "design.v", "bench.v"],
        "compile",
        Limits(60),
        cwd=folder,
    )
    assert (compiled.exit_code, compiled.output) == (0, "")
    simulated = run(["vvp", "-n", "bench.vvp"], "simulate", Limits(120), cwd=folder)
    assert simulated.exit_code == 0, simulated.output
    rows = [line.split() for line in simulated.output.splitlines() if line[:1] in "01xz" and line.count(" ") == 3]
    assert len(rows) == len(stimuli), simulated.output[:1000]
    return Outputs(
        ready=np.array([row[0] == "1" for row in rows]),
        prediction_valid=np.array([row[1] == "1" for row in rows]),
        predictions=np.array([_signed_words(row[2], a.internal_bits) for row in rows]),
        weights=np.array([_signed_words(row[3], a.internal_bits) for row in rows]).reshape(-1, a.units, a.lanes),
    )


def _word(
    a: Architecture,
    weights: np.ndarray,
    vectors: Vectors,
    *,
    turn: Turn,
    cycle: int,
    rng: np.random.Generator,
) -> int:
    """Pack one cycle's inputs: load_weights, features, label, load, train, valid."""
    label_bits, feature_bits = a.units * a.label_bits, a.lanes * a.input_bits
    label = _junk(label_bits, rng)
    features = _junk(feature_bits, rng)
    loaded = _junk(a.units * a.lanes * a.internal_bits, rng)
    valid, train, load = int(rng.integers(2)), int(rng.integers(2)), 0
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


def _labels(a: Architecture, vectors: Vectors, index: int) -> np.ndarray:
    if a.benchmark != "recommender":
        return vectors.labels[index]
    rating = vectors.labels[index] % (1 << a.internal_bits)
    return rating + (vectors.rated[index].astype(np.int64) << a.internal_bits)


def _pack(values: np.ndarray, bits: int) -> int:
    packed = 0
    for value in values[::-1]:
        packed = packed << bits | int(value) % (1 << bits)
    return packed


def _junk(bits: int, rng: np.random.Generator) -> int:
    return int.from_bytes(rng.bytes(-(-bits // 8)), "little") % (1 << bits)


def _signed_words(text: str, bits: int) -> list[int]:
    words = [text[start : start + bits] for start in range(len(text) - bits, -1, -bits)]
    return [_signed(word, bits) for word in words]


def _signed(word: str, bits: int) -> int:
    if set(word) - {"0", "1"}:
        return UNKNOWN
    value = int(word, 2)
    return value - (1 << bits) if value >= 1 << (bits - 1) else value
