"""Design ids: the same for the same design however its table is written, different otherwise."""

import hashlib
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.errors import InvalidDesignError
from accel_core.space import DesignSpace, Parameter, design_ids
from tests.space.strategies import spaces


def test_an_id_is_the_digest_of_a_readable_text():
    designs = pd.DataFrame({"rows": [8], "f_hz": [1.25e9], "flow": ["ws"], "scale": [0.1]})
    text = '{"f_hz":1250000000,"flow":"ws","rows":8,"scale":0.1}'
    assert design_ids(designs, designs.columns).tolist() == [hashlib.sha256(text.encode()).hexdigest()[:16]]


@given(spaces(), st.integers(0, 2**32))
def test_order_and_spelling_do_not_matter(space, seed):
    rng = np.random.default_rng(seed)
    designs = space.from_unit(rng.random((6, len(space.parameters))))
    ids = design_ids(designs, space.names)
    assert ids.str.fullmatch("[0-9a-f]{16}").all()
    shuffled = designs.sample(frac=1, random_state=seed % 1000)[list(rng.permutation(designs.columns))]
    floats = shuffled.assign(**{p.name: shuffled[p.name].astype(float) for p in space.parameters if p.is_numeric})
    for table in (shuffled, floats, shuffled.astype(object).assign(status="ok")):
        pd.testing.assert_series_equal(design_ids(table, space.names[::-1]).sort_index(), ids)


def test_different_designs_have_different_ids():
    space = DesignSpace("s", tuple(Parameter(f"p{i}", "integer", low=1, high=10) for i in range(5)))
    start = time.perf_counter()
    ids = design_ids(space.enumerate(), space.names)
    assert ids.nunique() == 10**5
    assert time.perf_counter() - start < 5


def test_numbers_and_texts_and_places_are_told_apart():
    one = pd.DataFrame({"a": [1, 2], "b": [2, 1]})
    texts = pd.DataFrame({"a": ["1", "2"], "b": ["2", "1"]})
    tricky = pd.DataFrame({"a": ['1,"b":2', "x"], "b": ["", '"']})
    ids = pd.concat([design_ids(table, ["a", "b"]) for table in (one, texts, tricky)])
    assert ids.nunique() == 6


def test_ids_are_alike_in_another_process():
    code = "import pandas as pd; from accel_core.space import design_ids; "
    code += "print(design_ids(pd.DataFrame({'a': [1.5, 2], 'b': ['x', 'é']}), ['a', 'b']).tolist())"
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    here = design_ids(pd.DataFrame({"b": ["x", "é"], "a": [1.5, 2]}), ["b", "a"]).tolist()
    assert there == f"{here}\n"


def test_minus_zero_is_zero():
    assert design_ids(pd.DataFrame({"a": [0.0, -0.0]}), ["a"]).nunique() == 1


def test_an_empty_table_has_no_ids():
    assert design_ids(pd.DataFrame({"a": []}), ["a"]).tolist() == []


@pytest.mark.parametrize(
    ("designs", "message"),
    [
        ({"a": [1.0, None], "b": 1}, "row 2, a: the value is missing; allowed: a number or a text"),
        ({"a": [1.0, np.inf], "b": 1}, "a has the value inf; allowed: a finite number or a text"),
        ({"a": [True, False], "b": 1}, "a has the value True; allowed"),
        ({"b": [1, 2]}, "the designs have no column a; allowed: a, b"),
    ],
)
def test_what_has_no_id_is_told(designs, message):
    with pytest.raises(InvalidDesignError, match=message):
        design_ids(pd.DataFrame(designs), ["a", "b"])
