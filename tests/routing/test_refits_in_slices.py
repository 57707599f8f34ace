"""A refit is put into effect slice by slice: what stands where its worker dies in between."""

from decimal import Decimal
from typing import Any

import pytest

from annotation.models import Decision, Demand, Project
from routing import refitting, slices
from routing.models import Refit
from routing.planning import make_plan
from tests.routing.test_refitting import answer, asked, audited, learning_project

pytestmark = pytest.mark.django_db


def wanted_of_people(project: Project) -> int:
    demand = Demand.objects.filter(comparison__project=project, pool__isnull=False)
    return sum(demand.values_list("wanted", flat=True))


def refit_after_labels(monkeypatch: pytest.MonkeyPatch, parts: int) -> Project:
    """A project whose first refit dies after so many parts of what it stores."""
    monkeypatch.setattr("routing.slices.SLICE", 7)
    project, person = learning_project()
    make_plan(project, "error_model", budget=Decimal(40))  # 80 labels
    answer(person, project, 50)
    stored: list[int] = []

    def dying(*arguments: Any) -> set[int]:
        if len(stored) == parts:
            raise RuntimeError("killed")
        stored.append(1)
        return slices.store_in_slices(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr("routing.updating.store_in_slices", dying)
        with pytest.raises(RuntimeError, match="killed"):
            refitting.refit(project)
    return project


@pytest.mark.parametrize("parts", [0, 1])
def test_a_refit_that_dies_in_between_asks_for_no_more_and_the_next_one_carries_on(
    monkeypatch: pytest.MonkeyPatch, parts: int
) -> None:
    project = refit_after_labels(monkeypatch, parts)
    assert wanted_of_people(project) <= 80
    current = Decision.objects.filter(comparison__project=project, superseded_at=None)
    assert current.count() == 160, "none is without a Decision"
    assert project.refits.get().state == Refit.State.FAILED
    named = Refit.objects.filter(plans__pk__in=current.values("plan"))
    assert all(one.model for one in named), "what decided can be explained"

    row = refitting.refit(project, force=True)

    assert row is not None
    assert row.state == Refit.State.DONE
    assert wanted_of_people(project) == len(asked(project) | audited(project)) == 80
    assert current.count() == 160
