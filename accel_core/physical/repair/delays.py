"""Delays of one arc or one wire at a time, compiled.

The arithmetic is that of ``tables``, ``waveforms`` and ``delay_calculation``, which do many at a time and are its twin
in the tests.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from accel_core.physical.graph import Floats, Ints
from accel_core.physical.liberty import Library

# As in ``waveforms`` and ``delay_calculation``.
_FIT_STEPS, _FIT_TOLERANCE = 20, 1e-2
_ROOT_STEPS, _ROOT_TOLERANCE = 6, 2e-3
_SMALL, _PROBE_F = 1e-3, 1e-15
_RAMP = 14
_START, _WIDTH, _LIMIT, _P1, _P2, _K0, _K1, _K2, _K3, _K4, _CROSS = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10


class Rules(NamedTuple):
    """A library's tables and thresholds, as ``tables.Tables`` and ``liberty.Library`` have them."""

    axis1: Floats
    size1: Ints
    axis2: Floats
    size2: Ints
    values: Floats
    low: float
    middle: float
    high: float
    derate: float


def rules_of(library: Library) -> Rules:
    """The part of a library that kernels need."""
    tables = library.tables
    return Rules(
        tables.axis1, tables.size1, tables.axis2, tables.size2, tables.values,
        library.slew_low, library.delay_threshold, library.slew_high, library.slew_derate,
    )  # fmt: skip


@njit(cache=True)
def new_ramp() -> Floats:
    """Room for what ``drive`` tells of a driver's waveform: its ramp, poles and residues, then three crossings."""
    return np.zeros(_RAMP)


@njit(cache=True, error_model="numpy")
def lookup(rules: Rules, table: int, first: float, second: float) -> float:
    """One value of one table, as ``Tables.lookup`` gives it."""
    n, m = rules.size1[table], rules.size2[table]
    i = 0
    while i + 2 < n and rules.axis1[table, i + 1] <= first:
        i += 1
    j = 0
    while j + 2 < m and rules.axis2[table, j + 1] <= second:
        j += 1
    u, v, i1, j1 = 0.0, 0.0, i, j
    if n > 1:
        i1 = i + 1
        start = rules.axis1[table, i]
        u = (first - start) / (rules.axis1[table, i1] - start)
    if m > 1:
        j1 = j + 1
        start = rules.axis2[table, j]
        v = (second - start) / (rules.axis2[table, j1] - start)
    values = rules.values
    low = values[table, i, j] * (1.0 - v) + values[table, i, j1] * v
    high = values[table, i1, j] * (1.0 - v) + values[table, i1, j1] * v
    return low * (1.0 - u) + high * u  # type: ignore[no-any-return]


@njit(cache=True, error_model="numpy")
def drive(
    rules: Rules, delay: int, slope: int, transition: float, near: float, far: float, ohm: float, ramp: Floats
) -> tuple[float, float, bool, float]:
    """One cell arc on one wire.

    Args:
        rules: The library.
        delay: Its delay table.
        slope: Its transition table.
        transition: At its input in s.
        near: First capacitance of the wire's pi circuit in F.
        far: Second capacitance.
        ohm: Resistance between both.
        ramp: Is filled with the waveform, of ``new_ramp``.

    Returns:
        Delay and transition at the output in s, whether ``ramp`` holds a waveform, and the effective capacitance.
    """
    load = near + far
    lumped = lookup(rules, delay, transition, load)
    plain = lookup(rules, slope, transition, load)
    change = abs(lookup(rules, delay, transition, load + _PROBE_F) - lumped)
    driver = -math.log(rules.middle) * change / _PROBE_F
    if not (driver > 1e-2 and ohm > _SMALL * driver and far > _SMALL * near and near > _SMALL * far):
        return lumped, plain, False, load
    poles = _poles(driver, near, ohm, far)
    good, begin, width, fitted = _newton(rules, delay, slope, transition, driver, load, load, poles)
    if not good:
        good, begin, width, fitted = _newton(rules, delay, slope, transition, driver, load, near, poles)
    if not good:
        return lumped, plain, False, load
    cell_delay = lookup(rules, delay, transition, fitted)
    ramp[_START], ramp[_WIDTH] = begin, width
    ramp[_LIMIT] = begin + width + 2.0 * (load * (driver + ohm))
    ramp[_P1], ramp[_P2] = poles[0], poles[1]
    for index in range(5):
        ramp[_K0 + index] = poles[5 + index]
    for index in range(3):
        level = rules.low if index == 0 else (rules.middle if index == 1 else rules.high)
        guess = min(begin + width * level + 1.0 / poles[1], cell_delay + (level - 0.5) * width)
        found, t = _near_crossing(ramp, level, max(guess, begin + 0.05 * width))
        if not found:
            return lumped, plain, False, load
        ramp[_CROSS + index] = t
    return cell_delay, (ramp[_CROSS + 2] - ramp[_CROSS]) / rules.derate, True, fitted


