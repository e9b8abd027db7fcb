"""What a training of the page Offline was asked for, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from pages.components.offline_data import SHIPPED, titles_of


@dataclass(frozen=True)
class Asked:
    """What was asked for.

    Attributes:
        log_title: The log, in words.
        log_key: Tells it from other logs.
        names: Applications to design for, together.
        alpha: Weight of conservatism.
        with_infeasible: Whether infeasible designs are learned from.
        steps: Of each model.
        seed: Of all chance.
    """

    log_title: str
    log_key: str
    names: tuple[str, ...]
    alpha: float
    with_infeasible: bool
    steps: int
    seed: int = 0

    @property
    def key(self) -> tuple[object, ...]:
        """What trainings of the same result have in common."""
        return self.log_key, self.names, self.alpha, self.with_infeasible, self.steps, self.seed

    @property
    def is_naive(self) -> bool:
        """Whether the conservative model asked for is the naive one."""
        return self.alpha == 0 and not self.with_infeasible


def asked_words(asked: Asked) -> str:
    """Return what was asked for in words."""
    return f"{titles_of(asked.names)}, {settings_words(asked)}"


def settings_words(asked: Asked) -> str:
    """Return all of it but the applications."""
    own = "" if asked.log_title == SHIPPED else f", log {asked.log_title}"
    return f"alpha {asked.alpha:g}, {'with' if asked.with_infeasible else 'without'} infeasible designs{own}"


@dataclass(frozen=True)
class Revealed:
    """What a first choice turned out to be.

    Attributes:
        runtime_s: Its true runtime; None if it does not run.
        optimum_s: The least runtime of all designs under the limit; None where that is not known.
    """

    runtime_s: float | None
    optimum_s: float | None
