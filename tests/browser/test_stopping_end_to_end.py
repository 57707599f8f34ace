"""Asking stops by itself: people at the label page, fits by a Celery worker, an adjudicator."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from annotation import reports
from annotation.consensus import in_layer
from annotation.models import (
    AnnotatorSkill,
    Comparison,
    ConsensusFit,
    Demand,
    Label,
    Pool,
    PoolMembership,
    Project,
)
from annotation.projects import touch
from annotation.tasks import look_for_refits, refit_consensus
from tests.annotation.test_agreement_details import say
from tests.browser.sitting import SignIn
from tests.factories import make_comparison, make_person, make_project
from tests.waiting import wait_for

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

CAP = 4
CLEAR, DISPUTED = ("This is right.", "This is wrong."), ("Oak is right for some.", "Ash is right for others.")


def judge_everything(page: Page, address: str, favourite: str) -> list[str]:
    """Prefers what is right, and where both are, the favourite; gives the prompts of what was judged."""
    page.goto(address)
    done: list[str] = []
    while page.locator("#desk[data-assignment]").count():
        desk = page.locator("#desk").get_attribute("data-assignment")
        done.append(page.locator("#prompt").inner_text().strip())
        texts = page.locator(".response .said").all_inner_texts()
        wanted = favourite if all("right" in text for text in texts) else "right"
        page.keyboard.press("1" if wanted in texts[0] else "5")
        page.keyboard.press("Enter")
        expect(page.locator(f'#desk[data-assignment="{desk}"]')).to_have_count(0)
    return done


def wait_for_a_fit(project: Project) -> None:
    """Until the worker has learned from all labels there are."""
    newest = Label.objects.filter(project=project).order_by("-pk").values_list("pk", flat=True)[0]
    fitted = ConsensusFit.objects.filter(criterion__project=project, through__gte=newest)
    wait_for(fitted.exists)
    assert fitted.exists()


def test_each_comparison_ends_sure_at_the_cap_or_with_the_adjudicator(
    sign_in: SignIn, live_server: Any, new_page: Callable[..., Page], celery_worker_process: Any
) -> None:
    project = make_project(labels_wanted=2, labels_cap=CAP, overlap_share=0.3, consensus_threshold=0.95)
    experts = Pool.objects.create(project=project, name="experts", adjudicates=True)
    crowd = [make_person(project) for _ in range(CAP)]
    expert = make_person(project)
    PoolMembership.objects.filter(annotator=expert).update(pool=experts)
    touch(project)
    for number in range(36):  # what the worker learns from
        old = make_comparison(project, prompt=f"Old {number}", wanted=0)
        for person in crowd[:3]:
            say(person, old, "a>b" if number % 2 else "b>a")
    look_for_refits.delay()
    wait_for_a_fit(project)
    assert AnnotatorSkill.objects.filter(annotator__in=crowd[:3], competence__gt=0.8).count() == 3
    fresh = {
        f"{kind} {number}": make_comparison(project, *texts, prompt=f"{kind} {number}", wanted=2)
        for kind, texts in (("Clear", CLEAR), ("Disputed", DISPUTED))
        for number in range(5)
    }
    layer = in_layer(np.array([one.pk for one in fresh.values()]), project.overlap_share)
    kept = {name for name, inside in zip(fresh, layer, strict=True) if inside}

    address = live_server.url + reverse("label", args=[project.slug])
    judged = []
    for number, person in enumerate(crowd):
        page = new_page()
        sign_in(page, person.user)
        judged.append(set(judge_everything(page, address, "Oak" if number % 2 else "Ash")))
        page.close()
    open_ones = {name for name in fresh if name.startswith("Disputed")} | kept
    assert judged == [set(fresh), set(fresh), open_ones, open_ones]

    by_pk = {one.pk: name for name, one in fresh.items()}
    asked = Demand.objects.filter(comparison__in=by_pk, pool__default=True)
    for pk, wanted, live, done in asked.values_list("comparison_id", "wanted", "live", "done"):
        assert (wanted, live, done) == ((CAP, 0, CAP) if by_pk[pk] in open_ones else (2, 0, 2)), by_pk[pk]
    page = new_page()
    sign_in(page, expert.user)
    assert set(judge_everything(page, address, "Oak")) == {name for name in fresh if "Disputed" in name}

    # The worker looks by itself as well: what it fitted meanwhile may leave too little new for another look.
    refit_consensus.delay(project.pk)
    wait_for_a_fit(project)
    [found] = reports.agreement_of(project)["criteria"]
    every = np.array(Comparison.objects.filter(project=project).values_list("pk", flat=True))
    assert found["layer"] == 0.3
    assert found["groups"]["human_human"]["comparisons"] == int(in_layer(every, 0.3).sum())
