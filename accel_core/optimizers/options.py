"""Options of optimizers, checked by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accel_core.errors import InvalidInputError
from accel_core.objectives import loss_text, loss_weights
from accel_core.optimizers.base import Optimizer
from accel_core.settings import resolve


def resolve_options(kind: type[Optimizer] | Optimizer, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the given options of an optimizer, each checked and of its type; a loss as text.

    Raises:
        InvalidInputError: Naming the optimizer, the option, its value and what is allowed.
    """
    place = f"optimizer '{kind.name}'"
    if unknown := [name for name in given if name not in kind.options]:
        allowed = ", ".join(kind.options) or "none"
        raise InvalidInputError(f"{place}: option '{unknown[0]}' is unknown; allowed: {allowed}")
    checked = dict(given)
    try:
        if checked.get("loss"):
            weights = loss_weights(checked["loss"])
            checked["loss"] = checked["loss"] if isinstance(checked["loss"], str) else loss_text(weights)
        return {
            name: resolve({name: kind.options[name]}, {name: value}, place)[name] for name, value in checked.items()
        }
    except InvalidInputError as error:
        raise InvalidInputError(f"{place}: {error}") from None
