"""Plays stimuli into Axiline's RTL under Icarus Verilog and returns what came out, cycle by cycle."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from accel_core.platforms.axiline.architecture import Architecture
from accel_core.platforms.axiline.model import Vectors
from accel_core.platforms.axiline.testbench import Turn, bench_of
from accel_core.process import Limits, run


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
    show = '$display("%b %b %b %b", ready, prediction_valid, prediction, weights)'
    bench = bench_of(a, weights, vectors, turns, mu, rng=rng, each_cycle=show)
    cycles = len(turns) * a.slots
    (folder / "design.v").write_text(verilog)
    (folder / "bench.v").write_text(bench.verilog)
    (folder / "stimuli.hex").write_text(bench.files["stimuli.hex"])
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
    assert len(rows) == cycles, simulated.output[:1000]
    return Outputs(
        ready=np.array([row[0] == "1" for row in rows]),
        prediction_valid=np.array([row[1] == "1" for row in rows]),
        predictions=np.array([_signed_words(row[2], a.internal_bits) for row in rows]),
        weights=np.array([_signed_words(row[3], a.internal_bits) for row in rows]).reshape(-1, a.units, a.lanes),
    )


def _signed_words(text: str, bits: int) -> list[int]:
    words = [text[start : start + bits] for start in range(len(text) - bits, -1, -bits)]
    return [_signed(word, bits) for word in words]


def _signed(word: str, bits: int) -> int:
    if set(word) - {"0", "1"}:
        return UNKNOWN
    value = int(word, 2)
    return value - (1 << bits) if value >= 1 << (bits - 1) else value
