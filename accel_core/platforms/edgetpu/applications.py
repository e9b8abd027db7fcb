"""The nine applications: their layer tables, the same as arrays for the simulator, and their context."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

import numpy as np

from accel_core.errors import InvalidInputError
from accel_core.paths import data_path
from accel_core.platforms.edgetpu.architecture import Floats, Ints
from accel_core.space.documents import load_document
from accel_core.workloads import Layer, Workload

KINDS = ("conv", "depthwise", "dense", "pool", "scale")
"""``pool`` averages channels, ``scale`` multiplies them by gates; neither has parameters, nor MACs that count."""

_PER_CHANNEL = ("depthwise", "pool", "scale")
_WITHOUT_PARAMETERS = ("pool", "scale")

MAX_LAYERS = 10_000
MAX_EXTENT = 2**15
MAX_BYTES = 2**32
MAX_MACS = 2**48
"""Largest rows or columns of an input, tensor, and layer: beyond them the simulator's 64-bit numbers could overflow."""

CONTEXT = (
    "dense_layers",
    "conv_layers",
    "depthwise_layers",
    "parameters",
    "macs",
    "inputs",
    "outputs",
    "largest_layer",
)


class Layers(NamedTuple):
    """Layers as columns, int64 of shape (layers,); activations and parameters are one byte each.

    Layers that work ``per_channel`` have no sum over input channels. ``filter_bytes`` are the parameters of one output
    channel, 0 for a layer without any.
    """

    channels_in: Ints
    channels_out: Ints
    rows: Ints
    columns: Ints
    filter_rows: Ints
    filter_columns: Ints
    stride: Ints
    per_channel: Ints
    filter_bytes: Ints
    weight_bytes: Ints
    input_bytes: Ints
    output_bytes: Ints
    macs: Ints


class Row(NamedTuple):
    """One layer of an application; the output is P x Q, the filter R x S."""

    name: str
    kind: str
    C: int
    M: int
    P: int
    Q: int
    R: int
    S: int
    stride: int


