"""Files come in part by part and are imported once, in the background; every refused line is listed."""

import csv
import gzip
import io
import json
import os
import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from annotation import lifecycle, uploads
from annotation.imports.columns import as_line, check, suggest
from annotation.imports.problems import Bad
from annotation.models import AuditEntry, Comparison, Demand, Project, Upload
from annotation.tasks import look_for_uploads
from annotation.uploads import Gap, UploadError
from tests.factories import make_project, make_user


def lines(number: int) -> list[dict[str, Any]]:
    return [
        {"id": f"q{i}", "prompt": f"Question {i}?", "response_a": f"Yes {i}.", "response_b": f"No {i}."}
        for i in range(number)
    ]


def jsonl(rows: list[Any]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def upload(project: Project, content: bytes, name: str = "file.jsonl") -> Upload:
    found = uploads.announce(project, None, name, len(content))
    uploads.receive(found, 0, io.BytesIO(content))
    return found


def imported(found: Upload, skip_bad: bool = True) -> Upload:
    uploads.ask(found, None, skip_bad)
    assert uploads.work_on(found.pk)
    return Upload.objects.get(pk=found.pk)


def refusals(found: Upload) -> list[list[str]]:
    path = uploads.refused_file(found)
    assert path is not None
    with path.open(newline="") as file:
        return list(csv.reader(file))


@pytest.mark.django_db
def test_a_file_that_broke_off_goes_on_where_it_stopped() -> None:
    project, user, content = make_project(), make_user(), jsonl(lines(20))
    found = uploads.announce(project, user, "C:\\data\\file.jsonl", len(content))
    assert found.name == "file.jsonl"
    uploads.receive(found, 0, io.BytesIO(content[:100]))
    with pytest.raises(Gap) as gap:
        uploads.receive(found, 200, io.BytesIO(content[200:]))
    assert gap.value.received == 100
    again = uploads.announce(project, user, "file.jsonl", len(content))
    assert (again.pk, uploads.received(again)) == (found.pk, 100)
    with pytest.raises(UploadError, match="more than was announced"):
        uploads.receive(again, 100, io.BytesIO(content))
    assert uploads.receive(again, 100, io.BytesIO(content[100:])) == len(content)
    done = imported(again)
    assert (done.state, done.report["added"], Demand.objects.count()) == ("done", 20, 20)
    assert not done.path.exists()  # nothing was refused, so nothing is kept


@pytest.mark.django_db
def test_good_lines_come_in_and_every_bad_one_is_listed_with_its_reason() -> None:
    rows = [*lines(3), *({"id": f"=bad{i}", "prompt": "?"} for i in range(1500)), "no object"]
    found = imported(upload(make_project(), jsonl(rows)))
    assert (found.state, found.report["added"], found.report["refused"]) == ("done", 3, 1501)
    table = refusals(found)
    assert len(table) == 1502
    assert table[1] == ["4", "response_a", "expected responses, or response_a and response_b, found nothing"]
    assert table[-1][0] == "1504"
    assert len(found.report["errors"]) < 100
    assert found.path.exists()  # to be mended and sent again


@pytest.mark.django_db
def test_a_file_that_must_be_whole_brings_nothing_and_can_be_asked_for_again() -> None:
    found = imported(upload(make_project(), jsonl([*lines(2), {"id": "x"}])), skip_bad=False)
    assert (found.state, Comparison.objects.count(), len(refusals(found))) == ("refused", 0, 2)
    again = imported(found)
    assert (again.state, Comparison.objects.count()) == ("done", 2)
    acts = AuditEntry.objects.order_by("pk").values_list("act", flat=True)
    assert list(acts) == ["import", "imported"] * 2


@pytest.mark.django_db
def test_a_second_worker_and_a_late_message_change_nothing() -> None:
    found = imported(upload(make_project(), jsonl(lines(2))))
    assert not uploads.work_on(found.pk)
    assert Upload.objects.get().report["added"] == 2
    with pytest.raises(UploadError, match="imported already"):
        uploads.ask(found, None, True)


@pytest.mark.django_db
def test_an_import_whose_worker_died_is_taken_up_again_and_one_at_work_is_left_alone() -> None:
    found = upload(make_project(), jsonl(lines(2)))
    uploads.ask(found, None, True)
    beat = found.folder / "progress"
    beat.write_text("1000 2000")
    assert uploads.progress(found) == uploads.Progress(1000, 2000)
    look_for_uploads()
    assert Upload.objects.get().state == "importing"
    os.utime(beat, (time.time() - 120,) * 2)
    look_for_uploads()
    assert Upload.objects.get().state == "done"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "size", "problem"),
    [("a.exe", 5, "ends in"), ("a.jsonl", 0, "empty"), ("a.csv", 6 * 1024**3, "larger than 5 GB")],
)
def test_what_nobody_can_read_is_not_received(name: str, size: int, problem: str) -> None:
    with pytest.raises(UploadError, match=problem):
        uploads.announce(make_project(), None, name, size)


