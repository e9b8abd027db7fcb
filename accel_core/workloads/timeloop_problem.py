"""Problems of Timeloop (YAML, v0.3 and v0.4) as operators: convolutions, depthwise ones, and matrix products.

Sources: NVlabs/timeloop, problem-shapes/*.yaml. There the width's coefficients go with R and P, the height's with S
and Q. Output channels are M in newer shapes and K in older ones; of a matrix product M, N and K are its rows, columns
and inner size. Slices T and F of a volume are input channels and images here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accel_core.errors import InvalidInputError
from accel_core.space.documents import check_mapping, load_document
from accel_core.workloads.network import MAX_SIZE, Network, check_network
from accel_core.workloads.operators import Conv, Gemm, Operator

_PRODUCT = ("M", "N", "K", "B")
_DIMENSIONS = ("C", "M", "K", "P", "Q", "R", "S", "N", "G", "T", "F", "B")
_COEFFICIENTS = ("Wstride", "Hstride", "Dstride", "Wdilation", "Hdilation", "Ddilation")
_WORDS = ("version", "shape", "instance", "name", "densities", "type")
_DEPTHWISE = ("dw", "depthwise", "depth-wise")


def parse_problem(text: str, place: str, name: str) -> Network:
    """Read a problem.

    Args:
        text: The document.
        place: What to call it in errors.
        name: What to call the layer, for a problem has no name of its own.

    Raises:
        InvalidInputError: If it is no plain YAML, or not a problem of sizes that are known here.
    """
    try:
        content = load_document(f"{text}\n")[1]
        if not isinstance(content, Mapping) or "problem" not in content:
            raise InvalidInputError("YAML has no 'problem'; allowed: a problem of Timeloop, with shape and instance")
        problem = content["problem"]
        if not isinstance(problem, Mapping):
            raise InvalidInputError("problem is no mapping; allowed: a mapping with shape and instance")
        return check_network(Network((_operator(problem, name),)), place)
    except InvalidInputError as error:
        message = str(error).removeprefix("YAML")
        raise InvalidInputError(message if message.startswith(place) else f"{place}{_parted(message)}") from None


def _parted(message: str) -> str:
    return message if message.startswith((",", ":", " ")) else f": {message}"


def _operator(problem: Mapping[str, Any], name: str) -> Operator:
    is_new = isinstance(problem.get("instance"), Mapping)
    allowed = (*_DIMENSIONS, *_COEFFICIENTS)
    if is_new:
        check_mapping(problem, "problem", _WORDS)
        given = check_mapping(problem["instance"], "problem, instance", (*allowed, *_WORDS))
    else:
        given = check_mapping(problem, "problem", (*allowed, *_WORDS))
    sizes = {key: _size(key, given[key]) for key in given if key in allowed}
    shape = problem.get("shape")
    dimensions, defaults = _shape(shape)
    for key in sizes:
        if dimensions and key in _DIMENSIONS and key not in dimensions:
            raise InvalidInputError(f"problem: {key} is no dimension of its shape; allowed: {', '.join(dimensions)}")
    sizes = {**defaults, **dict.fromkeys(dimensions, 1), **sizes}
    if {"M", "N", "K"} <= sizes.keys() and set(sizes) <= {*_PRODUCT, *_COEFFICIENTS}:
        return Gemm(name, sizes["M"], sizes["K"], sizes["N"], sizes.get("B", 1))
    is_depthwise = _is_depthwise(shape, dimensions)
    return _convolution(sizes, name, is_depthwise)


def _convolution(sizes: Mapping[str, int], name: str, is_depthwise: bool) -> Operator:
    needed = ("C", "P", "Q", "R", "S") if is_depthwise else ("C", "P", "Q", "R", "S", "M" if "K" not in sizes else "K")
    if missing := [key for key in needed if key not in sizes]:
        raise InvalidInputError(
            f"problem: {', '.join(missing)} is missing; allowed: the sizes of a convolution (C, M or K, P, Q, R, S) or"
            " of a matrix product (M, N, K)"
        )
    if {"M", "K"} <= sizes.keys() or "B" in sizes:
        raise InvalidInputError("problem: M, K and B beside C; allowed: one of M and K beside C, and no B")
    groups = sizes["C"] if is_depthwise else sizes.get("G", 1)
    channels = sizes["C"] * (1 if is_depthwise else groups) * sizes.get("T", 1)
    filters = sizes["C"] if is_depthwise else sizes.get("M", sizes.get("K", 1)) * groups
    strides = sizes.get("Wstride", 1), sizes.get("Hstride", 1)
    dilations = sizes.get("Wdilation", 1), sizes.get("Hdilation", 1)
    height, width = (
        (sizes[output] - 1) * stride + (sizes[window] - 1) * dilation + 1
        for output, window, stride, dilation in zip("PQ", "RS", strides, dilations, strict=True)
    )
    return Conv(
        name, channels, height, width, sizes["R"], sizes["S"], batch=sizes.get("N", 1) * sizes.get("F", 1),
        strides=strides, dilations=dilations, M=filters, groups=groups,
    )  # fmt: skip


def _shape(shape: Any) -> tuple[tuple[str, ...], dict[str, int]]:
    """Return a shape's dimensions, none where it is only named, and the defaults of its coefficients."""
    if not isinstance(shape, Mapping):
        return (), {}
    dimensions = shape.get("dimensions") or ()
    if not isinstance(dimensions, list) or not all(name in _DIMENSIONS for name in dimensions):
        raise InvalidInputError(
            f"problem, shape: dimensions is {dimensions!r:.80}; allowed: a list of {', '.join(_DIMENSIONS)}"
        )
    defaults = {}
    for entry in shape.get("coefficients") or ():
        if isinstance(entry, Mapping) and entry.get("name") in _COEFFICIENTS and "default" in entry:
            defaults[str(entry["name"])] = _size(str(entry["name"]), entry["default"])
    return tuple(dimensions), defaults


def _is_depthwise(shape: Any, dimensions: tuple[str, ...]) -> bool:
    if dimensions:
        return not {"M", "K"} & set(dimensions)
    return isinstance(shape, str) and shape.lower().startswith(_DEPTHWISE)


def _size(key: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_SIZE:
        raise InvalidInputError(f"problem: {key} is {value!r:.40}; allowed: integers 1 to {MAX_SIZE:,}")
    return value
