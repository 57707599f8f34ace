"""Many people at once where asking stops by itself: nothing over the cap, nothing left open, no deadlock."""

from collections import defaultdict

import pytest
from django.db import connection

from annotation.consensus.frozen import Said, posterior
from annotation.models import Annotator, Demand, Label, Pool, PoolMembership, Project
from annotation.projects import touch
from tests.annotation import crowd
from tests.annotation.test_concurrency import run_threads

ANSWERS = {"a>b": "a", "b>a": "b"}
OFFERED = dict.fromkeys(("a", "b", "tie", "both_bad"), 0.25)


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_everything_ends_sure_or_at_the_cap_with_an_adjudicator() -> None:
    assert connection.vendor == "postgresql"
    slug, people = crowd.build(comparisons=120, wanted=2, people=18)
    Project.objects.filter(slug=slug).update(labels_wanted=2, labels_cap=5, lease_seconds=600)
    project = Project.objects.get(slug=slug)
    experts = Pool.objects.create(project=project, name="experts", adjudicates=True)
    adjudicators = Annotator.objects.filter(pk__in=people[-2:])
    PoolMembership.objects.filter(annotator__in=adjudicators).delete()
    PoolMembership.objects.bulk_create(PoolMembership(pool=experts, annotator=who) for who in adjudicators)
    touch(project)

    run_threads(slug, people)

    said = defaultdict(list)
    labels = Label.objects.filter(project=project, current=True, independent=True)
    for comparison, ranking, who in labels.values_list("comparison", "ranking", "annotator"):
        if who not in people[-2:]:
            said[comparison].append(Said(ANSWERS[ranking]))
    demands = Demand.objects.filter(comparison__project=project)
    asked_experts = set(demands.filter(pool=experts).values_list("comparison", flat=True))
    for demand in demands:
        assert (demand.live, demand.done) == (0, demand.wanted)
    for comparison, votes in said.items():
        sure = posterior(votes, OFFERED).confidence >= project.consensus_threshold
        assert 2 <= len(votes) <= 5
        assert sure or len(votes) == 5
        assert sure or comparison in asked_experts
    assert len(said) == 120
    assert asked_experts, "with answers by lot, some are never sure"
