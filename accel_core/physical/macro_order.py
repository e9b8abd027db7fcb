"""The order of memories on their shelves, and which way they face: short wires, modules together, pins to the cells.

Simulated annealing (Kirkpatrick, Gelatt and Vecchi, Science 220, 1983) swaps two memories at a time. What a memory is
wired to is found by letting a unit of interest spread from it over nets and cells for some steps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from accel_core.physical.macro_floorplan import Block, Box, Corner, macro_place, shelves
from accel_core.physical.macros import MacroPlace
from accel_core.physical.netlist import Netlist
from accel_core.physical.technology import Technology

if TYPE_CHECKING:
    from accel_core.physical.floorplan import Floorplan

Floats = npt.NDArray[np.float64]

# All assumed.
_STEPS, _FADE = 6, 0.5
"""How far interest spreads, and what is left of it after each step."""
_MOST_PINS = 64
"""Nets of more pins, such as resets, say nothing of who belongs to whom."""
_MODULE = 0.5
"""Weight of a module's memories being apart, beside all that a memory is wired to."""
_MIDDLE = 0.5
"""Weight of pins being far from the middle of the cells, likewise."""
_SWAPS_EACH, _MOST_SWAPS = 200, 6000
_WARM, _COLD = 0.1, 1e-4
"""Temperatures, as shares of the first cost."""


@dataclass(frozen=True)
class _Pulls:
    """What draws M memories: each other, P port bits, and those of their module; all in um and shares of one.

    Attributes:
        mutual: Shape (M, M).
        ports: Shape (M, P).
        port_xy: Shape (P, 2).
        modules: Number of each one's module, shape (M,).
        half: Half of each one's width and height, with its halo, shape (M, 2).
        pins: Mean place of its pins from its middle, upright, shape (M, 2).
        step: Width of a site and height of a row, shape (2,).
        box: Width and height of the core box, shape (2,).
    """

    mutual: Floats
    ports: Floats
    port_xy: Floats
    modules: npt.NDArray[np.int64]
    half: Floats
    pins: Floats
    step: Floats
    box: Floats

    def cost(self, corners: Sequence[Corner], order: Sequence[int]) -> float:
        """Of memories at corners, which are in this order."""
        centers = self.centers(corners, order)
        middle = self.middle(centers)
        pins = self.facing(centers, middle)
        between = np.abs(pins[:, None] - pins[None]).sum(axis=2)
        to_ports = np.abs(pins[:, None] - self.port_xy[None]).sum(axis=2)
        cost = 0.5 * float((self.mutual * between).sum()) + float((self.ports * to_ports).sum())
        cost += _MIDDLE * float(np.abs(pins - middle).sum())
        for module in range(int(self.modules.max()) + 1):
            mine = pins[self.modules == module]
            cost += _MODULE * float(np.abs(mine - mine.mean(axis=0)).sum())
        return cost

    def centers(self, corners: Sequence[Corner], order: Sequence[int]) -> Floats:
        """Middles of memories, shape (M, 2)."""
        centers = np.empty_like(self.half)
        centers[list(order)] = np.array(corners) * self.step
        return centers + self.half

    def middle(self, centers: Floats) -> Floats:
        """Middle of what memories leave of the box, where the cells will be, shape (2,)."""
        areas = 4.0 * self.half.prod(axis=1)
        free = max(float(self.box.prod() - areas.sum()), 1e-9)
        left: Floats = self.box.prod() * self.box / 2.0 - areas @ centers
        return np.clip(left / free, 0.0, self.box)

    def facing(self, centers: Floats, middle: Floats) -> Floats:
        """Mean pins of memories that face the middle, shape (M, 2)."""
        return centers + np.where(centers <= middle, np.abs(self.pins), -np.abs(self.pins))


def order_macros(
    blocks: Sequence[Block],
    box: Box,
    columns: bool,
    netlist: Netlist,
    technology: Technology,
    plan: Floorplan,
    seed: int,
) -> tuple[MacroPlace, ...]:
    """Places of blocks in a box that they fit in; the same for the same seed."""
    pulls = _pulls(blocks, netlist, technology, plan)
    order = _annealed(blocks, box, columns, pulls, np.random.default_rng(seed))
    corners = shelves([blocks[index] for index in order], box, columns)
    assert corners is not None
    centers = pulls.centers(corners, order)
    at_middle = centers <= pulls.middle(centers)
    places = {}
    for index, corner in zip(order, corners, strict=True):
        way = _orientation(pulls.pins[index], at_middle[index])
        places[index] = macro_place(blocks[index], corner, way, technology)
    return tuple(places[index] for index in range(len(blocks)))


