"""Axiline's number formats against exact rational arithmetic."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.platforms.axiline.architecture import Architecture
from accel_core.platforms.axiline.fixed_point import quantize, round_saturate, saturate, sigmoid, sigmoid_table

words = st.integers(-(1 << 40), 1 << 40)
widths = st.integers(2, 32)


@given(words, st.integers(0, 20), widths)
def test_round_saturate_is_the_nearest_representable_number(value: int, shift: int, bits: int) -> None:
    exact = Fraction(value, 1 << shift)
    nearest = math.floor(exact + Fraction(1, 2))
    limit = 1 << (bits - 1)

    assert round_saturate(value, shift, bits) == max(-limit, min(limit - 1, nearest))


@given(words, widths)
def test_saturate_keeps_what_fits_and_clips_the_rest(value: int, bits: int) -> None:
    result = int(saturate(value, bits))

    assert -(1 << (bits - 1)) <= result < 1 << (bits - 1)
    assert result == value or abs(result) <= abs(value)
    assert (result == value) == (-(1 << (bits - 1)) <= value < 1 << (bits - 1))


@given(st.floats(-20, 20), st.integers(0, 12), widths)
def test_quantize_is_off_by_half_a_step_unless_it_clips(value: float, fraction: int, bits: int) -> None:
    result = int(quantize(value, fraction, bits))
    limit = 1 << (bits - 1)

    assert -limit <= result < limit
    if -limit < value * 2**fraction < limit - 1:
        assert abs(Fraction(result, 1 << fraction) - Fraction(value)) <= Fraction(1, 2 << fraction)


@pytest.mark.parametrize(("internal_bits", "table_bits"), [(8, 4), (16, 8)])
def test_sigmoid_is_close_monotonic_and_symmetric(internal_bits: int, table_bits: int) -> None:
    limit = 1 << (internal_bits - 1)
    one = 1 << (internal_bits - 4)
    values = np.arange(-limit, limit)

    result = sigmoid(values, internal_bits, table_bits)

    exact = 1 / (1 + np.exp(-values / one))
    # Half a step of 1/16 at the steepest slope, 1/4, and half a step of the table's own.
    assert np.abs(result / one - exact).max() <= 1 / 32 / 4 + 0.5 / 2**table_bits
    assert (np.diff(result) >= 0).all()
    assert (result + result[::-1] == one).all()


def test_sigmoid_table_in_numbers() -> None:
    # sigmoid(1/32) - 1/2 = 0.00781, sigmoid(255/32) - 1/2 = 0.49966; in 256ths 2.0 and 127.9
    table = sigmoid_table(8)

    assert (len(table), table[0], table[-1]) == (128, 2, 128)


@given(st.integers(1, 60), st.integers(1, 25), st.sampled_from([4, 8]), st.sampled_from([8, 16]))
def test_the_sum_is_wide_enough_and_not_wider(features: int, cycles: int, input_bits: int, internal_bits: int) -> None:
    a = Architecture("svm", features, cycles, input_bits, internal_bits)
    largest = a.padded_features << (input_bits + internal_bits - 2)

    assert largest < 1 << (a.sum_bits - 1)
    assert largest >= 1 << (a.sum_bits - 2)
