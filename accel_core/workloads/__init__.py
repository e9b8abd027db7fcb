"""What accelerators run: operators of a network, or a stream of training vectors."""

from accel_core.workloads.layer import Layer
from accel_core.workloads.layer_table import read_layers
from accel_core.workloads.left_out import Runs, Skipped, left_out
from accel_core.workloads.network import Network
from accel_core.workloads.networks import NETWORKS, layer_workload, layer_workloads
from accel_core.workloads.onnx_import import read_onnx
from accel_core.workloads.operators import Operator
from accel_core.workloads.workload import Workload

__all__ = [
    "NETWORKS",
    "Layer",
    "Network",
    "Operator",
    "Runs",
    "Skipped",
    "Workload",
    "layer_workload",
    "layer_workloads",
    "left_out",
    "read_layers",
    "read_onnx",
]
