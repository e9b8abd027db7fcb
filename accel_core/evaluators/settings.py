"""Settings of an evaluation: what is not part of a design but changes its result, checked and digested."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accel_core.errors import InvalidInputError

SettingValue = float | int | str


@dataclass(frozen=True)
class Setting:
    """One setting.

    Attributes:
        default: Used when the setting is not given; its type is the setting's type.
        meaning: One sentence with the unit.
        low: Smallest allowed number, or None.
        high: Largest allowed number, or None.
        keyed: Whether another value makes another result. A limit only decides whether there is one, so a stored
            result is found again under any limit.
    """

    default: SettingValue
    meaning: str
    low: float | None = None
    high: float | None = None
    keyed: bool = True


SETTINGS: Mapping[str, Mapping[str, Setting]] = {
    "analytical": {},
    "placed": {
        "technology": Setting("nangate45", "Technology file, or the name of an embedded one."),
        "activity": Setting(0.1, "Signal transitions per clock cycle on every net but the clock's.", 0.0, 2.0),
        "time_limit_s": Setting(600.0, "Seconds after which a design is given up.", 1.0, 86400.0, keyed=False),
        "memory_limit_gb": Setting(4.0, "Gigabytes of address space of one tool.", 0.5, 1024.0, keyed=False),
    },
}


def resolve_settings(fidelity: str, given: Mapping[str, Any] | None) -> dict[str, SettingValue]:
    """Return every setting of a fidelity, given ones over defaults.

    Raises:
        InvalidInputError: If the fidelity or a setting is unknown, or a value has the wrong type or range.
    """
    if fidelity not in SETTINGS:
        raise InvalidInputError(f"fidelity '{fidelity}' cannot be evaluated; allowed: {', '.join(SETTINGS)}")
    known = SETTINGS[fidelity]
    for name in given or {}:
        if name not in known:
            allowed = ", ".join(known) or "none"
            raise InvalidInputError(f"setting '{name}' is unknown for fidelity {fidelity}; allowed: {allowed}")
    return {name: _checked(name, setting, (given or {}).get(name, setting.default)) for name, setting in known.items()}


def settings_id(fidelity: str, resolved: Mapping[str, SettingValue]) -> str:
    """Return 16 hex digits that differ whenever a setting differs that can change a result."""
    keyed = {name: resolved[name] for name, setting in SETTINGS[fidelity].items() if setting.keyed}
    return hashlib.blake2b(json.dumps(keyed, sort_keys=True).encode(), digest_size=8).hexdigest()


def _checked(name: str, setting: Setting, value: Any) -> SettingValue:
    if isinstance(setting.default, str):
        if not isinstance(value, str):
            raise InvalidInputError(f"setting {name} is {value!r}; it must be text")
        return value
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InvalidInputError(f"setting {name} is {value!r}; it must be a number") from None
    low, high = setting.low, setting.high
    if not (low is None or number >= low) or not (high is None or number <= high):
        raise InvalidInputError(f"setting {name} is {number:g}; allowed: {low:g} to {high:g}")
    return number
