"""Operators and functions of other languages, and how conditions say the same."""

from __future__ import annotations

import re

_SIGNS = {
    "=": "==", "===": "==", ":=": "==", "≡": "==", "＝": "==",
    "!==": "!=", "<>": "!=", "/=": "!=", "~=": "!=", "=!": "!=", "≠": "!=",
    "≤": "<=", "⩽": "<=", "≦": "<=", "=<": "<=", "≥": ">=", "⩾": ">=", "≧": ">=", "=>": ">=",
    "&&": "and", "&": "and", "∧": "and", "||": "or", "|": "or", "∨": "or",
    "!": "not", "~": "not", "¬": "not",
    "^": "**", "²": "** 2", "³": "** 3", "√": "** 0.5",
    "×": "*", "·": "*", "⋅": "*", "∗": "*", "@": "*", "÷": "/", "−": "-", "–": "-",
    "<<": "* 2 **", ">>": "// 2 **", "∈": "in", "∉": "not in", "{": "(", "}": ")",
    "AND": "and", "OR": "or", "NOT": "not", "IN": "in", "is": "==", "xor": "!=", "XOR": "!=",
    "mod": "%", "MOD": "%", "div": "//", "DIV": "//", "implies": "not a or b",
}  # fmt: skip
_FUNCTIONS = {
    "sqrt": "x ** 0.5", "cbrt": "x ** (1 / 3)", "pow": "x ** y", "power": "x ** y", "square": "x ** 2",
    "exp": "2.718281828 ** x", "log": "log2(x) * 0.693147", "ln": "log2(x) * 0.693147", "log10": "log2(x) / 3.321928",
    "round": "floor(x + 0.5)", "int": "floor(x)", "trunc": "floor(x)", "ceiling": "ceil(x)", "fabs": "abs(x)",
    "sum": "x + y", "mean": "(x + y) / 2", "avg": "(x + y) / 2", "mod": "x % y", "fmod": "x % y",
    "maximum": "max(x, y)", "minimum": "min(x, y)", "and": "x and y", "or": "x or y",
}  # fmt: skip

# What is known stands before what is foreign and begins the same; of words, only those between two operands.
_TOKEN = re.compile(
    r"(?P<known>'[^']*'|\"[^\"]*\"|(?<![=!<>/~:])(?:==|!=|<=|>=|\*\*|//)(?![=>]))"
    r"|(?P<sign>===|!==|<>|=<|=>|/=|~=|=!|:=|&&|\|\||<<|>>|[=&|!~^@{}≡＝≠≤⩽≦≥⩾≧∧∨¬²³√×·⋅∗÷−–∈∉])"
    r"|(?P<word>\b(?:AND|OR|IN|is|xor|XOR|mod|MOD|div|DIV|implies)\b(?=\s*[\w('\"])|\bNOT\b(?=\s*[\w(]))"
)


def foreign_operator(text: str) -> str | None:
    """Return words for the first operator that conditions do not have, ``'&&' is unknown; allowed: 'and'``, or None."""
    for token in _TOKEN.finditer(text):
        if token["sign"]:
            return _unknown(token["sign"])
        if token["word"] and (token["word"] == "NOT" or text[: token.start()].strip()):
            return _unknown(token["word"])
    return None


def foreign_function(name: str) -> str | None:
    """Return words for a function that conditions do not have but can say otherwise, or None."""
    ours = _FUNCTIONS.get(name.lower())
    return f"function '{name}' is unknown; allowed: {ours} instead" if ours else None


def _unknown(operator: str) -> str:
    return f"operator '{operator}' is unknown; allowed: '{_SIGNS[operator]}' instead"
