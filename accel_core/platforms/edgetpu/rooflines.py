"""What the layers of an application ask of an EdgeTPU-class design, for models that learn from logs layer by layer.

The forms are those of the template and its simulator: what multipliers, the bus of each row of PEs (as wide as the
simulator's) and DRAM can do, what a memory has to hold (Seshadri et al., IISWC 2022, section 2), and in which ways work
may be dealt out. Which way is taken, how layers are cut into tiles and restarted, how much of a memory is needed and
what all of this costs is left for a model to learn from a log.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from accel_core.platforms.edgetpu.applications import Application
from accel_core.platforms.edgetpu.architecture import constants
from accel_core.rooflines import COUNT, Ratio, Roofline, Rooflines

_NONE = -2.0
"""Stands for the logarithm of nothing, below that of 1."""

_ARRAY = ("pes_x", "pes_y")
_LANES = ("pes_x", "pes_y", "cores", "lanes")
_CORE_MEMORIES = ("pes_x", "pes_y", "cores", "core_memory_b")
_PE_MEMORIES = ("pes_x", "pes_y", "pe_memory_b")

_RATIOS = (
    Ratio("multiplies", "multiplies", _LANES),
    Ratio("input_rows", "inputs", ("pes_y",)),
    Ratio("parameter_traffic", "parameters", ("dram_gbps",)),
    Ratio("activation_traffic", "activations", ("dram_gbps",)),
    Ratio("activations_kept", "activations", _PE_MEMORIES),
    Ratio("network_kept", "network_parameters", _CORE_MEMORIES),
    Ratio("parameters_kept", "parameters", _CORE_MEMORIES),
    Ratio("channels_in", "channels_in"),
    Ratio("channels_of_lanes", "channels_out", ("lanes",)),
    Ratio("channels_of_cores", "channels_out", ("lanes", "cores")),
    Ratio("channels_of_columns", "channels_out", ("lanes", "pes_x")),
    Ratio("channels_of_rows", "channels_out", ("lanes", "pes_y")),
    Ratio("channels_of_all", "channels_out", _LANES),
    Ratio("rows", "rows", ("pes_y",)),
    Ratio("columns", "columns", ("pes_x",)),
    Ratio("pixels", "pixels", _ARRAY),
    Ratio("pixels_of_cores", "pixels", (*_ARRAY, "cores")),
    Ratio("sums_of_pixels", "pixels", (*_ARRAY, "cores", "activation_memory_b"), ("lanes",)),
    Ratio("sums", "one", ("activation_memory_b",), ("lanes",)),
    Ratio("channel_inputs", "channel_filter", ("activation_memory_b",), ("lanes",)),
    Ratio("shared_inputs", "shared_filter", ("activation_memory_b",)),
    Ratio("filters_in_core", "filter", ("core_memory_b",), ("lanes",)),
    Ratio("filters_in_buffer", "filter", ("parameter_memory_b",), ("lanes",)),
    Ratio("taps_in_buffer", "taps", ("parameter_memory_b",), ("lanes",)),
    Ratio("lanes_in_buffer", "one", ("parameter_memory_b",), ("lanes",)),
    Ratio("line", "line", ("pe_memory_b",)),
    Ratio("line_of_row", "line", ("pes_x", "pe_memory_b")),
    Ratio("program_a_layer", "one", ("instruction_memory_b",)),
    Ratio("program", "channels_out", ("lanes", "cores", "instruction_memory_b")),
)

_SHAPES = ("taps", "stride", "per_channel", "has_parameters")

_FIELDS = (
    *_SHAPES,
    "multiplies",
    "parameters",
    "inputs",
    "activations",
    "channels_in",
    "channels_out",
    "rows",
    "columns",
    "pixels",
    "filter",
    "channel_filter",
    "shared_filter",
    "line",
    "network_parameters",
    "one",
)


@cache
def rooflines() -> Rooflines:
    """Return what is known of EdgeTPU-class designs; times are of all inferences that a runtime counts."""
    inferences = constants()["inferences"]
    return Rooflines(
        fields=_FIELDS,
        shapes=_SHAPES,
        ratios=_RATIOS,
        wholes=(
            "channels_of_lanes",
            "channels_of_cores",
            "channels_of_columns",
            "channels_of_rows",
            "channels_of_all",
            "rows",
            "columns",
            "pixels_of_cores",
        ),
        times=(
            Roofline("multiplies", inferences / (constants()["multipliers"] * constants()["clock_hz"])),
            Roofline("input_rows", inferences / (constants()["timing"]["bus_bytes"] * constants()["clock_hz"])),
            Roofline("parameter_traffic", inferences / 1e9, "network_kept"),
            Roofline("activation_traffic", inferences / 1e9, "activations_kept"),
        ),
        holds=(
            "filters_in_core",
            "channel_inputs",
            "shared_inputs",
            "sums",
            "taps_in_buffer",
            "lanes_in_buffer",
            "line",
            "line_of_row",
        ),
        sums=("program",),
    )


def layers_of(application: Application) -> pd.DataFrame:
    """Return the different layers of an application.

    Columns are the fields of `rooflines`, natural logarithms of counts and bytes or 0 and 1, and ``COUNT``. A layer
    that works channel by channel keeps one of the four multipliers of a lane busy, others fill up with zeros.
    """
    layers = application.layers
    per_channel = layers.per_channel == 1
    taps = layers.filter_rows * layers.filter_columns
    four = constants()["multipliers"]
    depth = np.where(per_channel, four, np.ceil(layers.channels_in / four) * four)
    line = ((layers.columns - 1) * layers.stride + layers.filter_columns) * layers.channels_in
    filters = np.log1p(layers.filter_bytes)
    # Strides that are longer than a filter skip rows and columns.
    skipped = [
        np.minimum((n - 1) * layers.stride + taken, n * taken)
        for n, taken in ((layers.rows, layers.filter_rows), (layers.columns, layers.filter_columns))
    ]
    inputs = skipped[0] * skipped[1] * layers.channels_in
    numbers = {
        "multiplies": np.log(depth * taps * layers.output_bytes),
        "parameters": np.log1p(layers.weight_bytes),
        "inputs": np.log(inputs),
        "activations": np.log(layers.input_bytes + layers.output_bytes),
        "channels_in": np.log(layers.channels_in),
        "channels_out": np.log(layers.channels_out),
        "rows": np.log(layers.rows),
        "columns": np.log(layers.columns),
        "pixels": np.log(layers.rows * layers.columns),
        "taps": np.log(taps),
        "stride": np.log(layers.stride),
        "per_channel": per_channel.astype(float),
        "has_parameters": (layers.filter_bytes > 0).astype(float),
        "filter": filters,
        "channel_filter": np.where(per_channel, filters, _NONE),
        "shared_filter": np.where(per_channel, _NONE, filters),
        "line": np.log(line + layers.columns * layers.channels_out),
        "network_parameters": np.full(len(taps), np.log1p(layers.weight_bytes.sum())),
        "one": np.zeros(len(taps)),
    }
    return pd.DataFrame(numbers).groupby(list(_FIELDS), sort=False).size().reset_index(name=COUNT)
