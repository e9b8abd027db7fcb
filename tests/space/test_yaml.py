"""Spaces from YAML that people wrote, broke or attacked."""

import math
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from accel_core.errors import InvalidInputError
from accel_core.space import Constraint, DesignSpace, Parameter
from accel_core.space.documents import MAX_BYTES, dump_document, load_document
from tests.space.strategies import TINY_YAML, spaces

PLAIN = st.recursive(
    st.text(st.characters(codec="utf-8"), max_size=8)
    | st.sampled_from(
        ["on", "no", "1e5", "2.0e8", "1:30", "010", "0x1f", "~", "null", ".5", "1_000", "=", "<<", "2020-01-01"]
    )
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False)
    | st.booleans()
    | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcny", min_size=1), inner, max_size=3),
    max_leaves=8,
)


@given(spaces())
def test_a_space_survives_the_round_trip(space):
    assert DesignSpace.from_yaml(space.to_yaml()) == space


def test_constraints_survive_the_round_trip(tmp_path):
    space = DesignSpace.from_yaml(TINY_YAML)
    assert space.constraints == (Constraint("total PEs", "rows * cols == 168"),)
    path = tmp_path / "tiny.yaml"
    path.write_text(space.to_yaml(), encoding="utf-8")
    assert DesignSpace.from_yaml(path) == DesignSpace.from_yaml(str(path)) == space
    assert DesignSpace.from_mapping(space.to_mapping()) == space


@example("\x85")
@example(["a\u2028b", {"c": "\u2029"}])
@given(PLAIN)
def test_any_plain_content_survives_the_round_trip(content):
    assert load_document(dump_document([content]) + "\n")[1] == [content]


def test_infinity_has_three_spellings_and_what_is_no_number_none():
    assert load_document("[.inf, -.Inf, +.INF]\n")[1] == [math.inf, -math.inf, math.inf]
    for text in (".nan", ".NaN", ".NAN"):
        with pytest.raises(InvalidInputError, match=r"line 2: .*'\.nan' is no number; allowed: numbers"):
            load_document(f"power:\n  limit: {text}\n")


def test_scalars_are_read_as_yaml_1_2_reads_them():
    _, content = load_document("[2.0e8, 1E5, .5, 5., -3, on, no, true, null, ~, 1:30, 010, .inf, 1_0, 2020-01-01]\n")
    assert content == [
        2e8,
        1e5,
        0.5,
        5.0,
        -3,
        "on",
        "no",
        True,
        None,
        None,
        "1:30",
        10,
        float("inf"),
        "1_0",
        "2020-01-01",
    ]


