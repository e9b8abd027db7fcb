"""Words of the general pages that follow from what a platform can do: real tools or a model, a clock or none."""

from __future__ import annotations

from dataclasses import dataclass

from accel_core.platforms import Platform
from accel_core.space import DesignSpace
from accel_core.surrogates.roi import TARGET_CLOCK


@dataclass(frozen=True)
class PlatformWords:
    """How a person is told what happens to designs of a platform.

    Attributes:
        flow: What evaluates designs in its best fidelity, as a title; empty where nothing does.
        search_flow: Of the button that searches it.
        done: How that evaluates them, such as "for real".
        evaluated: What designs then are, in one word.
        likely: What must be likely of a design that a model's search may pick.
        success: The same as the name of a quantity.
        has_clock: Whether designs have a target clock, and so a region of interest.
    """

    flow: str
    search_flow: str
    done: str
    evaluated: str
    likely: str
    success: str
    has_clock: bool


def words_of(platform: Platform) -> PlatformWords:
    """Return a platform's words."""
    has_clock = TARGET_CLOCK in platform.space.names
    near = " and comes near its target clock" if has_clock else ""
    near_clock = ", near the target clock" if has_clock else ""
    if platform.implement is not None:
        return PlatformWords("Real flow", "Search the flow", "for real", "placed", f"can be built{near}",
                             f"Chance to be built{near_clock}", has_clock)  # fmt: skip
    if not platform.evaluable:
        return PlatformWords("", "", "elsewhere", "measured", f"can run{near}", f"Chance to run{near_clock}", has_clock)
    return PlatformWords("Platform's model", "Search the platform's model", "by the platform's model", "evaluated",
                         f"can run{near}", f"Chance to run{near_clock}", has_clock)  # fmt: skip


def example_constraint(space: DesignSpace) -> str:
    """Return a constraint that a person might add: the product of two parameters, at most that of the defaults.

    Empty where the space has no two whole numbers that vary; those that are already constrained are named last.
    """
    taken = {name for constraint in space.constraints for name in constraint.names}
    defaults = space.defaults().iloc[0]
    whole = [entry.name for entry in space.parameters if entry.is_numeric and entry.kind != "real" and entry.size != 1]
    first = sorted(whole, key=lambda name: name in taken)[:2]
    if len(first) < 2:
        return ""
    return f"{' * '.join(first)} <= {int(defaults[first[0]]) * int(defaults[first[1]])}"
