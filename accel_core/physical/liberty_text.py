"""Liberty syntax only: text into nested groups, without knowing what any of them means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from accel_core.errors import InvalidInputError

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_CONTINUATION = re.compile(r"\\\s*\n")
# Attributes that a group states several times; each becomes a group of its own.
_REPEATED = ("voltage_map", "fanout_length", "wire_load_from_area")
_STATEMENT = re.compile(
    r"""\s*(?:
      (?P<close>\})
    | (?P<name>[A-Za-z_]\w*)\s*(?:
          :\s*(?P<value>"[^"]*"|[^;\n"{}]*)\s*;?
        | \(\s*(?P<arguments>(?:"[^"]*"|[^")])*)\)\s*(?P<open>\{|;|(?=\s*\n)|(?=\}))
      )
    | (?P<stray>;)
    )""",
    re.VERBOSE,
)


@dataclass
class Group:
    """One Liberty group, such as ``pin (A) { ... }``.

    Attributes:
        kind: What stands before the parentheses.
        name: What stands in them, without quotes.
        values: Simple and complex attributes; the last one of a name wins.
        groups: Groups inside, in their order.
    """

    kind: str
    name: str
    values: dict[str, str] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)

    def all(self, *kinds: str) -> Iterator[Group]:
        """Direct sub-groups of any of these kinds."""
        return (group for group in self.groups if group.kind in kinds)

    def first(self, kind: str) -> Group | None:
        """The first direct sub-group of a kind."""
        return next(self.all(kind), None)

    def number(self, key: str, default: float) -> float:
        """A numeric attribute."""
        return float(self.values.get(key, default))


def parse_groups(text: str) -> Group:
    """Parse Liberty text and return its ``library`` group.

    Raises:
        InvalidInputError: If the text is not Liberty; the message names the line.
    """
    text = _CONTINUATION.sub(" ", _COMMENT.sub(lambda match: "\n" * match[0].count("\n"), text))
    root = Group("", "")
    stack = [root]
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _STATEMENT.match(text, position)
        if match is None:
            raise InvalidInputError(f"Liberty, line {text.count(chr(10), 0, position) + 1}: not understood")
        position = match.end()
        if match["close"]:
            if len(stack) == 1:
                raise InvalidInputError(f"Liberty, line {text.count(chr(10), 0, position) + 1}: '}}' without '{{'")
            stack.pop()
        elif match["open"] == "{":
            group = Group(match["name"], match["arguments"].strip().strip('"'))
            stack[-1].groups.append(group)
            stack.append(group)
        elif match["name"] in _REPEATED:
            stack[-1].groups.append(Group(match["name"], match["arguments"] or ""))
        elif match["name"]:
            value = match["value"] if match["value"] is not None else match["arguments"]
            stack[-1].values[match["name"]] = value.strip().strip('"')
    library = root.first("library")
    if library is None or len(stack) != 1:
        raise InvalidInputError("Liberty: the library group is missing or not closed")
    return library
