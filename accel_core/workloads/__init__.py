"""What accelerators run: layers of a network, or a stream of training vectors."""

from accel_core.workloads.layer_table import read_layers
from accel_core.workloads.workload import Layer, Workload

__all__ = ["Layer", "Workload", "read_layers"]
