"""The models of annotators: published figures, what must not change a result, and what each is there for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.random import Generator

from annotation.consensus import METHODS, Outcome, dawid_skene, gaussian, mace
from annotation.consensus.answers import Answers
from annotation.consensus.frozen import Said, posterior
from annotation.consensus.mace import PLAIN, Priors
from annotation.votes import HUMAN, JUDGE, Vote, Voter, Votes

# Dawid & Skene 1979: 45 patients, observer 1's three readings, then observers 2 to 5.
PATIENTS = """111-1111 333-4334 112-2122 222-3121 222-3222 222-3322 122-2111 333-3433 222-2223 232-2223
444-4444 222-3343 111-1111 222-3212 121-1111 111-2111 111-1111 111-1111 222-2221 222-1322 222-2222 222-2221
222-3222 221-2222 111-1111 111-1111 232-2222 111-1111 111-1111 112-1121 111-1111 333-3233 111-1111 222-2222
222-3232 433-4343 221-2232 232-3233 333-3432 111-1111 111-1111 121-2111 232-2222 121-1111 222-2222"""
MOST_PROBABLE = "142222132243121111222222112111131224233111212"
# By observer: true class over class said.
CONFUSION = (
    ".8895 .1105 0 0 / .0706 .8764 .0530 0 / 0 .3388 .6612 0 / 0 0 .5556 .4444",
    ".8342 .1658 0 0 / .0527 .6329 .3143 0 / 0 0 1 0 / 0 0 0 1",
    "1 0 0 0 / .1064 .7883 .1053 0 / 0 .4037 .1988 .3976 / 0 0 .6667 .3333",
    ".9444 .0556 0 0 / .0537 .8426 .1037 0 / 0 0 .8012 .1988 / 0 0 .3333 .6667",
    "1 0 0 0 / .1590 .7345 .1064 0 / 0 .2091 .7909 0 / 0 0 .3333 .6667",
)
RANKINGS = {0: "a>b", 1: "b>a", 2: "a=b"}


def patients(readings: str = PATIENTS) -> Answers:
    item, observer, value = [], [], []
    for number, patient in enumerate(readings.split()):
        own, others = patient.split("-")
        for who, digit in [*((0, digit) for digit in own), *enumerate(others, start=1)]:
            item.append(number)
            observer.append(who)
            value.append(int(digit) - 1)
    return Answers.of(np.array(item), np.array(observer), np.array(value))


def crowd(rng: Generator, items: int, competence: list[float], labels: int = 5) -> tuple[Answers, np.ndarray]:
    """Annotators with these chances to know, who otherwise draw one of three answers."""
    truth = rng.integers(0, 3, items)
    who = np.stack([rng.permutation(len(competence))[:labels] for _ in range(items)]).ravel()
    item = np.repeat(np.arange(items), labels)
    right = rng.random(len(item)) < np.array(competence)[who]
    return Answers.of(item, who, np.where(right, truth[item], rng.integers(0, 3, len(item))), 3), truth


def votes_of(answers: Answers, kinds: dict[int, str] | None = None, k: int = 2) -> Votes:
    voters = {
        at: Voter(at, (kinds or {}).get(at, HUMAN), f"judge {at}" if kinds else "")
        for at in range(answers.annotators)
    }
    rows = zip(answers.item.tolist(), answers.annotator.tolist(), answers.value.tolist(), strict=True)
    return Votes.of(((i, a, Vote(RANKINGS[v], k)) for i, a, v in rows), voters)


def winners(outcome: Outcome) -> dict[int, str]:
    return {pk: estimate.winner for pk, estimate in outcome}


def test_the_patients_of_dawid_and_skene() -> None:
    answers = patients()
    found = dawid_skene.fit(answers, dawid_skene.PLAIN, tolerance=1e-12, most_steps=2000)
    chances = found.posterior(answers)
    assert found.objective[-1] == pytest.approx(-192.890881, abs=1e-5)
    assert found.classes == pytest.approx([0.3996, 0.4220, 0.1118, 0.0667], abs=1e-4)
    for observer, matrix in enumerate(CONFUSION):
        rows = np.array([[float(value) for value in row.split()] for row in matrix.split("/")])
        assert found.confusion[observer] == pytest.approx(rows, abs=1e-4), observer + 1
    assert "".join(str(label + 1) for label in chances.argmax(0)) == MOST_PROBABLE
    unsure = {patient + 1: round(float(p), 4) for patient, p in enumerate(chances.max(0)) if p < 0.9999}
    assert unsure == pytest.approx({7: 0.981, 30: 0.9991, 35: 0.948, 38: 0.9788, 42: 0.9998}, abs=5e-4)


def test_one_cell_of_the_patients_read_otherwise_as_in_a_package_of_r() -> None:
    """The data of R's rater have 1, 1, 2 where the paper has patient 7 read as 1, 2, 2."""
    found = dawid_skene.fit(
        patients(PATIENTS.replace("122-2111", "112-2111")),
        dawid_skene.PLAIN,
        tolerance=1e-12,
        most_steps=2000,
    )
    assert found.objective[-1] == pytest.approx(-190.730997, abs=1e-5)
    assert found.classes == pytest.approx([0.4000, 0.4216, 0.1118, 0.0667], abs=1e-4)


