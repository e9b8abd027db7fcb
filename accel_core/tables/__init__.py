"""Tables as files: CSV and Parquet as people have them, bounded when read and atomic when written."""

from accel_core.tables.reading import MAX_TABLE_BYTES, read_content, read_table
from accel_core.tables.text import text_rows
from accel_core.tables.writing import check_writable, replaced_when_whole, to_csv, whole_or_not, write_table

__all__ = [
    "MAX_TABLE_BYTES",
    "check_writable",
    "read_content",
    "read_table",
    "replaced_when_whole",
    "text_rows",
    "to_csv",
    "whole_or_not",
    "write_table",
]