def _orientation(pins: Floats, before: npt.NDArray[np.bool_]) -> str:
    """The way that turns a block's mean pin to the middle, before which it lies in each direction or not."""
    turns = (pins != 0.0) & ((pins > 0.0) != before)
    return {(False, False): "N", (True, False): "FN", (False, True): "FS", (True, True): "S"}[
        bool(turns[0]), bool(turns[1])
    ]


def _annealed(blocks: Sequence[Block], box: Box, columns: bool, pulls: _Pulls, rng: np.random.Generator) -> list[int]:
    order = list(range(len(blocks)))
    corners = shelves(blocks, box, columns)
    assert corners is not None
    cost = best_cost = pulls.cost(corners, order)
    best, first = order, max(cost, 1e-9)
    swaps = min(_MOST_SWAPS, _SWAPS_EACH * len(blocks)) if len(blocks) > 1 else 0
    for swap in range(swaps):
        temperature = first * _WARM * (_COLD / _WARM) ** (swap / swaps)
        one, other = rng.choice(len(blocks), 2, replace=False).tolist()
        tried = list(order)
        tried[one], tried[other] = tried[other], tried[one]
        corners = shelves([blocks[index] for index in tried], box, columns)
        if corners is None:
            continue
        new = pulls.cost(corners, tried)
        if new <= cost or rng.random() < math.exp((cost - new) / temperature):
            order, cost = tried, new
            if cost < best_cost:
                best, best_cost = order, cost
    return best


def _pulls(blocks: Sequence[Block], netlist: Netlist, technology: Technology, plan: Floorplan) -> _Pulls:
    numbers = {cell.name: index for index, cell in enumerate(netlist.instances)}
    mine = [numbers[block.instance.name] for block in blocks]
    reached = _interest(mine, netlist, plan)
    mutual = reached[:, mine]
    mutual = mutual + mutual.T
    np.fill_diagonal(mutual, 0.0)
    ports = reached[:, len(netlist.instances) :]
    scale = np.maximum((mutual.sum(axis=1) + ports.sum(axis=1)).max(), 1e-12)
    names = sorted({block.instance.module for block in blocks})
    step = np.array([technology.site.width_um, technology.site.height_um])
    return _Pulls(
        mutual / scale,
        ports / scale,
        np.array(plan.port_places).reshape(-1, 2),
        np.array([names.index(block.instance.module) for block in blocks]),
        np.array([(block.sites, block.rows) for block in blocks]) * step / 2.0,
        np.array([_mean_pin(block, technology) for block in blocks]),
        step,
        np.array([plan.width_um, plan.height_um]),
    )


def _mean_pin(block: Block, technology: Technology) -> tuple[float, float]:
    macro = technology.lef.macros[block.instance.cell]
    xs, ys = zip(*(macro.pins[pin] for pin in block.instance.pins), strict=True)
    return sum(xs) / len(xs) - macro.width_um / 2.0, sum(ys) / len(ys) - macro.height_um / 2.0


def _interest(starts: Sequence[int], netlist: Netlist, plan: Floorplan) -> Floats:
    """How much of a unit from each start passes each instance, then each port bit; shape (starts, both)."""
    nets = [net for cell in netlist.instances for net in cell.pins.values()]
    owners = [index for index, cell in enumerate(netlist.instances) for _ in cell.pins]
    nets += plan.port_nets
    owners += range(len(netlist.instances), len(netlist.instances) + len(plan.port_nets))
    net, owner = np.array(nets), np.array(owners)
    size = np.bincount(net, minlength=len(netlist.nets))
    tells = size[net] <= _MOST_PINS
    net, owner = net[tells], owner[tells]
    count = len(netlist.instances) + len(plan.port_nets)
    degree = np.bincount(owner, minlength=count)
    total = np.zeros((len(starts), count))
    for index, start in enumerate(starts):
        wave: Floats = np.zeros(count)
        wave[start] = 1.0
        for _ in range(_STEPS):
            # From each owner to its nets in equal parts, from each net to its owners in equal parts.
            charge = np.bincount(net, wave[owner] / degree[owner], minlength=len(size))
            wave = np.asarray(_FADE * np.bincount(owner, charge[net] / size[net], minlength=count), dtype=np.float64)
            total[index] += wave
    return total
