"""Where a judge has said what comparisons are about, plans go by that; later tags change no old Decision."""

import numpy as np
import pytest

from annotation.models import Comparison, Decision, Project, Tag
from annotation.tagging import TAGS, source_of
from routing.explaining import explain
from routing.features import SHARED, TAGGED, VERSION, describe, overlaid
from routing.models import Plan
from routing.planning import make_plan
from routing.signals import read
from routing.standing import standing_judge
from tests.routing.learned import labelled_project

LEAST = {name: words[0] for name, (_, words) in TAGS.items()}
MOST = {name: words[-1] for name, (_, words) in TAGS.items()}


def write(project: Project, number: int, tags: dict[str, str], tagger: str = "north v1") -> None:
    """Tags on the first comparisons of a project."""
    Tag.objects.bulk_create(
        Tag(comparison=comparison, name=name, value=value, source=source_of(tagger))
        for comparison in Comparison.objects.filter(project=project).order_by("pk")[:number]
        for name, value in tags.items()
    )


def column(project: Project, name: str) -> np.ndarray:
    standing = standing_judge(project, None)
    assert standing is not None
    found = read(project, standing.judge)
    return np.asarray(found.open.signals.shared[:, SHARED.index(name)])


def test_every_word_has_a_place_on_its_scale_and_what_is_missing_is_not_guessed() -> None:
    rules = describe(["Write a poem about the law."], ["Roses.", "Violets are blue."]).shared
    lowest, highest = overlaid(rules, LEAST, embedded=False), overlaid(rules, MOST, embedded=False)
    for name in ("expertise", "openness", "safety_concern", "intents", "material", "format_constraints"):
        assert lowest[SHARED.index(name)] < highest[SHARED.index(name)]
        assert np.isnan(overlaid(rules, {})[SHARED.index(name)])
        assert np.isnan(overlaid(rules, dict.fromkeys(TAGS, "splendid"))[SHARED.index(name)])
    assert lowest[SHARED.index("about coding")] == 1
    assert lowest[SHARED.index("about writing")] == 0
    assert highest[[at for at, name in enumerate(SHARED) if name.startswith("about ")]].sum() == 0
    assert lowest[SHARED.index("similarity")] == rules[SHARED.index("similarity")]
    for text, value in (("0.5", 0.5), ("7", 1.0), ("much", np.nan), ("nan", np.nan)):
        found = overlaid(rules, {"similarity": text})[SHARED.index("similarity")]
        assert found == pytest.approx(value, nan_ok=True)
    assert lowest[SHARED.index("prompt_length")] == rules[SHARED.index("prompt_length")]


@pytest.mark.django_db
def test_a_plan_goes_by_tags_once_half_of_what_it_looks_at_has_some() -> None:
    project = labelled_project(labelled=60, open_ones=30)
    write(project, 40, MOST)
    make_plan(project, "error_model", human_share=0.3)
    assert Plan.objects.get().parameters["features"] == VERSION

    write(Project.objects.get(pk=project.pk), 90, MOST, tagger="south v1")  # the first that spoke counts
    make_plan(project, "error_model", human_share=0.3)
    newest = Plan.objects.order_by("-created_at").first()
    assert newest is not None
    assert newest.parameters["features"] == TAGGED
    assert set(column(project, "safety_concern")) == {1.0}


@pytest.mark.django_db
def test_a_decision_is_explained_by_what_its_plan_knew_tags_or_none() -> None:
    project = labelled_project(labelled=60, open_ones=30)
    write(project, 70, MOST)
    make_plan(project, "error_model", human_share=0.3)
    by_tags = list(Decision.objects.filter(superseded_at=None).select_related("comparison"))
    assert np.isnan(column(project, "safety_concern")).any()  # what lacks tags is not guessed beside them

    Tag.objects.all().delete()
    write(project, 90, LEAST)
    make_plan(project, "error_model", human_share=0.3)
    assert not np.isnan(column(project, "safety_concern")).any()
    assert all(explain(decision).same for decision in by_tags)
