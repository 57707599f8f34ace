"""A crowd that labels a whole project through the real functions; also runs as a process of its own.

`python -m tests.annotation.crowd SLUG ANNOTATOR_ID SEED` labels until every comparison has what it wants.
"""

import random
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

LEASE_SECONDS = 1
PATIENCE_SECONDS = 600  # that only a crowd that is stuck waits for


@dataclass(frozen=True)
class Tally:
    """What a finished crowd left in the database."""

    counted: int
    done: int
    live: int
    over_lent: int
    twice: int
    surplus: int


def build(comparisons: int, wanted: int, people: int) -> tuple[str, list[int]]:
    """A project with short leases and its annotators; gives the slug and the annotators' ids."""
    from tests.factories import make_comparison, make_person, make_project

    project = make_project(lease_seconds=LEASE_SECONDS)
    for _ in range(comparisons):
        make_comparison(project, wanted=wanted)
    return project.slug, [make_person(project).pk for _ in range(people)]


def abandon(slug: str, annotator_ids: Iterable[int]) -> None:
    """People who take work and never come back."""
    from annotation import leases
    from annotation.models import Annotator, Project

    project = Project.objects.get(slug=slug)
    for annotator in Annotator.objects.filter(pk__in=annotator_ids):
        leases.claim(annotator, project)


def label_until_done(slug: str, annotator_id: int, seed: int) -> int:
    """Labels until nothing is wanted; now and then double-clicks, or falls asleep and answers too late."""
    from django.db.models import F

    from annotation import labels, leases
    from annotation.models import Annotator, Demand, Project

    project = Project.objects.get(slug=slug)
    annotator = Annotator.objects.get(pk=annotator_id)
    rng = random.Random(seed)
    submitted = 0
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        held = leases.claim(annotator, project)
        if not held:
            if not Demand.objects.filter(comparison__project=project, done__lt=F("wanted")).exists():
                return submitted
            time.sleep(0.05)
            continue
        if rng.random() < 0.01:
            time.sleep(LEASE_SECONDS * 1.5)
        submission = labels.Submission(held[0].pk, {"overall": labels.Answer(rng.choice(["a>b", "b>a"]), 1)})
        labels.submit_many(annotator, project, [submission])
        if rng.random() < 0.05:
            labels.submit_many(annotator, project, [submission])
        submitted += 1
    raise TimeoutError(f"annotator {annotator_id} was still waiting after {PATIENCE_SECONDS} s")


def tally(slug: str) -> Tally:
    """Counts every invariant from the rows, not from the counters that the code keeps."""
    from annotation.models import Annotation, Demand, Label

    annotations = Annotation.objects.filter(assignment__comparison__project__slug=slug)
    counted = Counter(annotations.filter(surplus=False).values_list("assignment__comparison_id", flat=True))
    votes = Counter(Label.objects.filter(project__slug=slug).values_list("comparison_id", "annotator_id"))
    demands = Demand.objects.filter(comparison__project__slug=slug)
    return Tally(
        counted=sum(counted.values()),
        done=sum(demands.values_list("done", flat=True)),
        live=sum(demands.values_list("live", flat=True)),
        over_lent=sum(counted[pk] > wanted for pk, wanted in demands.values_list("comparison_id", "wanted")),
        twice=sum(number > 1 for number in votes.values()),
        surplus=annotations.filter(surplus=True).count(),
    )


if __name__ == "__main__":
    import django

    django.setup()
    print(label_until_done(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