@pytest.mark.django_db
def test_a_file_that_is_cut_short_is_refused_with_its_reason() -> None:
    found = imported(upload(make_project(), gzip.compress(jsonl(lines(500)))[:200], "x.jsonl.gz"))
    assert found.state == "refused"
    assert "damaged or cut short" in found.report["errors"][0]["message"]
    assert str(found.folder) not in json.dumps(found.report)


@pytest.mark.django_db
def test_columns_of_another_format_are_mapped_and_the_rest_is_kept() -> None:
    text = (
        "Question,Answer 1,Answer 2,Model 1,score\nWhy?,Because.,So.,m-1,3\nWhy?,Because.,So.,m-1,3\n,,,,\n"
    )
    found = upload(make_project(), text.encode(), "other.csv")
    assert found.columns == {
        "prompt": "Question",
        "response_a": "Answer 1",
        "response_b": "Answer 2",
        "model_a": "Model 1",
    }
    done = imported(found)
    assert [done.report[key] for key in ("added", "unchanged", "refused")] == [1, 1, 1]
    comparison = Comparison.objects.get()
    assert comparison.external_id.startswith("row-")
    assert comparison.metadata == {"score": "3"}
    assert [r.model for r in comparison.responses.order_by("position")] == ["m-1", ""]


@pytest.mark.django_db
def test_a_project_that_is_put_away_takes_nothing_in_and_sweeping_forgets_what_broke_off() -> None:
    project = make_project(state="closed")
    found = upload(project, jsonl(lines(1)))
    lifecycle.archive(project, None)
    with pytest.raises(UploadError, match="put away"):
        uploads.ask(found, None, True)
    left = uploads.announce(project, None, "half.jsonl", 100)
    Upload.objects.filter(pk=left.pk).update(created_at=timezone.now() - timedelta(days=8))
    folder = left.folder
    assert (uploads.sweep(), folder.exists(), Upload.objects.count()) == (1, False, 1)


def test_likely_columns_are_found_and_one_column_is_used_once() -> None:
    assert suggest(["UID", "Instruction", "output_a", "output_b", "generator_a"]) == {
        "id": "UID",
        "prompt": "Instruction",
        "response_a": "output_a",
        "response_b": "output_b",
        "model_a": "generator_a",
    }
    assert suggest(["x", "y"]) == {}


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({"prompt": "p", "response_a": "a"}, "response_b"),
        ({"prompt": "p", "response_a": "a", "response_b": "a"}, "response_b"),
        ({"prompt": "p", "response_a": "a", "response_b": "gone"}, "response_b"),
        ({"prompt": "p", "response_a": "a", "response_b": "b", "response_d": "d"}, "response_c"),
        ({"labels": "a"}, "labels"),
    ],
)
def test_a_mapping_that_makes_no_comparison_is_refused_by_key(columns: dict[str, str], field: str) -> None:
    with pytest.raises(Bad) as bad:
        check(columns, ["p", "a", "b", "d"])
    assert bad.value.field == field


def test_a_row_becomes_a_line_with_as_many_responses_as_it_has() -> None:
    columns = {"prompt": "p", "response_a": "1", "response_b": "2", "response_c": "3", "model_c": "m"}
    chat = '[{"role": "user", "content": "Hello"}]'
    assert as_line({"p": chat, "1": "One.", "2": "", "3": "Three.", "m": "m-3", "id": 7}, columns) == {
        "prompt": [{"role": "user", "content": "Hello"}],
        "responses": [{"text": "One."}, {"text": "Three.", "model": "m-3"}],
        "metadata": {"id": 7},
    }
