"""Boolean expressions of Liberty (``function`` and ``when``): parsing, and the chance that they are true."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from accel_core.errors import InvalidInputError

_TOKEN = re.compile(r"\s*([A-Za-z_][\w\[\]]*|[01]|[()!'&*|+^])")


@dataclass(frozen=True)
class Expression:
    """A node: ``pin`` with its name, ``0`` or ``1``, ``not``, ``and``, ``or``, ``xor`` with operands."""

    kind: str
    name: str = ""
    operands: tuple[Expression, ...] = ()


def parse_expression(text: str) -> Expression:
    """Parse a Liberty expression; operators bind in the order ``! ^ & |`` and group from the left.

    Raises:
        InvalidInputError: If the text is not one.
    """
    tokens = []
    position = 0
    text = text.strip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise InvalidInputError(f"Liberty, expression '{text}': not understood")
        tokens.append(match[1])
        position = match.end()
    parser = _Parser(tokens, text)
    tree = parser.binary(0)
    if parser.tokens:
        raise InvalidInputError(f"Liberty, expression '{text}': not understood")
    return tree


class _Parser:
    _LEVELS = (("or", "|+"), ("and", "&*"), ("xor", "^"))

    def __init__(self, tokens: list[str], text: str) -> None:
        self.tokens = tokens
        self.text = text

    def binary(self, level: int) -> Expression:
        if level == len(self._LEVELS):
            return self.unary()
        kind, signs = self._LEVELS[level]
        left = self.binary(level + 1)
        while self.tokens and (self.tokens[0] in signs or (kind == "and" and self._is_operand(self.tokens[0]))):
            if self.tokens[0] in signs:
                self.tokens.pop(0)
            left = Expression(kind, "", (left, self.binary(level + 1)))
        return left

    @staticmethod
    def _is_operand(token: str) -> bool:
        return token in "(!" or token[0].isalnum() or token[0] == "_"

    def unary(self) -> Expression:
        if not self.tokens:
            raise InvalidInputError(f"Liberty, expression '{self.text}': ends too early")
        token = self.tokens.pop(0)
        if token == "!":
            return Expression("not", "", (self.unary(),))
        if token == "(":
            tree = self.binary(0)
            if not self.tokens or self.tokens.pop(0) != ")":
                raise InvalidInputError(f"Liberty, expression '{self.text}': ')' is missing")
        elif token in "01":
            tree = Expression(token)
        elif token[0].isalpha() or token[0] == "_":
            tree = Expression("pin", token)
        else:
            raise InvalidInputError(f"Liberty, expression '{self.text}': '{token}' has nothing before it")
        while self.tokens and self.tokens[0] == "'":
            self.tokens.pop(0)
            tree = Expression("not", "", (tree,))
        return tree


def probability(tree: Expression, of_pin: Callable[[str], float]) -> float:
    """The chance that an expression is true, if its operands were independent."""
    if tree.kind == "pin":
        return of_pin(tree.name)
    if tree.kind in "01":
        return float(tree.kind)
    chances = [probability(operand, of_pin) for operand in tree.operands]
    if tree.kind == "not":
        return 1.0 - chances[0]
    a, b = chances
    return {"and": a * b, "or": 1.0 - (1.0 - a) * (1.0 - b), "xor": a * (1.0 - b) + b * (1.0 - a)}[tree.kind]


def sensitized_when(tree: Expression, pin: str) -> Expression | None:
    """When a change of ``pin`` reaches the output, where the top of the function tells; else None.

    This is OpenSTA's rule (``Power::inferedWhen``): it looks at the outermost operator only, and takes the negation of
    the other operand for ``or`` and ``xor``.
    """
    if tree.kind == "pin":
        return Expression("1") if tree.name == pin else None
    if tree.kind == "not":
        return sensitized_when(tree.operands[0], pin)
    if tree.kind in ("and", "or", "xor"):
        left, right = tree.operands
        for mine, other in ((left, right), (right, left)):
            if mine == Expression("pin", pin) or mine == Expression("not", "", (Expression("pin", pin),)):
                return other if tree.kind == "and" else Expression("not", "", (other,))
    return None
