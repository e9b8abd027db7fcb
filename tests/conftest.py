"""What all tests share."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from accel_core.platforms import PLATFORMS
from accel_core.platforms.registry import BUILT_IN

# A busy machine is no fault of the code; tests that are about time measure it themselves.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

CASES = Path(__file__).resolve().parents[2] / "shared" / "cases"


@pytest.fixture(scope="session")
def shared_case() -> Callable[[str], Path]:
    """Finds a file of the cases that lie beside the checkout; skips where there are none."""

    def find(name: str) -> Path:
        if not (CASES / name).is_file():
            pytest.skip(f"{CASES / name} is not on this machine")
        return CASES / name

    return find


@pytest.fixture(autouse=True)
def _platforms_stay() -> Iterator[None]:
    """Fails the test that leaves the project's platforms changed, rather than those that follow it."""
    yield
    assert list(PLATFORMS)[: len(BUILT_IN)] == list(BUILT_IN)
