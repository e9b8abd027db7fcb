"""What an evaluation depends on beside the design: its settings, checked and digested, and the model's version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from accel_core.errors import InvalidInputError
from accel_core.physical import ACTIVITY_SOURCES, CONDITIONS, FLOW_VERSION, HIERARCHIES, THROUGH, pinned_technology
from accel_core.platforms import Platform
from accel_core.settings import Setting, SettingValue, resolve

_LIMITS = {
    "time_limit_s": Setting(600.0, "Seconds after which a design is given up.", 1.0, 86400.0, keyed=False),
    "memory_limit_gb": Setting(4.0, "Gigabytes of address space of one tool.", 0.5, 1024.0, keyed=False),
}
SETTINGS: Mapping[str, Mapping[str, Setting]] = {
    "analytical": {},
    "measured": {},
    "simulated": {},
    "placed": {
        "technology": Setting("nangate45", "Technology file, or the name of an embedded one.", pin=pinned_technology),
        "activity": Setting(0.1, "Signal transitions per clock cycle on every net but the clock's.", 0.0, 2.0),
        "activity_source": Setting(
            "global",
            "Whether every net has that activity, or the one simulated at the design's real work.",
            later=True,
            choices=ACTIVITY_SOURCES,
        ),
        "conditions": Setting(
            "true",
            "Conditions of Liberty groups by their true probability, or as if pins were independent.",
            later=True,
            choices=CONDITIONS,
        ),
        "through": Setting(
            "placement",
            "How far: to places, with an ideal clock; or through timing repair, clock tree and global routing.",
            later=True,
            choices=THROUGH,
        ),
        "clock": Setting(
            "target",
            "Whether a design is made for its target clock, or for several in search of the fastest that it meets.",
            later=True,
            choices=("target", "fastest"),
        ),
        "hierarchy": Setting(
            "flat",
            "Whether synthesis sees a design flat, or by module: repeated modules once, which is faster.",
            later=True,
            choices=HIERARCHIES,
        ),
        **_LIMITS,
    },
}
"""What every platform's evaluations take, by fidelity; a program is limited as the flow is."""
FIRST_VERSION = "1"
"""Version of results from before versions were noted, and of every model that was not changed since."""


def settings_of(platform: Platform, fidelity: str) -> dict[str, Setting]:
    """Return the settings of a platform's fidelity: the evaluator's, those of the space, the platform's.

    Raises:
        InvalidInputError: If the fidelity is unknown.
    """
    if fidelity not in SETTINGS:
        raise InvalidInputError(f"fidelity '{fidelity}' cannot be evaluated; allowed: {', '.join(SETTINGS)}")
    limits = _LIMITS if fidelity == "simulated" and platform.program else {}
    return {**SETTINGS[fidelity], **limits, **platform.space_settings, **platform.settings.get(fidelity, {})}


def resolve_settings(platform: Platform, fidelity: str, given: Mapping[str, Any] | None) -> dict[str, SettingValue]:
    """Return every setting of a platform's fidelity, given ones over defaults.

    Raises:
        InvalidInputError: If the fidelity or a setting is unknown, or a value has the wrong type or range.
    """
    return resolve(settings_of(platform, fidelity), given, f"fidelity {fidelity}")


def settings_id(platform: Platform, fidelity: str, resolved: Mapping[str, SettingValue]) -> str:
    """Return 16 hex digits that differ whenever a setting differs that can change a result.

    A file counts by what it says, not by its place: moved or on another machine it makes the same results.
    """
    known = settings_of(platform, fidelity)
    usual = {name for name, setting in known.items() if setting.later and resolved[name] == setting.default}
    keyed = {
        name: _content(setting, resolved[name])
        for name, setting in known.items()
        if setting.keyed and name not in usual
    }
    return digest_of(keyed)


def digest_of(settings: Mapping[str, SettingValue]) -> str:
    """Return 16 hex digits of settings by name."""
    return hashlib.blake2b(json.dumps(settings, sort_keys=True).encode(), digest_size=8).hexdigest()


def model_version(platform: Platform, fidelity: str) -> str:
    """Return the version of what makes a platform's results of a fidelity, as they are made now.

    It is part of a result's identity: what an older version made stays stored, but takes part in nothing unless asked
    for. To be raised, in ``Platform.versions`` of the fidelity, whenever the same design, workload, settings and seed
    would get other numbers or another status than before: a corrected equation or constant, other RTL, another default
    file, a new setting. Not for speed, words or a metric that is only added. Placed results also have the version of
    the flow, ``accel_core.physical.FLOW_VERSION``. Results that ship must then be made anew; a test holds them to it.
    """
    version = platform.versions.get(fidelity, FIRST_VERSION)
    return f"{version}-flow{FLOW_VERSION}" if fidelity == "placed" and FLOW_VERSION != FIRST_VERSION else version


def _content(setting: Setting, value: SettingValue) -> SettingValue:
    """Return the digest of a file that was pinned as ``/place/of/it#digest``, and any other value as it is."""
    return f"#{value.rpartition('#')[2]}" if setting.pin and isinstance(value, str) and "#" in value else value
