"""The proxy reward model and the test that a model of mixes has to pass before it may decide."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.evaluation import Estimate
from routing.features import SHARED
from routing.measures import quality
from routing.paying import NextBatch, gain_of
from routing.policies import POLICIES
from routing.policy import Labelled, Problem
from routing.proxy import rank_correlation, train, transfer, worth
from tests.routing.problems import signals_of, world


def mixes_world(n: int = 800, shared_prompts: bool = True, seed: int = 0):
    """The judge is wrong wherever the subject is science. People's labels there teach a reward that holds on
    every prompt, or, where not `shared_prompts`, nothing that lasts."""
    rng = np.random.default_rng(seed)
    groups = [f"g{number % 80}" for number in range(n)]
    differences = rng.normal(size=(n, 4))
    tags = rng.random((n, 6)) < 0.4
    reward = np.array([2.0, -1.0, 0.0, 0.0]) if shared_prompts else np.zeros(4)
    people = (rng.random(n) < 1 / (1 + np.exp(-differences @ reward))).astype(float)
    judge = np.where(tags[:, 0], 1 - people, people) if shared_prompts else rng.integers(0, 2, n) * 1.0
    return differences, people, judge, tags, groups


def test_training_finds_the_reward_that_made_the_labels():
    differences, people, *_ = mixes_world(4000)
    weights = train(differences, people)
    assert weights[:2] == pytest.approx([2.0, -1.0], abs=0.2)
    assert worth(weights, differences, people) > worth(-weights, differences, people)


@given(st.integers(0, 20))
def test_swapping_the_two_responses_changes_nothing(seed):
    differences, people, *_ = mixes_world(60, seed=seed)
    swapped = train(-differences, 1 - people)
    assert swapped == pytest.approx(train(differences, people), abs=1e-6)


def test_a_model_of_mixes_passes_where_the_worth_of_labels_carries_over_and_only_there():
    assert transfer(*mixes_world(), mixes=60, splits=5).ranks
    assert not transfer(*mixes_world(shared_prompts=False), mixes=60, splits=5).ranks


def test_rank_correlation_counts_ties_evenly():
    assert rank_correlation(np.array([1.0, 2, 3]), np.array([10.0, 20, 30])) == pytest.approx(1)
    assert rank_correlation(np.array([1.0, 1, 1]), np.array([1.0, 2, 3])) == 0


def test_hyper_is_refused_where_its_mixes_do_not_rank_on_unseen_prompts():
    known = world(200)
    scored = POLICIES["hyper"].score(Problem(known.signals, known, 0.25), 0)
    base = POLICIES["error_model"].score(Problem(known.signals, known, 0.25), 0)
    assert "refused" in scored.notes[0]
    assert (scored.values == base.values).all()
    assert scored.model["mixes"]["low"] <= 0


def test_hyper_decides_where_its_mixes_do_rank():
    """Science is where people's answers teach what matters, on every prompt alike."""
    rng = np.random.default_rng(1)
    n = 600
    signals = signals_of([(1, 0.0, 0.0, 0.0)] * n)
    signals.groups[:] = [f"g{number % 60}" for number in range(n)]
    signals.shared[:] = 0.0
    science = rng.random(n) < 0.5
    signals.shared[:, SHARED.index("about science")] = science
    signals.toward[:] = rng.normal(size=signals.toward.shape)
    agrees = 1 / (1 + np.exp(-3 * signals.toward[:, 0]))
    wrong = np.where(science, rng.random(n) > agrees, rng.random(n) < 0.05).astype(float)
    known = Labelled(signals, wrong, np.full(n, 0.1))
    scored = POLICIES["hyper"].score(Problem(signals, known, 0.25), 0)
    assert scored.notes == ()
    assert scored.model["mixes"]["low"] > 0


def test_quality_of_perfect_useless_and_reversed_probabilities():
    wrong = np.tile([0.0, 1.0], 200)
    groups = [f"g{number % 40}" for number in range(400)]
    perfect, useless, reversed_ = (quality(p, wrong, groups) for p in (wrong, np.full(400, 0.5), 1 - wrong))
    assert [one["auroc"].value for one in (perfect, useless, reversed_)] == [1.0, 0.5, 0.0]
    assert perfect["brier"].value == perfect["ece"].value == 0
    assert useless["brier"].value == 0.25
    assert reversed_["ece"].value == 1


def test_the_gain_of_a_batch_is_corrected_by_what_was_seen():
    rng = np.random.default_rng(0)
    held_out = rng.uniform(0, 0.6, 2000)
    observed = (rng.random(2000) < held_out / 2).astype(float)  # the model promises twice too much
    groups = [f"g{number % 200}" for number in range(2000)]
    gain = gain_of(np.full(100, 0.4), held_out, observed, groups)
    assert gain.low < 20 < gain.high
    assert gain.value == pytest.approx(20, abs=6)
    assert gain_of(np.zeros(0), held_out, observed, groups).value == 0


@pytest.mark.parametrize(
    ("worth_of_one", "pays", "sure"),
    [(None, True, True), (2.0, True, True), (1.0, True, False), (0.8, False, False), (0.1, False, True)],
)
def test_a_batch_pays_while_its_right_labels_are_worth_their_cost(worth_of_one, pays, sure):
    batch = NextBatch(50, Estimate(12.0, 6.0, 18.0), cost=10.0, worth=worth_of_one)
    assert (batch.pays, batch.sure) == (pays, sure)
