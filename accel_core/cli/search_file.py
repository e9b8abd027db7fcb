"""The file of a search: written after every batch, and never replaced by another search's unless a person says so."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.evaluators import FIRST_VERSION
from accel_core.optimizers import Optimizer
from accel_core.space import design_ids
from accel_core.tables import read_table

_WAY_OUT = "name another file, or add --overwrite to replace it"


def told_again(search: Optimizer, out: Path, batch: int, identity: Mapping[str, object]) -> pd.DataFrame:
    """Tell a new search what an earlier one left in its file, and return those results.

    It asks as the earlier one did, batch by batch. Where it asks for the very designs that stand there, the file is a
    beginning of this search, whatever its budget was, and the search goes on as if it had never stopped. Parameters are
    those asked for: a text such as ``true`` or ``8`` may read as something else.

    Args:
        search: A search that knows nothing yet.
        out: The file.
        batch: Designs asked for at a time.
        identity: What all rows must have in these columns, such as ``fidelity``.

    Raises:
        InvalidInputError: If the file cannot be read or holds something else.
    """
    found = read_table(out)
    if found.empty:
        return found
    if "model_version" not in found:
        found["model_version"] = FIRST_VERSION
    _check_identity(found, out, identity)
    told: list[pd.DataFrame] = []
    done = 0
    while done < len(found):
        designs = search.ask(min(batch, len(found) - done))
        rows = found.iloc[done : done + len(designs)]
        wanted = design_ids(designs, search.space.names).tolist()
        if not wanted or rows["design_id"].tolist() != wanted:
            raise InvalidInputError(
                f"{out} exists and holds another search, for its designs from row {done + 1} on are others; {_WAY_OUT}"
            )
        told.append(rows.reset_index(drop=True).assign(**designs.reset_index(drop=True)))
        search.tell(told[-1])
        done += len(designs)
    return pd.concat(told, ignore_index=True)


def _check_identity(found: pd.DataFrame, out: Path, identity: Mapping[str, object]) -> None:
    for name, value in {"design_id": None, "status": None, **identity}.items():
        if name not in found:
            raise InvalidInputError(f"{out} exists and has no column '{name}', so it is no search's; {_WAY_OUT}")
        values = found[name].astype(str) if isinstance(value, str) else found[name]
        others = values[values != value] if value is not None else values.iloc[:0]
        if len(others):
            raise InvalidInputError(
                f"{out} exists with another search, whose {name} is {others.iloc[0]} and not {value}; {_WAY_OUT}"
            )
