"""Tables as files: whatever form people have them in, nothing is read a column off, and trouble is one sentence."""

import csv
import gzip
import io
import json
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from accel_core.errors import InvalidInputError
from accel_core.tables import check_writable, parquet, read_content, read_table, text_rows, to_csv, write_table

TABLE = pd.DataFrame({"rows": [4, 8], "name": ["a", "b,c"]})
DESIGNS = {"mesh_x": [14, 28], "mesh_y": [12, 6], "glb_depth": [16384, 8192]}


@pytest.mark.parametrize(
    "name", ["table.csv", "table.parquet", "table.CSV", "table.Parquet", "t.tsv", "t.csv.gz", "a [v2]' $x.csv"]
)
def test_a_table_is_read_as_it_was_written(name: str, tmp_path: Path) -> None:
    write_table(TABLE, tmp_path / "new" / name)
    pd.testing.assert_frame_equal(read_table(tmp_path / "new" / name), TABLE)
    assert [path.name for path in (tmp_path / "new").iterdir()] == [name]


def rewritten(content: bytes, separator: str = ",", end: str = "\n", decimal: str = ".", pad: str = "") -> bytes:
    """The same table as another program writes it."""
    rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
    floats = {at for at, name in enumerate(rows[0]) if name == "real"}
    out = io.StringIO(newline="")
    quoting = csv.QUOTE_MINIMAL if pad else csv.QUOTE_ALL
    writer = csv.writer(out, delimiter=separator, lineterminator=end, quoting=quoting)
    for number, row in enumerate(rows):
        cells = [cell.replace(".", decimal) if number and at in floats else cell for at, cell in enumerate(row)]
        writer.writerow([f"{pad}{cell}{pad}" for cell in cells])
    return out.getvalue().encode()


def edged(content: bytes, before: list[str] | None = None, after: list[str] | None = None) -> bytes:
    """The same table with one more cell before or after each row: the heading's first, then those of the rows."""
    rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
    out = io.StringIO(newline="")
    for number, row in enumerate(rows):
        first = [before[0] if number == 0 else before[1].format(number - 1)] if before else []
        last = [after[0] if number == 0 else after[1]] if after else []
        csv.writer(out, lineterminator="\r\n").writerow([*first, *row, *last])
    return out.getvalue().encode()


DIALECTS = {
    "as written": lambda content: content,
    "gzip": gzip.compress,
    "two parts of gzip": lambda content: gzip.compress(content[:9], mtime=0) + gzip.compress(content[9:]),
    "utf-8 with a mark": lambda content: b"\xef\xbb\xbf" + content,
    "utf-16": lambda content: content.decode().encode("utf-16"),
    "utf-16 big": lambda content: b"\xfe\xff" + content.decode().encode("utf-16-be"),
    "CRLF": lambda content: rewritten(content, end="\r\n"),
    "CR": lambda content: rewritten(content, end="\r"),
    "tabs": lambda content: rewritten(content, separator="\t"),
    "semicolons": lambda content: rewritten(content, separator=";"),
    "semicolons, decimal commas": lambda content: rewritten(content, separator=";", decimal=","),
    "Excel's hint": lambda content: b"sep=;\r\n" + rewritten(content, separator=";", end="\r\n"),
    "bars": lambda content: rewritten(content, separator="|"),
    "trailing commas": lambda content: edged(content, after=["", ""]),
    "pandas' index": lambda content: edged(content, before=["", "{}"]),
    "pandas' index, twice": lambda content: edged(edged(content, before=["Unnamed: 0", "{}"]), before=["", "{}"]),
    "names of rows": lambda content: edged(content, before=["", "design {}"]),
    "index and trailing commas": lambda content: edged(content, before=["", "{}"], after=["", ""]),
    "blank lines": lambda content: b"\n" + content + b"\n",
}
WHOLE = st.integers(-(2**63), 2**63 - 1)
REAL = st.floats(allow_nan=True, allow_infinity=False) | st.just(float("nan"))
# Texts that are no number; blanks, signs that spreadsheets run, separators, quotes and line ends among them.
TEXT = st.text("abé =+-@'\",;|\t\n\r#[]{}5.", min_size=1, max_size=8).filter(lambda text: set(text) & set("abé"))


