"""Waveforms of a saturated ramp behind a resistor that drives a pi circuit (Dartu, Menezes and Pileggi 1996)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
# (which of the fitted arcs, capacitance) -> delay and transition of the cell with that load.
CellTables = Callable[[Ints, Floats], tuple[Floats, Floats]]

_FIT_STEPS = 20
_FIT_TOLERANCE = 1e-2  # As OpenSTA's; Newton's last step leaves far less than this.
_ROOT_STEPS = 6
_ROOT_TOLERANCE = 2e-3


@dataclass(frozen=True)
class Ramp:
    """m fitted drivers and the voltages that they cause; times in s from when the cell's input crosses its threshold.

    Attributes:
        start: When the ramp starts.
        width: How long it takes from 0 to 1.
        delay: Delay of the cell at its effective capacitance.
        limit: When everything is over.
        p1: Fast pole of the driver and its pi circuit in 1/s.
        p2: Slow pole.
        k0: With k1 to k4, residues of the near end's answer to a ramp of slope 1.
        k1: See ``k0``.
        k2: See ``k0``.
        k3: See ``k0``.
        k4: See ``k0``.
    """

    start: Floats
    width: Floats
    delay: Floats
    limit: Floats
    p1: Floats
    p2: Floats
    k0: Floats
    k1: Floats
    k2: Floats
    k3: Floats
    k4: Floats

    def pick(self, rows: Ints) -> Ramp:
        """Some of the drivers, in a new order."""
        return Ramp(*(getattr(self, entry.name)[rows] for entry in fields(self)))

    def near_crossings(self, levels: Floats) -> tuple[Floats, Bools]:
        """When the cell's output crosses each level, shape (levels, m), and where that was found."""

        def answer(t: Floats) -> tuple[Floats, Floats]:
            fast, slow = np.exp(-self.p1 * t), np.exp(-self.p2 * t)
            value = self.k0 * (self.k1 + self.k2 * t + self.k3 * fast + self.k4 * slow)
            slope = self.k0 * (self.k2 - self.k3 * self.p1 * fast - self.k4 * self.p2 * slow)
            return value, slope

        guess = self.start + self.width * levels[:, None] + 1.0 / self.p2
        guess = np.minimum(guess, self.delay + (levels[:, None] - 0.5) * self.width)
        return self._crossings(answer, levels, np.maximum(guess, self.start + 0.05 * self.width))

    def far_crossings(self, levels: Floats, elmore: Floats, near: Floats) -> tuple[Floats, Bools]:
        """When the voltage behind a further RC of ``elmore`` crosses each level; ``near`` is when the output does."""
        p3 = 1.0 / elmore
        # Equal poles would divide by zero; a shift this small changes nothing else.
        p3 = np.where(np.abs(p3 - self.p2) < 1e-6 * self.p2, p3 * (1.0 + 1e-5), p3)
        p3 = np.where(np.abs(p3 - self.p1) < 1e-6 * self.p1, p3 * (1.0 + 1e-5), p3)
        d1 = self.k0 * (self.k1 - self.k2 / p3)
        d3 = -p3 * self.k0 * self.k3 / (self.p1 - p3)
        d4 = -p3 * self.k0 * self.k4 / (self.p2 - p3)
        d5 = -(d1 + d3 + d4)

        def answer(t: Floats) -> tuple[Floats, Floats]:
            fast, slow, last = np.exp(-self.p1 * t), np.exp(-self.p2 * t), np.exp(-p3 * t)
            value = d1 + t + d3 * fast + d4 * slow + d5 * last
            return value, 1.0 - d3 * self.p1 * fast - d4 * self.p2 * slow - d5 * p3 * last

        return self._crossings(answer, levels, near + elmore, 2.0 * elmore)

    def _crossings(
        self,
        answer: Callable[[Floats], tuple[Floats, Floats]],
        levels: Floats,
        guess: Floats,
        more: Floats | float = 0.0,
    ) -> tuple[Floats, Bools]:
        """Newton's method inside a shrinking bracket, for all levels and drivers at once."""
        low = np.broadcast_to(self.start, guess.shape)
        high = np.broadcast_to(self.limit + more, guess.shape)
        t = guess
        step = np.full(guess.shape, np.inf)
        for _ in range(_ROOT_STEPS):
            value, slope = self._ramped(answer, t)
            value = value - levels[:, None]
            low, high = np.where(value < 0.0, t, low), np.where(value < 0.0, high, t)
            with np.errstate(divide="ignore", invalid="ignore"):
                fresh = t - value / slope
            inside = (fresh >= low) & (fresh <= high)
            fresh = np.where(inside, fresh, 0.5 * (low + high))
            # What has arrived stays, so that a result depends on nothing that is computed along with it.
            moving = step >= _ROOT_TOLERANCE * self.width
            step = np.where(moving, np.abs(fresh - t), step)
            t = np.where(moving, fresh, t)
            if (step < _ROOT_TOLERANCE * self.width).all():
                break
        good = np.isfinite(t) & (step < 10.0 * _ROOT_TOLERANCE * self.width)
        return t, np.asarray(good.all(axis=0))

    def _ramped(self, answer: Callable[[Floats], tuple[Floats, Floats]], t: Floats) -> tuple[Floats, Floats]:
        """Answer to the saturated ramp: that to a ramp, minus the same one ``width`` later."""
        since = np.maximum(t - self.start, 0.0)
        after = np.maximum(since - self.width, 0.0)
        value, slope = answer(since)
        late_value, late_slope = answer(after)
        is_late = since > self.width
        value = value - np.where(is_late, late_value, 0.0)
        slope = slope - np.where(is_late, late_slope, 0.0)
        return value / self.width, slope / self.width


