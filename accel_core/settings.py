"""Settings: what is not part of a design but changes its result, checked one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from accel_core.errors import InvalidInputError

SettingValue = float | int | str


@dataclass(frozen=True)
class Setting:
    """One setting.

    Attributes:
        default: Used when the setting is not given; its type is the setting's type, whole numbers included.
        meaning: One sentence with the unit.
        low: Smallest allowed number, or None.
        high: Largest allowed number, or None.
        keyed: Whether another value makes another result. A limit only decides whether there is one, so a stored
            result is found again under any limit.
        later: Whether there were results before the setting: those are found again where it is at its default.
        choices: The words that are allowed; empty allows any text.
        pin: Turns a given text into one that goes on to mean the same: the name of a file into its place and a digest
            of what it says, without which results would be found again under whatever it says by then. What it
            returns, it returns again.
    """

    default: SettingValue
    meaning: str
    low: float | None = None
    high: float | None = None
    keyed: bool = True
    later: bool = False
    choices: tuple[str, ...] = ()
    pin: Callable[[str], str] | None = None


def resolve(known: Mapping[str, Setting], given: Mapping[str, Any] | None, where: str) -> dict[str, SettingValue]:
    """Return every known setting, given ones over defaults; ``where`` says in errors whose settings they are.

    Raises:
        InvalidInputError: If a setting is unknown, or a value has the wrong type or range, or names a wrong file.
    """
    for name in given or {}:
        if name not in known:
            allowed = ", ".join(known) or "none"
            raise InvalidInputError(f"setting '{name}' is unknown for {where}; allowed: {allowed}")
    return {name: _checked(name, setting, (given or {}).get(name, setting.default)) for name, setting in known.items()}


def _checked(name: str, setting: Setting, value: Any) -> SettingValue:
    if isinstance(setting.default, str):
        return _text(name, setting, value)
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InvalidInputError(f"setting {name} is {value!r}; it must be a number") from None
    low, high = setting.low, setting.high
    if not (low is None or number >= low) or not (high is None or number <= high):
        raise InvalidInputError(f"setting {name} is {number:g}; allowed: {low:g} to {high:g}")
    if not isinstance(setting.default, int):
        return number
    if not number.is_integer():
        raise InvalidInputError(f"setting {name} is {number:g}; it must be a whole number")
    return int(number)


def _text(name: str, setting: Setting, value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidInputError(f"setting {name} is {value!r}; it must be text")
    if setting.choices and value not in setting.choices:
        raise InvalidInputError(f"setting {name} is '{value:.80}'; allowed: {', '.join(setting.choices)}")
    return setting.pin(value) if setting.pin else value
