"""Installation is repeatable: every package is pinned to the version that the tests run with, within the ranges."""

import re
from collections.abc import Iterator
from importlib.metadata import distribution, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
FILES = ("requirements.txt", "requirements-dev.txt")


def lines(name: str) -> Iterator[str]:
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if bare := line.partition("#")[0].strip():
            yield bare


def asked(name: str) -> list[Requirement]:
    return [Requirement(line) for line in lines(name) if not line.startswith("-r ")]


PINS = {canonicalize_name(pin.name): pin for pin in asked("constraints.txt")}


def needed() -> set[str]:
    """Names of all packages that the requirements bring along on this machine."""
    found: set[str] = set()
    waiting = [(one, frozenset(one.extras)) for name in FILES for one in asked(name)]
    while waiting:
        one, extras = waiting.pop()
        if one.marker and not any(one.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            continue
        name = canonicalize_name(one.name)
        if name not in found:
            found.add(name)
            parts = [Requirement(text) for text in distribution(name).requires or ()]
            waiting += [(part, frozenset(part.extras)) for part in parts if "extra ==" not in str(part.marker)]
    return found


def test_constraints_are_exact_versions_and_name_no_host():
    for pin in PINS.values():
        assert re.fullmatch(r"==[^*,]+", str(pin.specifier)), pin
        assert pin.url is None
    assert "://" not in (ROOT / "constraints.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FILES)
def test_each_requirement_is_a_range_that_holds_its_pin(name):
    for one in asked(name):
        pin = str(PINS[canonicalize_name(one.name)].specifier).removeprefix("==")
        assert one.specifier.contains(pin), f"{one} does not allow the pinned {pin}"


def test_all_that_is_needed_is_pinned_to_what_these_tests_run_with():
    for name in sorted(needed()):
        assert name in PINS, f"{name} is not in constraints.txt"
        assert version(name) == str(PINS[name].specifier).removeprefix("=="), name


def test_make_and_docker_install_the_pinned_versions():
    for name in ("Makefile", "Dockerfile"):
        installs = re.findall(r"^.*pip install.*$", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
        assert installs
        assert all("-c constraints.txt" in line for line in installs), installs


def test_the_readme_names_the_python_that_was_tried():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"Python (3\.\d+)((?: or 3\.\d+)*)", readme) == [("3.11", "")]
