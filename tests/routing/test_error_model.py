"""The error model finds where the judge is wrong, says so when it cannot, and can be worked out again."""

import numpy as np
import pytest

from routing.error_model import TooFew, fit, held_out
from routing.evaluation import Cases, advantage, intervals
from routing.learning import categories_of, columns, inputs
from routing.policies.learned import error_model
from routing.policy import Labelled, Problem
from tests.routing.problems import nothing_labelled, problem_of, world


def learned(labelled: Labelled):
    names = categories_of(labelled)
    rows = inputs(labelled.signals, names)
    return fit(rows, labelled.wrong, labelled.signals.groups), rows, columns(names)


def test_the_sign_of_disagreement_is_learned_not_assumed():
    """In this world the judges agree where they are wrong together."""
    labelled = world(400)
    scored = error_model(Problem(labelled.signals, labelled), 0)
    differ = labelled.signals.differing == 1
    assert scored.values[~differ].mean() > scored.values[differ].mean() + 0.1


def test_labels_routed_by_the_model_are_better_on_groups_it_has_not_seen():
    labelled = world(600)
    rows = inputs(labelled.signals, [])
    probability = held_out(rows, labelled.wrong, labelled.signals.groups, folds=5)
    cases = Cases(1 - labelled.human_wrong, 1 - labelled.wrong, labelled.signals.groups)
    over_random = advantage(probability, cases)
    over_disagreement = advantage(probability, cases, over=labelled.signals.differing)
    assert (over_random > 3).all()
    assert (over_disagreement > over_random).all()


def test_nothing_is_found_where_there_is_nothing():
    """Shuffled labels: a gain here would be a leak between folds."""
    gains = []
    for seed in range(5):
        labelled = world(300, seed, informative=False)
        probability = held_out(inputs(labelled.signals, []), labelled.wrong, labelled.signals.groups, 5)
        cases = Cases(1 - labelled.human_wrong, 1 - labelled.wrong, labelled.signals.groups)
        gains.append(advantage(probability, cases).mean())
    assert abs(np.mean(gains)) < 2


def test_a_score_can_be_worked_out_again_from_what_the_plan_keeps():
    labelled = world(200)
    scored = error_model(Problem(labelled.signals, labelled), 0)
    kept = scored.model["error_model"]
    rows = np.hstack([labelled.signals.judging, labelled.signals.shared, labelled.signals.toward])
    centre, spread, weight = np.array(list(kept["columns"].values()), dtype=float).T
    logit = kept["intercept"] + np.nan_to_num((rows - centre) / spread) @ weight
    again = 1 / (1 + np.exp(-logit)) - scored.model["human_error"]
    assert again == pytest.approx(scored.values, abs=1e-5)


def test_rows_in_another_order_give_the_same_model():
    labelled = world(150)
    order = np.random.default_rng(1).permutation(len(labelled))
    moved = Labelled(labelled.signals.at(order), labelled.wrong[order], labelled.human_wrong[order])
    assert learned(labelled)[0].weights == pytest.approx(learned(moved)[0].weights, abs=1e-4)


def test_an_unknown_value_counts_as_the_mean():
    model, rows, _ = learned(world(150))
    blank = rows.at(np.arange(1))
    blank.judging[:], blank.looks[:] = np.nan, np.nan
    assert model.probability(blank)[0] == pytest.approx(1 / (1 + np.exp(-model.intercept)))


def test_with_too_few_labels_it_says_so_and_takes_ties_first():
    scored = error_model(problem_of([(1, 0.0, 0.0, 1.0), (1, 0.0, 0.0, 0.0)]), 0)
    assert scored.values[0] > scored.values[1]
    assert "ties first: 0 comparisons have labels of people and of the judge" in scored.notes[0]
    labelled = world(30)
    with pytest.raises(TooFew, match="30 comparisons"):
        learned(labelled)
    assert len(nothing_labelled()) == 0


def test_reasons_name_what_raises_and_what_lowers_the_score():
    labelled = world(400)
    scored = error_model(Problem(labelled.signals, labelled), 0)
    likely = scored.reasons[int(np.argmax(scored.values))]
    unlikely = scored.reasons[int(np.argmin(scored.values))]
    assert "more because of: the judges agree, science" in likely
    assert "less because of: the judges differ" in unlikely
    assert max(map(len, scored.reasons)) <= 300


def test_an_interval_says_when_there_is_no_detectable_effect():
    labelled = world(300, informative=False)
    cases = Cases(1 - labelled.human_wrong, 1 - labelled.wrong, labelled.signals.groups)
    noise = np.random.default_rng(0).random(len(labelled))
    mean = intervals([noise], cases, replicates=300)[-1]
    assert mean.low <= mean.value <= mean.high
    assert not mean.clear
