"""Makefiles without make: what the public platforms use, and what is refused."""

from itertools import pairwise

import pytest

from accel_core.errors import InvalidInputError
from accel_core.physical.makefile import Makefile

# Each variable is twice the one before: 2**18 steps.
_NAMES = "XABCDEFGHIJKLMNOPQR"
DOUBLING = "R = a\n" + "".join(f"{one} = $({two})$({two})\n" for one, two in pairwise(_NAMES))


def read(folder, text: str, **given: str) -> Makefile:
    (folder / "config.mk").write_text(text)
    return Makefile(folder / "config.mk", given)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A = 1 # one\nX = $(A)${A}\nA = 2", "22"),  # Recursive variables see what comes later,
        ("A = 1\nX := $(A)\nA = 2", "1"),  # simple ones do not.
        ("X = 1\nX ?= 2\nX += 3", "1 3"),
        ("export X ?= $(GIVEN)", "given"),
        ("export X ??= 5", "5"),
        ("X = a \\\n  b\\\n\tc", "a b c"),
        ("#X = 1 \\\nX = 2\nX ?= 3", "3"),  # A comment goes on, too.
        ("C = TC\nTC_F = f\nX = $($(C)_F)", "f"),
        ("ifeq ($(NONE),)\nX = 1\nelse\nX = 2\nendif", "1"),
        ("ifneq ($(GIVEN), given)\nX = 1\nelse ifeq (a,a)\nX = 2\nelse\nX = 3\nendif", "2"),
        ("ifdef GIVEN\nifndef NONE\nX = 1\nendif\nendif", "1"),
        ('ifeq "a" "b"\nX = 1\nifeq (a,a)\nX = 3\nendif\nendif\nX ?= 2', "2"),
        ("X = $(foreach w,a b, $(foreach v,1 2,$(w)_$(v)))", "a_1 a_2 b_1 b_2"),
        ("$(foreach v,LVT SVT,$(eval T = $(strip $(patsubst %VT, %, $(v)))) $(eval X += f_$(T)))", "f_L f_S"),
        ("X = $(if $(strip $(NONE)), a, b) $(or $(NONE),c) $(and a,d)", "b c d"),
        ("L = a b c\nX = $(word 1,$(L)) $(wordlist 2, $(words $(L)), $(L)) $(lastword $(L))", "a b c c"),
        ("X = $(subst A,B,xA) $(filter a%,ab cd) $(filter-out a%,ab cd) $(sort b a b)", "xB ab cd a b"),
        (
            "X = $(addprefix p/,a) $(addsuffix .x,b c) $(notdir d/e) $(dir d/e) $(F:.a=.b)\nF = f.a",
            "p/a b.x c.x e d/ f.b",
        ),
        ("X = $(origin GIVEN) $(origin NONE)", "file undefined"),
        ("X = $(wildcard *.mk) $(wildcard nothing/*)$(wildcard nothing)", "config.mk"),
        ("$(info hello)\ntarget: source\n\techo\n-include none.mk\nX = 1", "1"),
        ("P ?= $(shell rm -rf /)\nQ := $(shell ls)\nX = $$1", "$1"),  # Not asked for, so no matter.
    ],
)
def test_value(tmp_path, text, value):
    assert read(tmp_path, text, GIVEN="given").value("X") == value


def test_included_files_are_read(tmp_path):
    (tmp_path / "more.mk").write_text("X = 1\n")
    assert read(tmp_path, "include more.mk\n").value("X") == "1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("X = $(shell ls)", r"config.mk, X: needs \$\(shell ...\), which is not run"),
        ("X = $(Y)\nY = $(X)", "config.mk, X: its variables do not end; allowed: 60 within another"),
        (DOUBLING, "its variables do not end"),
        ("X = 1\nifeq (a,b)", "config.mk: a conditional is not closed; allowed: one endif for each"),
        ("X = 1\nendif", "config.mk, line 2: endif without a conditional before it"),
        ("X = $(call f,1)", r"config.mk, X: \$\(call ...\) is not understood; allowed: abspath, .* wordlist, words"),
        ("X = $(word one,a)", r"\$\(word ...\) is not understood"),
        ("X = $(A", r"'\$\(A' is not closed"),
        ("ifeq (a)\nendif", r"config.mk, line 1: ifeq \(a\): not understood; allowed: ifeq \(a,b\)"),
        ("include more.mk", "config.mk, line 1: included file more.mk does not exist"),
        ("include config.mk", "files include each other"),
        ("$(error no such corner)", "config.mk, line 1: no such corner"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused_with_its_place(tmp_path, text, message):
    with pytest.raises(InvalidInputError, match=message):
        read(tmp_path, text).value("X")


def test_long_files_are_refused(tmp_path):
    with pytest.raises(InvalidInputError, match="is longer than 1,000,000 bytes"):
        read(tmp_path, "#" * 1_000_001)
