"""Layer tables from outside: text with a line for each layer, in columns of the project's names or of others'."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from accel_core.errors import InvalidInputError
from accel_core.workloads.columns import columns_of, named
from accel_core.workloads.conversion import operator_of
from accel_core.workloads.files import bounded_content, decoded
from accel_core.workloads.layer import Layer
from accel_core.workloads.network import MAX_LAYERS, MAX_SIZE, Network, check_network
from accel_core.workloads.operators import Conv, Elementwise, Gemm, Operator, Pool

MAX_BYTES = 1_000_000

COLUMNS = tuple(field.name for field in fields(Layer))
"""The columns that the project writes."""

_SEPARATORS = (";", ": ")
"""Between layers, and between a layer and its mapping, where results list what they say of each layer."""

_KIND_NAMES: Mapping[str, str] = {
    "conv": "conv conv2d convolution pointwise dense fc linear gemm matmul",
    "depthwise": "depthwise dw dwconv dsconv depthwiseconv depthwiseconv2d",
    "AveragePool": "pool avgpool averagepool",
    "MaxPool": "maxpool",
    "scale": "scale",
}
_KINDS = {"": "conv", **{name: kind for kind, names in _KIND_NAMES.items() for name in names.split()}}
_WHOLE = re.compile(r"([0-9]{1,11})(?:\.0*)?")


def read_layers(path: Path) -> tuple[Layer, ...]:
    """Read the layers of a table; as `read_table`."""
    return read_table(path).layers


def read_table(path: Path) -> Network:
    """Read a file.

    Raises:
        InvalidInputError: If the file is missing or too large, or as `parse_table`.
    """
    return parse_table(decoded(bounded_content(path, MAX_BYTES), path.name, "a CSV file"), path.name)


def parse_table(text: str, place: str) -> Network:
    """Read a table whose columns `accel_core.workloads.columns` knows, parted by commas, semicolons or tabs.

    The output is P x Q, or follows from the input's height and width; the filter is R x S.

    Raises:
        InvalidInputError: If columns are unknown or missing, there is no layer, a size is not an integer from 1 to
            ``MAX_SIZE``, or a name is one that results could not list; with the line at fault.
    """
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    operators: list[Operator] = []
    table: _Table | None = None
    try:
        for cells in rows:
            if not any(cell.strip() for cell in cells) or cells[0].lstrip().startswith("#"):
                continue
            line = f"{place}, line {rows.line_num}"
            if table is None:
                table = _table(cells, line)
                continue
            if len(operators) == MAX_LAYERS:
                raise InvalidInputError(f"{place} has more than {MAX_LAYERS:,} layers; at most that many are allowed")
            operators.append(table.operator(cells, line))
    except csv.Error as error:
        raise InvalidInputError(f"{place}, line {rows.line_num}: not readable as CSV: {error}") from None
    if table is None:
        _table([], f"{place}, line 1")
    elif not operators:
        raise InvalidInputError(f"{place} has no layers; allowed: 1 to {MAX_LAYERS:,} below the header")
    is_sparse = table is not None and "sparsity" in table.columns
    return check_network(Network(tuple(operators), ("sparsity is not counted",) if is_sparse else ()), place)


def _separator(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")), "")
    return max(",;\t", key=first.count)


def _table(header: list[str], place: str) -> _Table:
    columns = columns_of(header, place)
    missing = [] if "name" in columns else ["name"]
    if "rows" not in columns:
        has_kernel, has_kind = "kernel" in columns, "kind" in columns
        missing += [] if "C" in columns else ["C"]
        missing += [] if "M" in columns or has_kind else ["M"]
        for output, size in (("P", "H"), ("Q", "W")):
            missing += [] if {output, size} & columns.keys() else [f"{output} or {size}"]
        missing += [name for name in ("R", "S") if name not in columns and not has_kernel]
        missing += [] if "stride" in columns or {"stride_h", "stride_w"} <= columns.keys() else ["stride"]
    if missing:
        raise InvalidInputError(
            f"{place}: the columns are {named(header)}; missing: {', '.join(missing)}; allowed: {', '.join(COLUMNS)},"
            " or others' names for them (docs/workloads.md)"
        )
    return _Table(columns, len(header))


@dataclass(frozen=True)
class _Table:
    """How the lines of a table are read.

    Attributes:
        columns: Where each column stands.
        width: How many columns the header has.
    """

    columns: Mapping[str, int]
    width: int

    def operator(self, cells: Sequence[str], place: str) -> Operator:
        """Return a line as an operator."""
        row = _Row(self._cells(cells, place), place)
        try:
            if "rows" in self.columns:
                found: Operator = Gemm(
                    row.name(), row.size("rows"), row.size("inner"), row.size("columns"), row.size("batch", 1)
                )
            else:
                found = _windowed(row)
        except InvalidInputError as error:
            text = str(error)
            raise InvalidInputError(text if text.startswith(place) else f"{place}: {text}") from None
        if row.text("macs") and row.size("macs", most=10**15) != found.macs:
            raise InvalidInputError(f"{place}: macs is {row.text('macs')}; its sizes make {found.macs:,}")
        return found

    def _cells(self, cells: Sequence[str], place: str) -> dict[str, str]:
        """Return the cells by column; one without a column must be empty, a remark, or the row's number in front."""
        known = self.columns.values()
        others = [index for index, cell in enumerate(cells) if index not in known and cell.strip()]
        strange = [
            index
            for index in others
            if not cells[index].lstrip().startswith("#") and not (index == 0 and cells[0].strip().isdigit())
        ]
        if strange or len(cells) <= max(known):
            names = ", ".join(sorted(self.columns, key=lambda name: self.columns[name]))
            raise InvalidInputError(f"{place}: {len(cells)} values; allowed: {self.width} ({names})")
        return {name: cells[index].strip() for name, index in self.columns.items()}


