"""Every error that AccelScope raises on purpose.

AccelError
 ├── InvalidInputError         something given from outside is wrong; one sentence: place, value, what is allowed
 │    └── InvalidDesignError   a design lies outside its space
 ├── EvaluationError           one design could not be evaluated; becomes a row with status, stage and reason
 │    ├── InfeasibleError      the design cannot exist
 │    ├── ToolFailedError      a tool crashed or said something that cannot be trusted
 │    │    └── ToolNotFoundError
 │    └── ToolTimeoutError     a tool ran out of time
 ├── StoreError                the database or a result file cannot be used
 └── NotFittedError            a surrogate was asked to predict before it was fitted
"""


class AccelError(Exception):
    """Base of all expected errors; its text is one sentence meant for a person."""


class InvalidInputError(AccelError):
    """Something given from outside is wrong."""


class InvalidDesignError(InvalidInputError):
    """A design lies outside its design space."""


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


class NotFittedError(AccelError):
    """A surrogate was asked to predict before it was fitted."""
