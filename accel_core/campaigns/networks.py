"""Networks of one's own in a campaign's YAML: a file that is read once, and its content that goes on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from accel_core.campaigns.fields import Fields
from accel_core.errors import InvalidInputError
from accel_core.workloads import Workload, content_of, own_workload, read_network, restored_workload


def network_of(fields: Fields, folder: Path | None) -> Workload | None:
    """Return the network that ``layers`` names or ``network`` holds; None where there is neither.

    Args:
        fields: The campaign's.
        folder: Where the file that ``layers`` names may be; None where no file may be read, as in what is uploaded.

    Raises:
        InvalidInputError: If there are both, the file cannot be read, or the content is wrong.
    """
    name, sizes = fields.text("layers"), _sizes(fields)
    if fields.has("network"):
        part = fields.part("network")
        held = restored_workload(part.text("name", required=True), part.text("content", required=True))
        part.finish()
        if name:
            raise InvalidInputError("layers is given beside network, which holds one already; give one of the two")
        return held
    if not name:
        if sizes:
            raise InvalidInputError("sizes is given without layers, whose sizes they are")
        return None
    if folder is None:
        raise InvalidInputError(
            f"layers is '{name:.80}', a file, which is read for the command line alone; choose the network in the form"
        )
    return own_workload(read_network(folder / name, sizes), name)


def network_to(network: Workload) -> dict[str, Any]:
    """Return a network as ``network_of`` reads it back without a file."""
    return {"name": network.name, "content": content_of(network.operators)}


def _sizes(fields: Fields) -> dict[str, int]:
    given: Mapping[str, Any] = fields.mapping("sizes")
    for name, value in given.items():
        if isinstance(value, bool) or not isinstance(value, int):
            raise InvalidInputError(f"sizes.{name} is {value!r:.40}; it must be a whole number")
    return dict(given)
