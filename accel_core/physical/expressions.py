"""Boolean expressions of Liberty (``function`` and ``when``): parsing, and when they are true."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from accel_core.errors import InvalidInputError

Floats = npt.NDArray[np.float64]
Chance = float | Floats

_TOKEN = re.compile(r"\s*([A-Za-z_][\w\[\]]*|[01]|[()!'&*|+^])")


@dataclass(frozen=True)
class Expression:
    """A node: ``pin`` with its name, ``0`` or ``1``, ``not``, ``and``, ``or``, ``xor`` with operands."""

    kind: str
    name: str = ""
    operands: tuple[Expression, ...] = ()


@cache
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


def probability(tree: Expression, of_pin: Callable[[str], Chance]) -> Chance:
    """The chance that an expression is true if its operands are independent; a number, or an array of many cases."""
    if tree.kind == "pin":
        return of_pin(tree.name)
    if tree.kind in "01":
        return float(tree.kind)
    chances = [probability(operand, of_pin) for operand in tree.operands]
    if tree.kind == "not":
        return 1.0 - chances[0]
    a, b = chances
    if tree.kind == "and":
        return a * b
    return 1.0 - (1.0 - a) * (1.0 - b) if tree.kind == "or" else a * (1.0 - b) + b * (1.0 - a)


def names_of(tree: Expression) -> frozenset[str]:
    """The pins and states that an expression speaks of."""
    if tree.kind == "pin":
        return frozenset((tree.name,))
    return frozenset().union(*map(names_of, tree.operands))


def replaced(tree: Expression, by: Mapping[str, Expression]) -> Expression:
    """The expression with other expressions in the place of some names."""
    if tree.kind == "pin":
        return by.get(tree.name, tree)
    return Expression(tree.kind, tree.name, tuple(replaced(operand, by) for operand in tree.operands))


def difference(tree: Expression, name: str) -> Expression:
    """When a change of ``name`` changes the expression's value: its Boolean difference."""
    return Expression("xor", "", (replaced(tree, {name: Expression("1")}), replaced(tree, {name: Expression("0")})))


def literal(tree: Expression) -> tuple[str, bool] | None:
    """The one name that an expression is, and whether it is its complement; None if it is more than that."""
    if tree.kind == "pin":
        return tree.name, False
    inner = literal(tree.operands[0]) if tree.kind == "not" else None
    return None if inner is None else (inner[0], not inner[1])


def negated(tree: Expression) -> Expression:
    """The complement."""
    return Expression("not", "", (tree,))


def truth_table(tree: Expression, names: Sequence[str]) -> Floats:
    """1 where an expression is true, for all states of ``names``, shape (2**n,); bit j of an index is ``names[j]``."""
    states = np.arange(1 << len(names))
    values = {name: (states >> bit & 1).astype(np.float64) for bit, name in enumerate(names)}
    return np.broadcast_to(np.asarray(probability(tree, values.__getitem__)), states.shape)
