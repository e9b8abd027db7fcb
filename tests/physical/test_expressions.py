"""Liberty's Boolean expressions."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.errors import InvalidInputError
from accel_core.physical.expressions import (
    Expression,
    difference,
    literal,
    names_of,
    parse_expression,
    probability,
    replaced,
    truth_table,
)


@pytest.mark.parametrize(
    ("text", "python"),
    [
        ("A & B | C", "(A and B) or C"),
        ("A | B & !C", "A or (B and not C)"),
        ("A ^ B & C", "(A != B) and C"),
        ("(A + B) * C'", "(A or B) and not C"),
        ("A B C", "A and B and C"),
        ("!(A & B)", "not (A and B)"),
        ("A' B + !C", "(not A and B) or not C"),
        ("(A' (B C)')'", "not (not A and not (B and C))"),
        ("A*!B^C'", "A and (not B) != (not C)"),
        ("1", "True"),
        ("A & 0", "False"),
    ],
)
def test_operators_bind_as_in_liberty(text, python):
    tree = parse_expression(text)
    for values in itertools.product((0.0, 1.0), repeat=3):
        pins = dict(zip("ABC", values, strict=True))
        wanted = eval(python, {}, {name: bool(value) for name, value in pins.items()})
        assert probability(tree, pins.__getitem__) == float(wanted)


trees = st.recursive(
    st.sampled_from("ABCDEFGH").map(lambda name: Expression("pin", name)),
    lambda inner: st.one_of(
        inner.map(lambda x: Expression("not", "", (x,))),
        st.tuples(st.sampled_from(("and", "or", "xor")), inner, inner).map(
            lambda parts: Expression(parts[0], "", parts[1:])
        ),
    ),
    max_leaves=6,
)


def leaves(tree):
    return [tree.name] if tree.kind == "pin" else [name for operand in tree.operands for name in leaves(operand)]


@given(trees.filter(lambda tree: len(set(leaves(tree))) == len(leaves(tree))))
def test_probability_is_the_share_of_true_states(tree):
    names = leaves(tree)
    states = [dict(zip(names, values, strict=True)) for values in itertools.product((0.0, 1.0), repeat=len(names))]
    share = sum(probability(tree, state.__getitem__) for state in states) / len(states)
    assert probability(tree, lambda _: 0.5) == pytest.approx(share)


@pytest.mark.parametrize("text", ["A &", "(A", "A)", "A $ B", "", "& A"])
def test_broken_expression_is_quoted(text):
    with pytest.raises(InvalidInputError, match=re.escape(f"expression '{text}'")):
        parse_expression(text)


@given(trees, st.sampled_from("ABCDEFGH"))
def test_difference_is_true_where_a_change_shows(tree, name):
    names = sorted({*leaves(tree), name})
    table = truth_table(tree, names)
    changes = truth_table(difference(tree, name), names)
    bit = 1 << names.index(name)
    for state in range(1 << len(names)):
        assert changes[state] == (table[state] != table[state ^ bit])


def test_literals_and_replacements():
    assert literal(parse_expression("!(A')")) == ("A", False)
    assert literal(parse_expression("!IQ")) == ("IQ", True)
    assert literal(parse_expression("A & B")) is None
    assert names_of(parse_expression("A & !B | 0")) == {"A", "B"}
    assert replaced(parse_expression("A & B"), {"A": parse_expression("!C")}) == parse_expression("!C & B")
