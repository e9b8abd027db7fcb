"""Fidelity ``analytical``: the platform's own equations."""

from __future__ import annotations

import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.evaluators.equations import evaluate_equations
from accel_core.evaluators.results import Request


def evaluate_analytical(designs: pd.DataFrame, request: Request) -> pd.DataFrame:
    """Evaluate all designs at once.

    Raises:
        InvalidInputError: If the platform has no equations.
    """
    platform = request.platform
    if platform.analytical is None:
        raise InvalidInputError(f"platform '{platform.name}' has no analytical model")
    return evaluate_equations(platform.analytical, designs, request)
