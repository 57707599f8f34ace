"""MultiPref's whole protocol, from its template to a release, by simulated people of two pools.

At the label page they meet consent, guidelines, a test that not everybody passes, practice, and work with
hidden instruments; then come the way back to the platform, the payment sheet, and the files.
"""

import csv
import io
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from annotation import crowd, exports
from annotation.instruments.known import make_gold
from annotation.members import invite
from annotation.models import (
    Annotator,
    Assignment,
    ConsentGiven,
    Demand,
    Label,
    Pool,
    Project,
    QualificationTry,
)
from annotation.permissions import Access
from annotation.projects import ask_people
from frontend.project_file import apply
from frontend.project_file.templates import templates
from tests.annotation.releases import read
from tests.factories import make_comparison, make_user

from .protocol import BETTER, WORSE, Sitter

pytestmark = pytest.mark.django_db

BACK = "https://app.prolific.com/submissions/complete"
ANSWERS = dict.fromkeys(("overall", "helpful", "truthful"), "a>b")
WORK = 10
# The template's own, with a shorter test and more instruments, so that few comparisons show all of them.
SMALL = {"qualification": {"comparisons": 3, "pass": 0.9, "retries": 0}, "training": 1, "repeat_gap": 2}
OFTEN = {"gold": 0.2, "repeats": 0.15, "mirrors": 0.15}


def multipref(owner: Any) -> Project:
    template = next(one for one in templates() if one.key == "multipref")
    quality = template.data["quality"] | SMALL | OFTEN
    project, _ = apply(template.data | {"quality": quality, "prices": {"human_label": 0.75}}, owner)
    for number in range(WORK):
        make_comparison(
            project,
            f"Answer {number} {BETTER}.",
            f"Answer {number} {WORSE}.",
            wanted=0,
            external_id=f"q{number}",
        )
    ask_people(project)
    for use, number in (("qualification", 3), ("training", 1), ("monitoring", 6)):
        for _ in range(number):
            known = make_comparison(project, f"Known {BETTER}.", f"Known {WORSE}.", wanted=0)
            make_gold(project, known, ANSWERS, use, "The other one was written in a hurry.", owner)
    project.refresh_from_db()
    return project


def guest(link: str, name: str) -> tuple[Client, Annotator]:
    """Somebody of the crowd, who comes by the link with the platform's parameters."""
    client = Client()
    client.post(link, query_params={"PROLIFIC_PID": name, "SESSION_ID": f"of-{name}"})
    return client, Annotator.objects.get(external_id=name)


def expert(invitation: str, project: Project, email: str) -> tuple[Client, Annotator]:
    """An account that follows the invitation."""
    user, client = make_user(email), Client()
    client.force_login(user)
    client.get(invitation)
    client.post(reverse("join"))
    return client, Annotator.objects.get(project=project, user=user)


@pytest.mark.usefixtures("even_draws")
def test_the_whole_protocol_from_the_template_to_the_release(tmp_path: Path) -> None:
    owner = make_user("olga@example.org")
    project = multipref(owner)
    access = Access(project, project.memberships.get())
    pools = {pool.name: pool for pool in Pool.objects.all()}
    codes = {"completed_code": "DONE", "screened_out_code": "OUT"}
    _, token = crowd.open_link(
        project, owner, "May", days=7, places=9, pool=pools["crowd"], return_url=BACK, **codes
    )
    link = reverse("crowd", args=[token])
    _, token = invite(access, owner, "Chemists", "annotator", places=9, pool=pools["expert"])
    invitation = reverse("invited", args=[token])

    sitters = {name: Sitter(*guest(link, name), project) for name in ("c1", "c2")}
    sitters["careless"] = Sitter(*guest(link, "careless"), project, prefers=WORSE)
    sitters |= {
        name: Sitter(*expert(invitation, project, f"{name}@example.org"), project) for name in ("e1", "e2")
    }
    ended = {name: sitter.work() for name, sitter in sitters.items()}

    # Who may work: all agreed first, one failed the test and reads why.
    assert ended == dict.fromkeys(("c1", "c2", "e1", "e2"), "done") | {"careless": "paused"}
    assert ConsentGiven.objects.count() == 5
    assert all(
        one.told[:3] == ["Before you begin", "Read this first", "A short test first"]
        for one in sitters.values()
    )
    assert sitters["e1"].told[3:6] == ["You passed", "A little practice", "As we expected"]
    tries = QualificationTry.objects.values_list("annotator", "passed")
    assert dict(tries) == {one.annotator.pk: name != "careless" for name, one in sitters.items()}
    assert "There is no further try" in Annotator.objects.get(external_id="careless").told

    # What was asked for: two labels of each pool on every comparison, by different people, and no more.
    given = Label.objects.filter(independent=True, criterion__name="overall")
    votes = Counter(given.values_list("comparison__external_id", "annotator__pools__name"))
    assert votes == {(f"q{number}", pool): 2 for number in range(WORK) for pool in pools}
    assert Label.objects.filter(independent=True).count() == 4 * 4 * WORK, "four criteria each"
    assert not Demand.objects.filter(live__gt=0).exists()
    purposes = Counter(Assignment.objects.values_list("purpose", flat=True))
    assert purposes["work"] == 4 * WORK
    assert (purposes["qualification"], purposes["training"]) == (5 * 3, 4)
    assert all(purposes[one] for one in ("gold", "repeat", "mirror"))

    # The way back, and pay: everything that was answered, instruments and a failed test among it.
    finish = reverse("crowd-finish", args=[project.slug])
    assert sitters["c1"].client.get(finish).headers["Location"] == f"{BACK}?cc=DONE"
    office = Client()
    office.force_login(owner)
    sheet = office.get(reverse("payments", args=[project.slug])).content.decode()
    paid = {int(row["annotator"]): int(row["answers"]) for row in csv.DictReader(io.StringIO(sheet))}
    assert paid == {one.annotator.pk: one.answers for one in sitters.values()}
    assert paid[sitters["careless"].annotator.pk] == 3
    assert sum(paid.values()) == sum(purposes.values())

    # The release: every comparison with its four votes, and nothing of an instrument.
    formats = ("multipref", "labels", "trl-preference")
    release = exports.build(project, formats, tmp_path / "out", criterion="overall")
    rows = read(release, "multipref")
    assert {row["comparison_id"] for row in rows} == {f"q{number}" for number in range(WORK)}
    for row in rows:
        assert Counter(one["pool"] for one in row["annotations"]) == {"crowd": 2, "expert": 2}
        assert len({one["evaluator"] for one in row["annotations"]}) == 4
        assert all(one["overall_pref"].startswith("A-is-") for one in row["annotations"])
    pairs = read(release, "overall")
    assert len(pairs) == WORK
    assert all(BETTER in row["chosen"][-1]["content"] for row in pairs)
    labels = read(release, "labels")
    assert {row["comparison"] for row in labels} == {row["comparison_id"] for row in rows}
    assert sum(row["independent"] for row in labels) == 4 * WORK
    again = {row["purpose"] for row in labels if not row["independent"]}
    assert again == {"repeat", "mirror"}, "kept for studies of self-consistency"
    assert all(row["weight"] == 0 for row in labels if not row["independent"]), "and said to count nothing"
