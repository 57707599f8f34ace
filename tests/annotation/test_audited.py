"""Figures over a whole project from the part that people were asked about."""

from pathlib import Path

import numpy as np
import pytest

from annotation import exports
from annotation.audited import whole
from tests.annotation.voting import answer, decide, make_judge
from tests.factories import make_comparison, make_person, make_project

NAN = float("nan")


def project_of(rng: np.random.Generator, size: int = 3000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(what people would say, what the judge says, how hard): the judge errs towards 1 where it is hard."""
    hard = rng.random(size)
    people = rng.choice([1.0, 0.5, 0.0], size, p=(0.4, 0.2, 0.4))
    return people, np.where(rng.random(size) < hard * 0.6, 1.0, people), hard


def asked(rng: np.random.Generator, hard: np.ndarray, audit: float) -> tuple[np.ndarray, np.ndarray]:
    """(who is asked, with what probability): the hardest quarter surely, the rest by lottery."""
    chosen = hard > np.quantile(hard, 0.75)
    return chosen | (rng.random(len(hard)) < audit), np.where(chosen, 1.0, audit)


def test_everything_answered_is_exact() -> None:
    figure = whole(np.array([1, 0, 0.5, 1.0]), np.full(4, NAN), np.ones(4))
    assert (figure.value, figure.low, figure.high) == (0.625, 0.625, 0.625)


def test_the_routing_does_not_bias_the_estimate_though_the_mix_is_biased() -> None:
    rng = np.random.default_rng(1)
    errors, mixes, held = [], [], 0
    for _ in range(300):
        people, judge, hard = project_of(rng)
        who, probability = asked(rng, hard, 0.1)
        figure = whole(np.where(who, people, NAN), judge, probability)
        assert figure.value is not None
        assert figure.low is not None
        assert figure.high is not None
        assert figure.routed is not None
        truth = people.mean()
        errors.append(figure.value - truth)
        mixes.append(figure.routed - truth)
        held += figure.low <= truth <= figure.high
    assert np.mean(mixes) > 0.05
    assert abs(np.mean(errors)) < 0.003
    assert held / 300 > 0.91


def test_a_good_judge_narrows_the_interval_and_a_guessing_one_does_not_widen_it() -> None:
    rng = np.random.default_rng(2)
    people, judge, hard = project_of(rng)
    who, probability = asked(rng, hard, 0.1)
    said = np.where(who, people, NAN)

    def width(judge: np.ndarray) -> float:
        figure = whole(said, judge, probability)
        assert figure.low is not None
        assert figure.high is not None
        return figure.high - figure.low

    alone = width(np.full(len(people), NAN))
    assert width(judge) < 0.8 * alone
    assert width(rng.random(len(people))) < 1.05 * alone


@pytest.mark.parametrize(
    ("probability", "answers", "reason"),
    [
        ([0.1] * 40, 4, "4 audited answers; an interval takes 10"),
        ([0.1] * 40, 0, "a part of the comparisons has no audited answer"),
        ([1.0] * 20 + [0.0] * 20, 20, "a part of the comparisons has no audited answer"),
        ([], 0, "no comparison"),
    ],
)
def test_without_an_audit_there_is_a_reason_and_no_figure(
    probability: list[float], answers: int, reason: str
) -> None:
    people = np.full(len(probability), NAN)
    people[:answers] = 1.0
    figure = whole(people, np.ones(len(probability)), np.array(probability))
    assert (figure.value, figure.reason) == (None, reason)


def test_audited_answers_that_all_agree_leave_room_for_doubt() -> None:
    people = np.full(400, NAN)
    people[:20] = 1.0
    figure = whole(people, np.ones(400), np.full(400, 0.05))
    assert figure.value == 1.0
    assert figure.low is not None
    assert figure.low < 0.95


@pytest.mark.django_db
def test_a_release_of_the_routed_mix_tells_the_estimate(tmp_path: Path) -> None:
    project = make_project()
    judge, person = make_judge(project), make_person(project)
    for number in range(40):
        comparison = make_comparison(project, external_id=f"q{number:02}")
        human = number < 10
        decision = decide(comparison, "human" if human else "ai", judge)
        decision.probability, decision.audit = (1.0 if human else 0.5), not human and number < 25
        decision.save()
        answer(judge, comparison, "a>b", 1)
        if number < 25:
            answer(person, comparison, "b>a" if human else "a>b", 1)
    release = exports.build(project, "trl-preference", tmp_path / "out")
    [told] = release.manifest["over_all"]
    assert told["comparisons"] == 40
    assert told["agreement"]["value"] == pytest.approx(0.75)  # none of the ten, all of the thirty
    assert told["agreement"]["routed"] == pytest.approx(15 / 25)
    rates = {row["model"]: row["value"] for row in told["win_rates"]}
    assert rates == pytest.approx({"model-0": 0.75, "model-1": 0.25})
    assert "Over all comparisons" in (Path(release.path) / "README.md").read_text()
