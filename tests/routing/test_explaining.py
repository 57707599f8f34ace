"""A Decision can be explained later: the same score from what was kept, and terms that add up to it."""

from math import exp

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as some

from annotation.models import Decision, Project
from routing import frozen
from routing.explaining import Explanation, explain
from routing.models import Plan
from routing.planning import make_plan
from tests.annotation.voting import answer
from tests.factories import make_comparison, make_person, make_project
from tests.routing.judges import make_judge, says
from tests.routing.learned import labelled_project

SUMS = ["disagreement", "tie_first", "low_confidence", "error_model", "combined"]


def total(explanation: Explanation) -> float:
    assert explanation.terms is not None
    terms = explanation.terms
    summed = terms.base + sum(term.adds for term in terms.terms)
    return summed if terms.less is None else 1 / (1 + exp(-summed)) - terms.less


def decisions_of(project: Project) -> list[Decision]:
    rows = Decision.objects.filter(comparison__project=project, superseded_at=None)
    return list(rows.select_related("comparison").order_by("comparison"))


@pytest.mark.django_db
@pytest.mark.parametrize("policy", SUMS)
def test_the_terms_add_up_and_the_score_comes_out_again_to_the_last_bit(policy: str) -> None:
    project = labelled_project(labelled=60, open_ones=30)
    make_plan(project, policy, human_share=0.3)

    for decision in decisions_of(project):
        explanation = explain(decision)
        assert explanation.same
        assert total(explanation) == pytest.approx(decision.score, abs=1e-9)


@pytest.mark.django_db
def test_what_judges_and_people_say_later_changes_no_explanation() -> None:
    project = labelled_project(labelled=60, open_ones=10)
    make_plan(project, "error_model", human_share=0.3)
    before = [explain(decision).as_dict() for decision in decisions_of(project)]

    late, person = make_judge(project, "late"), make_person(project)
    for decision in decisions_of(project):
        answer(late, decision.comparison, "b>a")
        answer(person, decision.comparison, "b>a")

    assert [explain(decision).as_dict() for decision in decisions_of(project)] == before


@pytest.mark.django_db
def test_reasons_in_words_name_what_really_raised_the_score() -> None:
    project = labelled_project(labelled=60, open_ones=30)
    make_plan(project, "error_model", human_share=0.3)

    for decision in decisions_of(project):
        more, _, less = decision.reason.partition("less because of")
        for term in explain(decision).largest[:2]:
            if abs(term.adds) > 0.01:
                assert term.words in (more if term.adds > 0 else less)


@pytest.mark.django_db
def test_a_score_that_is_no_sum_says_so() -> None:
    project = make_project(audit_share=0.0)
    make_comparison(project)
    make_judge(project)
    make_plan(project, "random", human_share=1.0)

    explanation = explain(decisions_of(project)[0])

    assert explanation.terms is None
    assert "no sum" in explanation.note


@pytest.mark.django_db
def test_explaining_costs_the_same_in_a_large_plan() -> None:
    numbers = []
    for size in (5, 60):
        project = make_project(audit_share=0.0)
        judge = make_judge(project)
        for _ in range(size):
            says(judge, make_comparison(project), "a=b")
        make_plan(project, "tie_first", human_share=0.5)
        decision = decisions_of(project)[-1]
        with CaptureQueriesContext(connection) as queries:
            assert explain(decision).same
        numbers.append(len(queries))
    assert numbers[0] == numbers[1] <= 3


@pytest.mark.django_db
def test_a_plan_is_kept_in_parts_so_that_one_comparison_is_found_without_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(frozen, "PART", 4)
    project = make_project(audit_share=0.0)
    judge = make_judge(project)
    for number in range(10):
        says(judge, make_comparison(project), "a=b" if number % 2 else "a>b")
    make_plan(project, "tie_first", human_share=0.5)

    plan = Plan.objects.get(project=project)
    assert [part.size for part in plan.parts.order_by("first")] == [4, 4, 2]
    assert all(explain(decision).same for decision in decisions_of(project))


@given(
    some.lists(some.tuples(some.booleans(), some.floats(allow_nan=False), some.text(max_size=9)), max_size=30)
)
def test_what_is_packed_comes_back_to_the_last_bit(rows: list[tuple[bool, float, str]]) -> None:
    n = len(rows)
    said = np.array([[float(judged), np.nan] for judged, _, _ in rows]).reshape(n, 2)
    kept = frozen.Frozen(
        np.cumsum(np.arange(3, n + 3, dtype=np.int64)),
        np.array([score for _, score, _ in rows]),
        np.array([judged for judged, _, _ in rows], dtype=np.bool_),
        [text for _, _, text in rows],
        ["a>b" if judged else "" for judged, _, _ in rows],
        said,
    )
    again = frozen.unpack(frozen.pack(kept))
    assert again.ids.tolist() == kept.ids.tolist()
    assert again.scores.tobytes() == kept.scores.tobytes()
    assert again.judged.tolist() == kept.judged.tolist()
    assert (list(again.reasons), list(again.rankings)) == (list(kept.reasons), list(kept.rankings))
    assert again.said.tobytes() == said.tobytes()
