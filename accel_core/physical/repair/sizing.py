"""Sizes of all cells for the target clock, by Lagrangian relaxation, then checked with exact delays."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from accel_core.physical.graph import Ints
from accel_core.physical.repair.families import Families
from accel_core.physical.repair.prices import Choices, Prices, choose_sizes, price_arcs, price_ends
from accel_core.physical.repair.sweeps import forward
from accel_core.physical.repair.timer import Timer

_MANY_CELLS = 40_000


@dataclass(frozen=True)
class Effort:
    """How sizing trades and how long it tries; all values are assumed.

    Attributes:
        worth: How many percent of area one percent of the clock period may cost.
        steps: Rounds of prices and choices at most.
        patience: Rounds without a gain of ``least_gain`` after which sizing ends.
        least_gain: What counts as a gain, as a share of area.
        rate: Exponent by which the price of an end point rises that misses by a whole period.
        easing: How much slower prices fall than they rise.
        focus: Share of the period within which end points count as late as the latest one.
        margin: Share of a limit of the library that is kept free.
        fill: Largest share of the core that cells may take, so that they can still be placed.
        heavy: Nets with this many times the load that suits their driver get a tree of buffers at once.
        rounds: How often buffers are set where prices ask for them.
        placements: How often places are made legal, with repairs between.
    """

    worth: float = 20.0
    steps: int = 24
    patience: int = 6
    least_gain: float = 1e-3
    rate: float = 20.0
    easing: float = 0.3
    focus: float = 0.03
    margin: float = 0.05
    fill: float = 0.95
    heavy: float = 3.0
    rounds: int = 2
    placements: int = 2


def effort_for(cells: int) -> Effort:
    """As much effort as a design of so many cells can have, so that time grows little faster than the design."""
    usual = Effort()
    if cells <= _MANY_CELLS:
        return usual
    steps = max(usual.patience, round(usual.steps * math.sqrt(_MANY_CELLS / cells)))
    return replace(usual, steps=steps, rounds=1, placements=1)


@dataclass(frozen=True)
class Trade:
    """What sizes are compared by.

    Attributes:
        period_s: Of the clock.
        start_um2: Area that others are measured by.
        core_um2: What the cells must fit into.
        effort: How to trade.
    """

    period_s: float
    start_um2: float
    core_um2: float
    effort: Effort

    def score(self, timer: Timer) -> float:
        """Area, missed time, and what does not fit, by the area to begin with: the lower the better."""
        area = timer.area_um2
        over = max(0.0, area / (self.effort.fill * self.core_um2) - 1.0)
        missed = max(0.0, -timer.worst_slack_s) / self.period_s
        return area / self.start_um2 + self.effort.worth * missed + 100.0 * over

    def misses(self, score: float) -> bool:
        """Whether a score is so high that the clock is missed by more than one percent, or cells do not fit."""
        return score > 1.0 + 0.01 * self.effort.worth

    @property
    def most(self) -> float:
        """Largest sum of all prices, in um2 for a second."""
        return self.effort.worth * self.start_um2 / self.period_s


def choices_of(families: Families, effort: Effort) -> Choices:
    """The families as compiled loops want them; limits are tightened by the margin."""
    counts = [len(members) for members in families.members]
    room = 1.0 - effort.margin
    return Choices(
        np.concatenate(families.members), np.cumsum([0, *counts]), families.area, families.cap,
        families.max_cap * room, families.max_transition * room, families.arcs, families.checks,
    )  # fmt: skip


def first_prices(timer: Timer, trade: Trade) -> Prices:
    """The same for all end points, a tenth of what they may be worth."""
    size, n_arcs = len(timer.graph.net), len(timer.structure.arc_in)
    end = np.isfinite(timer.asked.late).astype(float)
    end[timer.structure.check_data, timer.structure.check_edge] = 1.0
    end *= 0.1 * trade.most / max(1.0, float(end.sum()))
    return Prices(end, np.ones(n_arcs), np.zeros(n_arcs), np.zeros((size, 2)), np.zeros((size, 2)))


def size_cells(timer: Timer, trade: Trade, prices: Prices) -> int:
    """Give the cells of a timer the sizes that meet the clock with the least area, or come nearest to it.

    Args:
        timer: Takes the sizes, and is up to date at the end.
        trade: How to compare them.
        prices: To begin with; takes those at the end.

    Returns:
        How many rounds were tried.
    """
    effort = trade.effort
    choices = choices_of(timer.families, effort)
    penalty = 10.0 * float(timer.families.area.mean())
    best, sizes, last_gain = trade.score(timer), timer.state.size.copy(), 0
    # The sizes to begin with stay only if nothing else is as good: they may break limits.
    best *= 1.0 + effort.least_gain
    step = 0
    while step < effort.steps and step - last_gain < effort.patience * (2 if trade.misses(best) else 1):
        step += 1
        _step(timer, trade, choices, prices, penalty, step)
        if trade.score(timer) >= best:
            continue
        timer.reload()
        score = trade.score(timer)
        if score < best:
            last_gain = step if score < best * (1.0 - effort.least_gain) else last_gain
            best, sizes = score, timer.state.size.copy()
    _take(timer, sizes)
    price_arcs(timer.rules, timer.structure, timer.state, timer.asked, choices, prices, effort.rate / trade.period_s)
    return step


def _step(timer: Timer, trade: Trade, choices: Choices, prices: Prices, penalty: float, step: int) -> None:
    """New prices, new sizes, and arrivals of about the right size."""
    state, structure, rules, effort = timer.state, timer.structure, timer.rules, trade.effort
    rate = effort.rate / trade.period_s
    # While prices can rise, they rise for all that are late; then the latest ones have to do with what there is.
    is_dear = float(prices.end.sum()) >= 0.99 * trade.most
    given = max(0.0, -timer.worst_slack_s - effort.focus * trade.period_s) if is_dear else 0.0
    price_ends(
        rules, structure, state, timer.asked, choices, prices, rate, effort.easing, 2.0 / step, trade.most, given
    )
    price_arcs(rules, structure, state, timer.asked, choices, prices, rate)
    choose_sizes(rules, structure, state, timer.asked, choices, prices, penalty)
    forward(rules, structure, state, timer.families.arcs, False, True)
    timer.require()


def _take(timer: Timer, sizes: Ints) -> None:
    """Return a timer to sizes that it had."""
    timer.state.size[:] = sizes
    pins = timer.structure.pins
    sinks = pins[~timer.graph.drives[pins]]
    timer.state.cap[sinks] = timer.families.cap[sizes[timer.graph.cell[sinks]], timer.structure.pin[sinks]]
    timer.reload()
