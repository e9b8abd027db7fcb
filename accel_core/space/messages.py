"""Pieces of error messages about spaces: lists of what is allowed, and the nearest known word."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def one_of(choices: Iterable[object]) -> str:
    """Return choices as ``a, b, c``."""
    return ", ".join(map(str, choices))


def unknown(what: str, word: object, known: Iterable[str]) -> str:
    """Return ``what 'word' is unknown``, the nearest known word where there is one, and all that are allowed."""
    known = list(known)
    near = get_close_matches(str(word)[:80], known, n=1)
    hint = f" (did you mean '{near[0]}'?)" if near else ""
    return f"{what} '{word!s:.80}' is unknown{hint}; allowed: {one_of(known) or 'none'}"
