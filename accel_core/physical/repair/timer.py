"""An incremental timer: sizes change, and only what depends on them is computed anew."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit

from accel_core.physical.graph import Floats, Graph, Ints
from accel_core.physical.parasitics import Parasitics
from accel_core.physical.repair.delays import rules_of
from accel_core.physical.repair.families import Families
from accel_core.physical.repair.structure import Structure, make_structure
from accel_core.physical.repair.sweeps import Asked, State, backward, forward, load_all, load_net
from accel_core.physical.technology import Technology
from accel_core.physical.timing import Boundary, Constraints, usual_boundary


class Timer:
    """The timing of one graph while its cells change to others of their families.

    Arrivals, transitions and slacks are those of ``timing.analyze``, by the same equations in compiled loops. Places
    and wires stay as they are.
    """

    def __init__(
        self,
        graph: Graph,
        parasitics: Parasitics,
        technology: Technology,
        constraints: Constraints,
        families: Families,
        boundary: Boundary | None = None,
    ) -> None:
        """Compute everything once.

        Raises:
            ToolFailedError: If the logic has a loop.
        """
        boundary = boundary or usual_boundary(graph, technology, constraints)
        self.graph = graph
        self.families = families
        self.rules = rules_of(technology.library)
        self.structure = make_structure(graph, parasitics, families)
        self.state = _new_state(graph, parasitics, families, self.structure)
        self.asked = _asked(graph, constraints, boundary)
        self.worst_slack_s, self.total_negative_slack_s = 0.0, 0.0
        self._start(constraints, boundary)
        self.reload()

    def _start(self, constraints: Constraints, boundary: Boundary) -> None:
        """What the ports and the clock begin with."""
        graph, state = self.graph, self.state
        ports = np.arange(graph.n_pins, graph.n_pins + graph.n_ports)
        inputs = np.flatnonzero(graph.drives[ports])
        state.arrival[ports[inputs]] = boundary.arrival[inputs]
        state.transition[ports[inputs]] = boundary.transition[inputs]
        if graph.clock >= 0:
            clocked = np.flatnonzero(graph.net == graph.clock)
            state.arrival[clocked] = (0.0, constraints.period_s / 2.0)
            state.transition[clocked] = boundary.clock_transition

    def reload(self) -> None:
        """Compute everything anew."""
        load_all(self.structure, self.state)
        forward(self.rules, self.structure, self.state, self.families.arcs, True, True)
        self.require()

    def resize(self, instances: Sequence[int] | Ints, sizes: Sequence[int] | Ints) -> int:
        """Give instances other cells of their families, and bring everything up to date.

        Args:
            instances: Their numbers.
            sizes: Numbers of the new cells in the families.

        Returns:
            How many driving terminals were computed anew.
        """
        wanted = [np.asarray(values, dtype=np.int64) for values in (instances, sizes)]
        _resize(self.structure, self.state, self.families.cap, wanted[0], wanted[1])
        count = forward(self.rules, self.structure, self.state, self.families.arcs, True, False)
        self.require()
        return int(count)

    def require(self) -> None:
        """Compute required times and slacks from the arrivals."""
        self.worst_slack_s, self.total_negative_slack_s = backward(
            self.rules, self.structure, self.state, self.asked, self.families.checks
        )

    @property
    def slack(self) -> Floats:
        """Slack of each terminal in s, inf where nothing is asked, shape (T,)."""
        return self.slack_at(slice(None))

    def slack_at(self, terminals: Ints | slice) -> Floats:
        """Slack of some terminals in s."""
        arrival, required = self.state.arrival[terminals], self.state.required[terminals]
        with np.errstate(invalid="ignore"):
            return np.asarray(np.where(np.isfinite(arrival), required - arrival, np.inf).min(axis=1))

    @property
    def area_um2(self) -> float:
        """Area of all cells."""
        return float(self.families.area[self.state.size].sum())


@njit(cache=True)
def _resize(structure: Structure, state: State, caps: Floats, instances: Ints, sizes: Ints) -> None:
    """Change sizes, then the loads of the nets before them; marks what is to be computed."""
    for index in range(len(instances)):
        instance, size = instances[index], sizes[index]
        state.size[instance] = size
        for place in range(structure.pins_of[instance], structure.pins_of[instance + 1]):
            pin = structure.pins[place]
            if structure.drives[pin]:
                state.dirty[pin] = True
                continue
            for edge in range(2):
                state.cap[pin, edge] = caps[size, structure.pin[pin], edge]
            state.dirty[structure.driver[structure.net[pin]]] = True
            for check in range(structure.out_of[pin], structure.out_of[pin + 1]):
                state.dirty[structure.arc_out[structure.from_arcs[check]]] = True
    for index in range(len(instances)):
        instance = instances[index]
        for place in range(structure.pins_of[instance], structure.pins_of[instance + 1]):
            pin = structure.pins[place]
            if not structure.drives[pin]:
                load_net(structure, state, structure.net[pin])


def _new_state(graph: Graph, parasitics: Parasitics, families: Families, structure: Structure) -> State:
    size, n_arcs = len(graph.net), len(structure.arc_in)
    return State(
        size=np.array([families.number[cell.cell] for cell in graph.netlist.instances], dtype=np.int64),
        cap=graph.cap.copy(),
        near=parasitics.near.copy(),
        ohm=parasitics.resistance.copy(),
        far=parasitics.far.copy(),
        elmore=parasitics.elmore.copy(),
        arrival=np.full((size, 2), -np.inf),
        transition=np.full((size, 2), -np.inf),
        wire_delay=np.full((size, 2), -np.inf),
        arc_delay=np.full(n_arcs, -np.inf),
        shield=np.ones(n_arcs),
        gain=np.ones(n_arcs),
        slower=np.zeros((size, 2)),
        required=np.full((size, 2), np.inf),
        dirty=np.zeros(size, dtype=bool),
    )


def _asked(graph: Graph, constraints: Constraints, boundary: Boundary) -> Asked:
    late = np.full((len(graph.net), 2), np.nan)
    ports = np.arange(graph.n_pins, graph.n_pins + graph.n_ports)
    outputs = np.flatnonzero(~graph.drives[ports])
    late[ports[outputs]] = boundary.late[outputs]
    return Asked(constraints.period_s - constraints.uncertainty_s, late, boundary.clock_transition)
