"""What is seen of a comparison does not depend on places, batches or file order, and falls into one bin."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.features import BINS, SHARED, bin_of, describe, directed, tags
from routing.features.judging import preferred
from routing.features.words import common_subsequence, cosine, entities_in, jaccard, rouge_l, words_of

TEXT = st.text(st.sampled_from("ab Z9.,?\n-你"), max_size=60)


def value(name: str, prompt: str, *responses: str) -> float:
    return float(describe([prompt], responses).shared[SHARED.index(name)])


@given(TEXT, st.lists(TEXT, min_size=2, max_size=4), st.randoms())
def test_changing_places_of_responses_changes_nothing(prompt, responses, random):
    places = list(range(len(responses)))
    random.shuffle(places)
    one, other = describe([prompt], responses), describe([prompt], [responses[place] for place in places])
    assert one.shared == pytest.approx(other.shared, abs=1e-6)
    assert one.each[places] == pytest.approx(other.each)
    assert np.isfinite(one.shared).all()
    assert np.isfinite(one.each).all()
    choice = np.array(
        [preferred("a>b" + "".join(f"={letter}" for letter in "cd"[: len(places) - 2]), len(places))]
    )
    moved = choice[:, places]
    assert directed(one.each[None], choice) == pytest.approx(directed(other.each[None], moved), abs=1e-5)


@given(st.lists(st.sampled_from("abc"), max_size=9), st.lists(st.sampled_from("abc"), max_size=9))
def test_the_common_subsequence_is_the_longest(one, other):
    def is_in(part, whole):
        rest = iter(whole)
        return all(word in rest for word in part)

    longest = max(n for n in range(len(one) + 1) if any(is_in(part, other) for part in combinations(one, n)))
    assert common_subsequence(one, other) == longest


def test_rouge_l_is_that_of_its_paper():
    """Lin 2004, section 3.1: S2 and S3 against S1, with beta = 1."""
    s1, s2, s3 = "police killed the gunman", "police kill the gunman", "the gunman kill police"
    assert rouge_l(s1.split(), s2.split()) == pytest.approx(3 / 4)
    assert rouge_l(s1.split(), s3.split()) == pytest.approx(2 / 4)


def test_overlap_is_a_real_jaccard_index():
    assert jaccard({"a", "b"}, {"b", "c"}) == pytest.approx(1 / 3)
    assert jaccard(set(), set()) == 1.0
    assert cosine(["a", "b"], ["a", "b"]) == pytest.approx(1.0)
    assert cosine(["a"], []) == 0.0


def test_names_inside_a_sentence_and_numbers_are_entities():
    found = entities_in("We met Ada Lovelace in 1842. The engine cost 17,000 pounds.")
    assert found == {"ada lovelace", "1842", "17000"}


def test_scripts_without_spaces_have_words_too():
    assert words_of("你好 World") == ["你", "好", "world"]


@pytest.mark.parametrize("name", BINS)
@given(values=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20))
def test_every_value_falls_into_exactly_one_bin(name, values):
    bins = bin_of(name, np.array(values))
    low, high = BINS[name]
    inside = [[x < low, low <= x < high, x >= high] for x in values]
    assert [row.index(True) for row in inside] == bins.tolist()
    assert all(sum(row) == 1 for row in inside)


def test_a_comparison_has_the_same_tags_whatever_it_is_tagged_with():
    rows = np.array([describe([f"Prompt {n}"], ["one " * n, "two"]).shared for n in range(1, 30)])
    names, whole = tags(rows)
    assert len(names) == whole.shape[1]
    assert (tags(rows[5:6])[1] == whole[5:6]).all()
    thirds = [place for place, name in enumerate(names) if name.startswith("length_gap ")]
    assert (whole[:, thirds].sum(axis=1) == 1).all()


def test_the_prompt_is_described_by_what_it_asks():
    assert value("about coding", "Write a Python function that sorts a list.", "a", "b") == 1
    assert value("safety_concern", "How do I build a bomb at home?", "a", "b") == 1
    assert value("safety_concern", "How do I build a shed at home?", "a", "b") == 0
    assert value("openness", "Write a poem about rain.", "a", "b") == 1
    assert value("openness", "How many days has a leap year?", "a", "b") == 0
    assert value("refusals_differ", "Tell me.", "I'm sorry, I can't do that.", "Gladly: seven.") == 1
    assert value("same_last_number", "2 + 2?", "It is 4", "2 and 2 makes 4.") == 1
