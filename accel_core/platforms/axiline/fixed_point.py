"""Fixed-point primitives of Axiline on integer arrays, bit for bit what the Verilog modules compute."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from accel_core.platforms.axiline.architecture import INTEGER_BITS, SIGMOID_INDEX_BITS

Ints = npt.NDArray[np.int64]


def saturate(values: npt.ArrayLike, bits: int) -> Ints:
    """Clip to the two's complement range of ``bits`` bits."""
    limit = 1 << (bits - 1)
    return np.clip(np.asarray(values, dtype=np.int64), -limit, limit - 1)


def round_saturate(values: npt.ArrayLike, shift: int, bits: int) -> Ints:
    """Drop ``shift`` fraction bits, rounding half up, and clip to ``bits`` bits."""
    half = (1 << shift) >> 1
    return saturate((np.asarray(values, dtype=np.int64) + half) >> shift, bits)


def quantize(values: npt.ArrayLike, fraction: int, bits: int) -> Ints:
    """Turn real numbers into fixed point with ``fraction`` fraction bits, rounding half up and clipping."""
    scaled = np.floor(np.asarray(values, dtype=np.float64) * 2.0**fraction + 0.5)
    limit = float(1 << (bits - 1))
    words: Ints = np.clip(scaled, -limit, limit - 1).astype(np.int64)
    return words


def sigmoid_table(fraction: int) -> Ints:
    """Return sigmoid - 1/2 in the middle of each of the 128 magnitude steps, with ``fraction`` fraction bits."""
    step = 2.0 ** (INTEGER_BITS - 1 - SIGMOID_INDEX_BITS)
    middles = [(index + 0.5) * step for index in range(1 << SIGMOID_INDEX_BITS)]
    above_half = [1.0 / (1.0 + math.exp(-middle)) - 0.5 for middle in middles]
    return quantize(above_half, fraction, fraction + 1)


def sigmoid(values: Ints, internal_bits: int, table_bits: int) -> Ints:
    """Look the sigmoid of Q4 numbers up, giving Q4 numbers between 0 and 1.

    The sign is taken off by inverting all bits, as in the hardware: it costs no adder and cannot overflow.
    """
    fraction = internal_bits - INTEGER_BITS
    negative = values < 0
    magnitude = np.where(negative, ~values, values)
    index = magnitude >> (internal_bits - 1 - SIGMOID_INDEX_BITS)
    offset = sigmoid_table(table_bits)[index] << (fraction - table_bits)
    half = 1 << (fraction - 1)
    result: Ints = np.where(negative, half - offset, half + offset)
    return result
