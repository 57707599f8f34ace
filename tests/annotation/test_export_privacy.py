"""What is planted with the annotators reaches no file."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from annotation import exports
from annotation.exports.scrub import GONE, Scrubber
from annotation.models import Annotator, Criterion, Guidelines, Rationale
from tests.annotation.voting import answer
from tests.factories import make_comparison, make_person, make_project

SECRETS = ("wilhelmina", "geheim", "5f3ab9crowd", "prolific-77", "203.0.113.9", "2001:db8::17", "boss.person")


def everything_in(folder: Path) -> str:
    """Names and bytes of all files of a release and, of compressed ones, their content."""
    told = []
    for path in sorted(folder.rglob("*")):
        told.append(str(path.relative_to(folder)))
        if path.is_file():
            told.append(path.read_bytes().decode("utf-8", "replace"))
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            told += [str(table.to_pylist()), str(table.schema.metadata)]
        elif path.suffix == ".arrow":
            told += [str(pa.ipc.open_file(path).read_all().to_pylist())]
    return "\n".join(told).lower()


@pytest.mark.django_db
@pytest.mark.parametrize("file_type", exports.FILE_TYPES)
def test_planted_identities_reach_no_file(file_type: str, tmp_path: Path) -> None:
    project = make_project()
    Criterion.objects.filter(project=project).update(
        reasons=["short"], question="Ask boss.person@example.org"
    )
    Guidelines.objects.filter(project=project).update(text="Ask Wilhelmina Geheim, boss.person@example.org.")
    owner = make_person(project, role="owner", email="boss.person@example.org")
    person = make_person(project, email="wilhelmina@example.org")
    assert person.user is not None
    person.user.name = "Wilhelmina Geheim"
    person.user.save()
    crowd = [
        Annotator.objects.create(project=project, kind="human", name=name, external_id=name)
        for name in ("5f3ab9crowd", "PROLIFIC-77")
    ]
    for one in crowd:
        one.pools.add(project.pools.get())
    comparison = make_comparison(project)
    text = (
        "I am Wilhelmina (geheim is my name: WILHELMINA GEHEIM, Geheim), worker 5F3AB9crowd, prolific-77, at "
        "wilhelmina@example.org or wilhelmina (at) example.org, from 203.0.113.9 and 2001:db8::17."
    )
    for annotator in (owner, person, *crowd):
        answer(annotator, comparison, "a>b", 1, rationale=text)
    Rationale.objects.update(reasons=["short", "Call Wilhelmina Geheim."])
    formats = ("labels",) if file_type == "csv" else tuple(exports.FORMATS)
    release = exports.build(project, formats, tmp_path / "out", file_type=file_type, rationales=True)
    assert {account["format"] for account in release.manifest["filters"]} == set(formats)
    assert all(account["read"] for account in release.manifest["filters"])
    told = everything_in(tmp_path / "out")
    assert GONE in told
    assert [secret for secret in SECRETS if secret in told.replace("(geheim is", "(is")] == []


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("write to a.b+c@mail.example.org now", f"write to {GONE} now"),
        ("at 10:30:15 it took 1.2.3 steps", "at 10:30:15 it took 1.2.3 steps"),
        ("version 10.0.0.1 and ::1 and 999.1.1.1", f"version {GONE} and {GONE} and 999.1.1.1"),
        ("Grace answered, with grace.", f"{GONE} answered, with grace."),
        ("grace hopper, GRACE HOPPER", f"{GONE}, {GONE}"),
        ("crowd-77 and crowd-770", f"{GONE} and crowd-770"),
        ("Al wrote it", "Al wrote it"),
    ],
)
def test_names_are_found_as_words_and_nothing_else(text: str, left: str) -> None:
    assert Scrubber(["Grace Hopper", "Al"], ["crowd-77"])(text) == left
