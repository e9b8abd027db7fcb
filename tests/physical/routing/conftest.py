"""Placed designs small enough to route by hand, on LEF layers of our own."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from accel_core.physical.floorplan import Floorplan
from accel_core.physical.graph import Graph, connect
from accel_core.physical.lef import Layer, Lef
from accel_core.physical.technology import Technology
from tests.physical.conftest import netlist_of


@dataclass(frozen=True)
class Placed:
    """What ``route`` takes."""

    graph: Graph
    technology: Technology
    floorplan: Floorplan


def with_layers(technology: Technology, layers: dict[str, Layer]) -> Technology:
    """The technology with other routing layers."""
    return replace(technology, lef=Lef(technology.lef.sites, technology.lef.macros, layers))


# One track a um in each direction on two layers, above one for the pins.
PLAIN = {
    "m0": Layer("horizontal", 0.5, 1.0),
    "m1": Layer("horizontal", 0.5, 1.0),
    "m2": Layer("vertical", 0.5, 1.0),
}


@pytest.fixture(scope="session")
def placed(tiny):
    """Builds a design of nets between inverters, from the places of each net's driver and sinks."""

    def build(nets, width=10.0, height=10.0, layers=None) -> Placed:
        cells: list[tuple[str, dict[str, str]]] = []
        places: list[tuple[float, float]] = []
        for index, (driver, *sinks) in enumerate(nets):
            cells.append(("INV", {"Z": f"n{index}"}))
            cells += [("INV", {"A": f"n{index}"}) for _ in sinks]
            places += [driver, *sinks]
        technology = with_layers(tiny, layers or PLAIN)
        graph = connect(netlist_of(cells, [], []), technology, np.array(places, dtype=float).reshape(-1, 2))
        plan = Floorplan(width, height, "unit", 0.5, 2.0, round(height / 2.0), (), (), ())
        return Placed(graph, technology, plan)

    return build