@dataclass(frozen=True)
class _Row:
    """One line of a table."""

    cells: Mapping[str, str]
    place: str

    def text(self, column: str) -> str:
        """Return a cell; empty where the table has no such column."""
        return self.cells.get(column, "")

    def has(self, column: str) -> bool:
        """Tell whether a cell says something."""
        return bool(self.text(column))

    def name(self) -> str:
        """Return the layer's name."""
        name = self.text("name")
        if not 1 <= len(name) <= 100:
            raise InvalidInputError(f"{self.place}: the name has {len(name)} characters; allowed: 1 to 100")
        if taken := [mark for mark in _SEPARATORS if mark in name]:
            raise InvalidInputError(
                f"{self.place}: the name '{name}' has a '{taken[0]}', which parts layers in results; allowed: names"
                " without it"
            )
        return name

    def size(self, column: str, default: int | None = None, least: int = 1, most: int = MAX_SIZE) -> int:
        """Return a whole number; the default where the cell is empty or the column is not there."""
        text = self.text(column)
        if not text and default is not None:
            return default
        match = _WHOLE.fullmatch(text) if most == MAX_SIZE else re.fullmatch(r"([0-9]{1,16})", text.replace(",", ""))
        value = int(match[1]) if match else -1
        if not least <= value <= most:
            raise InvalidInputError(f"{self.place}: {column} is {text!r:.40}; allowed: integers {least} to {most:,}")
        return value

    def pair(self, column: str, default: int | None, least: int = 1) -> tuple[int, int]:
        """Return what one column says for both directions, or two columns say for one each."""
        both = self.size(column, default, least) if self.has(column) or not self._is_split(column) else default
        return self.size(f"{column}_h", both, least), self.size(f"{column}_w", both, least)

    def _is_split(self, column: str) -> bool:
        return f"{column}_h" in self.cells or f"{column}_w" in self.cells


def _windowed(row: _Row) -> Operator:
    """Return a convolution, a matrix product that is written as one, or a pooling."""
    name, kind = row.name(), _kind(row)
    channels = row.size("C")
    both = row.size("kernel") if row.has("kernel") else None
    window = row.size("R", both), row.size("S", both)
    strides, dilations = row.pair("stride", None), row.pair("dilation", 1)
    padding = row.pair("padding", 0, least=0) if _has_padding(row) else None
    plane = [
        _extent(row, axis, window[axis], strides[axis], dilations[axis], None if padding is None else padding[axis])
        for axis in (0, 1)
    ]
    (height, top, bottom), (width, left, right) = plane
    batch, repeat = row.size("batch", 1), row.size("repeat", 1)
    pads = (top, left, bottom, right)
    if kind in ("AveragePool", "MaxPool"):
        return Pool(name, channels, height, width, *window, batch=batch * repeat, strides=strides, dilations=dilations,
                    padding=pads, function=kind)  # fmt: skip
    filters = row.size("M", channels if kind == "depthwise" else None)
    if kind == "scale":
        return Elementwise(name, "Mul", (batch * repeat, filters, height, width), 2)
    groups = channels if kind == "depthwise" else row.size("groups", 1)
    if kind == "depthwise" and filters == 1:  # as SCALE-Sim and MAESTRO count filters: one for each channel
        filters = channels
    conv = Conv(
        name, channels * repeat, height, width, *window, batch=batch, strides=strides, dilations=dilations,
        padding=pads, M=filters * repeat, groups=groups * repeat,
    )  # fmt: skip
    plain = Layer(name, channels, filters, 1, 1, 1, 1)
    is_dense = (conv.P, conv.Q, *window, *strides, batch, conv.groups) == (1,) * 8
    return operator_of(plain) if is_dense else conv


def _kind(row: _Row) -> str:
    kind = _KINDS.get(re.sub(r"[^0-9a-z]", "", row.text("kind").casefold()))
    if kind is None:
        allowed = ", ".join(name for name in _KINDS if name)
        raise InvalidInputError(f"{row.place}: kind is {row.text('kind')!r:.40}; allowed: {allowed}")
    return kind


def _has_padding(row: _Row) -> bool:
    return any(row.has(name) for name in ("padding", "padding_h", "padding_w"))


def _extent(row: _Row, axis: int, window: int, stride: int, dilation: int, padding: int | None) -> tuple[int, int, int]:
    """Return the extent of the input along an axis, and the padding before and after it.

    Without padding in the table, an output that is larger than the input makes it; one of the two follows from the
    other.
    """
    output, size = (("P", "H"), ("Q", "W"))[axis]
    reach = (window - 1) * dilation + 1
    if not row.has(output):
        return row.size(size), padding or 0, padding or 0
    wanted = (row.size(output) - 1) * stride + reach
    if not row.has(size):
        before = padding or 0
        after = min(before, wanted - before - 1)
        return wanted - before - after, before, after
    extent = row.size(size)
    total = min(max(0, wanted - extent), 2 * (reach - 1))  # more than the filter's reach on each side is no padding
    before, after = (padding, padding) if padding is not None else (total // 2, total - total // 2)
    made = (before + extent + after - reach) // stride + 1
    if made != row.size(output):
        raise InvalidInputError(
            f"{row.place}: {output} is {row.size(output)}; {size} = {extent}, the filter, the stride and a padding of"
            f" {before} and {after} make {made}"
        )
    return extent, before, after
