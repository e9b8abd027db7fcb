"""What accelerators run: layers of a network, or a stream of training vectors."""

from accel_core.workloads.layer_table import read_layers
from accel_core.workloads.networks import NETWORKS, layer_workload, layer_workloads
from accel_core.workloads.onnx_import import OnnxNetwork, read_onnx
from accel_core.workloads.workload import Layer, Workload

__all__ = [
    "NETWORKS",
    "Layer",
    "OnnxNetwork",
    "Workload",
    "layer_workload",
    "layer_workloads",
    "read_layers",
    "read_onnx",
]
