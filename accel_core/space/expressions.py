"""Safe, vectorized arithmetic and logic over the columns of a design table.

Python's own parser reads the text; everything outside a small list of nodes is refused, and what remains is walked
over NumPy arrays. Nothing is ever compiled or run as code. All arithmetic is float64, so a power tower such as
``9**9**9`` is infinity at once instead of a number with millions of digits.
"""

from __future__ import annotations

import ast
import math
import operator
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from accel_core.errors import InvalidInputError
from accel_core.space.foreign_operators import foreign_function, foreign_operator
from accel_core.space.messages import one_of, unknown

Type = Literal["number", "text", "truth"]
Columns = Mapping[str, npt.NDArray[Any]]

MAX_LENGTH = 1000
MAX_DEPTH = 40

FUNCTIONS: Mapping[str, Callable[..., npt.NDArray[np.float64]]] = {
    "min": lambda *values: reduce(np.minimum, values),
    "max": lambda *values: reduce(np.maximum, values),
    "ceil": np.ceil,
    "floor": np.floor,
    "log2": np.log2,
    "abs": np.abs,
}
_VARIADIC = ("min", "max")

_ARITHMETIC: Mapping[type[ast.operator], Callable[..., Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.FloorDiv: np.floor_divide,
    ast.Mod: np.mod,
    ast.Pow: np.power,
}
_COMPARISONS: Mapping[type[ast.cmpop], Callable[..., Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_LANGUAGE = "numbers, texts, parameters, + - * / // % **, comparisons, in, and, or, not, " + " ".join(FUNCTIONS)


@dataclass(frozen=True)
class Expression:
    """A condition that has been read and found harmless.

    Attributes:
        text: What was read.
        names: The columns it needs, in order of appearance.
    """

    text: str
    names: tuple[str, ...]
    _tree: ast.expr

    def check(self, types: Mapping[str, Type]) -> None:
        """Reject unknown names and operations between numbers, texts and truths that make no sense.

        Raises:
            InvalidInputError: Naming the part that is wrong and what is allowed.
        """
        if _infer(self._tree, types) != "truth":
            raise InvalidInputError(f"'{self.text}' is not a condition; allowed: a comparison such as a * b <= 8")

    def check_number(self, types: Mapping[str, Type]) -> None:
        """Reject unknown names, and whatever does not give a number.

        Raises:
            InvalidInputError: Naming the part that is wrong and what is allowed.
        """
        if _infer(self._tree, types) != "number":
            raise InvalidInputError(f"'{self.text}' is not a number; allowed: a formula such as 2 * a + 1")

    def texts_compared(self) -> list[tuple[str, str]]:
        """Return each (column, text) pair that the expression compares for equality."""
        pairs = []
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Compare):
                sides = [node.left, *node.comparators]
                columns = [side.id for side in sides if isinstance(side, ast.Name)]
                literals = [
                    part.value
                    for side in sides
                    for part in (side.elts if isinstance(side, ast.Tuple | ast.List) else [side])
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                ]
                pairs += [(column, literal) for column in columns for literal in literals]
        return pairs

    def evaluate(self, columns: Columns, n_rows: int) -> npt.NDArray[np.bool_]:
        """Return the truth of each row; a comparison with an undefined number (0 / 0, say) is false.

        Args:
            columns: One array of length ``n_rows`` for each of `names`: float64, or objects that are texts.
            n_rows: Number of rows.
        """
        with np.errstate(all="ignore"):
            truth = _evaluate(self._tree, columns)
        return np.array(np.broadcast_to(truth, (n_rows,)), dtype=np.bool_)

    def numbers(self, columns: Columns, n_rows: int) -> npt.NDArray[np.float64]:
        """Return the number of each row; NaN where it is undefined. Columns as for `evaluate`."""
        with np.errstate(all="ignore"):
            found = _evaluate(self._tree, columns)
        return np.array(np.broadcast_to(found, (n_rows,)), dtype=np.float64)


def parse(text: str) -> Expression:
    """Read a condition or a formula.

    Raises:
        InvalidInputError: If the text is too long, too deep, not an expression, or holds anything but the few
            operations allowed.
    """
    if not isinstance(text, str):
        raise InvalidInputError(f"expression is {text!r:.80}; allowed: a text such as a * b <= 8")
    if len(text) > MAX_LENGTH:
        raise InvalidInputError(f"expression has {len(text)} characters; allowed: at most {MAX_LENGTH}")
    return _parse(text)


@lru_cache(maxsize=1024)
def _parse(text: str) -> Expression:
    """Parse once: where threads parse at the same time, Python 3.11 may say SystemError (CPython issue 106905)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        problem = foreign_operator(text) or error.msg
        raise InvalidInputError(f"'{text}' cannot be read at character {error.offset or 1}: {problem}") from None
    except (ValueError, MemoryError, RecursionError):
        raise InvalidInputError(f"'{text:.80}' cannot be read; allowed: {_LANGUAGE}") from None
    names: dict[str, None] = {}
    _refuse_code(tree, text, names, MAX_DEPTH)
    return Expression(text, tuple(names), tree)


def _refuse_code(node: ast.expr, text: str, names: dict[str, None], depth: int) -> None:
    """Walk the tree, collect names, and raise at the first node that is not on the list."""
    if depth == 0:
        raise InvalidInputError(f"'{text:.80}' is nested too deeply; allowed: {MAX_DEPTH} levels")
    children: list[ast.expr] = []
    match node:
        case ast.Name():
            names[node.id] = None
        case ast.Constant(value=value) if _is_plain(value):
            pass
        case ast.BinOp(op=op) if type(op) in _ARITHMETIC:
            children = [node.left, node.right]
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() | ast.Not()):
            children = [node.operand]
        case ast.BoolOp():
            children = node.values
        case ast.Compare(ops=ops) if all(type(op) in _COMPARISONS for op in ops):
            children = [node.left, *node.comparators]
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[ast.Tuple() | ast.List() as choices]):
            children = [node.left, *choices.elts]
        case ast.Call(func=ast.Name(id=name), keywords=[]) if name in FUNCTIONS:
            children = node.args
        case _:
            raise InvalidInputError(f"'{text}': {_problem(node, text)}")
    for child in children:
        _refuse_code(child, text, names, depth - 1)


def _problem(node: ast.expr, text: str) -> str:
    """Say what is not on the list, and what stands for it."""
    match node:
        case ast.Call(func=ast.Name(id=name)) if name not in FUNCTIONS:
            return foreign_function(name) or unknown("function", name, FUNCTIONS)
        case ast.Call(func=ast.Attribute(attr=name)) if name in FUNCTIONS:
            return f"'{ast.unparse(node.func):.80}' is unknown; allowed: '{name}' instead"
        case ast.Call(func=ast.Attribute(attr=name)) if told := foreign_function(name):
            return told
    part = ast.get_source_segment(text.strip(), node) or type(node).__name__
    return foreign_operator(part) or f"'{part:.80}' is not allowed; allowed: {_LANGUAGE}"


def _is_plain(value: object) -> bool:
    """Tell whether a constant is a text or a finite number; truths, bytes and the like are not."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False
    try:
        return isinstance(value, str) or math.isfinite(float(value))
    except OverflowError:
        return False


def _infer(node: ast.expr, types: Mapping[str, Type]) -> Type:
    """Return what a node evaluates to, and raise where its operands do not fit."""
    match node:
        case ast.Name():
            if node.id not in types:
                raise InvalidInputError(unknown("name", node.id, types))
            return types[node.id]
        case ast.Constant():
            return "text" if isinstance(node.value, str) else "number"
        case ast.BoolOp():
            for part in node.values:
                _expect(part, "truth", types)
            return "truth"
        case ast.UnaryOp(op=ast.Not()):
            _expect(node.operand, "truth", types)
            return "truth"
        case ast.Compare():
            _infer_comparison(node, types)
            return "truth"
        case ast.Call(func=ast.Name(id=name)):
            if (len(node.args) < 2) if name in _VARIADIC else (len(node.args) != 1):
                wanted = "two or more" if name in _VARIADIC else "one"
                raise InvalidInputError(f"{name} has {len(node.args)} arguments; allowed: {wanted}")
    for part in _operands(node):
        _expect(part, "number", types)
    return "number"


def _operands(node: ast.expr) -> list[ast.expr]:
    match node:
        case ast.BinOp():
            return [node.left, node.right]
        case ast.UnaryOp():
            return [node.operand]
        case ast.Call():
            return node.args
    return []


def _expect(node: ast.expr, wanted: Type, types: Mapping[str, Type]) -> None:
    found = _infer(node, types)
    if found != wanted:
        raise InvalidInputError(f"'{ast.unparse(node)}' is a {found}; allowed here: a {wanted}")


def _infer_comparison(node: ast.Compare, types: Mapping[str, Type]) -> None:
    sides = [
        part
        for side in [node.left, *node.comparators]
        for part in (side.elts if isinstance(side, ast.Tuple | ast.List) else [side])
    ]
    found = {_infer(side, types) for side in sides}
    is_ordering = any(isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for op in node.ops)
    if found == {"number"} or (found == {"text"} and not is_ordering):
        return
    raise InvalidInputError(
        f"'{ast.unparse(node)}' compares {one_of(f'a {kind}' for kind in sorted(found))}; "
        "allowed: number with number, and text == or != text"
    )


def _evaluate(node: ast.expr, columns: Columns) -> Any:  # noqa: PLR0911
    match node:
        case ast.Name():
            return columns[node.id]
        case ast.Constant():
            return node.value if isinstance(node.value, str) else np.float64(float(node.value))  # type: ignore[arg-type]
        case ast.BoolOp():
            combine = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
            return reduce(combine, [_evaluate(part, columns) for part in node.values])
        case ast.UnaryOp(op=ast.Not()):
            return np.logical_not(_evaluate(node.operand, columns))
        case ast.UnaryOp(op=ast.USub()):
            return np.negative(_evaluate(node.operand, columns))
        case ast.UnaryOp():
            return _evaluate(node.operand, columns)
        case ast.BinOp():
            return _ARITHMETIC[type(node.op)](_evaluate(node.left, columns), _evaluate(node.right, columns))
        case ast.Call(func=ast.Name(id=name)):
            return FUNCTIONS[name](*(_evaluate(part, columns) for part in node.args))
        case ast.Compare(ops=[ast.In() | ast.NotIn() as op], comparators=[ast.Tuple() | ast.List() as choices]):
            value = _evaluate(node.left, columns)
            found = reduce(np.logical_or, [_compare(ast.Eq(), value, _evaluate(e, columns)) for e in choices.elts])
            return found if isinstance(op, ast.In) else np.logical_not(found)
        case ast.Compare():
            sides = [_evaluate(side, columns) for side in [node.left, *node.comparators]]
            pairs = zip(node.ops, sides, sides[1:], strict=False)
            return reduce(np.logical_and, [_compare(op, left, right) for op, left, right in pairs])
    raise AssertionError(f"unreachable: {ast.dump(node)}")


def _compare(op: ast.cmpop, left: Any, right: Any) -> Any:
    truth = np.asarray(_COMPARISONS[type(op)](left, right), dtype=np.bool_)
    if isinstance(op, ast.NotEq) and not (_is_text(left) or _is_text(right)):
        truth = truth & ~np.isnan(left) & ~np.isnan(right)
    return truth


def _is_text(value: Any) -> bool:
    return isinstance(value, str) or getattr(value, "dtype", np.dtype(float)).kind == "O"
