"""Texts that a spreadsheet would run: guarded by an apostrophe in what is written, which is taken off again when read.

See https://owasp.org/www-community/attacks/CSV_Injection for the signs. A text that is a number, such as ``-5``, is
harmless and stays as it is.
"""

from __future__ import annotations

import pandas as pd

_RUNS = "^'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_GUARDED = "^'(?='*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20])"


def guarded(values: pd.Series) -> pd.Series:
    """Return texts (a string column) with an apostrophe before those that a spreadsheet would run."""
    runs = values.str.contains(_RUNS, regex=True, na=False) & ~values.str.fullmatch(_NUMBER, na=False)
    return values.where(~runs, "'" + values) if runs.any() else values


def unguarded(values: pd.Series) -> pd.Series:
    """Return texts without the apostrophe that ``guarded`` set."""
    return values.str.replace(_GUARDED, "", regex=True)
