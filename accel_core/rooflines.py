"""How layers load the resources of a design: what is known of an accelerator before one of them was measured.

A layer that asks for d of a resource of which a design gives c in a second takes at least d / c (the roofline of
Williams, Waterman and Patterson, CACM 2009); what does not fit a memory has to come from the next one, or cannot run at
all. All of this depends on ratios of what a layer asks for to what there is, which a learned model can be given. What
one unit of an array is asked for depends on how work is dealt out to all of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from accel_core.errors import InvalidInputError

COUNT = "count"
"""Column of a table of layers that says how often a layer occurs."""

Product = tuple[str, ...]
"""Names whose numbers are multiplied."""


@dataclass(frozen=True, slots=True)
class Share:
    """What the busiest of some units gets of a layer's work, in whole numbers.

    Attributes:
        name: Short name.
        of: What is dealt out: fields of a layer, or shares that stand before.
        over: The parameter of the design that says to how many units; empty for one.
    """

    name: str
    of: Product
    over: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """Inputs that so many neighboring outputs look at: (of - 1) * step + size."""

    name: str
    of: str
    step: str
    size: str


@dataclass(frozen=True, slots=True)
class Dealing:
    """How a layer's work is dealt out to the units of a design: in whichever way takes the fewest rounds.

    Attributes:
        ways: The shares of each way; all have the same names.
        rounds: The shares whose product is how many rounds a way takes.
        tie: The share that decides between ways of equally many rounds, the fewer the better, and then their order.
        windows: What shares ask of inputs.
    """

    ways: tuple[tuple[Share, ...], ...]
    rounds: Product
    tie: str
    windows: tuple[Window, ...] = ()

    def __post_init__(self) -> None:
        """Check that all ways have the same shares.

        Raises:
            InvalidInputError: If not, or if there is no way.
        """
        if not self.ways or len({tuple(share.name for share in way) for way in self.ways}) > 1:
            raise InvalidInputError("rooflines: the ways of dealing out differ in shares; allowed: the same in each")


@dataclass(frozen=True, slots=True)
class Ratio:
    """What a layer asks of a resource over what there is of it.

    Attributes:
        name: Short name.
        asks: What it asks for, a sum of products of fields, shares and windows.
        over: Parameters of the design whose product is what there is.
        times: Parameters of the design by which what it asks for grows.
        is_total: Whether all layers of the application ask for it together.
    """

    name: str
    asks: tuple[Product, ...]
    over: Product = ()
    times: Product = ()
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class Roofline:
    """A time that a layer cannot beat while it uses a resource.

    Attributes:
        ratio: Name of the ratio that it grows with.
        unit_s: Seconds where that ratio is 1.
        spill: Name of the ratio that decides whether the resource is used at all: above 1 something does not fit a
            memory. Empty if it always is.
        is_rest: Whether only what does not fit uses it then, not everything.
    """

    ratio: str
    unit_s: float
    spill: str = ""
    is_rest: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """What a memory has to hold of a layer so that it runs.

    Attributes:
        memory: What it is called.
        either: Names of ratios that add up, for each way to make do; one is enough.
    """

    memory: str
    either: tuple[Product, ...]


@dataclass(frozen=True, slots=True)
class Rooflines:
    """All that is known of how layers load designs of one kind.

    Attributes:
        fields: What a layer is described by, numbers from 0.
        shapes: The fields that have no size, such as a stride.
        dealing: How work is dealt out.
        ratios: What is asked of each resource by each pair of layer and design.
        times: Times of which the longest counts.
        issues: Times that add to it.
        holds: What memories have to hold of each layer.
        program: Names of ratios that add up to what a memory has to hold of all layers together.
    """

    fields: tuple[str, ...]
    shapes: tuple[str, ...]
    dealing: Dealing
    ratios: tuple[Ratio, ...]
    times: tuple[Roofline, ...]
    issues: tuple[Roofline, ...] = ()
    holds: tuple[Hold, ...] = ()
    program: Product = ()

    def __post_init__(self) -> None:
        """Check that every name is known, but for the parameters of designs (``check_parameters``).

        Raises:
            InvalidInputError: If one is not or occurs twice, if nothing is said of shapes or times, or if a ratio asks
                for nothing or a time is none.
        """
        for part in ("shapes", "times"):
            if not getattr(self, part):
                raise InvalidInputError(f"rooflines: {part} are empty; allowed: at least one")
        _check("field", self.shapes, self.fields)
        numbers = self._checked_dealing()
        for ratio in self.ratios:
            if not ratio.asks or not all(ratio.asks):
                raise InvalidInputError(f"rooflines: ratio '{ratio.name}' asks for nothing; allowed: sums of products")
            _check("number", (name for product in ratio.asks for name in product), numbers)
        names = [ratio.name for ratio in self.ratios]
        if len(set(names)) < len(names):
            raise InvalidInputError(f"rooflines: ratios are {', '.join(names)}; each name may occur once")
        lines = [*self.times, *self.issues]
        for line in lines:
            if not 0 < line.unit_s < math.inf:
                raise InvalidInputError(f"rooflines: unit of '{line.ratio}' is {line.unit_s} s; allowed: above 0")
        held = (name for need in self.needs for name in need)
        _check("ratio", [*(line.ratio for line in lines), *(line.spill for line in lines if line.spill), *held], names)
        if not all(self.needs) or not all(hold.either for hold in self.holds):
            raise InvalidInputError("rooflines: a memory holds nothing; allowed: sums of ratios")

    def _checked_dealing(self) -> list[str]:
        """Check the names of dealing out, and return all that ratios may ask for."""
        dealing = self.dealing
        for way in dealing.ways:
            known = list(self.fields)
            for share in way:
                _check("number", share.of, known)
                known.append(share.name)
        shares = [share.name for share in dealing.ways[0]]
        _check("share", [*dealing.rounds, dealing.tie], shares)
        numbers = [*self.fields, *shares]
        for window in dealing.windows:
            _check("number", [window.of, window.step, window.size], numbers)
        return [*numbers, *(window.name for window in dealing.windows)]

    def check_parameters(self, names: Sequence[str]) -> None:
        """Check that designs have the parameters that ratios and shares are over.

        Raises:
            InvalidInputError: If one is missing.
        """
        shares = (share.over for way in self.dealing.ways for share in way if share.over)
        _check("parameter", [*shares, *(name for ratio in self.ratios for name in (*ratio.over, *ratio.times))], names)

    @property
    def pure(self) -> tuple[Ratio, ...]:
        """The ratios that are no times: what is left of sizes once a layer's time is measured in its rooflines."""
        times = {line.ratio for line in self.times}
        return tuple(ratio for ratio in self.ratios if ratio.name not in times)

    @property
    def needs(self) -> tuple[Product, ...]:
        """Ratios that add up to what a memory holds: of all holds in turn, then of the program if it counts."""
        either = tuple(names for hold in self.holds for names in hold.either)
        return (*either, self.program) if self.program else either

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
        dealt = content["dealing"]
        ways = tuple(tuple(Share(s["name"], tuple(s["of"]), s["over"]) for s in way) for way in dealt["ways"])
        windows = tuple(Window(**window) for window in dealt["windows"])
        return cls(
            fields=tuple(content["fields"]),
            shapes=tuple(content["shapes"]),
            dealing=Dealing(ways, tuple(dealt["rounds"]), dealt["tie"], windows),
            ratios=tuple(
                Ratio(r["name"], _products(r["asks"]), tuple(r["over"]), tuple(r["times"]), bool(r["is_total"]))
                for r in content["ratios"]
            ),
            times=tuple(Roofline(**time) for time in content["times"]),
            issues=tuple(Roofline(**issue) for issue in content["issues"]),
            holds=tuple(Hold(hold["memory"], _products(hold["either"])) for hold in content["holds"]),
            program=tuple(content["program"]),
        )


def _check(kind: str, wanted: Iterable[str], known: Iterable[str]) -> None:
    allowed = list(known)
    if unknown := sorted(set(wanted) - set(allowed)):
        raise InvalidInputError(f"rooflines: {kind} '{unknown[0]}' is unknown; allowed: {', '.join(allowed)}")


def _products(content: Iterable[Iterable[str]]) -> tuple[Product, ...]:
    return tuple(tuple(product) for product in content)
