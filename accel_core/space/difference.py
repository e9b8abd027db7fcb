"""What was changed in a space: the way from a platform's space to an edited one, in words a campaign can carry."""

from __future__ import annotations

from accel_core.errors import InvalidInputError
from accel_core.space.constraints import Constraint
from accel_core.space.design_space import DesignSpace
from accel_core.space.messages import unknown
from accel_core.space.parameters import Parameter


def difference(edited: DesignSpace, base: DesignSpace) -> tuple[dict[str, str], tuple[Constraint, ...]]:
    """Return the restrictions and added constraints that make ``edited`` out of ``base``.

    Constraints of ``base`` that ``edited`` lacks are not lifted: they say what the platform can build.

    Raises:
        InvalidInputError: If a parameter is missing, unknown, or wider than in ``base``.
    """
    for name in edited.names:
        if name not in base.names:
            raise InvalidInputError(unknown("parameter", name, base.names))
    restrictions = {}
    for parameter in base.parameters:
        if parameter.name not in edited.names:
            raise InvalidInputError(f"space '{edited.name}' has no parameter '{parameter.name}' of {base.name}")
        wanted = spelled(edited.parameter(parameter.name))
        if wanted != spelled(parameter):
            restrictions[parameter.name] = wanted
    base.restrict(restrictions)
    known = {constraint.expression for constraint in base.constraints}
    return restrictions, tuple(entry for entry in edited.constraints if entry.expression not in known)


def spelled(parameter: Parameter) -> str:
    """Return a parameter's values as ``restrict`` reads them: ``LO..HI`` or ``V1,V2``."""
    if parameter.values:
        return ",".join(map(str, parameter.values))
    return f"{parameter.low}..{parameter.high}"
