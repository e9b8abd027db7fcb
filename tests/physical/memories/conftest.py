"""NanGate45 with some memories."""

import pytest

from accel_core.physical.memories import compile_memory, with_memories
from accel_core.physical.technology import Technology


@pytest.fixture(scope="session")
def with_srams(nangate, tmp_path_factory) -> Technology:
    """NanGate45 with a memory of each kind of ports."""
    memories = [compile_memory(64, 32), compile_memory(32, 16, "1R1W")]
    return with_memories(nangate, memories, tmp_path_factory.mktemp("srams"))
