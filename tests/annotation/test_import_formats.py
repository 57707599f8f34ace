"""JSONL, JSONL.gz, CSV and Parquet say the same thing, and damaged files are told apart from bad lines."""

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from annotation.imports import ImportReport, Unreadable, load_comparisons, load_labels
from annotation.models import Comparison, Label, Project, Reference
from tests.factories import make_comparison, make_project

pytestmark = pytest.mark.django_db

CHAT = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "What floats?"}]
ROWS: list[dict[str, Any]] = [
    {
        "id": "q1",
        "prompt": CHAT,
        "response_a": 'Cork, "mostly".\nAnd ice.',
        "response_b": "Holz schwimmt, 木も浮く 🪵",
        "model_a": "m1",
        "model_b": "m2",
        "source": "pond",
        "labels": [{"annotator": "w1", "choice": "b", "seconds": 2.5}, {"annotator": "w2", "choice": "tie"}],
        "gold": {"overall": "b"},
    },
    {
        "id": "q2",
        "prompt": "[1] is a list?",
        "response_a": "[1]",
        "response_b": "No.",
        "model_a": "m1",
        "model_b": "m2",
        "source": "pond",
        "labels": [],
        "gold": None,
    },
]


@pytest.fixture
def project() -> Project:
    return make_project()


