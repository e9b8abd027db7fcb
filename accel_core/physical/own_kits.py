"""Technology files that people give through a page: kept in a folder, each under its name."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Any

from accel_core.errors import InvalidInputError
from accel_core.physical.kit_check import check_kit
from accel_core.physical.technology import load_technology
from accel_core.physical.technology_files import TECHNOLOGIES

_NAME = re.compile(r"\s*name\s*:\s*['\"]?([A-Za-z0-9][A-Za-z0-9_.-]{0,62})['\"]?\s*(?:#.*)?")


def known_kits(folder: Path) -> dict[str, str]:
    """What to name a technology as, by what to show: shipped ones, then those that were kept."""
    shipped = {path.stem: path.stem for path in sorted(TECHNOLOGIES.glob("*.yaml"))}
    return {**shipped, **{path.stem: str(path) for path in sorted(folder.glob("*.yaml"))}}


def keep_kit(text: str, folder: Path, cache: Path | None) -> tuple[Path, dict[str, Any]]:
    """Check the text of a technology file and keep it; files that it names stay where they are on this machine.

    Returns:
        Where it is now, and what was understood of it.

    Raises:
        InvalidInputError: If it has no plain name, is named like a shipped one, or cannot be loaded.
    """
    found = next((match for match in map(_NAME.fullmatch, text.splitlines()) if match), None)
    if found is None:
        raise InvalidInputError("kit: key 'name' is missing; allowed: up to 63 letters, digits, '_', '.' and '-'")
    if (TECHNOLOGIES / f"{found[1]}.yaml").is_file():
        raise InvalidInputError(f"kit: name is {found[1]}, which is a shipped technology; allowed: another")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        part = Path(name) / f"{found[1]}.yaml"
        part.write_text(text, encoding="utf-8")
        kit = check_kit(load_technology(part, cache))
        place = folder / part.name
        os.replace(part, place)
    return place, {**kit, "source": str(place)}
