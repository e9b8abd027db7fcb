"""The result store: one DuckDB file with one owner; parts come in, flat tables go out. See ``schema.sql``."""

from accel_core.store.imports import KEEP, Imported, Keep, check_import, read_import
from accel_core.store.parts import write_part
from accel_core.store.rows import KEY
from accel_core.store.store import ResultStore

__all__ = ["KEEP", "KEY", "Imported", "Keep", "ResultStore", "check_import", "read_import", "write_part"]
