"""Units as people write them in files: prefixes, and the spellings of areas and shares."""

from __future__ import annotations

from accel_core.errors import InvalidInputError

_PREFIXES = {
    "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "m": 1e-3, "u": 1e-6, "µ": 1e-6, "μ": 1e-6, "n": 1e-9,
    "p": 1e-12, "f": 1e-15, "a": 1e-18,
}  # fmt: skip

_SPELLINGS: dict[str, dict[str, float]] = {
    "mm²": {"m": 1e6, "cm": 1e2, "mm": 1.0, "um": 1e-6, "µm": 1e-6, "μm": 1e-6, "nm": 1e-12},
    "": {"": 1.0, "1": 1.0, "%": 0.01, "cycles": 1.0, "count": 1.0},
    "J·s": {"J·s": 1.0, "J*s": 1.0, "Js": 1.0, "uJ*ms": 1e-9, "µJ·ms": 1e-9, "mJ*s": 1e-3, "pJ*s": 1e-12},
    "op/s": {f"{prefix}{word}": scale for prefix, scale in _PREFIXES.items() for word in ("op/s", "OPS", "FLOPS")},
}  # fmt: skip


_BASES = ("Hz", "s", "W", "J", "m", "V", "A", "F")


def split_unit(given: str) -> tuple[str, float]:
    """Return the SI unit of a unit with a prefix, and by what a number in it is multiplied; itself if it has none."""
    text = given.strip()
    for base in _BASES:
        prefix = text.removesuffix(base)
        if text.endswith(base) and prefix in _PREFIXES:
            return base, _PREFIXES[prefix]
    return text, 1.0


def unit_scale(given: str, stored: str) -> float:
    """Return by what a number in one unit is multiplied to be in the stored one.

    Args:
        given: Such as ``mW``, ``um2``, ``GHz`` or ``%``.
        stored: SI unit of a common metric.

    Raises:
        InvalidInputError: If one cannot be converted into the other.
    """
    text = given.strip()
    if stored == "mm²":
        known = {length + square: scale for length, scale in _SPELLINGS[stored].items() for square in ("2", "²", "^2")}
    elif stored in _SPELLINGS:
        known = _SPELLINGS[stored]
    else:
        known = {prefix + stored: scale for prefix, scale in _PREFIXES.items()}
    if text not in known:
        some = list(known)[:8]
        raise InvalidInputError(f"unit '{given:.20}' is not one of {stored or 'a count or share'}; allowed: {some}")
    return known[text]
