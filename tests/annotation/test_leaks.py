"""The owner's choice about responses that name their writer: at import, later, and back."""

import json
from pathlib import Path
from typing import Any

import pytest

from annotation import leases
from annotation.imports import load_comparisons
from annotation.leaks import LeakError, decide
from annotation.models import AuditEntry, Comparison, Demand, IdentityLeak, Project, Response
from tests.factories import make_person, make_project, make_user

pytestmark = pytest.mark.django_db
TELLS, QUIET = "I am Claude, made by Anthropic.", "Both lakes are deep."


@pytest.fixture
def file(tmp_path: Path) -> Path:
    lines = [
        {"id": "q1", "prompt": "Which lake?", "response_a": TELLS, "response_b": QUIET},
        {"id": "q2", "prompt": "Which lake?", "response_a": "The first.", "response_b": QUIET},
    ]
    path = tmp_path / "c.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


def imported(file: Path, treatment: str) -> tuple[Project, Any]:
    project = make_project(identity_leaks=treatment)
    return project, load_comparisons(project, [file])


def told(project: Project) -> str:
    return str(
        Response.objects.get(comparison__project=project, comparison__external_id="q1", position=0).messages
    )


def lent(project: Project) -> set[str]:
    return {one.comparison.external_id for one in leases.claim(make_person(project), project, n=9)}


def test_a_flagged_response_is_lent_as_it_is_and_waits_for_the_owner(file: Path) -> None:
    project, report = imported(file, "accept")
    assert [one.state for one in IdentityLeak.objects.all()] == ["found"]
    assert "which model or maker wrote it: q1" in report.warnings[0]
    assert lent(project) == {"q1", "q2"}


def test_an_excluded_one_is_not_lent_until_it_is_accepted(file: Path) -> None:
    project, report = imported(file, "exclude")
    assert len(report.warnings) == 1
    assert lent(project) == {"q2"}
    flagged = IdentityLeak.objects.get()
    assert decide(project, [flagged.pk], "accept", make_user()) == 1
    assert lent(project) == {"q1"}, "q2 is with somebody"
    assert decide(project, [flagged.pk], "accept", make_user()) == 0, "asked again, nothing changes"


def test_a_mask_is_seen_by_everybody_and_comes_off_again(file: Path) -> None:
    project, _ = imported(file, "mask")
    assert "Claude" not in told(project)
    assert lent(project) == {"q1", "q2"}
    assert load_comparisons(project, [file]).unchanged == 2, "the file is known again"
    by = make_user()
    decide(project, [IdentityLeak.objects.get().pk], "accept", by)
    assert TELLS in told(project)
    assert IdentityLeak.objects.get().original is None
    decide(project, [IdentityLeak.objects.get().pk], "mask", by)
    assert "made by […]" in told(project)
    assert AuditEntry.objects.filter(project=project, act="leak", actor=by).count() == 2


def test_excluding_later_leaves_what_is_lent_and_asks_nobody_else(file: Path) -> None:
    project, _ = imported(file, "accept")
    person = make_person(project)
    Demand.objects.filter(comparison__external_id="q1").update(wanted=3, priority=1)
    assert leases.claim(person, project)[0].comparison.external_id == "q1"
    decide(project, [IdentityLeak.objects.get().pk], "exclude", make_user())
    assert not Comparison.objects.get(external_id="q1").fit
    assert lent(project) == {"q2"}
    assert leases.holds(person, Comparison.objects.get(external_id="q1").pk)


def test_another_project_decides_nothing_here(file: Path) -> None:
    project, _ = imported(file, "accept")
    assert decide(make_project(), [IdentityLeak.objects.get().pk], "mask", make_user()) == 0
    assert TELLS in told(project)
    with pytest.raises(LeakError):
        decide(project, [], "burn", make_user())
