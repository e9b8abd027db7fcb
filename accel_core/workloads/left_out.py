"""What is left out of a network, and why: nothing is dropped in silence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from accel_core.workloads.operators import Operator

Runs = Callable[[Operator], str | None]
"""Tells of an operator why a platform does not run it; None if it does."""


@dataclass(frozen=True)
class Skipped:
    """Operators of one kind that are left out for the same reason.

    Attributes:
        operator: What they are.
        nodes: Their names.
        macs: Their multiply-accumulates; None where they cannot be counted.
        reason: Why they are left out.
    """

    operator: str
    nodes: tuple[str, ...]
    macs: int | None
    reason: str

    def __str__(self) -> str:
        count = "an unknown number of" if self.macs is None else f"{self.macs:,}"
        return f"{self.operator} {listed(self.nodes)}: {self.reason}; {count} multiply-accumulates"


def left_out(operators: Iterable[Operator], runs: Runs) -> tuple[Skipped, ...]:
    """Return what a platform does not run of a network, by kind of operator and reason."""
    found: dict[tuple[str, str], list[Operator]] = {}
    for operator in operators:
        if (reason := runs(operator)) is not None:
            found.setdefault((operator.label, reason), []).append(operator)
    return tuple(
        Skipped(label, tuple(one.name for one in same), _total(one.macs for one in same), reason)
        for (label, reason), same in sorted(found.items())
    )


def described(skipped: Sequence[Skipped]) -> list[str]:
    """Return a line for each entry that has work, and one for all others together."""
    lines = [f"left out: {entry}" for entry in skipped if entry.macs != 0]
    harmless = [f"{entry.operator} {len(entry.nodes)}" for entry in skipped if entry.macs == 0]
    return [*lines, f"without multiply-accumulates: {', '.join(harmless)}"] if harmless else lines


def listed(names: Sequence[str]) -> str:
    """Return the first names, and how many more there are."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(f"'{name}'" for name in names[:3]) + more


def _total(counts: Iterable[int | None]) -> int | None:
    total = 0
    for count in counts:
        if count is None:
            return None
        total += count
    return total
