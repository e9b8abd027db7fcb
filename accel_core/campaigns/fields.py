"""Reading a mapping that came from YAML, strictly: every field of the right type, none left over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accel_core.errors import InvalidInputError


class Fields:
    """Takes fields out of a mapping one by one; whatever is left at the end is a mistake."""

    def __init__(self, data: Any, place: str) -> None:
        """Begin; ``place`` names the mapping in errors.

        Raises:
            InvalidInputError: If ``data`` is no mapping with text keys.
        """
        if not isinstance(data, Mapping) or not all(isinstance(key, str) for key in data):
            raise InvalidInputError(f"{place} is {_shown(data)}; it must be a mapping of fields")
        self._left = dict(data)
        self._taken: list[str] = []
        self._place = place

    def has(self, name: str) -> bool:
        """Tell whether a field is there."""
        return self._left.get(name) is not None

    def text(self, name: str, *, required: bool = False) -> str:
        """Take a text; empty when it is not there."""
        value = self.take(name)
        if value is None and not required:
            return ""
        if not isinstance(value, str) or not value:
            raise self._wrong(name, value, "it must be a text")
        return value

    def integer(self, name: str, default: int) -> int:
        """Take a whole number."""
        value = self.take(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(name, value, "it must be a whole number")
        return value

    def number(self, name: str) -> float | None:
        """Take a number; also a text such as ``1e-3``, which YAML does not take for one."""
        value = self.take(name)
        if value is None:
            return None
        try:
            if isinstance(value, bool):
                raise ValueError
            return float(value)
        except (TypeError, ValueError):
            raise self._wrong(name, value, "it must be a number") from None

    def mapping(self, name: str) -> dict[str, Any]:
        """Take a mapping as it is; empty when it is not there."""
        value = self.take(name)
        return {} if value is None else Fields(value, f"{self._place}, {name}").rest()

    def words(self, name: str) -> dict[str, str]:
        """Take a mapping of texts, numbers and lists of them, as the texts that ``--set NAME=VALUES`` takes."""
        words = {}
        for key, value in self.mapping(name).items():
            items = value if isinstance(value, list) else [value]
            if not items or not all(isinstance(item, str | int | float) for item in items):
                raise self._wrong(f"{name}.{key}", value, "it must be a value, a list of values or a range LO..HI")
            words[key] = ",".join(item if isinstance(item, str) else repr(item) for item in items)
        return words

    def part(self, name: str) -> Fields:
        """Take a mapping to read field by field."""
        return Fields(self.take(name), f"{self._place}, {name}")

    def parts(self, name: str) -> list[Fields]:
        """Take a list of mappings to read field by field."""
        value = self.take(name)
        if not isinstance(value, list):
            raise self._wrong(name, value, "it must be a list")
        return [Fields(item, f"{self._place}, {name}.{number}") for number, item in enumerate(value)]

    def rest(self) -> dict[str, Any]:
        """Take everything that is left."""
        left, self._left = self._left, {}
        return left

    def finish(self) -> None:
        """End the reading.

        Raises:
            InvalidInputError: If a field is left over.
        """
        if self._left:
            name = next(iter(self._left))
            raise InvalidInputError(
                f"{self._place}: field '{name}' is unknown; allowed: {', '.join(sorted(self._taken))}"
            )

    def take(self, name: str) -> Any:
        """Take a field as it is; None when it is not there."""
        self._taken.append(name)
        return self._left.pop(name, None)

    def _wrong(self, name: str, value: Any, allowed: str) -> InvalidInputError:
        shown = "missing" if value is None else _shown(value)
        return InvalidInputError(f"{self._place}: {name} is {shown}; {allowed}")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
