"""Whatever is wrong with a line: one clear message with line and field, and the rest of the file is safe."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from annotation.imports import load_comparisons, load_labels
from annotation.imports.files import MAX_LINE
from annotation.models import Annotator, Comparison, Label, Pool, Project
from tests.factories import make_comparison, make_project

pytestmark = pytest.mark.django_db

GOOD = {"id": "good", "prompt": "Name a tree.", "response_a": "Oak", "response_b": "Elm"}
DEEP = b'{"id": "deep", "prompt": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
DEEP_METADATA = b'{"id": "deep", "prompt": "p", "response_a": "x", "response_b": "y", "more": %s}' % (
    b"[" * 300 + b"]" * 300
)


@pytest.fixture
def project() -> Project:
    return make_project(scale="five-point")


def good(**fields: Any) -> bytes:
    return json.dumps(GOOD | fields).encode()


def without(key: str) -> bytes:
    return json.dumps({name: value for name, value in GOOD.items() if name != key}).encode()


def labelled(**fields: Any) -> bytes:
    return good(labels=[{"annotator": "w0", "choice": "a"}, {"annotator": "w1", "choice": "a"} | fields])


LINES = [
    (b"not json", "", "not valid JSON"),
    (b'{"id": "cut", ', "", "not valid JSON"),
    (b"[1, 2]", "", "expected an object"),
    (b'"text"', "", "expected an object"),
    (b'{"id": NaN}', "", "not valid JSON"),
    (b'{"id": "x", "n": ' + b"9" * 5000 + b"}", "", "too large"),
    (DEEP, "", "1,024 levels"),
    (DEEP_METADATA, "metadata", "levels deep"),
    (b'{"id": "\xff"}', "", "invalid UTF-8 at byte 9"),
    (b'{"id": "\\ud800"}', "", "half a character"),
    (b'{"id": "\xed\xa0\x80"}', "", "invalid UTF-8"),
    (b'{"id": "a\x00b"}', "", "NUL"),
    (good(category="a\0b"), "category", "NUL"),
    (good(more={"deep": ["a\0b"]}), "more.deep[0]", "NUL"),
    (b'{"id": "' + b"x" * MAX_LINE + b'"}', "", "longer than 2 MB"),
    (without("id"), "id", "found nothing"),
    (without("prompt"), "prompt", "found nothing"),
    (without("response_b"), "response_b", "found nothing"),
    (good(id=""), "id", "expected a name"),
    (good(id=1.5), "id", "found the number 1.5"),
    (good(id=["x"]), "id", "expected a text"),
    (good(id="x" * 301), "id", "at most 300 characters, found 301"),
    (good(prompt=5), "prompt", "found the number 5"),
    (good(prompt=[{"role": "user"}]), "prompt[0].content", "found nothing"),
    (good(prompt=[{"role": "", "content": "x"}]), "prompt[0].role", "expected a role"),
    (good(prompt=["x"]), "prompt[0]", "expected {role, content}"),
    (good(response_a=None), "response_a", "found null"),
    (good(response_a=True), "response_a", "found true"),
    (good(model_a=["m"]), "model_a", "found a list of 1"),
    (good(context_b="text"), "context_b", "expected a list"),
    (good(media_a={}), "media_a", "expected a list, found an object"),
    (good(category=3), "category", "found the number 3"),
    (good(category="c" * 201), "category", "at most 200"),
    (good(group={}), "group", "expected a text"),
    (good(metadata="x"), "metadata", "expected an object"),
    (good(responses="x"), "responses", "expected a list"),
    (good(responses=["one"]), "responses", "expected 2 to 26 responses, found 1"),
    (good(responses=[str(number) for number in range(27)]), "responses", "found 27"),
    (good(responses=["one", 2]), "responses[1]", "expected {text, model}"),
    (good(responses=["one", {"model": "m"}]), "responses[1].text", "found nothing"),
    (good(responses=["one", {"text": "two", "model": 1.5}]), "responses[1].model", "found the number 1.5"),
    (good(gold={"helpful": "a"}), "gold.helpful", "no criterion 'helpful'; it has overall"),
    (good(gold={"overall": "c"}), "gold.overall", "must name each of a, b"),
    (good(gold={"overall": 1}), "gold.overall", "expected a ranking"),
    (good(gold=["a"]), "gold", "expected an object"),
    (good(labels={}), "labels", "expected a list"),
    (good(labels=["a"]), "labels[0]", "expected an object"),
    (labelled(annotator=None), "labels[1].annotator", "found null"),
    (labelled(annotator="w" * 201), "labels[1].annotator", "at most 200"),
    (labelled(kind="robot"), "labels[1].kind", "expected human or judge, found the text 'robot'"),
    (labelled(kind=[]), "labels[1].kind", "expected human or judge"),
    (labelled(criterion="helpful"), "labels[1].criterion", "no criterion 'helpful'"),
    (labelled(aspect="helpful"), "labels[1].aspect", "no criterion 'helpful'"),
    (labelled(choice=None), "labels[1].ranking", "expected a ranking, a choice or a preference"),
    (labelled(choice="left"), "labels[1].choice", "must name each of a, b"),
    (labelled(choice=1), "labels[1].choice", "expected a ranking"),
    (labelled(choice="a" + " " * 5000), "labels[1].choice", "expected a ranking"),
    (labelled(choice=None, ranking="a>" + "b=" * 50), "labels[1].ranking", "exactly once"),
    (good(gold={"x" * 5000: "a"}), "gold." + "x" * 294 + "…", "no criterion 'xxx"),
    (labelled(choice=None, ranking="a>a"), "labels[1].ranking", "exactly once"),
    (labelled(choice=None, ranking=["a", "z"]), "labels[1].ranking", "none of the responses (a, b)"),
    (labelled(preference=-1), "labels[1].preference", "says b>a, but choice says a>b"),
    (labelled(preference=3), "labels[1].preference", "strength must be 1 to 2 on the five-point scale"),
    (labelled(preference=0.5), "labels[1].preference", "expected a whole number"),
    (labelled(strength=3), "labels[1].strength", "strength must be 1 to 2"),
    (labelled(strength="very"), "labels[1].strength", "expected a whole number"),
    (labelled(preference=2, strength=1), "labels[1].strength", "the preference is 2"),
    (labelled(choice="tie", strength=1), "labels[1].strength", "a tie has no strength"),
    (labelled(both_bad=True), "labels[1].choice", "says a>b, but both_bad says both_bad"),
    (labelled(both_bad="yes"), "labels[1].both_bad", "expected true or false"),
    (labelled(shown="abc"), "labels[1].shown", "expected an order of ab"),
    (labelled(shown={}), "labels[1].shown", "expected an order of ab"),
    (labelled(seconds=-1), "labels[1].seconds", "expected 0 or more"),
    (labelled(seconds="10"), "labels[1].seconds", "expected a number"),
    (labelled(confidence="sure"), "labels[1].confidence", "expected one of not, somewhat, fairly, very"),
    (labelled(reasons="short"), "labels[1].reasons", "expected a list"),
    (labelled(reasons=[1]), "labels[1].reasons", "expected a list of texts"),
    (labelled(rationale=5), "labels[1].rationale", "expected a text"),
    (labelled(annotator="w0", kind="judge"), "labels[1].kind", "'w0' is known as human"),
    (good(labels=[{"annotator": "w0", "choice": "a"}] * 1001), "labels[1000].annotator", "at most 1000"),
]


@pytest.mark.parametrize(("line", "field", "message"), LINES, ids=[str(n) for n in range(len(LINES))])
def test_a_bad_line_is_named_with_its_field_and_nothing_is_imported(
    project: Project, tmp_path: Path, line: bytes, field: str, message: str
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(good(id="first") + b"\n\n" + line + b"\n" + good(id="last") + b"\n")
    report = load_comparisons(project, [path])
    (error,) = report.errors
    assert (error["file"], error["line"], error["field"]) == (str(path), 3, field)
    assert message in error["message"]
    assert len(error["message"]) <= 300
    assert "\n" not in error["message"]
    assert (report.added, report.unchanged, report.refused, report.files_refused) == (0, 0, 1, 1)
    assert not Comparison.objects.filter(project=project).exists()
    assert not Annotator.objects.filter(project=project).exists()

    skipping = load_comparisons(project, [path], skip_bad=True)
    assert (skipping.added, skipping.refused, skipping.files_imported) == (2, 1, 1)
    assert skipping.errors == report.errors
    assert not Label.objects.filter(project=project).exists()


def test_all_bad_lines_are_reported_and_counted_beyond_the_list(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"nonsense\n" * 2500 + good() + b"\n")
    report = load_comparisons(project, [path])
    assert (report.refused, len(report.errors)) == (2500, 1000)
    assert [error["line"] for error in report.errors[:3]] == [1, 2, 3]


def test_an_id_used_twice_in_a_file_is_refused_with_both_lines(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(good() + b"\n" + good(response_a="Ash") + b"\n" + good() + b"\n")
    report = load_comparisons(project, [path])
    assert [(error["line"], error["field"]) for error in report.errors] == [(2, "id"), (3, "id")]
    assert all("'good' is on line 1 of this file already" in error["message"] for error in report.errors)


def test_one_files_bad_line_does_not_hold_up_another_file(project: Project, tmp_path: Path) -> None:
    fine, broken = tmp_path / "fine.jsonl", tmp_path / "broken.jsonl"
    fine.write_bytes(good())
    broken.write_bytes(good(id="other") + b"\nnonsense\n")
    report = load_comparisons(project, [broken, fine])
    assert (report.added, report.refused, report.files_imported, report.files_refused) == (1, 1, 1, 1)
    assert Comparison.objects.get(project=project).external_id == "good"


def test_a_refused_first_file_leaves_no_pool_behind(tmp_path: Path) -> None:
    project = Project.objects.create(slug="bare", name="Bare")
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"nonsense")
    load_comparisons(project, [path])
    assert not Pool.objects.filter(project=project).exists()


def test_a_gold_that_contradicts_a_known_one_is_refused(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(good(gold={"overall": "a"}))
    load_comparisons(project, [path])
    path.write_bytes(good(gold={"overall": None}))
    (error,) = load_comparisons(project, [path]).errors
    assert (error["field"], error["message"]) == ("gold.overall", "the known answer is a>b, not none")


def test_windows_ends_of_line_a_byte_order_mark_and_blank_lines_are_read(
    project: Project, tmp_path: Path
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + good(id="one") + b"\r\n\r\n  \t\n" + good(id="two"))
    assert load_comparisons(project, [path]).added == 2


def test_utf_16_is_called_by_its_name(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(good().decode().encode("utf-16"))
    (error,) = load_comparisons(project, [path]).errors
    assert error["message"] == "UTF-16; expected UTF-8"


def test_a_huge_line_is_passed_over_without_being_held(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(good(id="before") + b'\n{"id": "huge", "prompt": "')
        for _ in range(50):
            file.write(b"x" * 1024 * 1024)
        file.write(b'"}\n' + good(id="after") + b"\n")
    report = load_comparisons(project, [path], skip_bad=True)
    assert (report.added, report.refused) == (2, 1)
    assert (report.errors[0]["line"], report.errors[0]["field"]) == (2, "")


def test_text_that_looks_like_an_escaped_nul_is_fine(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(good(response_a="write \\u0000 for NUL"))
    assert load_comparisons(project, [path]).added == 1


@pytest.mark.parametrize(
    ("line", "field", "message"),
    [
        ({"annotator": "w1", "choice": "a"}, "comparison", "found nothing"),
        (
            {"comparison": "nowhere", "annotator": "w1", "choice": "a"},
            "comparison",
            "no comparison 'nowhere'",
        ),
        ({"comparison": "known", "choice": "a"}, "annotator", "found nothing"),
        ({"comparison": "known", "annotator": "w1", "choice": "a", "criterion": "fun"}, "criterion", "'fun'"),
        (
            {"comparison": "known", "annotator": "w1", "ranking": ["a", "q"]},
            "ranking",
            "none of the responses",
        ),
        (
            {"comparison": "known", "annotator": "w1", "choice": "a", "shown": ["b"]},
            "shown",
            "an order of ab",
        ),
    ],
)
def test_a_bad_label_line_is_named_with_its_field(
    project: Project, tmp_path: Path, line: dict[str, Any], field: str, message: str
) -> None:
    make_comparison(project, external_id="known")
    path = tmp_path / "labels.jsonl"
    fine = {"comparison": "known", "annotator": "w0", "choice": "a"}
    path.write_text(json.dumps(fine) + "\n" + json.dumps(line) + "\n")
    report = load_labels(project, [path])
    (error,) = report.errors
    assert (error["line"], error["field"]) == (2, field)
    assert message in error["message"]
    assert (report.labels_added, Label.objects.filter(project=project).count()) == (0, 0)
    assert load_labels(project, [path], skip_bad=True).labels_added == 1


def test_a_comparison_of_another_project_is_not_found(project: Project, tmp_path: Path) -> None:
    make_comparison(make_project(), external_id="theirs")
    path = tmp_path / "labels.jsonl"
    path.write_text(json.dumps({"comparison": "theirs", "annotator": "w1", "choice": "a"}))
    assert load_labels(project, [path]).errors[0]["field"] == "comparison"


def test_a_tie_on_a_two_way_scale_is_refused(tmp_path: Path) -> None:
    project = make_project(scale="two-way")
    path = tmp_path / "rows.jsonl"
    path.write_bytes(labelled(choice="tie"))
    (error,) = load_comparisons(project, [path]).errors
    assert error["field"] == "labels[1].choice"
    assert error["message"] == "a tie is not offered on a two-way scale"


@pytest.mark.parametrize(("scale", "preference"), [("three-way", 2), ("five-point", 3), ("seven-point", -4)])
def test_a_preference_beyond_the_scale_is_refused(tmp_path: Path, scale: str, preference: int) -> None:
    project = make_project(scale=scale)
    path = tmp_path / "rows.jsonl"
    path.write_bytes(labelled(choice=None, preference=preference))
    (error,) = load_comparisons(project, [path]).errors
    assert error["field"] == "labels[1].preference"
    assert scale in error["message"]
