"""What may be chosen about the offline model: its sizes, its loss and its training."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from accel_core.errors import InvalidInputError

MINERS = ("firefly", "gradient")


@dataclass(frozen=True, slots=True)
class OfflineSettings:
    """Sizes, loss and training; the defaults train in about a minute on one core.

    Attributes:
        alpha: Weight of conservatism: how hard designs that the optimizer would pick are predicted slower. Negatives
            crowd where few designs are logged, so a small weight moves predictions there far. With alpha and beta 0
            the model is the naive one, plain regression on the feasible designs.
        beta: Weight of the penalty on infeasible designs; 0 leaves them out, and alpha 0.1 does some of their work.
        embedding: Width of a parameter's embedding; a multiple of ``heads``, and even.
        layers: Attention layers.
        heads: Attention heads in each layer.
        feed_forward: Width between the two dense layers that follow each attention.
        votes: Parallel perceptrons whose outputs are averaged with learned weights (soft voting).
        width: Width of each perceptron's hidden layers.
        depth: How many hidden layers each perceptron has.
        steps: Optimizer steps.
        batch: Feasible designs in a step, and as many infeasible ones.
        learning_rate: Highest rate of Adam; it warms up over 5 % of the steps and falls to 0 along a cosine.
        held_out: Share of the logged designs that only judges the model.
        miner: How negatives are found: ``firefly`` runs the optimizer on the model, ``gradient`` climbs from logged
            designs along the model's gradient, through mixtures of values.
        negatives: How many are in a step.
        mine_every: Steps between two rounds of mining.
        mine_rounds: Generations of the optimizer, or gradient steps, in a round.
        mine_rate: Length of a gradient step.
        reports: Rows of the training curve.
    """

    alpha: float = 0.001
    beta: float = 1.0
    embedding: int = 32
    layers: int = 1
    heads: int = 4
    feed_forward: int = 64
    votes: int = 4
    width: int = 64
    depth: int = 2
    steps: int = 1500
    batch: int = 128
    learning_rate: float = 2e-3
    held_out: float = 0.1
    miner: str = "firefly"
    negatives: int = 64
    mine_every: int = 5
    mine_rounds: int = 2
    mine_rate: float = 0.05
    reports: int = 40

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            InvalidInputError: If one has another type or lies outside its range.
        """
        for entry in fields(self):
            value = getattr(self, entry.name)
            if entry.name == "miner":
                if value not in MINERS:
                    raise InvalidInputError(f"setting miner is {value!r}; allowed: {', '.join(MINERS)}")
            else:
                _check_number(entry.name, value, isinstance(entry.default, int))
        if self.embedding % self.heads or self.embedding % 2:
            raise InvalidInputError(
                f"setting embedding is {self.embedding}; it must be even and a multiple of heads, {self.heads}"
            )

    def to_mapping(self) -> dict[str, Any]:
        """Return plain numbers, for a JSON file."""
        return asdict(self)

    @classmethod
    def from_mapping(cls, content: Mapping[str, Any]) -> Self:
        """Undo ``to_mapping``.

        Raises:
            InvalidInputError: If a name is unknown or missing, or a value not allowed.
        """
        names = {entry.name for entry in fields(cls)}
        if wrong := sorted(names ^ set(content)):
            raise InvalidInputError(f"setting '{wrong[0]}' is unknown or missing; needed: {', '.join(sorted(names))}")
        return cls(**content)


_LIMITS: Mapping[str, tuple[float, float]] = {
    "alpha": (0.0, 100.0),
    "beta": (0.0, 100.0),
    "embedding": (2, 512),
    "layers": (0, 12),
    "heads": (1, 64),
    "feed_forward": (1, 4096),
    "votes": (1, 64),
    "width": (1, 4096),
    "depth": (1, 8),
    "steps": (1, 10_000_000),
    "batch": (1, 65_536),
    "learning_rate": (1e-7, 1.0),
    "held_out": (0.0, 0.5),
    "negatives": (1, 65_536),
    "mine_every": (1, 10_000),
    "mine_rounds": (1, 1000),
    "mine_rate": (1e-6, 10.0),
    "reports": (1, 10_000),
}


def _check_number(name: str, value: Any, is_whole: bool) -> None:
    low, high = _LIMITS[name]
    is_right = isinstance(value, int if is_whole else int | float) and not isinstance(value, bool)
    if not is_right or not math.isfinite(value) or not low <= value <= high:
        kind = "whole numbers" if is_whole else "numbers"
        raise InvalidInputError(f"setting {name} is {value!r}; allowed: {kind} from {low:g} to {high:g}")


PUBLISHED = OfflineSettings(
    alpha=1.0,
    beta=1.0,
    embedding=64,
    layers=2,
    heads=8,
    feed_forward=256,
    votes=7,
    width=512,
    depth=3,
    steps=1_000_000,
    batch=256,
    learning_rate=1e-4,
    negatives=256,
)
"""Sizes and training of the released code (google-research, ``prime/``), which take days without an accelerator.

The seven votes are the paper's as remembered (assumed; the code's default is one); dropout of 0.1 is left out. alpha
and beta weigh another scale there (``losses.py``).
"""

LAYERED = OfflineSettings(votes=1, width=32, steps=1000, learning_rate=4e-3)
"""Sizes and training of a model that is told layers (``layered.py``), less than a minute on one core.

It has less to learn than one that is told a vector, and an application's layers are seen at once.
"""
