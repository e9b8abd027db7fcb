"""Problems of Timeloop, v0.3 and v0.4, as operators."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from accel_core.errors import InvalidInputError
from accel_core.evaluators import resolve_settings
from accel_core.platforms import get_platform
from accel_core.workloads import NETWORKS, Layer, layer_workload
from accel_core.workloads.operators import Conv, Gemm, Operator
from accel_core.workloads.reader import read_network
from accel_core.workloads.timeloop_problem import parse_problem

CASES = Path(__file__).parents[3] / "shared" / "cases"
CNN = """
  shape:
    name: CNN-Layer
    dimensions: [C, M, R, S, N, P, Q]
    coefficients:
    - {name: Wstride, default: 2}
    - {name: Hstride, default: 1}
    data-spaces:
    - name: Weights
      projection: [[[C]], [[M]], [[R]], [[S]]]
"""


def operator(text: str) -> Operator:
    (found,) = parse_problem(text, "net.yaml", "layer").operators
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (  # v0.2 and v0.3: sizes beside the shape, K output channels
            "problem:\n  C: 3\n  Hdilation: 1\n  Hstride: 2\n  K: 64\n  N: 1\n  P: 112\n  Q: 110\n  R: 7\n  S: 5\n"
            "  Wdilation: 1\n  Wstride: 2\n  shape: cnn-layer\n",
            Conv("layer", 3, 229, 223, 7, 5, strides=(2, 2), M=64),
        ),
        (  # v0.3 with instance; the stride's default is the shape's
            "problem:" + CNN + "  instance: {C: 3, M: 8, R: 3, S: 3, P: 4, Q: 5, N: 2}\n",
            Conv("layer", 3, 9, 7, 3, 3, batch=2, strides=(2, 1), M=8),
        ),
        (
            'problem: {version: "0.4", instance: {C: 4, M: 8, R: 3, S: 3, P: 4, Q: 5, Wdilation: 2, G: 2}}',
            Conv("layer", 8, 8, 7, 3, 3, dilations=(2, 1), M=16, groups=2),
        ),
        ('{"problem": {"version": 0.4, "instance": {"M": 5, "N": 6, "K": 7}}}', Gemm("layer", 5, 7, 6)),
        (
            "problem:\n  shape: {name: d, dimensions: [R, S, P, Q, C, N]}\n  instance: {R: 3, S: 3, P: 4, Q: 4, C: 32}",
            Conv("layer", 32, 6, 6, 3, 3, M=32, groups=32),
        ),
        (
            "problem:\n  shape: {dimensions: [R, S, T, P, Q, F, C, M, N]}\n"
            "  instance: {R: 3, S: 3, T: 2, P: 4, Q: 4, F: 5, C: 3, M: 8, N: 1}",
            Conv("layer", 6, 6, 6, 3, 3, batch=5, M=8),
        ),
    ],
)
def test_convolutions_and_products(text: str, expected: Operator) -> None:
    assert operator(text) == expected


@pytest.mark.skipif(not CASES.is_dir(), reason="needs ../shared/cases beside the checkout")
def test_the_problem_of_a_public_report() -> None:
    assert read_network(CASES / "w_timeloop.yaml").layers == (Layer("w_timeloop", 3, 64, 112, 112, 7, 7, 2),)


def test_what_the_project_writes_for_timeloop_is_read_back(tmp_path: Path) -> None:
    eyeriss = get_platform("eyeriss")
    assert eyeriss.program is not None
    workload = layer_workload(NETWORKS["alexnet"], "conv1")
    settings = resolve_settings(eyeriss, "simulated", None)
    files = eyeriss.program.files(eyeriss.space.defaults().iloc[0].to_dict(), workload, settings)
    (text,) = [text for name, text in files.items() if "problem" in name]
    (tmp_path / "conv1.yaml").write_text(text)

    assert read_network(tmp_path / "conv1.yaml").layers == workload.layers


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("problem: {instance: {C: 3, M: 64, P: 1, Q: 1, R: 7}}", r"net.yaml: problem: S is missing; allowed"),
        ("problem: {instance: {C: 3, M: 64, P: 1, Q: 1, R: 7, S: 0}}", r"problem: S is 0; allowed: integers 1"),
        ("problem: {instance: {C: 3, M: 64, P: 1, Q: 1, R: 7, S: 7, Z: 2}}", r"problem, instance: key 'Z' is unknown"),
        ("problem: {instance: {C: 3, M: 2, K: 2, P: 1, Q: 1, R: 7, S: 7}}", r"M, K and B beside C"),
        ("problem: {shape: {dimensions: [A, C]}, instance: {C: 3}}", r"dimensions is \['A', 'C'\]; allowed: a list"),
        ("problem: {shape: {dimensions: [C, P]}, instance: {C: 3, M: 3}}", r"M is no dimension of its shape; allowed"),
        ("problem: [1, 2]", r"net.yaml: problem is no mapping"),
        ("problem:\n  a: &a [x]\n  b: [*a, *a]", r"net.yaml, line \d: not readable as YAML: aliases and tags are not"),
        ("problem: {a: b", r"net.yaml, line \d: not readable as YAML"),
    ],
)  # fmt: skip
def test_wrong_problems_get_one_sentence(text: str, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message) as error:
        parse_problem(text, "net.yaml", "layer")
    assert "\n" not in str(error.value)


def test_a_bomb_of_aliases_is_refused_at_once() -> None:
    bomb = "problem:\n  a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"  {b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    started = time.perf_counter()
    with pytest.raises(InvalidInputError, match=r"aliases and tags are not allowed"):
        parse_problem(bomb, "net.yaml", "layer")
    assert time.perf_counter() - started < 1
