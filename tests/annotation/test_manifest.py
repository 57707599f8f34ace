"""What the manifest says of the labels that a release rests on."""

from pathlib import Path

import pytest
from django.utils import timezone

from annotation import exports
from annotation.models import Annotation, Annotator, Comparison, Guidelines, JudgeCall, ProfileAnswer
from tests.annotation.releases import sample
from tests.factories import make_person

pytestmark = pytest.mark.django_db


def test_guidelines_of_answers_that_were_all_changed_are_not_those_of_the_release(tmp_path: Path) -> None:
    project = sample([1])
    newer = Guidelines.objects.create(project=project, version=2, text="Read them twice.")
    Annotation.objects.filter(assignment__comparison__project=project).update(guidelines=newer)
    older = project.guidelines_versions.get(version=1)
    kept = Annotation.objects.filter(assignment__comparison__project=project)[0]
    Annotation.objects.create(
        assignment=kept.assignment, revision=7, shown="ab", guidelines=older, superseded_at=timezone.now()
    )
    made = exports.build(project, "labels", tmp_path / "out").manifest
    assert [guidelines["version"] for guidelines in made["guidelines"]] == [2]


def test_what_people_said_of_themselves_is_counted_where_the_question_may_be_released(tmp_path: Path) -> None:
    project = sample([1])
    names = {"field": True, "age": False}
    project.profile = [
        {"name": name, "question": f"Your {name}?", "answers": ["a", "b"], "screen_out": [], "release": told}
        for name, told in names.items()
    ]
    project.save()
    for number in range(7):
        person = make_person(project)
        for name in names:
            answer = "a" if number < 5 else "b"
            ProfileAnswer.objects.create(annotator=person, question=name, answer=answer)
    [told] = exports.build(project, "labels", tmp_path / "out").manifest["profile"]
    assert (told["name"], told["people"], told["answers"], told["few"]) == ("field", 7, {"a": 5}, 2)
    card = (tmp_path / "out" / "README.md").read_text()
    assert "- Your field? (a: 5, other answers: 2)" in card
    assert "Your age" not in card


def test_what_a_judge_left_unanswered_stands_beside_it(tmp_path: Path) -> None:
    project = sample([1, 2, 3])
    judge = Annotator.objects.create(project=project, kind="judge", name="careful")
    comparisons = Comparison.objects.order_by("pk")
    for comparison, state in zip(comparisons, ("ok", "refused", "pending"), strict=True):
        JudgeCall.objects.create(annotator=judge, comparison=comparison, order="ab", state=state)
    [told] = exports.build(project, "labels", tmp_path / "out").manifest["judges"]
    assert told["calls"] == {"ended": 2, "answered": 1}
    assert "- Judge careful: a verdict in 1 of 2 calls" in (tmp_path / "out" / "README.md").read_text()
