"""How responses are ranked and how long a rationale is, as the project file says it."""

from typing import Any

import pytest

from annotation import labels, leases
from annotation.models import Criterion
from frontend.project_file import ProjectFileError, apply
from tests.factories import make_comparison, make_person

pytestmark = pytest.mark.django_db


def project_with(**criterion: Any) -> dict[str, Any]:
    return {"slug": "ranks", "criteria": [{"name": "overall", "scale": "ranking"} | criterion]}


@pytest.mark.parametrize("ranking", ["full", "best-worst", "top-1", "top-3"])
def test_a_criterion_says_how_responses_are_ranked(ranking: str) -> None:
    apply(project_with(ranking=ranking, rationale="optional", rationale_min=40))
    criterion = Criterion.objects.get()
    assert (criterion.ranking, criterion.rationale_min) == (ranking, 40)
    apply(project_with())
    criterion.refresh_from_db()
    assert (criterion.ranking, criterion.rationale_min) == ("full", 0)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"ranking": "top-0"}, r"criteria\[1\].ranking: 'top-0' is no ranking task"),
        ({"ranking": ["top-1"]}, r"criteria\[1\].ranking: "),
        (
            {"rationale": "required", "rationale_min": -1},
            r"criteria\[1\].rationale_min must be a whole number",
        ),
        ({"rationale": "required", "rationale_min": 10001}, "from 0 to 10000"),
        ({"rationale": "required", "rationale_min": True}, "from 0 to 10000"),
        ({"rationale_min": 10}, "rationale_min needs `rationale: optional` or `required`"),
    ],
)
def test_a_wrong_value_is_named_with_its_key(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ProjectFileError, match=message):
        apply(project_with(**keys))


def test_the_way_of_ranking_cannot_change_under_labels_but_the_length_of_a_rationale_can() -> None:
    project, _ = apply(project_with(ranking="top-1", rationale="optional"))
    make_comparison(project, "One.", "Two.", "Three.")
    person = make_person(project)
    (assignment,) = leases.claim(person, project)
    answer = labels.Answer("b>a~c")
    labels.submit_many(person, project, [labels.Submission(assignment.pk, {"overall": answer})])
    with pytest.raises(ProjectFileError, match="'overall' has labels, so its ranking cannot change"):
        apply(project_with(ranking="full", rationale="optional"))
    apply(project_with(ranking="top-1", rationale="optional", rationale_min=40))
    assert Criterion.objects.get().rationale_min == 40
