"""What global routing found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from accel_core.physical.graph import Floats, Ints
from accel_core.physical.routing.grid import Grid
from accel_core.physical.trees import Trees


@dataclass(frozen=True)
class Wiring:
    """The trees of M nets, their J nodes in all one net after the other, the driver first.

    Attributes:
        nets: Shape (M,).
        first: The first node of each net, and the number of nodes; shape (M + 1,).
        terminal: Terminal at each node, -1 for a branching point; shape (J,).
        parent: The node each hangs on, itself for a driver; shape (J,).
        xy: Place of each node in um, shape (J, 2).
    """

    nets: Ints
    first: Ints
    terminal: Ints
    parent: Ints
    xy: Floats

    @cached_property
    def wires(self) -> Ints:
        """Nodes that hang on another: one for each wire, shape (W,)."""
        return np.flatnonzero(self.parent != np.arange(len(self.parent)))

    @cached_property
    def straight(self) -> Floats:
        """Horizontal and vertical distance of every node from the one it hangs on, shape (J, 2), um."""
        return np.asarray(np.abs(self.xy - self.xy[self.parent]))


@dataclass(frozen=True)
class Routing:
    """All nets on the grid.

    Attributes:
        grid: Its cells, and the tracks across their edges.
        wiring: The trees.
        path_first: The first corner of each of the wiring's wires, and the number of corners; shape (W + 1,).
        corners: Numbers of the grid cells at the ends and bends of the wires' paths, which lead to a wire's node.
        piece_layers: Index of the layer of every straight piece of the paths, in their order.
        demand: Wires across each edge, shape (2, rows, columns).
        usage: The same by layer, shape (layers, 2, rows, columns).
        span: Routed horizontal and vertical length of the wire to every node, shape (J, 2), um.
        vias: How many there are.
        overflow_by_round: Tracks missing in all after the patterns and after each round of negotiation.
    """

    grid: Grid
    wiring: Wiring
    path_first: Ints
    corners: Ints
    piece_layers: Ints
    demand: Ints
    usage: Ints
    span: Floats
    vias: int
    overflow_by_round: tuple[int, ...]

    @property
    def wirelength_um(self) -> float:
        """Of all nets."""
        return float(self.span.sum())

    @property
    def detour_um(self) -> float:
        """What the wires are longer than without other wires in their way."""
        return float((self.span - self.wiring.straight).sum())

    @cached_property
    def net_spans(self) -> Floats:
        """Horizontal and vertical length of each of the wiring's nets in um, shape (M, 2)."""
        return np.asarray(np.add.reduceat(self.span, self.wiring.first[:-1]) if len(self.wiring.nets) else self.span)

    @cached_property
    def overflow(self) -> Ints:
        """By how many tracks each edge is over its capacity, shape (2, rows, columns)."""
        return np.asarray(np.maximum(self.demand - self.grid.capacity, 0))

    @cached_property
    def fill(self) -> Floats:
        """The share of its tracks that each edge uses, 0 where it has none, shape (2, rows, columns)."""
        capacity = self.grid.capacity
        return np.divide(self.demand, capacity, out=np.zeros(capacity.shape), where=capacity > 0)

    def told(self) -> dict[str, float]:
        """What the record says of it: lengths in um, vias, the fullest edge as a share of its tracks, and rounds."""
        return {
            "wirelength_um": self.wirelength_um,
            "detour_um": self.detour_um,
            "vias": self.vias,
            "fullest": float(self.fill.max(initial=0.0)),
            "rounds": len(self.overflow_by_round) - 1,
        }

    def trees(self) -> Iterator[tuple[Ints, Ints, Trees]]:
        """Nets, their terminals with the driver first, and their trees, by number of terminals and of nodes."""
        wiring = self.wiring
        nodes = np.diff(wiring.first)
        is_point = wiring.terminal >= 0
        points = np.add.reduceat(is_point, wiring.first[:-1]) if len(nodes) else nodes
        kinds, kind_of = np.unique(np.stack([points, nodes], axis=1), axis=0, return_inverse=True)
        for kind, (degree, count) in enumerate(kinds.tolist()):
            chosen = np.flatnonzero(kind_of.reshape(-1) == kind)
            first = wiring.first[chosen]
            rows = first[:, None] + np.arange(count)
            pinned = is_point[rows]
            terminals = wiring.terminal[rows][pinned].reshape(len(chosen), degree)
            order = np.where(pinned, np.cumsum(pinned, axis=1) - 1, -1)
            yield wiring.nets[chosen], terminals, Trees(order, wiring.parent[rows] - first[:, None], self.span[rows])