@njit(cache=True, error_model="numpy")
def wire(rules: Rules, transition: float, has_ramp: bool, ramp: Floats, elmore: float) -> tuple[float, float]:
    """Delay and transition at a sink ``elmore`` behind a driver with this output."""
    if not has_ramp or not elmore > _SMALL * transition:
        return elmore, transition
    p1, p2, p3 = ramp[_P1], ramp[_P2], 1.0 / elmore
    if abs(p3 - p2) < 1e-6 * p2:
        p3 = p3 * (1.0 + 1e-5)
    if abs(p3 - p1) < 1e-6 * p1:
        p3 = p3 * (1.0 + 1e-5)
    d1 = ramp[_K0] * (ramp[_K1] - ramp[_K2] / p3)
    d3 = -p3 * ramp[_K0] * ramp[_K3] / (p1 - p3)
    d4 = -p3 * ramp[_K0] * ramp[_K4] / (p2 - p3)
    poles = (d1, d3, d4, -(d1 + d3 + d4), p3)
    good, low = _far_crossing(ramp, poles, rules.low, ramp[_CROSS] + elmore, elmore)
    good_middle, middle = _far_crossing(ramp, poles, rules.middle, ramp[_CROSS + 1] + elmore, elmore)
    good_high, high = _far_crossing(ramp, poles, rules.high, ramp[_CROSS + 2] + elmore, elmore)
    if not (good and good_middle and good_high):
        return elmore, transition
    later = middle - ramp[_CROSS + 1]
    return (later if later > 0.0 else elmore), max((high - low) / rules.derate, transition)


@njit(cache=True, error_model="numpy")
def _poles(driver: float, near: float, ohm: float, far: float) -> Floats:
    """As ``waveforms._poles``, shape (10,)."""
    product = ohm * driver * far * near
    total = driver * (far + near) + ohm * far
    root = math.sqrt(total * total - 4.0 * product)
    p1 = (total + root) / (2.0 * product)
    p2 = 2.0 / (total + root)
    both = p1 * p2
    k2 = 1.0 / (ohm * far) / both
    k1 = (1.0 - k2 * (p1 + p2)) / both
    k4 = (k1 * p1 + k2) / (p2 - p1)
    zero = (far + near) / (ohm * far * near)
    b = (zero - p1) / (p1 * (p1 - p2))
    d = (zero - p2) / (p2 * (p2 - p1))
    return np.array([p1, p2, zero / both, b, d, 1.0 / (driver * near), k1, k2, -k1 - k4, k4])


@njit(cache=True, error_model="numpy")
def _newton(
    rules: Rules, delay: int, slope: int, slew: float, driver: float, total: float, start: float, poles: Floats
) -> tuple[bool, float, float, float]:
    """As ``waveforms._newton``: whether it worked, then start, width and effective capacitance."""
    low, middle, high = rules.low, rules.middle, rules.high
    load = start
    late = lookup(rules, delay, slew, load)
    out = lookup(rules, slope, slew, load) * rules.derate
    width = out / (high - low)
    begin = late + math.log(1.0 - middle) * driver * load - middle * width
    for _ in range(_FIT_STEPS):
        late = lookup(rules, delay, slew, load)
        out = lookup(rules, slope, slew, load) * rules.derate
        early = late - out * (middle - low) / (high - low)
        y0, a0, a1, a2 = _ramp_answer(early - begin, width, driver, load)
        y1, b0, b1, b2 = _ramp_answer(late - begin, width, driver, load)
        y2, c1, c2 = _current_mismatch(width, load, out / (high - low), driver, poles)
        v0, v1, v2 = -(y0 - low), -(y1 - middle), -y2
        det = _det(a0, b0, 0.0, a1, b1, c1, a2, b2, c2)
        step0 = _det(v0, v1, v2, a1, b1, c1, a2, b2, c2) / det
        step1 = _det(a0, b0, 0.0, v0, v1, v2, a2, b2, c2) / det
        step2 = _det(a0, b0, 0.0, a1, b1, c1, v0, v1, v2) / det
        small = (
            abs(step0) <= _FIT_TOLERANCE * abs(begin)
            and abs(step1) <= _FIT_TOLERANCE * abs(width)
            and abs(step2) <= _FIT_TOLERANCE * abs(load)
        )
        begin, width = begin + step0, width + step1
        load = min(max(load + step2, 1e-3 * total), total)
        if small:
            return width > 0.0, begin, width, load
        if not (math.isfinite(begin) and width > 0.0):
            break
    return False, begin, width, load


@njit(cache=True, error_model="numpy")
def _det(a0: float, a1: float, a2: float, b0: float, b1: float, b2: float, c0: float, c1: float, c2: float) -> float:
    return a0 * (b1 * c2 - b2 * c1) - b0 * (a1 * c2 - a2 * c1) + c0 * (a1 * b2 - a2 * b1)


