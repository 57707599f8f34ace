"""Texts are described in pieces by workers, before a plan has to wait for it."""

import pytest

from annotation.models import Comparison, Project
from routing import drafting, tasks, texts
from routing.models import Plan, TextFeatures
from tests.factories import make_comparison, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    project = make_project(policy="combined")
    for _ in range(7):
        make_comparison(project)
    return project


def test_pieces_cover_what_is_not_described_and_nothing_else(project: Project) -> None:
    ids = list(Comparison.objects.order_by("pk").values_list("pk", flat=True))
    assert texts.pieces(project, size=3) == [(ids[0], ids[2]), (ids[3], ids[5]), (ids[6], ids[6])]
    tasks.describe_texts(project.pk, ids[3], ids[5])
    assert TextFeatures.objects.count() == 3
    assert texts.pieces(project, size=3) == [(ids[0], ids[2]), (ids[6], ids[6])]


def test_a_doubled_message_changes_nothing(project: Project) -> None:
    [(first, last)] = texts.pieces(project)
    tasks.describe_texts(project.pk, first, last)
    kept = list(TextFeatures.objects.order_by("pk").values())
    tasks.describe_texts(project.pk, first, last)
    assert list(TextFeatures.objects.order_by("pk").values()) == kept


def test_workers_look_only_at_projects_whose_policy_reads_texts(project: Project) -> None:
    make_comparison(make_project(policy="disagreement"))
    tasks.look_for_texts()
    assert TextFeatures.objects.count() == 7
    assert texts.pieces(project) == []


def test_a_plan_waits_for_texts_piece_by_piece_and_tells_how_far_it_is(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "PIECE", 3)
    plan = Plan.objects.create(
        project=project,
        state=Plan.State.PLANNING,
        policy="combined",
        policy_version="1",
        parameters={"kind": "share", "amount": "1", "judge": None},
        seed=0,
    )
    assert drafting.describe_some(plan)
    plan.refresh_from_db()
    assert plan.progress == {"done": 3, "of": 7}
    assert texts.pieces(project, size=9)[0][0] == Comparison.objects.order_by("pk")[0].pk  # from the end

    tasks.draft_plan(str(plan.pk))

    plan.refresh_from_db()
    assert (plan.state, plan.progress) == ("draft", {})
    assert TextFeatures.objects.count() == 7


def test_workers_describe_what_a_plan_waits_for() -> None:
    project = make_project(policy="all_human")
    make_comparison(project)
    Plan.objects.create(project=project, state="planning", policy="combined", policy_version="1", seed=0)
    tasks.look_for_texts()
    assert TextFeatures.objects.count() == 1
