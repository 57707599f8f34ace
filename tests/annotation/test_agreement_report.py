"""The agreement command on labels made by lending and submitting."""

import json
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from annotation import reports
from annotation.models import Criterion, JudgeCall, JudgeVersion, Label
from annotation.votes import Vote
from tests.annotation.voting import answer, make_judge
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db

GROUP_KEYS = {"raw", "raw_without_ties", "alpha", "alpha_ci95", "comparisons", "labels", "annotators"}


def test_the_command_prints_the_contracts_keys(capsys: Any) -> None:
    project = make_project()
    one, two, judge = make_person(project), make_person(project), make_judge(project, "gpt")
    for rankings in (("a>b", "a>b", "a>b"), ("b>a", "a=b", "b>a"), ("b>a", "b>a", "a>b")):
        comparison = make_comparison(project)
        for annotator, ranking in zip((one, two, judge), rankings, strict=True):
            answer(annotator, comparison, ranking)
    call_command("agreement", project.slug, "--json")
    printed = json.loads(capsys.readouterr().out)
    [criterion] = printed["criteria"]
    assert criterion["criterion"] == "overall"
    assert criterion["labels"] == {"human": 6, "judge": 3}
    assert set(criterion["groups"]) == {"human_human", "judge_judge", "human_judge"}
    assert all(group.keys() >= GROUP_KEYS for group in criterion["groups"].values())
    people = criterion["groups"]["human_human"]
    assert people["raw"] == pytest.approx(2 / 3)
    assert people["raw_without_ties"] == 1.0
    assert (people["comparisons"], people["labels"], people["annotators"]) == (3, 6, 2)
    assert criterion["judges"]["gpt"]["vs_majority"] == 0.5
    assert criterion["judges"]["gpt"]["n_without_ties"] == 2
    assert criterion["judges"]["gpt"]["coverage"] == {"calls": 0, "answered": 0, "share": None}

    call_command("agreement", project.slug)
    assert "human_human" in capsys.readouterr().out


def test_coverage_stands_beside_what_a_judge_agrees_on(capsys: Any) -> None:
    project = make_project()
    person, judge = make_person(project), make_judge(project, "gpt")
    for state in ("ok", "ok", "ok", "refused", "invalid_input", "pending"):
        comparison = make_comparison(project)
        answer(person, comparison, "a>b")
        JudgeCall.objects.create(annotator=judge, comparison=comparison, order="ab", state=state)
        if state == "ok":
            answer(judge, comparison, "a>b")
    call_command("agreement", project.slug)
    said = capsys.readouterr().out
    assert "agrees with the people's majority 1.000 of 3" in said
    assert "60.0% of its 5 calls gave a verdict" in said


def test_each_criterion_has_figures_of_its_own() -> None:
    project = make_project()
    Criterion.objects.create(project=project, name="truthful", scale="five-point", position=1)
    comparison = make_comparison(project)
    answer(make_person(project), comparison, "a>b", criterion="truthful")
    answer(make_person(project), comparison, "b>a", criterion="truthful")
    overall, truthful = reports.agreement_of(project)["criteria"]
    assert (overall["groups"]["human_human"]["raw"], truthful["groups"]["human_human"]["raw"]) == (1.0, 0.0)
    [only] = reports.agreement_of(project, "truthful")["criteria"]
    assert only == truthful


def test_repeats_and_superseded_labels_do_not_count() -> None:
    project = make_project()
    comparison = make_comparison(project)
    for ranking in ("a>b", "a>b", "b>a", "b>a"):
        answer(make_person(project), comparison, ranking)
    stray = Label.objects.filter(comparison=comparison, ranking="b>a").order_by("pk")
    stray.filter(pk=stray[0].pk).update(independent=False)
    stray.filter(pk=stray[1].pk).update(current=False)
    [criterion] = reports.agreement_of(project)["criteria"]
    assert criterion["groups"]["human_human"]["raw"] == 1.0
    assert criterion["groups"]["human_human"]["labels"] == 2


def test_both_bad_on_more_than_two_responses_ties_every_pair() -> None:
    project = make_project()
    comparison = make_comparison(project, "Red.", "Green.", "Blue.")
    answer(make_person(project), comparison, "both_bad")
    answer(make_person(project), comparison, "a=b=c")
    [criterion] = project.criteria.all()
    assert set(reports.read_votes(project, criterion).distinct) == {Vote("both_bad", 3), Vote("a=b=c", 3)}
    [figures] = reports.agreement_of(project)["criteria"]
    assert (figures["groups"]["human_human"]["pairs"], figures["groups"]["human_human"]["raw"]) == (3, 1.0)


def test_two_versions_of_a_judge_are_told_apart() -> None:
    project = make_project()
    comparison = make_comparison(project)
    for version in (1, 2):
        judge = make_judge(project, "gpt")
        project.judge_versions.update(retired_at=timezone.now())
        judge.judge_version = JudgeVersion.objects.create(
            project=project, name="gpt", version=version, model="m", template="t", fingerprint=f"{version}"
        )
        judge.save()
        answer(judge, comparison, "a>b")
    [criterion] = reports.agreement_of(project)["criteria"]
    assert set(criterion["judges"]) == {"gpt v1", "gpt v2"}


def test_a_project_without_labels_has_nulls_and_no_error() -> None:
    project = make_project()
    [criterion] = reports.agreement_of(project)["criteria"]
    assert criterion["judges"] == {}
    assert all(group["raw"] is None and group["labels"] == 0 for group in criterion["groups"].values())
