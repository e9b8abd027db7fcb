"""Value change dumps: how often nets toggled and how long they were high."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from accel_core.errors import InvalidInputError
from accel_core.physical.graph import Floats


@dataclass(frozen=True)
class Toggles:
    """Of N nets, over the time that was dumped.

    Attributes:
        count: Transitions between 0 and 1, shape (N,).
        high: Share of the time at 1, shape (N,).
        seen: How many of the nets are in the dump.
    """

    count: Floats
    high: Floats
    seen: int


def read_vcd(lines: Iterable[str], nets: Mapping[str, int], place: str = "VCD") -> Toggles:
    """Count what happened on nets, in the scope that has most of them.

    Args:
        lines: The dump.
        nets: Number of each net's name, of a bit ``a[3]`` for buses.
        place: What to call the dump in errors.

    Raises:
        InvalidInputError: If it is not a dump, or has none of the nets.
    """
    return _Reader(nets, place).read(iter(lines))


class _Reader:
    def __init__(self, nets: Mapping[str, int], place: str) -> None:
        self.nets = nets
        self.place = place
        count = max(nets.values(), default=-1) + 1
        self.values = ["x"] * count
        self.known = ["x"] * count  # The last value that was 0 or 1.
        self.since = [0] * count
        self.toggles = [0] * count
        self.high = [0] * count

    def read(self, lines: Iterable[str]) -> Toggles:
        lines = iter(lines)
        codes = self._header(lines)
        start, now = None, 0
        for line in lines:
            sign = line[:1]
            if sign == "#":
                now = int(line[1:])
                start = now if start is None else start
            elif sign in ("0", "1", "x", "z", "X", "Z"):
                for net in codes.get(line[1:].strip(), ()):
                    self._set(net, sign, now)
            elif sign in ("b", "B"):
                text, _, code = line[1:].strip().partition(" ")
                bits = codes.get(code, ())
                # Values are shortened: x and z repeat, others go on with zeros.
                full = text.rjust(len(bits), text[0] if text[0] in "xzXZ" else "0")
                for net, value in zip(bits, full, strict=True):
                    self._set(net, value, now)
        if start is None or now <= start:
            raise InvalidInputError(f"{self.place}: no time passes in it")
        for net, value in enumerate(self.values):
            if value == "1":
                self.high[net] += now - max(self.since[net], start)
        seen = {net for group in codes.values() for net in group if net >= 0}
        return Toggles(np.array(self.toggles, float), np.array(self.high) / (now - start), len(seen))

    def _set(self, net: int, value: str, now: int) -> None:
        if net < 0 or self.values[net] == value:
            return
        if self.values[net] == "1":
            self.high[net] += now - self.since[net]
        if value in "01":
            self.toggles[net] += self.known[net] not in ("x", value)
            self.known[net] = value
        self.values[net] = value
        self.since[net] = now

    def _header(self, lines: Iterable[str]) -> dict[str, tuple[int, ...]]:
        """Nets of each code, most significant bit first, -1 for those that nobody asks for."""
        scopes: dict[tuple[str, ...], dict[str, tuple[int, ...]]] = {}
        scope: list[str] = []
        words: list[str] = []
        for line in lines:
            words += line.split()
            if not words or words[-1] != "$end":
                continue
            if words[0] == "$scope":
                scope.append(words[2])
            elif words[0] == "$upscope":
                scope.pop()
            elif words[0] == "$var":
                bits = self._bits("".join(words[4:-1]))
                scopes.setdefault(tuple(scope), {}).setdefault(words[3], bits)
            elif words[0] == "$enddefinitions":
                break
            words = []
        best = max(scopes.values(), key=lambda codes: sum(max(bits) >= 0 for bits in codes.values()), default={})
        if not any(max(bits) >= 0 for bits in best.values()):
            raise InvalidInputError(f"{self.place}: none of the netlist's nets is in it")
        return best

    def _bits(self, name: str) -> tuple[int, ...]:
        plain = name.removeprefix("\\")
        head, _, size = plain.partition("[")
        first, colon, last = size.rstrip("]").partition(":")
        if not colon:
            return (self.nets.get(plain, -1),)
        step = -1 if int(first) > int(last) else 1
        return tuple(self.nets.get(f"{head}[{bit}]", -1) for bit in range(int(first), int(last) + step, step))
