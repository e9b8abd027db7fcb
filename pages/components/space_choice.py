"""The design space that the person has chosen in this session, with undo; other pages start from it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import streamlit as st

from accel_core.platforms import Platform
from accel_core.space import Constraint, DesignSpace

_KEY = "space-choice"
MAX_UNDO = 100


@dataclass(frozen=True)
class SpaceChoice:
    """How a platform's space was narrowed.

    Attributes:
        restrictions: By parameter, ``LO..HI`` or ``V1,V2`` as on the command line.
        constraints: Added to the platform's own.
    """

    restrictions: dict[str, str] = field(default_factory=dict)
    constraints: tuple[Constraint, ...] = ()

    def space(self, platform: Platform) -> DesignSpace:
        """Return the narrowed space.

        Raises:
            InvalidInputError: If a restriction or a constraint does not fit the platform's space.
        """
        narrowed = platform.space.restrict(self.restrictions)
        return replace(narrowed, constraints=(*narrowed.constraints, *self.constraints))


@dataclass
class _History:
    """Choices so far; ``revision`` renews the widgets after an undo, so that they show what holds."""

    choices: list[SpaceChoice]
    revision: int = 0


def current_choice(platform: Platform) -> SpaceChoice:
    """Return what is chosen now."""
    return _history(platform).choices[-1]


def revision(platform: Platform) -> int:
    """Return a number that changes whenever the widgets must forget what they show."""
    return _history(platform).revision


def change(platform: Platform, choice: SpaceChoice, *, renew: bool = False) -> None:
    """Choose something else; it must fit the platform, and can be undone.

    Raises:
        InvalidInputError: If it does not fit; the choice stays as it was.
    """
    choice.space(platform)
    history = _history(platform)
    if choice != history.choices[-1]:
        history.choices = [*history.choices[-MAX_UNDO:], choice]
    history.revision += renew


def undo(platform: Platform) -> None:
    """Go back to the choice before."""
    history = _history(platform)
    if len(history.choices) > 1:
        history.choices.pop()
    history.revision += 1


def can_undo(platform: Platform) -> bool:
    """Tell whether there is a choice before this one."""
    return len(_history(platform).choices) > 1


def _history(platform: Platform) -> _History:
    histories: dict[str, _History] = st.session_state.setdefault(_KEY, {})
    return histories.setdefault(platform.name, _History([SpaceChoice()]))
