"""How layers load the resources of a design: what is known of an accelerator before one of them was measured.

A layer that asks for d of a resource of which a design gives c in a second takes at least d / c (the roofline of
Williams, Waterman and Patterson, CACM 2009); what does not fit a memory has to come from the next one, or cannot run at
all. All of this depends on ratios of what a layer asks for to what there is, which a learned model can be given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from accel_core.errors import InvalidInputError

COUNT = "count"
"""Column of a table of layers that says how often a layer occurs."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """What a layer asks of a resource over what there is of it.

    Attributes:
        name: Short name.
        demand: The field of a layer that says what it asks for.
        over: Parameters of the design whose product is what there is.
        times: Parameters of the design by which the demand grows.
    """

    name: str
    demand: str
    over: tuple[str, ...] = ()
    times: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Roofline:
    """A time that a layer cannot beat while it uses a resource.

    Attributes:
        ratio: Name of the ratio that it grows with.
        unit_s: Seconds where that ratio is 1.
        spill: Name of the ratio that decides whether the resource is used at all: above 1 something does not fit a
            memory. Empty if it always is.
    """

    ratio: str
    unit_s: float
    spill: str = ""


@dataclass(frozen=True, slots=True)
class Rooflines:
    """All that is known of how layers load designs of one kind.

    Attributes:
        fields: What a layer is described by, natural logarithms or 0 and 1.
        shapes: The fields that have no size, such as a stride.
        ratios: What is asked of each resource by each pair of layer and design.
        wholes: Names of ratios that count in whole numbers: work is dealt out in so many rounds, the last in part idle.
        times: Times that add to a smooth maximum.
        holds: Names of ratios that may not be too large for any layer.
        sums: Names of ratios whose sum over all layers may not be too large.
    """

    fields: tuple[str, ...]
    shapes: tuple[str, ...]
    ratios: tuple[Ratio, ...]
    wholes: tuple[str, ...]
    times: tuple[Roofline, ...]
    holds: tuple[str, ...]
    sums: tuple[str, ...]

    def __post_init__(self) -> None:
        """Check that every name is known.

        Raises:
            InvalidInputError: If one is not, if nothing is said of shapes, whole rounds or times, or if the ratio of a
                memory is a time.
        """
        for part in ("shapes", "wholes", "times"):
            if not getattr(self, part):
                raise InvalidInputError(f"rooflines: {part} are empty; allowed: at least one")
        names = [ratio.name for ratio in self.ratios]
        used = [
            *(t.ratio for t in self.times),
            *(t.spill for t in self.times if t.spill),
            *self.holds,
            *self.sums,
            *self.wholes,
        ]
        for kind, wanted, known in (
            ("field", [*self.shapes, *(ratio.demand for ratio in self.ratios)], self.fields),
            ("ratio", used, names),
        ):
            if unknown := sorted(set(wanted) - set(known)):
                raise InvalidInputError(f"rooflines: {kind} '{unknown[0]}' is unknown; allowed: {', '.join(known)}")

        if timed := sorted({*self.holds, *self.sums} & {time.ratio for time in self.times}):
            raise InvalidInputError(f"rooflines: ratio '{timed[0]}' is a time; a memory needs one that is none")

    @property
    def pure(self) -> tuple[Ratio, ...]:
        """The ratios that are no times: what is left of sizes once a layer's time is measured in its rooflines."""
        times = {roofline.ratio for roofline in self.times}
        return tuple(ratio for ratio in self.ratios if ratio.name not in times)

    def number_of(self, name: str) -> int:
        """Return where a ratio stands among ``ratios``."""
        return [ratio.name for ratio in self.ratios].index(name)

    def to_mapping(self) -> dict[str, Any]:
        """Return plain lists and numbers, for a JSON file."""
        return asdict(self)

    @classmethod
    def from_mapping(cls, content: Mapping[str, Any]) -> Self:
        """Undo ``to_mapping``.

        Raises:
            InvalidInputError: If a name is unknown.
            KeyError: If a part is missing.
            TypeError: If a part is of another kind.
        """
        ratios = (Ratio(r["name"], r["demand"], tuple(r["over"]), tuple(r["times"])) for r in content["ratios"])
        return cls(
            tuple(content["fields"]),
            tuple(content["shapes"]),
            tuple(ratios),
            tuple(content["wholes"]),
            tuple(Roofline(**time) for time in content["times"]),
            tuple(content["holds"]),
            tuple(content["sums"]),
        )