def as_jsonl(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def as_gzip(path: Path, rows: list[dict[str, Any]]) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def as_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    def cell(value: Any) -> Any:
        return json.dumps(value) if isinstance(value, dict | list) else value

    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows({key: cell(value) for key, value in row.items()} for row in rows)


def as_parquet(path: Path, rows: list[dict[str, Any]]) -> None:
    plain = [
        {**row, "prompt": json.dumps(p) if isinstance(p := row.get("prompt"), list) else p} for row in rows
    ]
    parquet.write_table(pyarrow.Table.from_pylist(plain), path, row_group_size=1)


WRITERS = {"jsonl": as_jsonl, "jsonl.gz": as_gzip, "csv": as_csv, "parquet": as_parquet}


@pytest.fixture(params=WRITERS)
def ending(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_format_gives_the_same_comparisons(project: Project, tmp_path: Path, ending: str) -> None:
    plain = make_project()
    as_jsonl(tmp_path / "plain.jsonl", ROWS)
    load_comparisons(plain, [tmp_path / "plain.jsonl"])
    path = tmp_path / f"rows.{ending}"
    WRITERS[ending](path, ROWS)
    report = load_comparisons(project, [path])
    assert (report.added, report.labels_added, report.errors) == (2, 2, [])
    fields = ("external_id", "prompt", "content_hash", "group", "metadata", "fit")
    mine, theirs = (
        list(Comparison.objects.filter(project=p).order_by("id").values(*fields)) for p in (project, plain)
    )
    assert mine == theirs
    assert mine[0]["prompt"] == CHAT
    assert mine[1]["prompt"] == [{"role": "user", "content": "[1] is a list?"}]
    assert Reference.objects.get(comparison__project=project).ranking == "b>a"
    assert list(Label.objects.filter(project=project).order_by("id").values_list("ranking", flat=True)) == [
        "b>a",
        "a=b",
    ]
    assert load_comparisons(project, [tmp_path / "plain.jsonl"]).unchanged == 2


def test_every_format_gives_the_same_labels(project: Project, tmp_path: Path, ending: str) -> None:
    make_comparison(project, external_id="q1")
    make_comparison(project, "one", "two", "three", external_id="q2")
    rows: list[dict[str, Any]] = [
        {"comparison": "q1", "annotator": "w1", "preference": -2, "seconds": 3.5, "ranking": None},
        {"comparison": "q2", "annotator": "w1", "preference": None, "seconds": 4.0, "ranking": "c>a=b"},
    ]
    path = tmp_path / f"labels.{ending}"
    WRITERS[ending](path, rows)
    report = load_labels(project, [path])
    assert (report.labels_added, report.errors) == (2, [])
    labels = Label.objects.filter(project=project).order_by("id")
    assert list(labels.values_list("ranking", "strength", "annotation__active_seconds")) == [
        ("b>a", 2, 3.5),
        ("c>a=b", None, 4.0),
    ]


def test_parquet_reads_native_chats_and_takes_nan_and_null_for_absent(
    project: Project, tmp_path: Path
) -> None:
    table = pyarrow.table(
        {
            "id": ["q1", "q2"],
            "prompt": [CHAT, CHAT],
            "response_a": ["Cork", "Cork"],
            "response_b": ["Iron", "Lead"],
            "model_a": [None, "m"],
            "score": [float("nan"), 0.5],
        }
    )
    parquet.write_table(table, tmp_path / "rows.parquet")
    assert load_comparisons(project, [tmp_path / "rows.parquet"]).added == 2
    first, second = Comparison.objects.filter(project=project).order_by("external_id")
    assert first.prompt == CHAT
    assert (first.metadata, second.metadata) == ({}, {"score": 0.5})


def test_parquet_rows_that_are_no_text_are_refused_one_by_one(project: Project, tmp_path: Path) -> None:
    table = pyarrow.table(
        {
            "id": ["q1", "q2", "q3"],
            "prompt": ["p", "p", "a\0b"],
            "response_a": ["x", "x", "x"],
            "response_b": ["y", "y", "y"],
            "raw": pyarrow.array([None, b"\x01", None], pyarrow.binary()),
        }
    )
    parquet.write_table(table, tmp_path / "rows.parquet")
    report = load_comparisons(project, [tmp_path / "rows.parquet"], skip_bad=True)
    assert report.added == 1
    assert [(error["line"], error["field"]) for error in report.errors] == [(2, "raw"), (3, "prompt")]


def test_csv_cells_are_checked_like_json_values(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(
        b"id,prompt,response_a,response_b,labels,note\n"
        b'q1,p,"x\n2",y,,\n'
        b"q2,p,x,y,[oops,\n"
        b"q3,p,x\n"
        b"q4,p,x,y,,\xff\n"
        b"q5,p,,y,,ok\n"
        b"q6,p,a\0b,y,,\n"
    )
    report = load_comparisons(project, [path], skip_bad=True)
    assert report.added == 2
    said = [(error["line"], error["field"], error["message"]) for error in report.errors]
    assert [(line, field) for line, field, _ in said] == [
        (4, "labels"),
        (5, ""),
        (6, "note"),
        (8, "response_a"),
    ]
    assert said[1][2] == "expected 6 cells as in the header, found 3"
    assert Comparison.objects.get(project=project, external_id="q5").fit is False
    response = Comparison.objects.get(project=project, external_id="q1").responses.first()
    assert response
    assert response.messages[0]["content"] == "x\n2"


@pytest.mark.parametrize(
    ("name", "content", "line", "message"),
    [
        ("rows.csv", b"id,id\nq1,q2\n", 1, "distinct column names"),
        ("rows.csv", b'id,prompt\nq1,"never closed\nq2,p\n', 2, "not valid CSV"),
        ("rows.csv", b'id,prompt\nq1,"' + b"long line\n" * 300_000, 2, "not valid CSV"),
        ("rows.jsonl.gz", b"not packed at all", None, "gzip"),
        ("rows.jsonl.gz", gzip.compress(b'{"id": 1}\n' * 50)[:-12], None, "damaged or cut short"),
        ("rows.parquet", b"PAR1 but no more", 1, "Parquet"),
    ],
    ids=["header", "quote", "long record", "not gzip", "cut gzip", "parquet"],
)
def test_a_damaged_file_is_never_imported_in_part(
    project: Project, tmp_path: Path, name: str, content: bytes, line: int | None, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    for skip_bad in (False, True):
        report = load_comparisons(project, [path], skip_bad=skip_bad)
        assert (report.added, report.files_refused) == (0, 1)
        assert message in report.errors[-1]["message"]
        assert "\n" not in report.errors[-1]["message"]
        assert report.errors[-1]["line"] == line


def test_a_file_that_breaks_off_far_from_its_start_is_not_imported_either(
    project: Project, tmp_path: Path
) -> None:
    path = tmp_path / "rows.jsonl.gz"
    as_gzip(path, [ROWS[1] | {"id": number, "prompt": f"{number:0800}"} for number in range(4000)])
    path.write_bytes(path.read_bytes()[:-100])
    report = load_comparisons(project, [path], skip_bad=True)
    assert (report.added, report.refused, report.files_refused) == (0, 1, 1)
    assert not Comparison.objects.filter(project=project).exists()


def test_a_file_that_unpacks_without_end_is_given_up(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("annotation.imports.files.ALWAYS_FINE", 64 * 1024)
    path = tmp_path / "bomb.jsonl.gz"
    with gzip.open(path, "wb") as file:
        file.write(b"\n" * 1024 * 1024)
    report = load_comparisons(project, [path])
    assert report.errors[-1]["message"] == "unpacks to more than 200 times its size"


@pytest.mark.parametrize("load", [load_comparisons, load_labels])
def test_paths_that_are_no_such_file_stop_everything_before_it_starts(
    project: Project, tmp_path: Path, load: Any
) -> None:
    as_jsonl(tmp_path / "fine.jsonl", ROWS)
    (tmp_path / "rows.xlsx").write_bytes(b"x")
    for path, message in (
        (tmp_path / "missing.jsonl", "there is no file"),
        (tmp_path, "is a folder"),
        (tmp_path / "rows.xlsx", "ends in none of .jsonl, .jsonl.gz, .csv, .parquet"),
    ):
        with pytest.raises(Unreadable, match=message):
            load(project, [tmp_path / "fine.jsonl", path])
    assert not Comparison.objects.filter(project=project).exists()


def test_empty_files_hold_nothing(project: Project, tmp_path: Path) -> None:
    parquet.write_table(pyarrow.table({"id": pyarrow.array([], pyarrow.string())}), tmp_path / "rows.parquet")
    (tmp_path / "rows.csv").write_text("id,prompt\n")
    (tmp_path / "rows.jsonl").write_text("\n\n")
    (tmp_path / "none.jsonl").write_text("")
    (tmp_path / "rows.jsonl.gz").write_bytes(gzip.compress(b""))
    paths = [path for path in sorted(tmp_path.iterdir()) if path.is_file()]
    report = load_comparisons(project, paths)
    assert report == ImportReport(files_imported=5)
