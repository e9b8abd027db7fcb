"""Every error that AccelScope raises on purpose.

AccelError
 ├── InvalidInputError         something given from outside is wrong; one sentence: place, value, what is allowed
 │    ├── InvalidDesignError   a design lies outside its space
 │    └── NameTakenError       a campaign of that name exists
 ├── EvaluationError           one design could not be evaluated; becomes a row with status, stage and reason
 │    ├── InfeasibleError      the design cannot exist
 │    ├── ToolFailedError      a tool crashed or said something that cannot be trusted
 │    │    └── ToolNotFoundError
 │    └── ToolTimeoutError     a tool ran out of time
 ├── StoreError                the database or a result file cannot be used
 │    ├── InUseError           another process has the database
 │    └── ConflictError        a result is stored with other values, and it must be said which to keep
 └── NotFittedError            a surrogate was asked to predict before it was fitted
"""

import errno

DISK_FULL = "the disk is full"

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FULL_WORDS = (
    "No space left on device",
    "not enough space",
    "database or disk is full",
    "Disk quota exceeded",
    DISK_FULL,
)


class AccelError(Exception):
    """Base of all expected errors; its text is one sentence meant for a person."""


class InvalidInputError(AccelError):
    """Something given from outside is wrong."""


class InvalidDesignError(InvalidInputError):
    """A design lies outside its design space."""


class NameTakenError(InvalidInputError):
    """A campaign of that name exists; ``is_same`` says whether its definition is the same, so that it can be joined."""

    def __init__(self, text: str, *, is_same: bool) -> None:
        """Remember both."""
        super().__init__(text)
        self.is_same = is_same


class EvaluationError(AccelError):
    """One design could not be evaluated."""

    status = "failed"

    def __init__(self, stage: str, reason: str) -> None:
        """Remember the flow stage (``synthesis``, ``floorplan``, ...) and the reason in one sentence."""
        super().__init__(f"{stage}: {reason}")
        self.stage = stage
        self.reason = reason


class InfeasibleError(EvaluationError):
    """The design cannot exist, for example because its floorplan is over-full."""

    status = "infeasible"


class ToolFailedError(EvaluationError):
    """A tool crashed or printed something that cannot be trusted."""


class ToolNotFoundError(ToolFailedError):
    """A tool that this step needs is not installed."""


class ToolTimeoutError(EvaluationError):
    """A tool ran out of its time limit."""

    status = "timeout"


class StoreError(AccelError):
    """The database, or a result file meant for it, cannot be used."""


class InUseError(StoreError):
    """Another process, or another part of this one, has the database open."""


class ConflictError(StoreError):
    """A file gives a result that is stored with other values."""


class NotFittedError(AccelError):
    """A surrogate was asked to predict before it was fitted."""


def is_disk_full(error: BaseException) -> bool:
    """Tell whether an error of the system, of DuckDB or of SQLite says that a file found no room."""
    if isinstance(error, OSError) and error.errno in _FULL:
        return True
    return says_disk_full(str(error))


def says_disk_full(text: str) -> bool:
    """Tell whether a tool's or a library's message says that a file found no room."""
    return any(words.lower() in text.lower() for words in _FULL_WORDS)
