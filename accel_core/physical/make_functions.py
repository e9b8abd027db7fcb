"""The functions of GNU make that need nothing but their expanded arguments."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

UNKNOWN = "\ue000"
"""Stands in a value for what only running something could tell."""


def split_arguments(text: str) -> list[str]:
    """Arguments of a function: parts between commas outside of parentheses."""
    parts, level, start = [], 0, 0
    for position, sign in enumerate(text):
        level += (sign in "({") - (sign in ")}")
        if sign == "," and level == 0:
            parts.append(text[start:position])
            start = position + 1
    return [*parts, text[start:]]


def _pattern(pattern: str) -> re.Pattern[str]:
    head, sign, tail = pattern.partition("%")
    return re.compile(f"{re.escape(head)}(.*){re.escape(tail)}" if sign else re.escape(head), re.DOTALL)


def patsubst(pattern: str, replacement: str, text: str) -> str:
    """Replace words that fit a pattern; ``%`` stands for anything, and for the same in the replacement."""
    known = _pattern(pattern.strip())
    words = []
    for word in text.split():
        match = known.fullmatch(word)
        stem = match[1] if match and match.groups() else ""
        words.append(replacement.strip().replace("%", stem, 1) if match else word)
    return " ".join(words)


def _filter(patterns: str, text: str, keep: bool = True) -> str:
    known = [_pattern(pattern) for pattern in patterns.split()]
    return " ".join(word for word in text.split() if any(entry.fullmatch(word) for entry in known) == keep)


def _word(number: str, text: str) -> str:
    words, index = text.split(), int(number)
    return words[index - 1] if 1 <= index <= len(words) else ""


def _each(function: Callable[[str], str]) -> Callable[[str], str]:
    return lambda text: " ".join(function(word) for word in text.split())


FUNCTIONS: Mapping[str, Callable[..., str]] = {
    "abspath": _each(lambda word: word),
    "addprefix": lambda prefix, text: " ".join(prefix.strip() + word for word in text.split()),
    "addsuffix": lambda suffix, text: " ".join(word + suffix.strip() for word in text.split()),
    "basename": _each(lambda word: word.rpartition(".")[0] or word),
    "dir": _each(lambda word: word.rpartition("/")[0] + "/" if "/" in word else "./"),
    "error": lambda *_: "",
    "eval": lambda *_: "",
    "filter": _filter,
    "filter-out": lambda patterns, text: _filter(patterns, text, keep=False),
    "findstring": lambda wanted, text: wanted if wanted in text else "",
    "firstword": lambda text: _word("1", text),
    "info": lambda *_: "",
    "lastword": lambda text: " ".join(text.split()[-1:]),
    "notdir": _each(lambda word: word.rpartition("/")[2]),
    "origin": lambda name: name,
    "patsubst": patsubst,
    "realpath": lambda text: text,
    "shell": lambda *_: UNKNOWN,
    "sort": lambda text: " ".join(sorted(set(text.split()))),
    "strip": lambda text: " ".join(text.split()),
    "subst": lambda before, after, text: text.replace(before, after),
    "suffix": _each(lambda word: "." + word.rpartition(".")[2] if "." in word else ""),
    "warning": lambda *_: "",
    "wildcard": lambda text: text,
    "word": _word,
    "wordlist": lambda first, last, text: " ".join(text.split()[int(first) - 1 : int(last)]),
    "words": lambda text: str(len(text.split())),
}
