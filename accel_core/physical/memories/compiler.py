"""From words x bits x ports to the figures of a memory at 45 nm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from accel_core.errors import InvalidInputError
from accel_core.physical.memories.fits import QUANTITIES, FitError, fit_of, is_beyond, nearest
from accel_core.physical.memories.sizes import known_sizes, snapped, whole_bytes
from accel_core.rtl import MemorySize

SETUP_S = 50e-12
"""Setup and hold time of every input. This and what follows are the constants of the published Liberty files."""
CLOCK_F = 25e-15
INPUT_F = 5e-15
MAX_LOAD_F = 500e-15
"""Most that a data output drives."""
TRANSITIONS_S = (9e-12, 227e-12)
"""Of a data output at ``INPUT_F`` and at ``MAX_LOAD_F``, between 20 and 80 % of the supply."""

# Assumed: beyond four times the sizes of the grid no curve is believed.
_WORDS = (8, 32_768)
_BITS = (1, 512)


@dataclass(frozen=True)
class Memory:
    """A memory at 45 nm, 1.1 V, 25 C.

    Attributes:
        size: Words, bits and ports.
        width_um: Of the outline.
        height_um: Likewise.
        access_s: From the rising clock edge to the data.
        cycle_s: Least time between two rising edges.
        read_energy_j: Of one read; an idle cycle costs nothing.
        write_energy_j: Of one write.
        leakage_w: All the time.
        source: ``table`` if all figures are those of a known size, ``fit`` if they are of curves.
        errors: Of the curves, by quantity, over the sizes that they go through; empty for a known size. The outline's
            is that of ``area_um2``.
        is_beyond: Whether it is larger or smaller than all of those, so that its own errors are unknown.
    """

    size: MemorySize
    width_um: float
    height_um: float
    access_s: float
    cycle_s: float
    read_energy_j: float
    write_energy_j: float
    leakage_w: float
    source: str
    errors: Mapping[str, FitError] = field(default_factory=dict)
    is_beyond: bool = False

    @property
    def name(self) -> str:
        """Of its module, cell and macro."""
        return self.size.name

    @property
    def area_um2(self) -> float:
        """Of the outline."""
        return self.width_um * self.height_um


def compile_memory(words: int, bits: int, ports: str = "1RW") -> Memory:
    """Return a memory: as the tables have it, or by curves through them.

    Args:
        words: How many; any number, though known sizes are powers of two.
        bits: Of a word; costs as much as whole bytes do.
        ports: One of ``rtl.PORTS``.

    Raises:
        InvalidInputError: If it is too far from all known sizes, or no memory at all.
    """
    size = MemorySize(words, bits, ports)
    for name, value, (low, high) in (("words", words, _WORDS), ("bits", bits, _BITS)):
        if not low <= value <= high:
            raise InvalidInputError(f"memory {size.name}, {name}: is {value}; allowed: {low} to {high}")
    known = known_sizes().get((words, bits, ports)) or known_sizes().get((words, whole_bytes(bits), ports))
    if known is not None:
        return Memory(
            size, known.width_um, known.height_um, known.access_s, known.cycle_s, known.read_energy_j,
            known.write_energy_j, known.leakage_w, "table",
        )  # fmt: skip
    fits = {name: fit_of(name, ports) for name in QUANTITIES}
    values = {name: fit.at(words, bits) for name, fit in fits.items()}
    area = values.pop("area_um2")
    # Assumed: as slender as the nearest known size.
    like = nearest(words, bits, ports)
    width = (area * like.width_um / like.height_um) ** 0.5
    errors = {name: fit.error for name, fit in fits.items()}
    outline = snapped(width, area / width)
    return Memory(size, *outline, **values, source="fit", errors=errors, is_beyond=is_beyond(words, bits, ports))
