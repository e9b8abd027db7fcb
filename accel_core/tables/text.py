"""Tables as delimited text, in the forms that programs write: their encoding, separator, decimal sign and line ends."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from accel_core.errors import InvalidInputError

_ENCODINGS = (  # the longer mark first, as UTF-32 begins with the mark of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
_SEPARATORS = ",;\t|"
_HINT = re.compile(r"sep=(?P<separator>[^\r\n])[\r\n]+")
_SAMPLE = 1_000_000
"""Characters of a text in which its heading must end."""


@dataclass(frozen=True)
class Dialect:
    """How a text table is written.

    Attributes:
        separator: Between cells.
        is_padded: Whether there are blanks around the names, and so around cells, that do not belong to them.
    """

    separator: str
    is_padded: bool


@dataclass(frozen=True)
class OpenText:
    """A text table whose heading was read.

    Attributes:
        names: As they stand in the heading, without blanks around; empty where a column has no name.
        dialect: How it is written.
        lines: Lines up to the end of the heading.
        first: The cells of the first row; empty if there is none.
        rest: The text behind the heading.
    """

    names: tuple[str, ...]
    dialect: Dialect
    lines: int
    first: tuple[str, ...]
    rest: io.StringIO


def open_text(content: bytes, place: str) -> OpenText:
    """Find out how a text table is written, and read its heading.

    Raises:
        InvalidInputError: If it is not text, or has no heading.
    """
    text = decoded(content, place)
    hint = _HINT.match(text)
    start = hint.end() if hint else 0
    sample = text[start : start + _SAMPLE]
    if len(sample) == _SAMPLE and not re.search(r"[\r\n]", sample):
        raise InvalidInputError(f"{place}: its first line is longer than {_SAMPLE:,} characters; allowed: a table")
    separator = hint["separator"] if hint else max(_SEPARATORS, key=lambda sign: len(_heading(sample, sign)))
    rest = io.StringIO(text, newline="")
    rest.seek(start)
    rows = csv.reader(rest, delimiter=separator)
    try:
        cells = next((row for row in rows if _has_cells(row)), None)
    except csv.Error as error:
        raise InvalidInputError(f"{place}: not a readable table: {error}") from None
    if cells is None:
        raise InvalidInputError(f"{place}: it is empty; allowed: a heading with names, and rows below it")
    behind = rest.tell()
    names = tuple(_bare(cell) for cell in cells)
    dialect = Dialect(separator, any(cell != cell.strip() for cell in cells))
    below = io.StringIO(rest.read(_SAMPLE), newline="")
    first = next((tuple(row) for row in csv.reader(below, delimiter=separator) if row), ())
    rest.seek(behind)
    return OpenText(names, dialect, rows.line_num + bool(hint), first, rest)


def text_rows(content: bytes, place: str) -> tuple[tuple[str, ...], Iterator[tuple[int, list[str]]]]:
    """Return the names of a text table, and each row that is not blank with the number of its line.

    Cells have no blanks around them. A column at the end that has neither name nor cells, as a separator at each line's
    end makes one, is left out.

    Raises:
        InvalidInputError: If it is not text, or has no heading; while rows are read, if they cannot be read.
    """
    opened = open_text(content, place)
    names = opened.names
    while names and not names[-1]:
        names = names[:-1]
    return names, _rows(opened, len(names), place)


def _rows(opened: OpenText, width: int, place: str) -> Iterator[tuple[int, list[str]]]:
    skips = opened.dialect.is_padded
    rows = csv.reader(opened.rest, delimiter=opened.dialect.separator, skipinitialspace=skips, strict=True)
    try:
        for row in rows:
            cells = [cell.strip() for cell in row]
            while len(cells) > width and not cells[-1]:
                cells.pop()
            if any(cells):
                yield opened.lines + rows.line_num, cells
    except csv.Error as error:
        line = opened.lines + rows.line_num
        raise InvalidInputError(f"{place}, line {line}: not readable as CSV: {error}") from None


def decoded(content: bytes, place: str) -> str:
    """Return the text of a file in UTF-8, or in whatever its byte order mark says.

    Raises:
        InvalidInputError: If it is not text.
    """
    encoding = next((name for mark, name in _ENCODINGS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        said = encoding.removesuffix("-sig").upper()
        raise InvalidInputError(
            f"{place}: byte {error.start} is not {said} text; allowed: UTF-8, or UTF-16 with a byte order mark"
        ) from None
    if "\0" in text:
        raise InvalidInputError(f"{place}: character {text.index(chr(0)) + 1} is a NUL; allowed: text")
    return text


def decimal_sign(text: str, separator: str) -> str:
    """Return ``,`` where more cells have a decimal comma than a decimal point, else ``.``."""
    if separator == ",":
        return "."
    between = re.escape(separator)
    cell = rf"(?:^|{between})[ \"]*[-+]?\d*{{sign}}\d+(?:[eE][-+]?\d+)?[ \"]*(?={between}|\r|\n|\Z)"
    commas, points = (len(re.findall(cell.format(sign=sign), text, re.MULTILINE)) for sign in (",", r"\."))
    return "," if commas > points else "."


def _heading(sample: str, separator: str) -> list[str]:
    try:
        rows = csv.reader(io.StringIO(sample, newline=""), delimiter=separator)
        return next((row for row in rows if _has_cells(row)), [])
    except csv.Error:
        return []


def _has_cells(row: list[str]) -> bool:
    """Tell a row of cells, empty ones too, from a blank line."""
    return len(row) > 1 or any(map(str.strip, row))


def _bare(cell: str) -> str:
    return cell.strip().strip('"').strip()
