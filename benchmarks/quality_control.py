#!/usr/bin/env python3
"""Simulated people label through the functions that real ones do: whom do the rules catch, whom wrongly?

`field`: 200 people (honest at 70 %, careless, position-biased, tie-loving, random, always-first, colluding)
label 5,000 comparisons, three labels each, with hidden gold, repeats and mirrors; `leases.claim` lends,
`labels.submit_many` records, weighs and pauses. `watched`: more people than the field has, of three kinds,
whose answers to known comparisons go through `watching.after_answers` until 400 of them are scored: what the
tests of the rules promise, on three answers and on two. The baseline beside them pauses whoever has fewer
than half right of the first ten: a raw percentage on few items.

`--quick` takes under a minute: fewer people and comparisons. The texts are ours; no data folder is needed.
"""

import os
import random
import sys
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from statistics import median
from typing import Any

from _benchmark import INSIDE, arguments, finish, goal, machine, run_with_services, set_up

SKILL = 0.7  # of the honest, and what the project's rules ask for
KINDS = {
    "honest": 110,
    "careless": 15,
    "position-biased": 15,
    "tie-loving": 15,
    "random": 15,
    "always-first": 15,
    "colluding": 15,
}
TIES = 0.2  # of all comparisons
WANTED = 3
RATES = {"gold": 0.1, "repeats": 0.03, "mirrors": 0.03}
RULES = {"accuracy": "pause", "side": "pause", "same": "pause", "speed": "pause"}
SCORED, SOON, LABELS = 400, 45, 25
STEP = 5  # answers that `watched` weighs at once


@dataclass
class Person:
    kind: str
    annotator: Any
    draw: random.Random
    answers: int = 0
    paused_after: int | None = None  # answers
    paused_scored: int | None = None  # answers compared with a known or agreed one
    why: str = ""
    same: Counter[str] = field(default_factory=Counter)

    def answer(self, truth: str, shown: str, ties: bool, comparison: int) -> str:
        """A ranking of the two as shown; `truth` is a, b or tie, in stored letters."""
        right = "a=b" if truth == "tie" else "a>b" if truth == shown[0] else "b>a"
        every = ["a>b", "b>a", *(["a=b"] if ties else [])]
        wrong = [one for one in every if one != right]
        by_chance = self.draw.choice(every)
        match self.kind:
            case "honest":
                return right if self.draw.random() < SKILL else self.draw.choice(wrong)
            case "careless":  # reads one in three
                return right if self.draw.random() < 1 / 3 else by_chance
            case "position-biased":  # reads one in three, else takes what stands first
                return right if self.draw.random() < 1 / 3 else "a>b"
            case "tie-loving":
                return "a=b" if ties and self.draw.random() < 0.75 else by_chance
            case "always-first":
                return "a>b"
            case "colluding":  # one sheet of answers for all of them, made up
                said = random.Random(f"sheet {comparison}").choice(["a", "b", *(["tie"] if ties else [])])
                return "a=b" if said == "tie" else "a>b" if said == shown[0] else "b>a"
        return by_chance


def main() -> int:
    options = arguments(__doc__).parse_args()
    if not os.environ.get(INSIDE):
        return run_with_services(__file__)
    set_up()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    # Instruments are drawn from the secret; a fixed one makes every run the same.
    from django.conf import settings

    settings.SECRET_KEY = "quality control"
    part = 10 if options.quick else 1
    people, comparisons = field_of(part)
    results: dict[str, Any] = {"field": {"comparisons": comparisons, "kinds": summary(people)}}
    number = 60 if options.quick else 200
    for name, scale in (("three-way", "three-way"), ("two-way", "two-way")):
        results[name] = watched(scale, number)
    always = [one for one in people if one.kind == "always-first"]
    three = results["three-way"]
    goals = [
        goal(
            "always_first_within_25_labels",
            round(min(caught(always, LABELS), three["always-first"]["within_labels"]), 4),
            0.95,
            "at_least",
            "",
        ),
        goal("random_within_45_scored_items", three["random"]["within_scored"], 0.95, "at_least", ""),
        goal("honest_false_pause_400_scored_items", three["honest"]["paused"], 0.01, "at_most", ""),
    ]
    return finish(
        {"machine": machine(), "results": results, "goals": goals}, options.json, *lines(results, number)
    )