def frame_of(cells: list[tuple[int, float, str]]) -> pd.DataFrame:
    whole, real, text = zip(*cells, strict=True)
    columns = {"whole": np.array(whole, dtype=np.int64), "real": np.array(real, dtype=np.float64)}
    return pd.DataFrame({**columns, "text": pd.Series(text, dtype="str")})


@pytest.mark.parametrize("dialect", DIALECTS)
@settings(max_examples=20)
@given(cells=st.lists(st.tuples(WHOLE, REAL, TEXT), min_size=1, max_size=6))
@example(cells=[(-5, -5.0, "=1+1;a"), (0, 0.1, "'=a"), (1, float("nan"), "@a"), (2, 1e300, "-a"), (3, -0.25, "\ta")])
@example(cells=[(1, 0.5, "+a\r\nb"), (2, float("nan"), '"a"')])
def test_what_is_written_is_read_in_every_dialect(dialect: str, cells: list[tuple[int, float, str]]) -> None:
    table = frame_of(cells)
    content = DIALECTS[dialect](to_csv(table).encode())
    pd.testing.assert_frame_equal(read_content("mine.csv", content), table)


@settings(max_examples=30)
@given(cells=st.lists(st.tuples(WHOLE, REAL, st.text("é =+-@,;|#[]", max_size=8)), min_size=1, max_size=6))
def test_blanks_around_names_and_cells_do_not_count(cells: list[tuple[int, float, str]]) -> None:
    table = frame_of([(whole, real, f"a{text}b") for whole, real, text in cells])
    content = rewritten(to_csv(table).encode(), pad=" ")
    pd.testing.assert_frame_equal(read_content("mine.csv", content), table)


@settings(max_examples=20)
@given(cells=st.lists(st.tuples(WHOLE, REAL, TEXT), min_size=1, max_size=6), index=st.sampled_from(["whole", "text"]))
@example(cells=[(0, 0.0, "a"), (2**52, 0.0, "b")], index="whole")  # pandas only notes it, and ends it at 2**53
def test_a_parquet_index_with_a_name_is_a_column_and_one_without_is_none(
    cells: list[tuple[int, float, str]], index: str
) -> None:
    table = frame_of(cells)
    for indexed in (
        table.set_index(index),
        table.set_index(["text", "whole"]),
        table.set_axis(list("abcdef"[: len(table)])),
    ):
        stream = io.BytesIO()
        indexed.to_parquet(stream)
        found = read_content("mine.parquet", stream.getvalue())
        pd.testing.assert_frame_equal(found[["whole", "real", "text"]], table)
        assert len(found.columns) == 3


def parquet_of(table: pa.Table) -> bytes:
    stream = io.BytesIO()
    pq.write_table(table, stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    "note",
    [
        b'{"index_columns": [',
        b"\xff\xfe",
        b"[]",
        b"7",
        b'{"index_columns": 7, "columns": {"a": 1}}',
        b'{"index_columns": ["gone", 3, null], "columns": [3, {"name": 4}, {"field_name": "rows", "name": ["x"]}]}',
        b'{"index_columns": [{"kind": "range", "name": null, "start": "x"}]}',
        b"[" * 100_000,
    ],
)
def test_a_broken_note_of_pandas_is_not_needed(note: bytes) -> None:
    table = pa.Table.from_pandas(TABLE, preserve_index=False).replace_schema_metadata({"pandas": note})
    pd.testing.assert_frame_equal(read_content("mine.parquet", parquet_of(table)), TABLE)


@pytest.mark.parametrize("change", [{"stop": 99}, {"step": 0}, {"start": None}, {"start": 10**400}, {"step": 0.5}])
def test_a_noted_index_that_does_not_fit_is_refused(change: dict[str, object]) -> None:
    field = {"kind": "range", "name": "mesh_x", "start": 14, "stop": 42, "step": 14, **change}
    note = json.dumps({"index_columns": [field]}).encode()
    table = pa.Table.from_pandas(TABLE, preserve_index=False).replace_schema_metadata({"pandas": note})
    with pytest.raises(InvalidInputError, match=r"mine\.parquet: its pandas index 'mesh_x' does not fit its 2 rows"):
        read_content("mine.parquet", parquet_of(table))


