"""What accelerators run: operators of a network, or a stream of training vectors."""

from accel_core.workloads.conversion import runs_layers
from accel_core.workloads.layer import Layer
from accel_core.workloads.layer_table import read_layers
from accel_core.workloads.left_out import Runs, Skipped, left_out
from accel_core.workloads.network import Network
from accel_core.workloads.networks import NETWORKS, layer_workload, layer_workloads
from accel_core.workloads.onnx_import import read_onnx
from accel_core.workloads.operators import Operator
from accel_core.workloads.reader import (
    FORMATS,
    SUFFIXES,
    content_of,
    is_own,
    own_workload,
    parse_network,
    read_network,
    restored_workload,
)
from accel_core.workloads.workload import Workload

__all__ = [
    "FORMATS",
    "NETWORKS",
    "SUFFIXES",
    "Layer",
    "Network",
    "Operator",
    "Runs",
    "Skipped",
    "Workload",
    "content_of",
    "is_own",
    "layer_workload",
    "layer_workloads",
    "left_out",
    "own_workload",
    "parse_network",
    "read_layers",
    "read_network",
    "read_onnx",
    "restored_workload",
    "runs_layers",
]