def test_a_better_start_finds_the_higher_mode() -> None:
    answers = patients()
    rng = np.random.default_rng(3)
    ends = []
    for _ in range(40):
        start = rng.dirichlet((0.3,) * 4, answers.items).T + answers.votes
        found = dawid_skene.fit(answers, dawid_skene.PLAIN, start=start / start.sum(0), tolerance=1e-10)
        ends.append(found.objective[-1])
    assert max(ends) == pytest.approx(-191.568856, abs=1e-3)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_likelihood_never_falls(seed: int) -> None:
    rng = np.random.default_rng(seed)
    answers, _ = crowd(rng, 40, rng.uniform(0, 0.95, 8).tolist())
    for found in (
        mace.fit(answers),
        mace.fit(answers, PLAIN),
        dawid_skene.fit(answers),
        dawid_skene.fit(answers, dawid_skene.PLAIN),
    ):
        assert (np.diff(found.objective) > -1e-7).all()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_names_and_order_change_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    answers, _ = crowd(rng, 40, rng.uniform(0, 0.95, 8).tolist())
    people, items, order = rng.permutation(8), rng.permutation(40), rng.permutation(len(answers))
    renamed = Answers.of(
        items[answers.item][order], people[answers.annotator][order], answers.value[order], 3
    )
    for module in (mace, dawid_skene):
        one, two = module.fit(answers), module.fit(renamed)
        assert two.posterior(renamed)[:, items] == pytest.approx(one.posterior(answers), abs=1e-9)


@pytest.mark.parametrize("method", list(METHODS))
def test_swapping_the_sides_swaps_the_consensus(method: str) -> None:
    answers, _ = crowd(np.random.default_rng(1), 60, [0.9, 0.8, 0.7, 0.5, 0.1, 0.6])
    swapped = Answers.of(answers.item, answers.annotator, np.array([1, 0, 2])[answers.value], 3)
    one, two = (winners(METHODS[method](votes_of(each))) for each in (answers, swapped))
    other = {"a": "b", "b": "a"}
    assert two == {pk: other.get(winner, winner) for pk, winner in one.items()}


@pytest.mark.parametrize("method", list(METHODS))
def test_opposite_votes_of_people_alike_are_unresolved(method: str) -> None:
    rows = [(item, who, 0 if (who + item) % 2 else 1) for item in range(40) for who in range(4)]
    item, who, value = np.array(rows).T
    assert set(winners(METHODS[method](votes_of(Answers.of(item, who, value, 3)))).values()) == {"unresolved"}


def test_competence_is_found_and_its_interval_holds_it() -> None:
    competence = [0.95, 0.85, 0.7, 0.5, 0.3, 0.1, 0.05, 0.8, 0.6, 0.9]
    answers, truth = crowd(np.random.default_rng(5), 2000, competence)
    found = mace.fit(answers)
    assert found.converged
    assert found.competence == pytest.approx(competence, abs=0.06)
    low, high = found.competence_interval.T
    assert ((low < found.competence) & (found.competence < high)).all()
    votes = answers.votes.argmax(0)
    assert (found.posterior(answers).argmax(0) == truth).mean() > (votes == truth).mean() + 0.02


