"""What accelerators run: layers of a network, or a stream of training vectors."""

from accel_core.workloads.layer_table import read_layers
from accel_core.workloads.networks import NETWORKS, layer_workload, layer_workloads
from accel_core.workloads.workload import Layer, Workload

__all__ = ["NETWORKS", "Layer", "Workload", "layer_workload", "layer_workloads", "read_layers"]
