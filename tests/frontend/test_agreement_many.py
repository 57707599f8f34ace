"""The agreement, disputes and leaderboard pages on 200,000 labels: the same few statements as on forty."""

import numpy as np
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from annotation import bulk
from annotation.figures import keeping
from annotation.models import (
    Annotation,
    Annotator,
    Assignment,
    Comparison,
    Criterion,
    Label,
    Project,
    Response,
)
from tests.factories import make_person, make_project

pytestmark = [pytest.mark.services, pytest.mark.django_db]

PEOPLE = 60
VOTES = 4  # a comparison
CRITERIA = 4
SAID = np.array(["a>b", "a=b", "b>a"])
MESSAGES = ('[{"role": "assistant", "content": "Short."}]', '[{"role": "assistant", "content": "Longer."}]')


def voted(slug: str, comparisons: int) -> Project:
    """Four votes a comparison on each of four criteria, all rows written at once."""
    project = make_project(scale="three-way", slug=slug)
    for position in range(1, CRITERIA):
        Criterion.objects.create(project=project, name=f"c{position}", position=position, scale="three-way")
    Annotator.objects.bulk_create(
        Annotator(project=project, kind="human", name=f"Person {number}") for number in range(PEOPLE)
    )
    people = list(project.annotators.order_by("pk").values_list("pk", flat=True))
    criteria = list(project.criteria.values_list("pk", flat=True))
    rng = np.random.default_rng(comparisons)
    ids = bulk.reserve(Comparison, comparisons)
    bulk.insert(
        Comparison,
        ["id", "external_id", "group", "category", "content_hash"],
        [(pk, f"q{pk}", f"g{pk // 3}", "wood" if pk % 3 else "water", f"{pk:064x}") for pk in ids],
        project_id=project.pk,
        k=2,
        prompt=[{"role": "user", "content": "Which?"}],
    )
    bulk.insert(
        Response,
        ["comparison_id", "position", "messages", "model"],
        [(pk, side, MESSAGES[side], f"model {(pk + side) % 5}") for pk in ids for side in (0, 1)],
    )
    asked = [(pk, people[(pk * 7 + 13 * vote) % PEOPLE]) for pk in ids for vote in range(VOTES)]
    shown = np.array(["ab", "ba"])[rng.integers(0, 2, len(asked))].tolist()
    assignments = bulk.reserve(Assignment, len(asked))
    bulk.insert(
        Assignment,
        ["id", "comparison_id", "annotator_id", "shown"],
        [(pk, *who, sides) for pk, who, sides in zip(assignments, asked, shown, strict=True)],
        state="submitted",
        claimed_at=timezone.now(),
    )
    annotations = bulk.reserve(Annotation, len(asked))
    bulk.insert(
        Annotation,
        ["id", "assignment_id", "shown", "active_seconds"],
        [(pk, of, sides, 30.5) for pk, of, sides in zip(annotations, assignments, shown, strict=True)],
    )
    truth = rng.integers(0, 3, comparisons)
    for criterion in criteria:
        said = np.where(rng.random(len(asked)) < 0.6, truth.repeat(VOTES), rng.integers(0, 3, len(asked)))
        bulk.insert(
            Label,
            ["annotation_id", "comparison_id", "annotator_id", "ranking"],
            [
                (pk, *who, ranking)
                for pk, who, ranking in zip(annotations, asked, SAID[said].tolist(), strict=True)
            ],
            project_id=project.pk,
            criterion_id=criterion,
        )
    connection.cursor().execute("ANALYZE")  # as after an import, or other tests' rows are what is planned for
    return project


def statements(client: Client, project: Project) -> dict[str, tuple[int, int]]:
    """By page, the SQL statements of the first look and of the second."""
    reader = make_person(project, role="viewer").user
    assert reader is not None
    client.force_login(reader)
    counts = {}
    for name in ("agreement", "disputes", "leaderboard"):
        looks = []
        for _ in range(2):
            with CaptureQueriesContext(connection) as queries:
                response = client.get(reverse(name, args=[project.slug]))
            assert response.status_code == 200
            looks.append(len(queries))
        counts[name] = (looks[0], looks[1])
    return counts


def test_pages_take_the_same_few_statements_on_two_hundred_thousand_labels(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "LARGE", 10**9)  # so that the page itself works it out
    monkeypatch.setattr(keeping, "QUICK", float("inf"))
    few = statements(client, voted("few", 40))
    project = voted("many", 12_500)
    assert Label.objects.filter(project=project).count() == 200_000
    many = statements(client, project)
    assert many == few
    assert max(first for first, _ in many.values()) <= 70
    assert max(again for _, again in many.values()) <= 12