def test_a_habit_shows_in_the_strategy() -> None:
    rng = np.random.default_rng(2)
    answers, _ = crowd(rng, 400, [0.8] * 5 + [0.05], labels=6)
    value = np.where(answers.annotator == 5, 0, answers.value)
    found = mace.fit(Answers.of(answers.item, answers.annotator, value, 3))
    assert found.strategy[5, 0] > 0.95
    assert found.competence[5] < 0.2


def test_correlated_answers_make_it_less_sure_and_change_no_winner() -> None:
    answers, _ = crowd(np.random.default_rng(4), 200, [0.8] * 7)
    found = mace.fit(answers)
    alone = mace.fit(answers, Priors(correlation=0.0))
    sure, surer = found.posterior(answers), alone.posterior(answers)
    assert (sure.argmax(0) == surer.argmax(0)).all()
    assert (sure.max(0) <= surer.max(0) + 1e-12).all()


def test_gold_is_certain_and_teaches_whom_to_believe() -> None:
    rng = np.random.default_rng(6)
    truth = rng.integers(0, 3, 200)
    item, who = np.repeat(np.arange(200), 5), np.tile(np.arange(5), 200)
    # Two who know, and three who make the same mistake: left alone, the three are believed.
    value = np.where(who < 2, truth[item], (truth[item] + 1) % 3)
    value = np.where(rng.random(1000) < 0.1, rng.integers(0, 3, 1000), value)
    votes = votes_of(Answers.of(item, who, value, 3))
    names = {0: "a", 1: "b", 2: "tie"}
    gold = {pk: names[int(truth[pk])] for pk in range(0, 200, 2)}
    found = dict(METHODS["mace"](votes, gold=gold))
    assert all(found[pk].winner == name and found[pk].confidence == 1 for pk, name in gold.items())
    without = winners(METHODS["mace"](votes))
    odd = range(1, 200, 2)
    assert sum(found[pk].winner == names[int(truth[pk])] for pk in odd) > 90
    assert sum(without[pk] == names[int(truth[pk])] for pk in odd) < 10


def test_a_judges_vote_weighs_no_more_than_two_peoples() -> None:
    rng = np.random.default_rng(8)
    answers, _ = crowd(rng, 600, [0.5] * 6 + [0.98], labels=4)
    capped = METHODS["mace"](votes_of(answers, {6: JUDGE})).fits[0].skills[6]
    free = METHODS["mace"](votes_of(answers)).fits[0].skills[6]
    assert free.weight == 1
    assert 0.2 < capped.weight < 1
    assert METHODS["mace"](votes_of(answers, dict.fromkeys(range(7), JUDGE))).fits[0].skills[6].weight == 1


def test_it_learns_from_all_votes_and_judges_by_those_that_stand() -> None:
    answers, _ = crowd(np.random.default_rng(9), 60, [0.9, 0.8, 0.7, 0.6, 0.5])
    votes = votes_of(answers)
    standing = votes.voter == 0
    outcome = METHODS["mace"](votes, standing=standing)
    assert outcome.fits[0].labels == 300
    found = dict(outcome)
    assert set(found) == set(votes.comparison_ids[np.unique(votes.comparison[standing])].tolist())
    assert {one.support for one in found.values()} == {1}


@pytest.mark.parametrize("method", ["wawa", "mace", "dawid_skene", "gaussian"])
@pytest.mark.parametrize(("items", "people"), [(29, 5), (40, 2)])
def test_with_too_little_to_learn_from_it_is_the_majority_and_it_says_so(
    method: str, items: int, people: int
) -> None:
    answers, _ = crowd(np.random.default_rng(0), items, [0.8] * people, labels=min(people, 5))
    votes = votes_of(answers)
    outcome = METHODS[method](votes)
    assert outcome.fits[0].note.startswith("majority instead: ")
    assert dict(outcome) == dict(METHODS["majority"](votes))