def make_project(
    slug: str, scale: str, comparisons: int, known: int, rates: dict[str, float]
) -> tuple[Any, dict[int, str]]:
    """A project of generated pairs, and the true answer of each: a, b or tie. The last `known` are known."""
    import orjson

    from annotation import bulk
    from annotation.instruments.known import use_references
    from annotation.instruments.settings import checked
    from annotation.models import Comparison, Criterion, Demand, Pool, Project, Reference, Response

    project = Project.objects.create(slug=slug, name=slug, labels_wanted=WANTED)
    criterion = Criterion.objects.create(project=project, name="overall", scale=scale)
    pool = Pool.objects.create(project=project, name="people", default=True)
    draw = random.Random(slug)
    ids = bulk.reserve(Comparison, comparisons + known)
    ties = TIES if scale == "three-way" else 0.0
    truth = {pk: "tie" if draw.random() < ties else draw.choice("ab") for pk in ids}
    bulk.insert(
        Comparison,
        ["id", "external_id", "prompt", "metadata", "group", "content_hash"],
        [
            (pk, f"q{pk}", '[{"role": "user", "content": "Which?"}]', "{}", f"g{pk}", f"{pk:064x}")
            for pk in ids
        ],
        project_id=project.pk,
        k=2,
    )
    text = orjson.dumps([{"role": "assistant", "content": "One two three four. " * 20}]).decode()
    bulk.insert(
        Response,
        ["comparison_id", "position", "messages", "context", "media"],
        [(pk, position, text, "[]", "[]") for pk in ids for position in range(2)],
    )
    asked, sure = list(ids)[:comparisons], list(ids)[comparisons:]
    bulk.insert(Demand, ["comparison_id"], [(pk,) for pk in asked], pool_id=pool.pk, wanted=WANTED)
    rankings = {"a": "a>b", "b": "b>a", "tie": "a=b"}
    Reference.objects.bulk_create(
        Reference(comparison_id=pk, criterion=criterion, ranking=rankings[truth[pk]]) for pk in sure
    )
    project.quality = checked({"rules": RULES, "honest": SKILL, **rates}).as_data()
    project.save()
    use_references(project)
    return project, truth


def make_people(project: Any, kinds: dict[str, int]) -> list[Person]:
    from annotation.models import Annotator, PoolMembership
    from annotation.projects import touch

    pool = project.pools.get()
    people = []
    for kind, number in kinds.items():
        for index in range(number):
            name = f"{kind} {index}"
            annotator = Annotator.objects.create(project=project, kind="human", name=name)
            PoolMembership.objects.create(pool=pool, annotator=annotator)
            people.append(Person(kind, annotator, random.Random(name)))
    touch(project)
    return people