@dataclass(frozen=True)
class Application:
    """A network to run.

    Attributes:
        name: Short name for files and command lines.
        title: Words for a person.
        source: Where its layers come from.
        is_reconstructed: Whether its layers are made up to known totals.
        remembered: Those totals: ``conv depthwise dense parameters_mib operations``, from memory.
        released: Of the released data: designs ``infeasible`` and ``feasible``, runtimes ``min_ms mean_ms max_ms``.
        rows: Its layers.
    """

    name: str
    title: str
    source: str
    is_reconstructed: bool
    remembered: Mapping[str, float]
    released: Mapping[str, float]
    rows: tuple[Row, ...]

    @cached_property
    def layers(self) -> Layers:
        """The layers as arrays."""
        return arrays_of(self.rows)

    @cached_property
    def workload(self) -> Workload:
        """The layers that have MACs, for whoever wants to look at them; a depthwise one is repeated a channel."""
        layers = tuple(
            Layer(row.name, 1, 1, *row[4:], repeat=row.M) if row.kind == "depthwise" else Layer(row.name, *row[2:])
            for row in self.rows
            if row.kind not in _WITHOUT_PARAMETERS
        )
        return Workload(self.name, self.title, self.source, layers)

    @property
    def parameters(self) -> int:
        """Weights, and a bias for each output channel."""
        return int(sum(self.layers.weight_bytes) + sum(row.M for row in self.rows if row.kind in KINDS[:3]))

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one inference."""
        return int(self.layers.macs.sum())

    def count(self, kind: str) -> int:
        """Return how many layers there are of a kind."""
        return sum(row.kind == kind for row in self.rows)

    @cached_property
    def context(self) -> Floats:
        """What a model is told of the application: numbers in the order of ``CONTEXT``."""
        layers = self.layers
        return np.array(
            [
                self.count("dense"),
                self.count("conv"),
                self.count("depthwise"),
                self.parameters,
                self.macs,
                layers.input_bytes.sum(),
                layers.output_bytes.sum(),
                (layers.input_bytes + layers.output_bytes).max(),
            ],
            dtype=np.float64,
        )


@cache
def applications() -> Mapping[str, Application]:
    """Return the nine applications by name, in the order of the released counts."""
    folder = data_path() / "applications"
    entries = load_document(folder / "index.yaml")[1]
    return {
        entry["name"]: Application(
            entry["name"],
            entry["title"],
            entry["source"],
            entry["reconstructed"],
            entry["remembered"],
            entry["released"],
            tuple(_read((folder / f"{entry['name']}.csv").read_text(encoding="utf-8"))),
        )
        for entry in entries
    }


def arrays_of(rows: Iterable[Row]) -> Layers:
    """Return layers as arrays."""
    _, kinds, *columns = zip(*rows, strict=True)
    c, m, p, q, r, s, stride = (np.array(column, dtype=np.int64) for column in columns)
    per_channel = np.isin(kinds, _PER_CHANNEL).astype(np.int64)
    taps = np.where(per_channel == 1, 1, c) * r * s
    filter_bytes = np.where(np.isin(kinds, _WITHOUT_PARAMETERS), 0, taps)
    return Layers(
        channels_in=c,
        channels_out=m,
        rows=p,
        columns=q,
        filter_rows=r,
        filter_columns=s,
        stride=stride,
        per_channel=per_channel,
        filter_bytes=filter_bytes,
        weight_bytes=filter_bytes * m,
        input_bytes=((p - 1) * stride + r) * ((q - 1) * stride + s) * c,
        output_bytes=p * q * m,
        macs=filter_bytes * m * p * q,
    )


def rows_of(workload: Workload) -> tuple[Row, ...]:
    """Return the layers to run of any workload; repeated single channels are taken for one depthwise layer.

    Raises:
        InvalidInputError: If it has no layers, more than ``MAX_LAYERS`` with all repetitions, or one that is too large.
    """
    if workload.name in applications() and workload == applications()[workload.name].workload:
        return applications()[workload.name].rows
    rows: list[Row] = []
    for layer in workload.layers:
        sizes = layer.P, layer.Q, layer.R, layer.S, layer.stride
        if layer.C == layer.M == 1 and layer.repeat > 1:
            rows.append(Row(layer.name, "depthwise", layer.repeat, layer.repeat, *sizes))
        else:
            kind = "dense" if sizes[:4] == (1, 1, 1, 1) else "conv"
            rows += [Row(layer.name, kind, layer.C, layer.M, *sizes)] * min(layer.repeat, MAX_LAYERS + 1)
        if len(rows) > MAX_LAYERS:
            raise InvalidInputError(f"workload '{workload.name}' has more than {MAX_LAYERS:,} layers to run")
        _check_size(rows[-1])
    if not rows:
        raise InvalidInputError(f"workload '{workload.name}' has no layers; this platform runs layers")
    return tuple(rows)


def _check_size(row: Row) -> None:
    rows, columns = (row.P - 1) * row.stride + row.R, (row.Q - 1) * row.stride + row.S
    filters = row.R * row.S * row.M * (1 if row.kind == "depthwise" else row.C)
    sizes = {
        "rows of input": (rows, MAX_EXTENT),
        "columns of input": (columns, MAX_EXTENT),
        "bytes of input": (rows * columns * row.C, MAX_BYTES),
        "bytes of output": (row.P * row.Q * row.M, MAX_BYTES),
        "parameters": (filters, MAX_BYTES),
        "multiply-accumulates": (filters * row.P * row.Q, MAX_MACS),
    }
    for what, (size, most) in sizes.items():
        if size > most:
            raise InvalidInputError(f"layer '{row.name}' has {size:,} {what}; at most {most:,} are allowed")


def _read(text: str) -> Iterable[Row]:
    lines = csv.reader(text.splitlines())
    next(lines)
    for name, kind, *sizes in lines:
        yield Row(name, kind, *(int(size) for size in sizes))