HEAD = "name: edge\nparameters:\n  - {name: a, kind: integer, low: 1, high: 4}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            HEAD + "  - {name: b, kind: ordinal, valuse: [1]}\n",
            r"edge.yaml, parameters.1: key 'valuse' is unknown \(did you mean 'values'\?\); allowed: name, kind",
        ),
        (
            HEAD + "  - {name: b, kind: ordinal, values: [4, 8], default: 7}\n",
            "edge.yaml, parameters.1: b has default 7; allowed: 4, 8",
        ),
        (HEAD + "  - {name: b, kind: ordinal, values: 4}\n", "edge.yaml, parameters.1.values is 4; allowed: a list"),
        (HEAD + "  - {name: b, kind: ordinal, values: []}\n", "edge.yaml, parameters.1: b has 0 values; allowed"),
        (
            HEAD + "  - {name: b, kind: integer, low: 9, high: 3}\n",
            "edge.yaml, parameters.1: b has low 9 and high 3; low must",
        ),
        (
            HEAD + "  - {name: b, kind: integer, low: x, high: 3}\n",
            "edge.yaml, parameters.1: b has low 'x'; allowed: a number",
        ),
        (
            HEAD + "  - {name: b, kind: categorical, values: [true, false]}\n",
            "b is categorical and has the value True; allowed: texts",
        ),
        (HEAD + "  - {kind: integer}\n", "edge.yaml, parameters.1: the key 'name' is missing; allowed"),
        (HEAD + "  - 5\n", "edge.yaml, parameters.1 is 5; allowed: a mapping with name, kind"),
        (HEAD + "  - {name: a, kind: integer, low: 1, high: 4}\n", "edge.yaml: parameter name 'a' is used twice"),
        (HEAD + "constraints: a > 1\n", "edge.yaml, constraints is 'a > 1'; allowed: a list"),
        (
            HEAD + "constraints: [{name: c, expression: b > 1}]\n",
            "edge.yaml: constraint 'c': name 'b' is unknown; allowed: a",
        ),
        (
            HEAD + "constraints: [{name: c, expression: a.b > 1}]\n",
            "constraints.0: constraint 'c': 'a.b > 1': 'a.b' is not allowed",
        ),
        (
            HEAD + "constraints: [{name: c, expression: 5}]\n",
            "edge.yaml, constraints.0: constraint 'c': expression is 5; allowed",
        ),
        (HEAD + "constraints: [{name: c}]\n", "edge.yaml, constraints.0: the key 'expression' is missing"),
        (
            HEAD
            + "  - {name: f, kind: categorical, values: [ws, os]}\nconstraints: [{name: c, expression: f != 'is'}]\n",
            "edge.yaml, constraints.0: constraint 'c': f is never 'is'; allowed: ws, os",
        ),
        (HEAD + "constraint: []\n", r"edge.yaml: key 'constraint' is unknown \(did you mean 'constraints'\?\)"),
        ("name: edge\n", "edge.yaml: the key 'parameters' is missing; allowed"),
        ("parameters: []\nname: edge\n", "edge.yaml: space 'edge' has no parameters"),
        ("name: 5\n" + HEAD[11:], "edge.yaml: space name is 5; allowed"),
        ("", "edge.yaml is empty; allowed: a mapping with name, parameters, constraints"),
        ("- 1\n", "edge.yaml is a list; allowed: a mapping"),
        ("name: edge\nname: ledge\n", "edge.yaml, line 2: not readable as YAML: a key is repeated"),
        ("name: [edge\n", "edge.yaml, line 2: not readable as YAML: expected ',' or ']'"),
        ("a: &x 1\nb: *x\n", "edge.yaml, line 2: not readable as YAML: aliases and tags are not allowed"),
        ("a: !!python/object/apply:os.system [x]\n", "edge.yaml, line 1: not readable as YAML: aliases and tags"),
        ("a: !!bool maybe\n", "aliases and tags are not allowed"),
        ("? [1]\n: 2\n", "a key is repeated or not a plain word"),
        ("--- 1\n--- 2\n", "edge.yaml, line 2: not readable as YAML"),
        ("a: \x00\n", "edge.yaml: not readable as YAML"),
        ("[" * 20_000, "edge.yaml, line 1: not readable as YAML: more than 100 levels"),
        ("x" * (MAX_BYTES + 1), f"edge.yaml is larger than {MAX_BYTES} bytes"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path, text, message):
    path = tmp_path / "edge.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInputError, match=message) as told:
        DesignSpace.from_yaml(path)
    assert "\n" not in str(told.value)


def test_files_that_cannot_be_read_are_told(tmp_path):
    with pytest.raises(InvalidInputError, match=r"none.yaml: No such file or directory; allowed: a readable YAML file"):
        DesignSpace.from_yaml(tmp_path / "none.yaml")
    with pytest.raises(InvalidInputError, match="Is a directory; allowed: a readable YAML file"):
        DesignSpace.from_yaml(tmp_path)
    with pytest.raises(InvalidInputError, match=r"null (byte|character).*; allowed: a readable YAML file"):
        DesignSpace.from_yaml("a\0.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"name: caf\xe9\n")
    with pytest.raises(InvalidInputError, match=r"latin.yaml is not UTF-8; allowed: YAML as UTF-8 text"):
        DesignSpace.from_yaml(tmp_path / "latin.yaml")


@given(st.text(max_size=80) | st.text("-:[]{},#&*!|>'\"%@` \n\tab1.e", max_size=60))
def test_any_text_is_told_in_one_sentence(text):
    with pytest.raises(InvalidInputError, match=r"^[^\n]+$"):
        DesignSpace.from_yaml(text + "\n")


def test_a_small_text_cannot_become_a_large_document():
    lines = ["a0: &a0 [x, x]"] + [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 40)]
    start = time.perf_counter()
    with pytest.raises(InvalidInputError, match="aliases and tags are not allowed"):
        DesignSpace.from_yaml("\n".join(lines))
    assert time.perf_counter() - start < 2


def test_defaults_are_not_written():
    space = DesignSpace("s", (Parameter("a", "integer", low=1, high=4),))
    assert space.to_mapping() == {"name": "s", "parameters": [{"name": "a", "kind": "integer", "low": 1, "high": 4}]}
