"""Splits: what may not stand on both sides, and what never moves."""

import random
from itertools import product

import numpy as np
import pytest

from annotation.exports.splits import Families, shingles, signature, split_of, splits

WORDS = [
    f"{a}{b}" for a, b in product(("mar", "tel", "dun", "rop", "vis", "kan"), ("o", "ia", "et", "ur", "in"))
]


def sentence(rng: random.Random, length: int = 40) -> list[str]:
    return [rng.choice(WORDS) for _ in range(length)]


def alike(one: str, other: str) -> float:
    """Jaccard's similarity of the triples of words, worked out exactly."""
    a, b = set(shingles(one).tolist()), set(shingles(other).tolist())
    return len(a & b) / len(a | b)


@pytest.mark.parametrize(
    "other",
    [
        ["Why is the sky BLUE"],
        ["why  is the sky\nblue??"],
        ["Why is the sky ｂｌｕｅ?"],  # full width
        ["Why is the sky blue?", "And at night?"],
    ],
)
def test_groups_that_share_a_prompt_or_its_beginning_stay_together(other: list[str]) -> None:
    families = Families()
    families.add("one", ["Why is the sky blue?"])
    families.add("unlike", ["Name a use for a paper clip."])
    families.add("two", other)
    assert families.oldest() == {"one": "one", "unlike": "unlike", "two": "one"}


def test_short_prompts_that_differ_in_a_word_are_not_the_same() -> None:
    families = Families()
    for number in range(50):
        families.add(f"g{number}", [f"Question {number}?"])
    assert len(set(families.oldest().values())) == 50


def test_nearly_equal_prompts_are_found_and_others_are_left_apart() -> None:
    rng = random.Random(5)
    families = Families()
    pairs = []
    for number in range(300):
        words = sentence(rng, 60)
        changed = words.copy()
        for at in rng.sample(range(len(words)), number % 3):
            changed[at] = "novel"
        families.add(f"a{number}", [" ".join(words)])
        families.add(f"b{number}", [" ".join(changed)])
        pairs.append((" ".join(words), " ".join(changed)))
    oldest = families.oldest()
    near = [number for number, pair in enumerate(pairs) if alike(*pair) >= 0.8]
    assert len(near) > 200
    assert all(oldest[f"b{number}"] == f"a{number}" for number in near)
    assert all(oldest[f"a{number}"] == f"a{number}" for number in range(300))


def test_equal_minima_estimate_the_similarity() -> None:
    rng = random.Random(1)
    words = sentence(rng, 80)
    one, other = " ".join(words), " ".join([*words[:60], *sentence(rng, 20)])
    assert np.mean(signature(one) == signature(other)) == pytest.approx(alike(one, other), abs=0.15)


def test_new_data_moves_no_old_group_and_shares_are_kept() -> None:
    rng = random.Random(2)
    old = [(f"g{number}", [" ".join(sentence(rng))]) for number in range(2000)]
    new = [(f"n{number}", [" ".join(sentence(rng))]) for number in range(200)]
    before, after = splits(old, "salt", 0.2), splits(old + new, "salt", 0.2)
    assert {group: after[group] for group in before} == before
    assert list(before.values()).count("test") / 2000 == pytest.approx(0.2, abs=0.03)
    assert splits(old, "other", 0.2) != before
    assert split_of("g0", "salt", 0.0) == "train"