@pytest.mark.parametrize("method", list(METHODS))
def test_a_ranking_that_everybody_gave_comes_out_as_it_went_in(method: str) -> None:
    people = {at: Voter(at, HUMAN, "") for at in range(3)}
    for ranking in ("c>a>b~d", "b>a~c>d", "a=b>c>d", "d>c>b>a", "a>b~c~d"):
        rows = [(pk, at, Vote(ranking, 4)) for pk in range(40) for at in range(3)]
        outcome = METHODS[method](Votes.of(rows, people))
        assert {estimate.ranking for _, estimate in outcome} == {ranking}, method


@pytest.mark.parametrize("method", list(METHODS))
def test_probabilities_sum_to_one_whatever_was_answered(method: str) -> None:
    rng = np.random.default_rng(11)
    people = {at: Voter(at, HUMAN, "") for at in range(6)}
    said = ["a>b>c", "b>a>c", "a=b>c", "c>a~b", "both_bad", "a=b=c"]
    rows = [(pk, at, Vote(said[rng.integers(6)], 3)) for pk in range(50) for at in range(5)]
    rows += [(pk, at, Vote(["a>b", "b>a"][rng.integers(2)], 2, 2)) for pk in range(50, 90) for at in range(4)]
    for _, estimate in METHODS[method](Votes.of(rows, people)):
        assert sum(estimate.probabilities.values()) == pytest.approx(1)
        assert set("abc"[: estimate.k]) | {"tie"} <= set(estimate.probabilities)
        first, second = estimate.top_two
        assert estimate.confidence == first[1] >= second[1]
        assert 0 <= estimate.confusion <= 0.5


def test_a_lenient_annotator_is_seen_through() -> None:
    rng = np.random.default_rng(12)
    score = rng.normal(0, 1.5, 300)
    item, who = np.repeat(np.arange(300), 5), np.tile(np.arange(5), 300)
    bias, noise = np.array([1.0, -0.5, 0, 0, -0.5]), np.array([0.3, 0.3, 0.6, 1.5, 2.0])
    value = score[item] + bias[who] + rng.normal(0, 1, 1500) * noise[who]
    found = gaussian.fit(item, who, value, np.ones(5, dtype=bool))
    assert found.converged
    assert found.leniency - found.leniency.mean() == pytest.approx(bias - bias.mean(), abs=0.25)
    assert found.noise == pytest.approx(noise, abs=0.2)
    mean = np.bincount(item, value) / 5
    assert np.sqrt(((found.score - score) ** 2).mean()) < 0.7 * np.sqrt(((mean - score) ** 2).mean())


def test_strength_breaks_what_directions_leave_open() -> None:
    people = {at: Voter(at, HUMAN, "") for at in range(4)}
    rows = [
        (pk, at, Vote("a>b" if (at + pk) % 2 else "b>a", 2, 2 if (at + pk) % 2 else 1))
        for pk in range(40)
        for at in range(4)
    ]
    found = dict(METHODS["gaussian"](Votes.of(rows, people)))
    assert all(one.probabilities["a"] > one.probabilities["b"] for one in found.values())


def test_the_posterior_of_one_comparison_is_that_of_the_whole_fit() -> None:
    answers, _ = crowd(np.random.default_rng(13), 120, [0.9, 0.8, 0.7, 0.5, 0.2, 0.6], labels=4)
    votes = votes_of(answers)
    outcome = METHODS["mace"](votes)
    fit, found = outcome.fits[0], dict(outcome)
    assert fit.classes is not None
    skills = {skill.voter.id: skill for skill in fit.skills}
    names = {0: "a", 1: "b", 2: "tie"}
    for pk in range(120):
        mine = np.flatnonzero(answers.item == pk)
        said = [
            Said(
                names[int(answers.value[at])],
                skills[who].competence,
                skills[who].strategy,
                skills[who].weight,
            )
            for at, who in zip(mine, answers.annotator[mine].tolist(), strict=True)
        ]
        assert posterior(said, fit.classes).probabilities == pytest.approx(found[pk].probabilities)
