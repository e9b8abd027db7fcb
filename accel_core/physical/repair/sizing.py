"""Sizes of all cells for the target clock, by Lagrangian relaxation, then checked with exact delays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from accel_core.physical.graph import Ints
from accel_core.physical.repair.families import Families
from accel_core.physical.repair.prices import Choices, Prices, choose_sizes, price_arcs, price_ends
from accel_core.physical.repair.sweeps import backward, forward, load_all
from accel_core.physical.repair.timer import Timer


@dataclass(frozen=True)
class Effort:
    """How sizing trades and how long it tries; all values are assumed.

    Attributes:
        steps: Rounds of prices and choices.
        exact_every: Rounds after which delays are computed exactly.
        worth: How many percent of area one percent of the clock period may cost.
        rate: Exponent by which the price of an end point rises that misses by a whole period.
        margin: Share of a limit of the library that is kept free.
        fill: Largest share of the core that cells may take, so that they can still be placed.
    """

    steps: int = 40
    exact_every: int = 8
    worth: float = 4.0
    rate: float = 6.0
    margin: float = 0.05
    fill: float = 0.95


def choices_of(families: Families, effort: Effort) -> Choices:
    """The families as compiled loops want them; limits are tightened by the margin."""
    counts = [len(members) for members in families.members]
    room = 1.0 - effort.margin
    return Choices(
        np.concatenate(families.members), np.cumsum([0, *counts]), families.area, families.cap,
        families.max_cap * room, families.max_transition * room, families.arcs, families.checks,
    )  # fmt: skip


def size_cells(timer: Timer, period_s: float, effort: Effort, core_um2: float = np.inf, start_um2=None, prices=None, steps=None):
    """Give the cells of a timer the sizes that meet the clock with the least area, or come nearest to it.

    Args:
        timer: Takes the sizes, and is up to date at the end.
        period_s: Of the clock.
        effort: How to trade.
        core_um2: What the cells must fit into.

    Returns:
        How many rounds were tried.
    """
    state, structure, rules, asked = timer.state, timer.structure, timer.rules, timer.asked
    choices = choices_of(timer.families, effort)
    start_um2 = start_um2 or timer.area_um2
    most = effort.worth * start_um2 / period_s
    penalty = 10.0 * float(timer.families.area.mean())
    if prices is None:
        prices = _first_prices(timer)
        prices.end[:] *= most / max(float(prices.end.sum()), 1e-300) * 0.1
    steps = steps or effort.steps
    best = (_score(timer, period_s, effort, start_um2, core_um2), state.size.copy())
    rate = effort.rate / period_s
    for step in range(1, steps + 1):
        price_ends(rules, structure, state, asked, choices, prices, rate, most)
        price_arcs(rules, structure, state, asked, choices, prices, rate)
        changed = choose_sizes(rules, structure, state, asked, choices, prices, penalty)
        exact = step % effort.exact_every == 0 or step == steps or not changed
        if exact:
            load_all(structure, state)
        forward(rules, structure, state, timer.families.arcs, exact, True)
        timer.worst_slack_s, timer.total_negative_slack_s = backward(
            rules, structure, state, asked, timer.families.checks
        )
        score = _score(timer, period_s, effort, start_um2, core_um2)
        import os
        if os.environ.get('TRACE'): print(step, changed, exact, timer.worst_slack_s, timer.total_negative_slack_s, timer.area_um2, score, prices.end.sum()/most)
        if exact and score < best[0]:
            best = (score, state.size.copy())
    _take(timer, best[1])
    return steps, prices, best[0]


def _first_prices(timer: Timer) -> Prices:
    size, n_arcs = len(timer.graph.net), len(timer.structure.arc_in)
    end = np.isfinite(timer.asked.late).astype(float)
    end[timer.structure.check_data, timer.structure.check_edge] = 1.0
    return Prices(end, np.ones(n_arcs), np.zeros(n_arcs), np.zeros((size, 2)), np.zeros((size, 2)))


def _score(timer: Timer, period_s: float, effort: Effort, start_um2: float, core_um2: float) -> float:
    """What sizes are worth, the lower the better: area, missed time, and what does not fit."""
    area = timer.area_um2
    over = max(0.0, area / (effort.fill * core_um2) - 1.0)
    return area / start_um2 + effort.worth * max(0.0, -timer.worst_slack_s) / period_s + 100.0 * over


def _take(timer: Timer, sizes: Ints) -> None:
    """Return a timer to sizes that it had."""
    timer.state.size[:] = sizes
    pins = timer.structure.pins
    sinks = pins[~timer.graph.drives[pins]]
    timer.state.cap[sinks] = timer.families.cap[sizes[timer.graph.cell[sinks]], timer.structure.pin[sinks]]
    timer.reload()
