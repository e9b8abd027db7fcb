"""A technology with memories that were compiled for a design."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from accel_core.errors import InvalidInputError
from accel_core.physical.kit_check import feature_nm
from accel_core.physical.lef import Lef, parse_lef
from accel_core.physical.liberty import joined
from accel_core.physical.liberty_reader import parse_library
from accel_core.physical.memories.compiler import Memory, compile_memory
from accel_core.physical.memories.lef_text import to_lef
from accel_core.physical.memories.liberty_text import to_liberty
from accel_core.physical.technology import Technology
from accel_core.rtl import MemorySize

NODES_NM = (40.0, 50.0)
"""What memories can be compiled for: 45 nm, whether the kit says so or only its routing pitch does."""

LIBERTY, LEF = "memories.lib", "memories.lef"


def missing_memories(technology: Technology, sizes: Sequence[MemorySize]) -> list[Memory]:
    """Compile what a technology has no cell for.

    Raises:
        InvalidInputError: If it is of another node than ``NODES_NM``, or a size cannot be compiled.
    """
    missing = [size for size in dict.fromkeys(sizes) if size.name not in technology.library.cells]
    low, high = NODES_NM
    if missing and not low <= (technology.node_nm or feature_nm(technology)) <= high:
        raise InvalidInputError(
            f"technology {technology.name}: has no memory {missing[0].name}; allowed: one of its own of that name, or "
            f"a node of {low:g} to {high:g} nm, for which memories can be compiled"
        )
    return [compile_memory(size.words, size.bits, size.ports) for size in missing]


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