def fit_ramp(
    cell: CellTables, driver: Floats, near: Floats, ohm: Floats, far: Floats, levels: Floats
) -> tuple[Ramp, Ints]:
    """Fit a ramp to each of m arcs that drive pi circuits.

    Args:
        cell: Delay and transition of the arcs with a plain capacitor.
        driver: Resistance of the drivers in ohm.
        near: First capacitance of the pi circuits in F.
        ohm: Their resistance.
        far: Their second capacitance.
        levels: Low, delay and high threshold.

    Returns:
        The fitted ramps, and which arcs they belong to; arcs that cannot be fitted are left out.
    """
    poles = _poles(driver, near, ohm, far)
    rows = np.arange(len(driver))
    best = np.full((3, len(driver)), np.nan)
    left = rows
    # As OpenSTA does, try again from the near capacitance where starting from all of it leads nowhere.
    for start in (near + far, near):
        if len(left):
            state, good = _newton(cell, left, driver[left], (near + far)[left], poles[:, left], start[left], levels)
            best[:, left[good]] = state[:, good]
            left = left[~good]
    fits = np.flatnonzero(np.isfinite(best[0]))
    begin, width, load = best[:, fits]
    delay, _ = cell(fits, load)
    limit = begin + width + 2.0 * ((near + far) * (driver + ohm))[fits]
    p1, p2, _, _, _, k0, k1, k2, k3, k4 = poles[:, fits]
    return Ramp(begin, width, delay, limit, p1, p2, k0, k1, k2, k3, k4), fits


def _poles(driver: Floats, near: Floats, ohm: Floats, far: Floats) -> Floats:
    """Poles p1, p2, current coefficients A, B, D and residues k0 to k4 of each driver with its pi circuit."""
    product = ohm * driver * far * near
    total = driver * (far + near) + ohm * far
    root = np.sqrt(total * total - 4.0 * product)
    p1 = (total + root) / (2.0 * product)
    p2 = 2.0 / (total + root)
    both = p1 * p2
    k2 = 1.0 / (ohm * far) / both
    k1 = (1.0 - k2 * (p1 + p2)) / both
    k4 = (k1 * p1 + k2) / (p2 - p1)
    zero = (far + near) / (ohm * far * near)
    b = (zero - p1) / (p1 * (p1 - p2))
    d = (zero - p2) / (p2 * (p2 - p1))
    return np.stack([p1, p2, zero / both, b, d, 1.0 / (driver * near), k1, k2, -k1 - k4, k4])


