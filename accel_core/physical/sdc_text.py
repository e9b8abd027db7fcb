"""The Tcl in SDC files: commands of words, variables, brackets and braces; nothing is executed."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from accel_core.errors import InvalidInputError

_OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


@dataclass(frozen=True)
class Command:
    """A command: its line and its words, brackets already replaced by what they give."""

    line: int
    words: tuple[str, ...]


Answer = Callable[[Command], str]
"""Gives the value of a command in brackets."""


def read_commands(text: str, answer: Answer, place: str) -> Iterator[Command]:
    """Read commands one by one; ``set`` and ``expr`` are done here, other commands in brackets are asked of ``answer``.

    Raises:
        InvalidInputError: If brackets do not match, a variable is not set or an ``expr`` is not arithmetic.
    """
    return _Reader(text, answer, place).commands()


class _Reader:
    def __init__(self, text: str, answer: Answer, place: str) -> None:
        self.text = text
        self.answer = answer
        self.place = place
        self.variables: dict[str, str] = {}
        self.at = 0

    def commands(self) -> Iterator[Command]:
        while self.at < len(self.text):
            command = self._command("\n;")
            if command.words:
                value = self._known(command)
                if value is None:
                    yield command

    def _error(self, what: str) -> InvalidInputError:
        return InvalidInputError(f"{self.place}, line {self._line()}: {what}")

    def _line(self) -> int:
        return self.text.count("\n", 0, self.at) + 1

    def _command(self, ends: str) -> Command:
        """Words up to one of ``ends``, which is passed."""
        words: list[str] = []
        line = 0
        while self.at < len(self.text) and self.text[self.at] not in ends:
            if self.text.startswith("\\\n", self.at):
                self.at += 2
            elif self.text[self.at].isspace():
                self.at += 1
            elif self.text[self.at] == "#" and not words:
                found = self.text.find("\n", self.at)
                self.at = found if found >= 0 else len(self.text)
            else:
                line = line or self._line()
                words.append(self._word(ends))
        if ends == "]" and self.at >= len(self.text):
            raise self._error("'[' without ']'")
        self.at += 1
        return Command(line, tuple(words))

    def _word(self, ends: str) -> str:
        if self.text[self.at] == "{":
            return self._braces()
        quoted = self.text[self.at] == '"'
        self.at += quoted
        word = ""
        while self.at < len(self.text):
            sign = self.text[self.at]
            if sign == '"' if quoted else (sign.isspace() or sign in ends):
                break
            if sign == "[" and not (word and not quoted):
                self.at += 1
                inner = self._command("]")
                value = self._known(inner)
                word += self.answer(inner) if value is None else value
            elif sign == "$":
                word += self._variable()
            else:
                word += sign
                self.at += 1
        self.at += quoted
        return word

    def _braces(self) -> str:
        depth, start = 0, self.at
        for at in range(start, len(self.text)):
            depth += {"{": 1, "}": -1}.get(self.text[at], 0)
            if depth == 0:
                self.at = at + 1
                return self.text[start + 1 : at]
        raise self._error("'{' without '}'")

    def _variable(self) -> str:
        found = _VARIABLE.match(self.text, self.at)
        if found is None:
            raise self._error("'$' without a name")
        self.at = found.end()
        name = found[1] or found[2]
        if name not in self.variables:
            raise self._error(f"variable {name} is not set")
        return self.variables[name]

    def _known(self, command: Command) -> str | None:
        """The value of ``set`` and ``expr``, None for other commands."""
        if command.words[:1] == ("set",) and len(command.words) == 3:
            self.variables[command.words[1]] = command.words[2]
            return command.words[2]
        if command.words[:1] == ("expr",):
            text = _VARIABLE.sub(
                lambda found: self.variables.get(found[1] or found[2], ""), " ".join(command.words[1:])
            )
            return f"{self._number(text):.12g}"
        return None

    def _number(self, text: str) -> float:
        try:
            return _value(ast.parse(text.strip(), mode="eval").body)
        except (SyntaxError, TypeError, ZeroDivisionError) as error:
            raise self._error(f"expr '{text}' is not arithmetic") from error


def _value(node: ast.expr) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return float(_OPERATORS[type(node.op)](_value(node.left), _value(node.right)))
    raise TypeError(node)
