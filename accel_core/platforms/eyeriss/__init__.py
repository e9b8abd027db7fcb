"""Eyeriss: a row-stationary array of processing elements under a total of resources (Chen et al., ISCA 2016).

A mesh of processing elements, each with scratchpads for inputs, weights and partial sums, shares a global buffer of
inputs and outputs. The array is ``eyeriss_like`` of the Timeloop and Accelergy exercises; how long a layer takes and
what it costs follows from its mapping as Timeloop v4 counts.
"""

from accel_core.platforms.base import Platform
from accel_core.platforms.eyeriss.metrics import DETAILS, METRICS, analytical, features, misfit
from accel_core.platforms.eyeriss.own_metrics import OWN_METRICS
from accel_core.platforms.eyeriss.settings import ANALYTICAL
from accel_core.platforms.eyeriss.space import SPACE, SPACE_SETTINGS, space_under
from accel_core.platforms.eyeriss.timeloop.simulator import SIMULATED, TIMELOOP
from accel_core.workloads import NETWORKS, Workload, layer_workload, layer_workloads, runs_layers


def _workloads() -> dict[str, Workload]:
    """Return the layer of the source's search first, then whole networks, then every layer."""
    first = layer_workload(NETWORKS["vgg16"], "conv1_1")
    layers = {name: part for network in NETWORKS.values() for name, part in layer_workloads(network).items()}
    return {first.name: first, **NETWORKS, **layers}


EYERISS = Platform(
    name="eyeriss",
    title="Eyeriss",
    summary="Runs convolutional networks layer by layer on a mesh of processing elements, each with three scratchpads,"
    " and a shared global buffer, under a total of processing elements and on-chip bits.",
    space=SPACE,
    workloads=_workloads(),
    metrics=METRICS,
    own_metrics=OWN_METRICS,
    runs=runs_layers,
    analytical=analytical,
    features=features,
    program=TIMELOOP,
    settings={"analytical": ANALYTICAL, "simulated": SIMULATED},
    details=DETAILS,
    misfit=misfit,
    space_settings=SPACE_SETTINGS,
    shape=space_under,
    versions={"analytical": "2"},  # 2: neighbors forward inputs
)

__all__ = ["EYERISS"]
