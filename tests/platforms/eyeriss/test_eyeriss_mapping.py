"""Mappings in Timeloop's notation: every form that is read, and what is wrong with the others."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_core.errors import InvalidInputError
from accel_core.platforms.eyeriss.mapping import (
    DIMENSIONS,
    LEVELS,
    MAY_HOLD,
    Loop,
    LoopNest,
    check_mapping,
    parse_mapping,
    tile_words,
)
from accel_core.workloads import Layer

CONV1_1 = Layer("conv1_1", 3, 64, 224, 224, 3, 3)
BASELINE = {
    "mesh_x": 14, "mesh_y": 12, "glb_depth": 16384, "glb_width": 64, "ifmap_depth": 12, "ifmap_width": 16,
    "weights_depth": 192, "weights_width": 16, "psum_depth": 16, "psum_width": 16,
}  # fmt: skip
PLAIN = "Q4 M2 P112 - Q28 P2 - M4X Q2X - M4Y S3Y - - R3 C3 - M2"
NEST = LoopNest(
    dram=(Loop("Q", 4), Loop("M", 2), Loop("P", 112)),
    glb=(Loop("Q", 28), Loop("P", 2)),
    columns=(Loop("M", 4), Loop("Q", 2)),
    rows=(Loop("M", 4), Loop("S", 3)),
    weights=(Loop("R", 3), Loop("C", 3)),
    psum=(Loop("M", 2),),
)


def loops_of(level: str) -> st.SearchStrategy[tuple[Loop, ...]]:
    """Any loops that a level may hold, in any order."""
    names = st.lists(st.sampled_from(MAY_HOLD[level] or "-"), unique=True, max_size=len(MAY_HOLD[level]))
    return st.builds(
        lambda names, factors: tuple(Loop(name, factor) for name, factor in zip(names, factors, strict=False)),
        names,
        st.lists(st.integers(2, 999_999_999), min_size=6, max_size=6),
    )


nests = st.builds(LoopNest, *(loops_of(level) for level in LEVELS))


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        "L6[WIO] Q4 M2 P112 - L5[IO] Q28 P2 - L4[] M4X Q2X - L3[] M4Y S3Y - L2[I] - L1[W] R3 C3 - L0[O] M2",
        "L6[WIO] Q4 M2 P112 - L5[IO] Q28 P2 - L4[] G1 M4X Q2X - L3[] G1 M4Y S3Y - L2[I] G1 - L1[W] R3 C3 - L0[O] M2",
        "L6 Q4 M2 P112 - L5 Q28 P2 - L4 M4X Q2X - L3 M4Y S3Y - L2 - L1 R3 C3 - L0 M2",
        "Q4 M2 P112 - Q28 P2 - L4[] M4 Q2 - M4 S3 - L2[I] - R3 C3 - M2",
        "Q4 M2 P112 S1 - C1 Q28 P2 - M4X Q2X C1X - M4Y R1Y S3Y - Q1 - R3 C3 - G1 M2 N1",
        "  Q4   M2 P112  -  Q28 P2\t-\nM4X Q2X -   M4Y S3Y -  -  R3 C3   -   M2  ",
    ],
)
def test_timeloops_decorations_blanks_and_factors_of_one_may_stand_or_not(text: str) -> None:
    assert parse_mapping(text) == NEST


def test_it_is_written_as_timeloop_writes_it_without_its_dummy() -> None:
    written = "L6[WIO] Q4 M2 P112 - L5[IO] Q28 P2 - L4[] M4X Q2X - L3[] M4Y S3Y - L2[I] - L1[W] R3 C3 - L0[O] M2"
    assert str(NEST) == written


@settings(max_examples=200, deadline=None)
@given(nests)
def test_what_is_written_is_read_back(nest: LoopNest) -> None:
    assert parse_mapping(str(nest)) == nest
    assert parse_mapping(re.sub(r"L\d\[[WIO]*\]", "", str(nest))) == nest


def test_levels_without_loops_are_read() -> None:
    assert parse_mapping("- - - - - -") == LoopNest()
    assert parse_mapping("- - - - - - M64") == LoopNest(psum=(Loop("M", 64),))
    assert parse_mapping(str(LoopNest())) == LoopNest()


def test_factors_multiply_over_levels() -> None:
    assert {name: NEST.extent(name) for name in DIMENSIONS} == {"C": 3, "M": 64, "P": 224, "Q": 224, "R": 3, "S": 3}
    assert NEST.extent("M", "columns", "rows") == 16
    assert NEST.factor("glb", "M") == 1
    assert NEST.lanes == 4 * 2 * 4 * 3


def test_words_that_buffers_hold_with_the_halo_of_the_input() -> None:
    # Inside the global buffer stand P 2, Q 28 * 2 = 56, C 3, M 32 and all taps. Stride 1: 4 rows x 58 columns x 3
    # channels, and 32 x 2 x 56 outputs. Stride 2: (2 - 1) * 2 + 3 = 5 rows x 55 * 2 + 3 = 113 columns.
    outputs = 32 * 2 * 56
    assert tile_words(NEST, CONV1_1) == {"psum": 2, "weights": 18, "ifmap": 9, "glb": 4 * 58 * 3 + outputs}
    strided = Layer("strided", 3, 64, 224, 224, 3, 3, 2)
    assert tile_words(NEST, strided)["glb"] == 5 * 113 * 3 + outputs


def with_level(number: int, words: str) -> str:
    """Return the mapping with other words at level L<number>."""
    parts = [part.strip() for part in PLAIN.replace("- -", "-  -").split("-")]
    parts[6 - number] = words
    return " - ".join(parts)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "mapping '': 1 levels with '-' between them; needed: 7, L6 to L0"),
        ("Q4 M2", "mapping 'Q4 M2': 1 levels with '-' between them; needed: 7, L6 to L0"),
        (f"{PLAIN} - M2", f"mapping '{PLAIN} - M2': 8 levels with '-' between them; needed: 7, L6 to L0"),
        ("M1 " * 400, "mapping: 1,200 characters; at most 1,000 are allowed"),
        (with_level(6, "Q4 Z2"), "mapping: 'Z2' at DRAM (L6) is no loop; write one of CMPQRS and a factor"),
        (with_level(6, "Q4 q2"), "mapping: 'q2' at DRAM (L6) is no loop; write one of CMPQRS and a factor"),
        (with_level(5, "Q"), "mapping: 'Q' at global buffer (L5) is no loop; write one of CMPQRS and a factor"),
        (with_level(5, "Q0"), "mapping: 'Q0' at global buffer (L5) is no loop; write one of CMPQRS and a factor"),
        (with_level(5, "Q2.5"), "mapping: 'Q2.5' at global buffer (L5) is no loop; write one of CMPQRS and a factor"),
        (with_level(5, "Q-2"), "mapping: 'Q-2' at global buffer (L5) is no loop; write one of CMPQRS and a factor"),
        (with_level(0, "M9999999999"), "mapping: 'M9999999999' at psum scratchpad (L0) is no loop"),
        (with_level(4, "R3X"), "mapping: columns (L4) has R3; allowed there: Q, M"),
        (with_level(4, "C3X"), "mapping: columns (L4) has C3; allowed there: Q, M"),
        (with_level(3, "Q2Y"), "mapping: rows (L3) has Q2; allowed there: S, C, M"),
        (with_level(2, "C3"), "mapping: ifmap scratchpad (L2) has C3; allowed there: none"),
        (with_level(1, "S3"), "mapping: weights scratchpad (L1) has S3; allowed there: C, R"),
        (with_level(0, "C3"), "mapping: psum scratchpad (L0) has C3; allowed there: M"),
        (with_level(6, "G2"), "mapping: DRAM (L6) has G2; allowed there: C, M, P, Q, R, S"),
        (with_level(6, "N4"), "mapping: DRAM (L6) has N4; allowed there: C, M, P, Q, R, S"),
        (with_level(5, "Q4 P2 Q7"), "mapping: global buffer (L5) has Q twice; each dimension may stand once a level"),
        (with_level(4, "M4Y Q2X"), "mapping: 'M4Y' at columns (L4) unrolls over Y; X stands at L4, Y at L3"),
        (with_level(3, "M4Y S3X"), "mapping: 'S3X' at rows (L3) unrolls over X; X stands at L4, Y at L3"),
        (with_level(6, "Q4X"), "mapping: 'Q4X' at DRAM (L6) unrolls over X; X stands at L4, Y at L3"),
        (with_level(5, "L4[IO] Q28"), "mapping: level 'L4[IO]' stands where L5 is expected"),
        (with_level(5, "Q28 L5[IO]"), "mapping: 'L5[IO]' at global buffer (L5) is no loop"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(InvalidInputError, match=re.escape(sentence)) as caught:
        parse_mapping(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("number", "words", "sentence"),
    [
        (6, "Q4 M2 P56", "the factors of P multiply to 112; layer 'conv1_1' has P = 224"),
        (5, "Q14 P2", "the factors of Q multiply to 112; layer 'conv1_1' has Q = 224"),
        (3, "M4Y", "the factors of S multiply to 1; layer 'conv1_1' has S = 3"),
        (1, "R3", "the factors of C multiply to 1; layer 'conv1_1' has C = 3"),
        (1, "R5 C3", "the factors of R multiply to 5; layer 'conv1_1' has R = 3"),
        (0, "M4", "the factors of M multiply to 128; layer 'conv1_1' has M = 64"),
    ],
)
def test_factors_that_do_not_multiply_to_the_layer(number: int, words: str, sentence: str) -> None:
    with pytest.raises(InvalidInputError, match=f"mapping: {re.escape(sentence)}$"):
        check_mapping(parse_mapping(with_level(number, words)), CONV1_1, BASELINE)


# The mapping needs 18 words of weights, 9 of inputs, 2 partial sums, 4,280 of the buffer, 8 columns and 12 rows: with
# exactly that it fits, with one less it does not.
@pytest.mark.parametrize(
    ("parameter", "enough", "sentence"),
    [
        ("mesh_x", 8, "columns (L4) needs 8 columns; the design has 7"),
        ("mesh_y", 12, "rows (L3) needs 12 rows; the design has 11"),
        ("ifmap_depth", 9, "ifmap scratchpad (L2) needs 9 words; the design has 8"),
        ("weights_depth", 18, "weights scratchpad (L1) needs 18 words; the design has 17"),
        ("psum_depth", 2, "psum scratchpad (L0) needs 2 words; the design has 1"),
        ("glb_depth", 4280, "global buffer (L5) needs 4,280 words; the design has 4,279"),
    ],
)
def test_a_level_that_is_one_too_small_is_named(parameter: str, enough: int, sentence: str) -> None:
    one_word_a_row = {"glb_width": 8, "ifmap_width": 8, "weights_width": 8, "psum_width": 16}
    check_mapping(NEST, CONV1_1, {**BASELINE, **one_word_a_row, parameter: enough})
    with pytest.raises(InvalidInputError, match=f"mapping: {re.escape(sentence)}$"):
        check_mapping(NEST, CONV1_1, {**BASELINE, **one_word_a_row, parameter: enough - 1})


@pytest.mark.parametrize(("parameter", "width"), [("ifmap", 32), ("weights", 16), ("glb", 64), ("psum", 128)])
def test_a_wider_row_holds_more_words(parameter: str, width: int) -> None:
    per_row = width // (16 if parameter == "psum" else 8)
    needed = tile_words(NEST, CONV1_1)[parameter]
    rows = -(-needed // per_row)
    check_mapping(NEST, CONV1_1, {**BASELINE, f"{parameter}_width": width, f"{parameter}_depth": rows})
    with pytest.raises(InvalidInputError, match=f"needs {needed:,} words; the design has {(rows - 1) * per_row:,}$"):
        check_mapping(NEST, CONV1_1, {**BASELINE, f"{parameter}_width": width, f"{parameter}_depth": rows - 1})
