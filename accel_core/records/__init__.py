"""Logs that others measured, read from the files they released and turned into tables."""

from accel_core.records.prime import (
    APPLICATIONS,
    PARAMETERS,
    PUBLISHED,
    SCHEMA,
    Logged,
    Summary,
    application_of,
    check_beginnings,
    import_prime,
)

__all__ = [
    "APPLICATIONS",
    "PARAMETERS",
    "PUBLISHED",
    "SCHEMA",
    "Logged",
    "Summary",
    "application_of",
    "check_beginnings",
    "import_prime",
]