def _newton(
    cell: CellTables, arcs: Ints, driver: Floats, total: Floats, poles: Floats, start: Floats, levels: Floats
) -> tuple[Floats, Bools]:
    """Solve for start, width and effective capacitance, shape (3, m), and where that worked."""
    low, middle, high = levels
    load = start.copy()
    delay, slew = cell(arcs, load)
    width = slew / (high - low)
    begin = delay + np.log(1.0 - middle) * driver * load - middle * width
    good = np.zeros(len(arcs), dtype=bool)
    busy = np.arange(len(arcs))
    for _ in range(_FIT_STEPS):
        r, t0, dt, c = driver[busy], begin[busy], width[busy], load[busy]
        delay, slew = cell(arcs[busy], c)
        early = delay - slew * (middle - low) / (high - low)
        y_low, dy_low = _ramp_answer(early - t0, dt, r, c)
        y_middle, dy_middle = _ramp_answer(delay - t0, dt, r, c)
        current, dcurrent = _current_mismatch(dt, c, slew / (high - low), r, poles[:5, busy])
        with np.errstate(all="ignore"):
            step = _solve((y_low - low, y_middle - middle, current), (dy_low, dy_middle, dcurrent))
        small = (np.abs(step) <= _FIT_TOLERANCE * np.abs(np.stack([t0, dt, c]))).all(axis=0)
        begin[busy], width[busy] = t0 + step[0], dt + step[1]
        load[busy] = np.clip(c + step[2], 1e-3 * total[busy], total[busy])
        good[busy[small]] = True
        alive = ~small & np.isfinite(begin[busy]) & (width[busy] > 0.0)
        busy = busy[alive]
        if not len(busy):
            break
    return np.stack([begin, width, load]), good & (width > 0.0)


def _ramp_answer(t: Floats, width: Floats, driver: Floats, load: Floats) -> tuple[Floats, Floats]:
    """Voltage on one capacitor at ``t`` after the ramp began; derivatives by begin, width and load, shape (3, m)."""
    constant = driver * load
    since, after = np.maximum(t, 0.0), np.maximum(t - width, 0.0)
    decay, late = np.exp(-since / constant), np.exp(-after / constant)
    area = since - constant * (1.0 - decay)
    late_area = after - constant * (1.0 - late)
    by_begin = -((1.0 - decay) - (1.0 - late)) / width
    by_width = -(area - late_area) / width**2 + (1.0 - late) / width
    by_load = driver * (((1.0 + since / constant) * decay - 1.0) - ((1.0 + after / constant) * late - 1.0)) / width
    return (area - late_area) / width, np.stack([by_begin, by_width, by_load])


def _current_mismatch(
    width: Floats, load: Floats, longest: Floats, driver: Floats, poles: Floats
) -> tuple[Floats, Floats]:
    """Average current into the pi circuit minus that into ``load``; derivatives by begin, width and load."""
    p1, p2, a, b, d = poles
    span = np.minimum(longest, 1.4 * width)
    constant = driver * load
    decay = np.exp(-span / constant)
    scale = 1.0 / (driver * span * width)
    pi = (a * span + b / p1 * (1.0 - np.exp(-p1 * span)) + d / p2 * (1.0 - np.exp(-p2 * span))) * scale
    one = (constant * span - constant**2 * (1.0 - decay)) * scale
    by_load = -driver * (span - 2.0 * constant * (1.0 - decay) + span * decay) * scale
    mismatch = pi - one
    return mismatch, np.stack([np.zeros_like(width), -mismatch / width, by_load])


def _solve(values: tuple[Floats, Floats, Floats], rows: tuple[Floats, Floats, Floats]) -> Floats:
    """The Newton step of three equations in three unknowns, by Cramer's rule."""
    m = np.stack(rows)
    v = -np.stack(values)
    det = _det(m[:, 0], m[:, 1], m[:, 2])
    return np.stack([_det(v, m[:, 1], m[:, 2]), _det(m[:, 0], v, m[:, 2]), _det(m[:, 0], m[:, 1], v)]) / det


def _det(a: Floats, b: Floats, c: Floats) -> Floats:
    return np.asarray(
        a[0] * (b[1] * c[2] - b[2] * c[1]) - b[0] * (a[1] * c[2] - a[2] * c[1]) + c[0] * (a[1] * b[2] - a[2] * b[1])
    )
