"""A technology with memories that were compiled for a design."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from accel_core.errors import InvalidInputError
from accel_core.physical.kit_check import feature_nm
from accel_core.physical.lef import Lef, parse_lef
from accel_core.physical.liberty import joined
from accel_core.physical.liberty_reader import parse_library
from accel_core.physical.memories.compiler import Memory, compile_memory
from accel_core.physical.memories.kit_memories import (
    Wrapped,
    accesses_of_parts,
    kit_memories,
    to_model,
    to_wrapper,
    wrapped,
)
from accel_core.physical.memories.lef_text import to_lef
from accel_core.physical.memories.liberty_text import to_liberty
from accel_core.physical.memories.verilog_text import to_verilog
from accel_core.physical.technology import Technology
from accel_core.rtl import MemorySize, Rtl

NODES_NM = (40.0, 50.0)
"""What memories can be compiled for: 45 nm, whether the kit says so or only its routing pitch does."""

LIBERTY, LEF = "memories.lib", "memories.lef"


@dataclass(frozen=True)
class Prepared:
    """A design and a technology that has all of its memories.

    Attributes:
        rtl: With modules around a kit's own blocks where those are used, and what is said of their accesses.
        technology: With compiled memories where the kit has none.
        models: Verilog of the blocks by name, for simulations of the netlist.
    """

    rtl: Rtl
    technology: Technology
    models: Mapping[str, str]


def prepare(rtl: Rtl, technology: Technology, folder: Path) -> Prepared:
    """Give a design the memories that it lists: cells of their names, else blocks of the kit, else compiled ones.

    Raises:
        InvalidInputError: If the technology can have none of a size: it has no such block, and is of another node than
            ``NODES_NM`` or the size cannot be compiled.
    """
    sizes = [size for size in dict.fromkeys(rtl.memories) if size.name not in technology.library.cells]
    blocks = kit_memories(technology)
    ways = {size: wrapped(size, blocks) for size in sizes}
    made = [way for way in ways.values() if way is not None]
    compiled = [_compiled(size, technology) for size, way in ways.items() if way is None]
    models = {memory.name: to_verilog(memory) for memory in compiled}
    models |= {way.block.cell: to_model(way.block) for way in made}
    text = "\n".join([rtl.verilog, *(to_wrapper(way, technology) for way in made)])
    return Prepared(
        replace(rtl, verilog=text, accesses=_accesses(rtl, made)), with_memories(technology, compiled, folder), models
    )


def _compiled(size: MemorySize, technology: Technology) -> Memory:
    low, high = NODES_NM
    if not low <= (technology.node_nm or feature_nm(technology)) <= high:
        raise InvalidInputError(
            f"technology {technology.name}: has no memory {size.name}; allowed: one of its own, or a node of {low:g} "
            f"to {high:g} nm, for which memories can be compiled"
        )
    return compile_memory(size.words, size.bits, size.ports)


def _accesses(rtl: Rtl, made: Sequence[Wrapped]) -> dict[str, Mapping[str, float]]:
    """What is said of memories that are made of blocks, said of each block; which they are, their conditions tell."""
    modules = "|".join(re.escape(way.size.name) for way in made)
    parts = {way.size.name: way.parts for way in made}
    found: dict[str, Mapping[str, float]] = {}
    for path, shares in rtl.accesses.items():
        name = re.escape(path.rpartition(".")[2])
        kind = re.search(rf"\b({modules})\s+{name}\s*\(", rtl.verilog) if modules else None
        if kind is None:
            found[path] = shares
        else:
            found |= {f"{path}.{part}": accesses_of_parts(shares) for part in parts[kind[1]]}
    return found


def with_memories(technology: Technology, memories: Sequence[Memory], folder: Path) -> Technology:
    """Add memories to a technology; their Liberty and LEF files are written to a folder.

    Its digest is another then, ``cells_digest`` stays: standard cells are the same.
    """
    if not memories:
        return technology
    liberty, lef = to_liberty(memories), to_lef(memories)
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / LIBERTY).write_text(liberty)
    (folder / LEF).write_text(lef)
    digest = hashlib.sha256((technology.digest + liberty + lef).encode()).hexdigest()[:16]
    outlines = parse_lef(lef)
    return replace(
        technology,
        liberties=(*technology.liberties, folder / LIBERTY),
        lefs=(*technology.lefs, folder / LEF),
        digest=digest,
        cells_digest=technology.cells_digest or technology.digest,
        library=joined(technology.library, parse_library(liberty, thresholds=technology.library)),
        lef=Lef(technology.lef.sites, {**technology.lef.macros, **outlines.macros}, technology.lef.layers),
    )