def field_of(part: int) -> tuple[list[Person], int]:
    """Everybody labels in turn until nothing is left or they are paused."""
    from annotation.models import Annotator

    comparisons = 5000 // part
    project, truth = make_project("field", "three-way", comparisons, 400, RATES)
    people = make_people(project, {kind: max(number // part, 2) for kind, number in KINDS.items()})
    order = random.Random("order")
    working = list(people)
    while working:
        order.shuffle(working)
        for person in list(working):
            if not one_answer(project, truth, person):
                working.remove(person)
    for person in people:
        person.annotator = Annotator.objects.get(pk=person.annotator.pk)
    return people, comparisons


def one_answer(project: Any, truth: dict[int, str], person: Person) -> bool:
    """Claims and answers one comparison. False where there was none."""
    from annotation import leases
    from annotation.instruments.watching import state_of
    from annotation.labels import Answer, Submission, submit_many

    held = leases.claim(person.annotator, project)
    if not held:
        return False
    lent = held[0]
    said = person.answer(truth[lent.comparison_id], lent.shown, True, lent.comparison_id)
    seconds = person.draw.lognormvariate(3.7, 0.4)
    submit_many(
        person.annotator, project, [Submission(lent.pk, {"overall": Answer(said)}, active_seconds=seconds)]
    )
    person.answers += 1
    person.same[lent.purpose] += 1
    if not person.annotator.may_be_lent and person.paused_after is None:
        person.paused_after = person.answers
        person.paused_scored = state_of(person.annotator).scored
        person.why = person.annotator.told
    return True


def watched(scale: str, number: int) -> dict[str, Any]:
    """People of three kinds answer known comparisons until SCORED of them are scored, or they are paused."""
    from annotation.instruments.watching import Given, after_answers, state_of

    project, truth = make_project(f"watched-{scale}", scale, 0, SCORED, RATES)
    criterion = project.criteria.get()
    kinds = {"honest": number, "random": number, "always-first": number // 4}
    found: dict[str, Any] = {}
    for person in make_people(project, kinds):
        right = []
        questions = iter(person.draw.sample(sorted(truth), SCORED))
        while person.annotator.may_be_lent and (some := list(islice(questions, STEP))):
            given = []
            for pk in some:
                shown = person.draw.choice(("ab", "ba"))
                said = person.answer(truth[pk], shown, scale != "two-way", pk)
                stored = said.translate(str.maketrans("ab", shown))
                stored = "a=b" if "=" in stored else stored
                right.append(stored == {"a": "a>b", "b": "b>a", "tie": "a=b"}[truth[pk]])
                given.append(Given(pk, "gold", shown, None, {criterion.pk: (stored, None)}))
            after_answers(person.annotator, project, given)
            person.answers += len(given)
        row = found.setdefault(person.kind, {"people": 0, "paused_after": [], "baseline": 0})
        row["people"] += 1
        row["baseline"] += sum(right[:10]) < 5
        if not person.annotator.may_be_lent:
            row["paused_after"].append(min(person.answers, state_of(person.annotator).scored))
    for row in found.values():
        after = row.pop("paused_after")
        row["paused"] = round(len(after) / row["people"], 4)
        row["within_scored"] = round(sum(n <= SOON for n in after) / row["people"], 4)
        row["within_labels"] = round(sum(n <= LABELS for n in after) / row["people"], 4)
        row["median_scored"] = median(after) if after else None
        row["baseline"] = round(row["baseline"] / row["people"], 4)
    return found


def caught(people: list[Person], labels: int) -> float:
    """Share of them paused within so many labels."""
    return sum(one.paused_after is not None and one.paused_after <= labels for one in people) / len(people)


def summary(people: list[Person]) -> dict[str, Any]:
    kinds: dict[str, Any] = {}
    for kind in KINDS:
        of = [one for one in people if one.kind == kind]
        paused = [one for one in of if one.paused_after is not None]
        given = sum((one.same for one in of), Counter())
        kinds[kind] = {
            "people": len(of),
            "paused": len(paused),
            "median_answers_until": median(one.paused_after for one in paused) if paused else None,
            "median_scored_until": median(one.paused_scored for one in paused) if paused else None,
            "answers": sum(one.answers for one in of),
            "instruments": round(1 - given["work"] / max(given.total(), 1), 3),
        }
    return kinds


def lines(results: dict[str, Any], number: int) -> list[str]:
    told = [
        f"field: {results['field']['comparisons']:,} comparisons, {WANTED} labels each",
        f"{'kind':17}{'people':>7}{'paused':>8}{'answers until':>15}{'scored until':>14}{'instruments':>13}",
    ]
    for kind, row in results["field"]["kinds"].items():
        until, scored = row["median_answers_until"], row["median_scored_until"]
        told.append(
            f"{kind:17}{row['people']:>7}{row['paused']:>8}{until if until is not None else '-':>15}"
            f"{scored if scored is not None else '-':>14}{row['instruments']:>13.1%}"
        )
    for name in ("three-way", "two-way"):
        told += [
            f"watched, {name}: {number} people, up to {SCORED} scored answers",
            f"{'kind':17}{'paused':>8}{f'by {SOON}':>8}{f'by {LABELS}':>8}{'median':>8}{'raw % of 10':>13}",
        ]
        for kind, row in results[name].items():
            middle = row["median_scored"]
            told.append(
                f"{kind:17}{row['paused']:>8.1%}{row['within_scored']:>8.1%}{row['within_labels']:>8.1%}"
                f"{middle if middle is not None else '-':>8}{row['baseline']:>13.1%}"
            )
    return told


if __name__ == "__main__":
    sys.exit(main())