def test_columns_that_other_programs_store_are_read_as_numbers_and_texts() -> None:
    decimals = pa.array([1, 2], pa.int64()).cast(pa.decimal128(21, 2))
    texts = [pa.array(["a", None]).dictionary_encode(), pa.array([b"a", b"b"]), pa.array(["a", "b"], pa.large_string())]
    table = pa.table({"decimal": decimals, "coded": texts[0], "bytes": texts[1], "large": texts[2]})
    found = read_content("mine.parquet", parquet_of(table))
    assert found["decimal"].tolist() == [1.0, 2.0]
    assert found["coded"].dropna().tolist() == ["a"]
    assert found["bytes"].tolist() == found["large"].tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("a_index.csv", DESIGNS),
        ("b_semicolon.csv", DESIGNS),
        ("g_trailing.csv", DESIGNS),
        ("m_UPPER.CSV", DESIGNS),
        ("t_named_index.parquet", DESIGNS),
        ("min_pandas_meta.parquet", {"platform": ["eyeriss"]}),
    ],
)
def test_the_tables_that_were_reported(shared_case, name: str, columns: dict[str, list[object]]) -> None:
    assert read_table(shared_case(name)).to_dict("list") == columns


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a;b\n0,5;x\n1,25;y\n", [0.5, 1.25]),
        ("a;b\n0.5;x\n1.25;y,z\n", [0.5, 1.25]),
        ("a\tb\n-1,5e-3\tx\n\ty\n", [-1.5e-3, np.nan]),
        ("a,b\n0.5,x\nNA,y\n", [0.5, np.nan]),
        ("a;b\n0,5;x\nnan;y\n", [0.5, np.nan]),
        ("a,b\n1,x\n2,y\n,\n,\n", [1, 2]),
        ('a,b\n"0.5",x\n', [0.5]),
    ],
)
def test_numbers_are_read_as_they_are_meant(text: str, values: list[float]) -> None:
    assert read_content("x.csv", text.encode())["a"].tolist() == pytest.approx(values, nan_ok=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it is empty; allowed: a heading with names"),
        ("\n\n", "it is empty"),
        ("rows,cols,rows\n1,2,3\n", "column rows stands twice"),
        ("rows, cols , rows\n1,2,3\n", "column rows stands twice"),
        ("rows,cols\n7,1,2\n8,1,2\n", "row 1 has 3 cells; allowed: 2, as the heading has"),
        ("rows,cols\n1,2\n1,2,3\n", "3 cells; allowed: 2, as the heading has"),
        ('rows,cols\n"1,2\n', "not a readable table"),
        ("rows,,cols\n1,2,3\n", "column 2 has values but no name; allowed: a name in the heading"),
        (",rows\n0.5,2\n", "column 1 has values but no name"),
        ("rows,cols,\n1,2,3\n", "column 3 has values but no name"),
        (",\n1,2\n", "it is empty|no column has a name"),
        ("rows\0\n1\n", "character 5 is a NUL; allowed: text"),
        ("x," * 600_000, "its first line is longer than 1,000,000 characters"),
    ],
)
def test_a_broken_csv_is_refused_rather_than_guessed_at(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.csv"
    path.write_text(text)
    with pytest.raises(InvalidInputError, match=rf"broken\.csv.*: ({message})") as caught:
        read_table(path)
    assert "\n" not in str(caught.value)
    assert "Unnamed" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.csv", b"a,b\n\xff\xff,1\n", "byte 4 is not UTF-8 text; allowed: UTF-8, or UTF-16"),
        ("x.csv", b"\xff\xfea\0\x00", "is not UTF-16 text"),
        ("x.csv.gz", gzip.compress(b"a,b\n1,2\n", mtime=0)[:-4], "not readable as gzip: it ends too early"),
        ("x.csv.gz", b"\x1f\x8bnonsense", "not readable as gzip"),
        ("x.parquet", b"oops", "not a readable parquet table"),
        ("x.parquet", b"PAR1" + b"\0" * 100 + b"PAR1", "not a readable parquet table"),
        ("x.xlsx", b"", "must end in .csv, .tsv, .csv.gz, .tsv.gz or .parquet"),
        ("x.parquet", parquet_of(pa.table({"a": [[1], [2]]})), "column 'a' holds list<.*>; allowed: numbers and texts"),
    ],
)
def test_what_is_no_table_is_refused_in_one_sentence(name: str, content: bytes, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message) as caught:
        read_content(name, content)
    assert "\n" not in str(caught.value)


