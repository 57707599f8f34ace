"""How sure a judge says it is reaches the policies."""

import pytest

from annotation.models import Decision, Label, SoftLabel
from routing.explaining import explain
from routing.planning import make_plan
from tests.factories import make_comparison, make_project
from tests.routing.judges import make_judge, says

pytestmark = pytest.mark.django_db


def test_low_confidence_asks_people_where_the_soft_label_is_least_certain() -> None:
    project = make_project(audit_share=0.0)
    judge = make_judge(project)
    chances = {"sure": 0.97, "torn": 0.4, "silent": None}
    comparisons = {name: make_comparison(project, external_id=name) for name in chances}
    for name, chance in chances.items():
        says(judge, comparisons[name], "a>b")
        if chance is not None:
            label = Label.objects.get(comparison=comparisons[name])
            soft = {"a": chance, "tie": 0.0, "b": 1 - chance}
            SoftLabel.objects.create(label=label, probabilities=soft, source="logprobs", votes=2)

    make_plan(project, "low_confidence", human_share=1 / 3)

    decisions = {one.comparison.external_id: one for one in Decision.objects.select_related("comparison")}
    assert {name: one.score for name, one in decisions.items()} == {"sure": 0.03, "torn": 0.6, "silent": 0.0}
    assert decisions["torn"].destination == "human"
    assert decisions["torn"].reason == "the judge is 40% certain"
    assert explain(decisions["torn"]).same


def test_words_of_imported_judges_count_where_there_is_no_soft_label() -> None:
    project = make_project(audit_share=0.0)
    judge = make_judge(project)
    for word in ("very", "not"):
        says(judge, make_comparison(project, external_id=word), "a>b")
        Label.objects.filter(comparison__external_id=word).update(confidence=word)
    make_plan(project, "low_confidence", human_share=0.5)
    scores = dict(Decision.objects.values_list("comparison__external_id", "score"))
    assert scores == {"very": 0.0, "not": 1.0}
