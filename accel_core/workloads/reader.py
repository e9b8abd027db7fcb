"""Files of networks in every form that is read: what a file is follows from what it holds, not from its name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePath

from accel_core.errors import InvalidInputError
from accel_core.workloads import layer_table
from accel_core.workloads.content import content_of, digest_of, parse_content
from accel_core.workloads.files import bounded_content, decoded
from accel_core.workloads.layer_table import parse_table
from accel_core.workloads.network import Network
from accel_core.workloads.onnx_import import MAX_BYTES, parse_onnx
from accel_core.workloads.timeloop_problem import parse_problem
from accel_core.workloads.workload import Workload

FORMATS = "an ONNX model, a layer table, a topology of SCALE-Sim, a problem of Timeloop"
SUFFIXES = ("onnx", "csv", "tsv", "txt", "yaml", "yml", "json")
"""Usual endings of their names; others are read too."""

_PROBLEM = re.compile(r"^[ \t]*['\"{]*problem['\"]?[ \t]*:", re.MULTILINE)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
_BEGINNING = 4_096
_OWN = re.compile(r"[^@/\s][^@/]*@[0-9a-f]{8}(/.+)?")
_MAX_STEM = 60
_SOURCE = "a network of one's own"


def read_network(path: Path, sizes: Mapping[str, int] | None = None) -> Network:
    """Read a file; as `parse_network`.

    Raises:
        InvalidInputError: If it is missing or too large, or as `parse_network`.
    """
    return parse_network(bounded_content(path, MAX_BYTES), path.name, sizes)


def parse_network(content: bytes, place: str, sizes: Mapping[str, int] | None = None) -> Network:
    """Read a network.

    Args:
        content: The bytes of the file.
        place: Its name, for errors.
        sizes: Values of sizes that an ONNX model leaves free.

    Raises:
        InvalidInputError: If it has none of the forms that are read, or something in it is wrong.
    """
    is_named_onnx = place.lower().endswith(".onnx")
    if _CONTROL.search(content[:_BEGINNING]) or (is_named_onnx and not content.strip()):
        try:
            return parse_onnx(content, place, sizes)
        except InvalidInputError as error:
            if is_named_onnx or "no readable ONNX model" not in str(error):
                raise
            raise InvalidInputError(f"{place} is neither text nor a readable ONNX model; allowed: {FORMATS}") from None
    if sizes:
        raise InvalidInputError(f"--size {next(iter(sizes))}: {place} leaves no size free; allowed: an .onnx model")
    text = decoded(content, place, FORMATS)
    if _PROBLEM.search(text):
        return parse_problem(text, place, PurePath(place).stem)
    if text.lstrip().startswith("{"):
        return parse_content(text, place)
    if len(content) > layer_table.MAX_BYTES:
        raise InvalidInputError(f"{place} has more than {layer_table.MAX_BYTES:,} bytes; at most that many are allowed")
    return parse_table(text, place)


def own_workload(network: Network, place: str) -> Workload:
    """Return a network of one's own as a workload that is called by its file and by what it holds, ``net@1a2b3c4d``."""
    stem = re.sub(r"[^\w.+-]", "_", PurePath(place).stem).lstrip("+-.=")[:_MAX_STEM] or "network"
    name = f"{stem}@{digest_of(network.operators)}"
    return Workload(name, stem, _SOURCE, operators=network.operators, remarks=network.notes)


def restored_workload(name: str, content: str) -> Workload:
    """Return the workload that was called so, from its content.

    Raises:
        InvalidInputError: If the content is not the one that the name says.
    """
    network = parse_content(content, name)
    stem, _, digest = name.partition("@")
    if digest != digest_of(network.operators):
        raise InvalidInputError(f"workload '{name}': its content has the digest {digest_of(network.operators)}")
    return Workload(name, stem, _SOURCE, operators=network.operators)


def is_own(name: str) -> bool:
    """Tell whether a workload's name is that of a network of one's own, or of a layer of one."""
    return _OWN.fullmatch(name) is not None


__all__ = [
    "FORMATS",
    "SUFFIXES",
    "content_of",
    "is_own",
    "own_workload",
    "parse_network",
    "read_network",
    "restored_workload",
]