@njit(cache=True, error_model="numpy")
def _ramp_answer(t: float, width: float, driver: float, load: float) -> tuple[float, float, float, float]:
    constant = driver * load
    since, after = max(t, 0.0), max(t - width, 0.0)
    decay, late = math.exp(-since / constant), math.exp(-after / constant)
    area = since - constant * (1.0 - decay)
    late_area = after - constant * (1.0 - late)
    by_begin = -((1.0 - decay) - (1.0 - late)) / width
    by_width = -(area - late_area) / (width * width) + (1.0 - late) / width
    by_load = driver * (((1.0 + since / constant) * decay - 1.0) - ((1.0 + after / constant) * late - 1.0)) / width
    return (area - late_area) / width, by_begin, by_width, by_load


@njit(cache=True, error_model="numpy")
def _current_mismatch(
    width: float, load: float, longest: float, driver: float, poles: Floats
) -> tuple[float, float, float]:
    p1, p2, a, b, d = poles[0], poles[1], poles[2], poles[3], poles[4]
    span = min(longest, 1.4 * width)
    constant = driver * load
    decay = math.exp(-span / constant)
    scale = 1.0 / (driver * span * width)
    pi = (a * span + b / p1 * (1.0 - math.exp(-p1 * span)) + d / p2 * (1.0 - math.exp(-p2 * span))) * scale
    one = (constant * span - constant * constant * (1.0 - decay)) * scale
    by_load = -driver * (span - 2.0 * constant * (1.0 - decay) + span * decay) * scale
    mismatch = pi - one
    return mismatch, -mismatch / width, by_load


@njit(cache=True, error_model="numpy")
def _near_answer(ramp: Floats, t: float) -> tuple[float, float]:
    fast, slow = math.exp(-ramp[_P1] * t), math.exp(-ramp[_P2] * t)
    value = ramp[_K0] * (ramp[_K1] + ramp[_K2] * t + ramp[_K3] * fast + ramp[_K4] * slow)
    return value, ramp[_K0] * (ramp[_K2] - ramp[_K3] * ramp[_P1] * fast - ramp[_K4] * ramp[_P2] * slow)


@njit(cache=True, error_model="numpy")
def _far_answer(ramp: Floats, poles: tuple[float, float, float, float, float], t: float) -> tuple[float, float]:
    d1, d3, d4, d5, p3 = poles
    fast, slow, last = math.exp(-ramp[_P1] * t), math.exp(-ramp[_P2] * t), math.exp(-p3 * t)
    value = d1 + t + d3 * fast + d4 * slow + d5 * last
    return value, 1.0 - d3 * ramp[_P1] * fast - d4 * ramp[_P2] * slow - d5 * p3 * last


@njit(cache=True, error_model="numpy")
def _near_crossing(ramp: Floats, level: float, guess: float) -> tuple[bool, float]:
    start, width, high = ramp[_START], ramp[_WIDTH], ramp[_LIMIT]
    low, t, step = start, guess, math.inf
    for _ in range(_ROOT_STEPS):
        since = max(t - start, 0.0)
        value, slope = _near_answer(ramp, since)
        if since > width:
            late, late_slope = _near_answer(ramp, max(since - width, 0.0))
            value, slope = value - late, slope - late_slope
        low, high, fresh = _next(value / width - level, slope / width, t, low, high)
        step = abs(fresh - t)
        t = fresh
        if step < _ROOT_TOLERANCE * width:
            break
    return math.isfinite(t) and step < 10.0 * _ROOT_TOLERANCE * width, t


@njit(cache=True, error_model="numpy")
def _far_crossing(
    ramp: Floats, poles: tuple[float, float, float, float, float], level: float, guess: float, elmore: float
) -> tuple[bool, float]:
    start, width, high = ramp[_START], ramp[_WIDTH], ramp[_LIMIT] + 2.0 * elmore
    low, t, step = start, guess, math.inf
    for _ in range(_ROOT_STEPS):
        since = max(t - start, 0.0)
        value, slope = _far_answer(ramp, poles, since)
        if since > width:
            late, late_slope = _far_answer(ramp, poles, max(since - width, 0.0))
            value, slope = value - late, slope - late_slope
        low, high, fresh = _next(value / width - level, slope / width, t, low, high)
        step = abs(fresh - t)
        t = fresh
        if step < _ROOT_TOLERANCE * width:
            break
    return math.isfinite(t) and step < 10.0 * _ROOT_TOLERANCE * width, t


@njit(cache=True, error_model="numpy")
def _next(value: float, slope: float, t: float, low: float, high: float) -> tuple[float, float, float]:
    """Newton's next step inside a bracket that shrinks."""
    if value < 0.0:
        low = t
    else:
        high = t
    fresh = t - value / slope
    if not (fresh >= low and fresh <= high):
        fresh = 0.5 * (low + high)
    return low, high, fresh
