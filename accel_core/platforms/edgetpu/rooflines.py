"""What the layers of an application ask of an EdgeTPU-class design, for models that learn from logs layer by layer.

The forms are those of the template (Seshadri et al., IISWC 2022, section 2) and of its simulator's compiler. Told are:
in which ways work may be dealt out and which one is taken (``mapping.py``); what multipliers, the bus of each row of
PEs (as wide as the simulator's) and DRAM can do; that inputs and outputs stay in the PEs where both fit, and parameters
in the cores but for the rest that does not fit; what kinds of bytes a memory holds, and in which ways it makes do. How
many bytes of each kind, how layers are cut into tiles, blocks and slices, what is fetched twice, how long programs are,
and what restarts, instructions and the start cost is left for a model to learn from a log.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from accel_core.platforms.edgetpu.applications import Application
from accel_core.platforms.edgetpu.architecture import constants
from accel_core.platforms.edgetpu.mapping import WAYS
from accel_core.rooflines import COUNT, Dealing, Hold, Ratio, Roofline, Rooflines, Share, Window

_INPUTS_OF_PE = (("rows_seen", "columns_seen", "depth"), ("rows_seen", "columns_seen", "pe_channels", "per_channel"))
_OUTPUTS_OF_PE = ("pe_rows", "pe_columns", "pe_channels")

_RATIOS = (
    Ratio("multiplies", (("groups", "core_pixels", "words"),)),
    Ratio("bus", (("rows_seen", "width", "depth"), ("rows_seen", "width", "row_channels", "per_channel"))),
    Ratio("parameter_traffic", (("parameters",),), ("dram_gbps",)),
    Ratio("activation_traffic", (("activations",),), ("dram_gbps",)),
    Ratio("groups", (("groups",),)),
    Ratio("activations_kept", (*_INPUTS_OF_PE, _OUTPUTS_OF_PE), ("pe_memory_b",)),
    Ratio("inputs_of_row", (("rows_at_once", "columns_seen", "depth"),
                            ("rows_at_once", "columns_seen", "pe_channels", "per_channel")), ("pe_memory_b",)),
    Ratio("outputs_of_row", (("pe_columns", "pe_channels"),), ("pe_memory_b",)),
    Ratio("network_kept", (("core_channels", "filter"),), ("core_memory_b",), is_total=True),
    Ratio("layer_kept", (("core_channels", "filter"),), ("core_memory_b",)),
    Ratio("group_kept", (("filter",),), ("core_memory_b",), ("lanes",)),
    Ratio("sums", (("core_pixels",),), ("activation_memory_b",), ("lanes",)),
    Ratio("sums_of_image", (("rows", "columns"),), ("activation_memory_b",), ("lanes",)),
    Ratio("sum", (("one",),), ("activation_memory_b",), ("lanes",)),
    Ratio("shared_inputs", (("taps", "depth"),), ("activation_memory_b",)),
    Ratio("channel_inputs", (("taps", "per_channel"),), ("activation_memory_b",), ("lanes",)),
    Ratio("filters", (("filter",),), ("parameter_memory_b",), ("lanes",)),
    Ratio("taps", (("taps", "has_parameters"),), ("parameter_memory_b",), ("lanes",)),
    Ratio("product", (("has_parameters",),), ("parameter_memory_b",), ("lanes",)),
    Ratio("words", (("words",),)),
    Ratio("core_pixels", (("core_pixels",),)),
    Ratio("program_of_groups", (("groups",),), ("instruction_memory_b",)),
    Ratio("program_of_layer", (("one",),), ("instruction_memory_b",)),
)  # fmt: skip

_SHAPES = ("taps", "stride", "per_channel", "has_parameters")

_FIELDS = (
    *_SHAPES,
    "rows",
    "columns",
    "channels_out",
    "depth",
    "words",
    "width",
    "filter_rows",
    "filter_columns",
    "rows_at_once",
    "filter",
    "parameters",
    "activations",
    "one",
)


def _way(number: int) -> tuple[Share, ...]:
    """Return the shares of one of the ways of ``mapping.py``."""
    by_columns, by_rows, by_cores = number & 1, number & 2, number & 4
    return (
        Share("row_channels", ("channels_out",), "pes_y" if by_rows else ""),
        Share("pe_rows", ("rows",), "" if by_rows else "pes_y"),
        Share("pe_channels", ("row_channels",), "pes_x" if by_columns else ""),
        Share("pe_columns", ("columns",), "" if by_columns else "pes_x"),
        Share("core_channels", ("pe_channels",), "cores" if by_cores else ""),
        Share("core_pixels", ("pe_rows", "pe_columns"), "" if by_cores else "cores"),
        Share("groups", ("core_channels",), "lanes"),
    )


@cache
def rooflines() -> Rooflines:
    """Return what is known of EdgeTPU-class designs; times are of all inferences that a runtime counts."""
    cycle_s = constants()["inferences"] / constants()["clock_hz"]
    byte_s = constants()["inferences"] / 1e9
    return Rooflines(
        fields=_FIELDS,
        shapes=_SHAPES,
        dealing=Dealing(
            ways=tuple(_way(number) for number in range(WAYS)),
            rounds=("groups", "core_pixels"),
            tie="core_channels",
            windows=(
                Window("rows_seen", "pe_rows", "stride", "filter_rows"),
                Window("columns_seen", "pe_columns", "stride", "filter_columns"),
            ),
        ),
        ratios=_RATIOS,
        times=(
            Roofline("multiplies", cycle_s),
            Roofline("bus", cycle_s / constants()["timing"]["bus_bytes"]),
            Roofline("parameter_traffic", byte_s, "network_kept", is_rest=True),
            Roofline("activation_traffic", byte_s, "activations_kept"),
        ),
        issues=(Roofline("groups", cycle_s),),
        holds=(
            Hold("pe_memory_b", (("activations_kept",), ("inputs_of_row", "outputs_of_row"))),
            Hold("core_memory_b", (("layer_kept",), ("group_kept",))),
            Hold(
                "activation_memory_b",
                (("shared_inputs", "channel_inputs", "sum"), ("shared_inputs", "channel_inputs", "sums_of_image")),
            ),
            Hold("parameter_memory_b", (("filters",), ("taps", "product"))),
        ),
        program=("program_of_groups", "program_of_layer"),
    )


def layers_of(application: Application) -> pd.DataFrame:
    """Return the different layers of an application: the fields of `rooflines`, and ``COUNT``.

    ``depth`` are the input channels that a filter sees, 0 in a layer that works channel by channel; ``words`` are the
    steps of a lane for one output: four input channels at a time, or one where it works channel by channel. ``width``
    are the input columns that the whole layer sees, ``rows_at_once`` the input rows that one row of outputs uses up.
    """
    layers = application.layers
    per_channel = layers.per_channel == 1
    taps = layers.filter_rows * layers.filter_columns
    numbers = {
        "taps": taps,
        "stride": layers.stride,
        "per_channel": per_channel,
        "has_parameters": layers.filter_bytes > 0,
        "rows": layers.rows,
        "columns": layers.columns,
        "channels_out": layers.channels_out,
        "depth": np.where(per_channel, 0, layers.channels_in),
        "words": taps * np.where(per_channel, 1, -(-layers.channels_in // constants()["multipliers"])),
        "width": (layers.columns - 1) * layers.stride + layers.filter_columns,
        "filter_rows": layers.filter_rows,
        "filter_columns": layers.filter_columns,
        "rows_at_once": np.maximum(layers.filter_rows, layers.stride),
        "filter": layers.filter_bytes,
        "parameters": layers.weight_bytes,
        "activations": layers.input_bytes + layers.output_bytes,
        "one": np.ones(len(taps)),
    }
    table = pd.DataFrame({name: np.asarray(column, dtype=np.float64) for name, column in numbers.items()})
    return table.groupby(list(_FIELDS), sort=False).size().reset_index(name=COUNT)
