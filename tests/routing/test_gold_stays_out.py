"""A plan decides about the work: what is gold is neither given to people nor taken from the judges."""

from decimal import Decimal

import pytest

from annotation.instruments.known import make_gold
from annotation.models import Decision, Demand
from routing.planning import make_plan
from tests.factories import make_comparison, make_project
from tests.routing.judges import make_judge, says

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("policy", ["all_human", "all_ai"])
def test_a_plan_asks_nobody_for_gold_and_leaves_the_judge_what_it_was_asked(policy: str) -> None:
    project = make_project(human_label_price=Decimal("0.5"), audit_share=1.0)
    work, known, judged = (make_comparison(project) for _ in range(3))
    judge = make_judge(project)
    Demand.objects.create(comparison=known, judge=judge, wanted=1)
    says(judge, judged)
    for comparison in (known, judged):
        make_gold(project, comparison, {"overall": "a>b"})

    result = make_plan(project, policy)

    assert list(Decision.objects.values_list("comparison", flat=True)) == [work.pk]
    assert result.open == 1
    asked = Demand.objects.filter(comparison__in=[known, judged], judge=None)
    assert not any(asked.values_list("wanted", flat=True))
    assert Demand.objects.get(comparison=known, judge=judge).wanted == 1, "judges are measured against gold"
