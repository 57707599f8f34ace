"""A pool is taken out by leaving it out of the project file, unless labels refer to it."""

import pytest
from django.test import Client
from django.urls import reverse

from annotation import labels, leases, links
from annotation.models import Annotator, Invitation, Project
from annotation.people import exclude
from annotation.pools import PoolError, in_the_way, remove
from annotation.projects import ask_people, touch
from frontend.project_file import ProjectFileError, apply
from frontend.project_file.writing import project_as_data
from tests.factories import make_comparison, make_person, make_user
from tests.frontend.test_setup_settings import save

pytestmark = pytest.mark.django_db


def make_asked(**more: object) -> Project:
    """A project whose one comparison is asked of the pool `expert` alone."""
    pools = ["crowd", {"name": "expert", "labels_wanted": 1}]
    project, _ = apply({"slug": "x", "pools": pools, **more})
    make_comparison(project, wanted=0)
    ask_people(project)
    return project


def make_expert(project: Project) -> Annotator:
    person = make_person(project)
    person.pools.set([project.pools.get(name="expert")])
    touch(project)
    return person


def test_a_pool_that_is_left_out_goes_with_what_it_was_asked_for() -> None:
    project = make_asked(routing={"hours": {"expert": 5, "crowd": 9}})
    expert, crowd = project.pools.get(name="expert"), project.pools.get(name="crowd")
    only, both = make_expert(project), make_expert(project)
    both.pools.add(crowd)
    link, _token = links.make(
        Invitation, project, make_user(), "Anna", days=1, places=1, pool=expert, role="annotator"
    )
    assert "leads into it" in in_the_way(expert)
    links.close(link, make_user())

    apply({"slug": "x", "pools": ["crowd", {"name": "second", "adjudicates": True}]})

    assert set(project.pools.values_list("name", flat=True)) == {"crowd", "second"}
    assert set(project.comparisons.get().demands.values_list("pool__name", flat=True)) == {"crowd"}
    assert [list(one.pools.all()) for one in (only, both)] == [[crowd], [crowd]]
    assert project_as_data(project)["routing"]["hours"] == {"crowd": 9}
    assert Invitation.objects.get().pool is None


def test_a_pool_that_labels_refer_to_stays_and_says_why() -> None:
    project = make_asked()
    person = make_expert(project)
    [held] = leases.claim(person, project)
    with pytest.raises(ProjectFileError, match="pools: 'expert' cannot be left out"):
        apply({"slug": "x", "pools": ["crowd"]})
    labels.submit_many(person, project, [labels.Submission(held.pk, {"overall": labels.Answer("a=b")})])
    expert = project.pools.get(name="expert")
    assert "Labels were given through it" in in_the_way(expert)
    exclude(person, None, "Too fast.")  # gives the slot back, and may be readmitted
    with pytest.raises(PoolError, match="Labels were given through it"):
        remove(expert)
    with pytest.raises(PoolError, match="everybody joins"):
        remove(project.pools.get(name="crowd"))
    assert project.pools.count() == 2


def test_another_pool_can_take_the_place_of_the_first_one() -> None:
    project = make_asked()
    apply({"slug": "x", "pools": ["expert"]})
    assert project.pools.get().default
    with pytest.raises(ProjectFileError, match="is there twice"):
        apply({"slug": "x", "pools": ["expert", "expert"]})


def test_the_page_takes_a_pool_out_and_says_why_another_cannot_go(client: Client) -> None:
    project = make_asked(labels_wanted=2)
    apply({"slug": "x", "pools": ["crowd", {"name": "expert", "labels_wanted": 1}, "spare"]})
    leases.claim(make_expert(project), project)
    owner = make_person(project, role="owner")
    assert owner.user is not None
    client.force_login(owner.user)
    html = client.get(reverse("settings", args=["x", "labels"])).content.decode()
    assert "It cannot be taken out. Its people hold comparisons at present." in html
    assert 'name="pool-1-remove"' not in html
    assert (
        save(client, project, "labels", **{"pool-2-remove": "on", "pool-1-remove": "on"}).status_code == 302
    )
    assert set(project.pools.values_list("name", flat=True)) == {"crowd", "expert"}
