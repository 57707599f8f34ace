"""CSV files as spreadsheets and table libraries write them, and headers that name no columns."""

from pathlib import Path

import pytest

from annotation.imports.files import rows
from annotation.imports.looking import Look, look
from annotation.imports.problems import Unreadable

HEADER, CELLS = ("prompt", "response_a", "response_b"), ("One; two,\nthree?", 'Say "yes".', "No\tnever")


def written(path: Path, separator: str) -> Path:
    quoted = separator.join('"' + cell.replace('"', '""') + '"' for cell in CELLS)
    path.write_text(f"\ufeff{separator.join(HEADER)}\r\n{quoted}\r\n", encoding="utf-8", newline="")
    return path


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_cells_stand_between_commas_semicolons_or_tabs(tmp_path: Path, separator: str) -> None:
    read = list(rows(written(tmp_path / "rows.csv", separator)))
    assert [(line.number, line.row) for line in read] == [(2, dict(zip(HEADER, CELLS, strict=True)))]


def test_what_stands_in_a_quoted_name_separates_nothing(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text('"a, b, c, d";"first\nanswer";"second  answer"\nx;y;z\n')
    assert [line.row for line in rows(tmp_path / "rows.csv")] == [
        {"a, b, c, d": "x", "first answer": "y", "second answer": "z"}
    ]


def test_a_column_without_a_name_is_called_after_its_place(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(",prompt,a,b,\n0,x,y,z,\n")
    assert [line.row for line in rows(tmp_path / "rows.csv")] == [
        {"column 1": "0", "prompt": "x", "a": "y", "b": "z"}
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"prompt,answer,answer\nx,y,z\n", "found 'answer' twice"),
        (b"column 2,\nx,y\n", "found 'column 2' twice"),
        ("Größe,a,b\nx,y,z\n".encode("latin-1"), "expected UTF-8"),
        ("prompt,a,b\nx,y,z\n".encode("utf-16"), "UTF-16; expected UTF-8"),
        (b"pro\0mpt,a,b\nx,y,z\n", "NUL"),
        (b"\x89PNG\r\n\x1a\n\0\0\xff", "expected UTF-8"),
        (b",".join(b"c%d" % n for n in range(1001)), "expected at most 1,000 columns, found 1,001"),
    ],
)
def test_a_header_that_names_no_columns_says_what_is_wrong_with_it(
    tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "rows.csv").write_bytes(content)
    with pytest.raises(Unreadable, match=said):
        list(rows(tmp_path / "rows.csv"))
    assert said in look(tmp_path / "rows.csv").problem


def test_a_look_at_a_file_of_bad_lines_says_what_is_wrong_with_the_first(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('\n[\n  {"id": "q1",\n')
    assert look(tmp_path / "rows.jsonl") == Look(
        problem="line 2: JSON that goes on over many lines; expected one whole object a line"
    )