def test_a_small_file_that_unpacks_to_a_large_one_is_refused_with_little_memory() -> None:
    bomb = gzip.compress(gzip.compress(b"rows\n" + b"1\n" * 10_000_000, mtime=0))
    bomb = gzip.decompress(bomb)
    tracemalloc.start()
    try:
        with pytest.raises(InvalidInputError, match=r"unpacked more than 100,000 bytes"):
            read_content("x.csv.gz", bomb, 100_000)
        assert tracemalloc.get_traced_memory()[1] < 2e6
    finally:
        tracemalloc.stop()


def test_a_small_parquet_file_that_repeats_a_long_text_is_refused() -> None:
    long = pa.DictionaryArray.from_arrays(pa.array(np.zeros(200_000, dtype=np.int32)), pa.array(["x" * 100_000]))
    content = parquet_of(pa.table({"reason": long}))
    assert len(content) < 1_000_000
    before = pa.total_allocated_bytes()
    with pytest.raises(InvalidInputError, match=r"more than 1,000,000,000 bytes of text"):
        read_content("x.parquet", content)
    assert pa.total_allocated_bytes() - before < 50e6


def test_a_parquet_file_of_too_many_cells_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "MAX_CELLS", 999)
    content = parquet_of(pa.table({"a": np.zeros(500), "b": np.zeros(500)}))
    with pytest.raises(InvalidInputError, match=r"x\.parquet: 1,000 cells; at most 999 are allowed"):
        read_content("x.parquet", content)


@pytest.mark.parametrize(
    "text", ["=1+1", "+1a", "-a", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0", "\uff1d1", "'=1"]
)
def test_what_a_spreadsheet_would_run_is_written_guarded_and_read_back(text: str) -> None:
    table = pd.DataFrame({"name": ["plain", text], "power_w": [-5.0, 1.0], text: [1, 2]})
    rows = list(csv.reader(io.StringIO(to_csv(table), newline="")))
    assert rows[0][2] == rows[2][0] == f"'{text}"
    assert rows[1][:2] == ["plain", "-5.0"]
    pd.testing.assert_frame_equal(read_content("x.csv", to_csv(table).encode()), table)


def test_texts_that_are_numbers_are_not_guarded() -> None:
    table = pd.DataFrame({"mixed": [-5, "-5", "=A1", None], "text": ["-5", "+.5e3", "a", "-a"]})
    assert to_csv(table).splitlines()[1:] == ["-5,-5", "-5,+.5e3", "'=A1,a", ",'-a"]


def test_rows_of_text_come_with_their_lines() -> None:
    names, rows = text_rows("\ufeffname ; C,;\r\nconv1; 3;\r\n\r\n;;\r\nfc;4;;\r\n".encode(), "x.csv")
    assert names == ("name", "C,")
    assert list(rows) == [(2, ["conv1", "3"]), (5, ["fc", "4"])]
    _, rows = text_rows(b'a,b\n"1,2\n', "x.csv")
    with pytest.raises(InvalidInputError, match=r"x\.csv, line \d: not readable as CSV"):
        list(rows)


@pytest.mark.parametrize("attempt", [check_writable, lambda path: write_table(TABLE, path)])
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("table.txt", "must end in .csv, .tsv, .csv.gz, .tsv.gz or .parquet"),
        ("file.csv/table.csv", "cannot be written"),
        ("folder.csv", "cannot be written: Is a directory"),
    ],
)
def test_a_place_that_cannot_be_written_is_named(attempt: object, name: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "file.csv").write_text("kept")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InvalidInputError, match=rf"{name}: .*{message}"):
        attempt(tmp_path / name)  # type: ignore[operator]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file.csv", "folder.csv"]


def test_a_place_that_can_be_written_is_left_as_it_was(tmp_path: Path) -> None:
    check_writable(tmp_path / "table.csv")
    assert list(tmp_path.iterdir()) == []
