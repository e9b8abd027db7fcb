"""Rows of the three tables of PRIME that benchmarks/prime.py fills again, with the published numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from accel_core.paths import data_path
from accel_core.space.documents import load_document

TABLES = ("single", "multi", "zero")

_SHORT = {
    "mobilenet_edgetpu": "Edge",
    "mobilenet_v2": "V2",
    "mobilenet_v3": "V3",
    "m4": "M4",
    "m5": "M5",
    "m6": "M6",
    "unet": "U-Net",
    "t_rnn_dec": "Dec",
    "t_rnn_enc": "Enc",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table.

    Attributes:
        table: One of `TABLES`.
        names: Applications that are designed for, or learned from.
        tests: Applications whose latency counts; the same ones, except in the zero-shot table.
        limit_mm2: Largest area.
        published: Runtimes in ms, by method.
    """

    table: str
    names: tuple[str, ...]
    tests: tuple[str, ...]
    limit_mm2: float
    published: Mapping[str, float]

    @property
    def title(self) -> str:
        """Short words for a person."""
        if self.table == "single":
            return self.names[0]
        trained, tested = (" ".join(_SHORT[name] for name in names) for names in (self.names, self.tests))
        return (
            f"{trained} @{self.limit_mm2:g}" if self.table == "multi" else f"{trained} > {tested} @{self.limit_mm2:g}"
        )

    @property
    def is_contextual(self) -> bool:
        """Whether the model learns from several applications."""
        return len(self.names) > 1


@cache
def published() -> dict[str, Any]:
    """Return data/edgetpu_published.yaml."""
    loaded: dict[str, Any] = load_document(data_path() / "edgetpu_published.yaml")[1]
    return loaded


def rows_of(table: str) -> tuple[Row, ...]:
    """Return the rows of a table, in the source's order."""
    if table == "single":
        limit = float(published()["single_limit_mm2"])
        return tuple(Row(table, (name,), (name,), limit, known) for name, known in published()["single"].items())
    found = []
    for entry in published()["multi" if table == "multi" else "zero_shot"]:
        names = tuple(entry["applications"])
        known = {key: value for key, value in entry.items() if isinstance(value, float)}
        found.append(Row(table, names, tuple(entry.get("tests", names)), float(entry["limit_mm2"]), known))
    return tuple(found)
