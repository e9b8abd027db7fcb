"""Tables as files: what cannot be read or written is said in one sentence, and nothing is read a column off."""

from pathlib import Path

import pandas as pd
import pytest

from accel_core.errors import InvalidInputError
from accel_core.tables import check_writable, read_table, write_table

TABLE = pd.DataFrame({"rows": [4, 8], "name": ["a", "b,c"]})


@pytest.mark.parametrize("name", ["table.csv", "table.parquet"])
def test_a_table_is_read_as_it_was_written(name: str, tmp_path: Path) -> None:
    write_table(TABLE, tmp_path / "new" / name)
    pd.testing.assert_frame_equal(read_table(tmp_path / "new" / name), TABLE)
    assert [path.name for path in (tmp_path / "new").iterdir()] == [name]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a readable csv table"),
        ("rows,cols,rows\n1,2,3\n", "column rows stands twice"),
        ("rows,cols\n7,1,2\n8,1,2\n", "row 1 has 3 cells; allowed: 2, as the heading has"),
        ("rows,cols\n1,2\n1,2,3\n", "not a readable csv table"),
        ('rows,cols\n"1,2\n', "not a readable csv table"),
    ],
)
def test_a_broken_csv_is_refused_rather_than_guessed_at(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.csv"
    path.write_text(text)
    with pytest.raises(InvalidInputError, match=rf"broken\.csv: {message}"):
        read_table(path)


@pytest.mark.parametrize("attempt", [check_writable, lambda path: write_table(TABLE, path)])
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("table.txt", "must end in .csv or .parquet"),
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
