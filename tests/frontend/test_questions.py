"""A form's fields become an answer, and an answer becomes the form's fields again."""

from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from annotation.labels import CONFIDENCES, Answer
from annotation.models import Criterion, Label, Rationale
from annotation.ranking import (
    RankingTask,
    Scale,
    check_answer,
    from_best_worst,
    from_preference,
    from_tiers,
    from_top,
    letters,
    parse,
    relabel,
    signed,
)
from frontend.questions import filled, questions

REASONS = ["correct", "clear", "短い", "a/b & c"]


def criterion(**fields: Any) -> Criterion:
    return Criterion(**({"pk": 5, "name": "overall"} | fields))


def form(**fields: Any) -> QueryDict:
    """A submitted form: `b="1"` is the place of response b, other names stand for themselves."""
    data = QueryDict(mutable=True)
    for name, value in fields.items():
        data.setlist(f"q5-{name}" if name != "q5" else name, value if isinstance(value, list) else [value])
    return data


@st.composite
def stored_labels(draw: st.DrawFn) -> tuple[Criterion, Label, str]:
    """Any criterion, a label that its form can give, and the order in which it was shown."""
    k = draw(st.integers(2, 9))
    names = letters(k)
    order = list(draw(st.permutations(names)))
    scale = draw(st.sampled_from(Scale))
    task = draw(st.sampled_from(["full", "best-worst", *(f"top-{number}" for number in range(1, 10))]))
    asked = criterion(
        scale=scale.value,
        ranking=task,
        both_bad=draw(st.booleans()),
        confidence=draw(st.booleans()),
        reasons=draw(st.sampled_from([[], REASONS])),
        rationale=draw(st.sampled_from(["off", "optional", "required"])),
        rationale_min=draw(st.sampled_from([0, 3])),
    )
    strength = None
    if asked.both_bad and draw(st.booleans()):
        ranking = parse("both_bad", k)
    elif k == 2:
        preference = draw(st.sampled_from(scale.preferences()))
        ranking = from_preference(preference)
        strength = abs(preference) if preference and scale.graded else None
    elif task == "best-worst":
        ranking = from_best_worst(order[0], order[1], k)
        order = list(draw(st.permutations(names)))
    elif task == "full":
        places = draw(st.lists(st.integers(1, k), min_size=k, max_size=k))
        tiers = [[n for n, p in zip(names, places, strict=True) if p == place] for place in range(1, k + 1)]
        ranking = from_tiers(tiers)
    else:
        ranking = from_top(order[: RankingTask.parse(task).places(k)], k)
        order = list(draw(st.permutations(names)))
    label = Label(
        criterion=asked,
        ranking=str(ranking),
        strength=strength,
        confidence=draw(st.sampled_from(CONFIDENCES)) if asked.confidence else "",
    )
    decided = ">" in label.ranking
    reasons = draw(st.lists(st.sampled_from(asked.reasons), unique=True)) if decided and asked.reasons else []
    words = st.text(st.characters(exclude_categories=("Cs", "Cc", "Z")), min_size=3, max_size=20)
    text = draw(words) if asked.rationale == "required" or draw(st.booleans()) else ""
    if reasons or (text and asked.rationale != "off"):
        text = text if asked.rationale != "off" else ""
        label.rationale = Rationale(label=label, reasons=sorted(reasons, key=REASONS.index), text=text)
    return asked, label, "".join(order)


@given(stored_labels())
def test_an_earlier_answer_filled_in_again_is_the_same_answer(made: tuple[Criterion, Label, str]) -> None:
    asked, label, shown = made
    (question,) = questions([asked], len(shown), filled([asked], [label], shown))
    assert question.problem() == ""
    answer = question.answer()
    rationale = getattr(label, "rationale", None)
    assert str(relabel(parse(answer.ranking, len(shown)), shown)) == label.ranking
    assert answer.confidence == label.confidence
    assert answer.reasons == tuple(rationale.reasons if rationale else ())
    assert answer.rationale == (rationale.text if rationale else "")
    if len(shown) == 2:
        mirrored = label.strength and (1 if shown == "ab" else -1) * signed(parse(label.ranking, 2), 1)
        assert answer.strength == label.strength
        assert not mirrored or signed(parse(answer.ranking, 2), 1) == mirrored


@given(stored_labels())
def test_every_answer_of_the_form_is_one_that_the_criterion_offers(
    made: tuple[Criterion, Label, str],
) -> None:
    asked, label, shown = made
    k = len(shown)
    (question,) = questions([asked], k, filled([asked], [label], shown))
    answer = question.answer()
    task = RankingTask.parse(asked.ranking)
    check_answer(parse(answer.ranking, k), answer.strength, Scale(asked.scale), k, asked.both_bad, task)


@pytest.mark.parametrize(
    ("task", "k", "fields", "ranking"),
    [
        ("full", 3, {"a": "2", "b": "1", "c": "2"}, "b>a=c"),
        ("full", 3, {"a": "3", "b": "3", "c": "1"}, "c>a=b"),
        ("top-2", 4, {"a": "2", "b": "0", "c": "1"}, "c>a>b~d"),
        ("top-1", 4, {"d": "1"}, "d>a~b~c"),
        ("top-3", 4, {"a": "2", "b": "3", "c": "1", "d": "0"}, "c>a>b>d"),
        ("top-9", 3, {"a": "2", "b": "1"}, "b>a>c"),
        ("best-worst", 4, {"best": "c", "worst": "a"}, "c>b~d>a"),
        ("best-worst", 3, {"best": "c", "worst": "a"}, "c>b>a"),
        ("best-worst", 2, {"q5": "-1"}, "b>a"),
    ],
)
def test_places_become_a_ranking(task: str, k: int, fields: dict[str, str], ranking: str) -> None:
    (question,) = questions([criterion(ranking=task, scale="ranking")], k, form(**fields))
    assert question.problem() == ""
    assert question.answer() == Answer(ranking)


@pytest.mark.parametrize(
    ("task", "fields", "problem"),
    [
        ("full", {"a": "1", "b": "2", "c": "1"}, "D still needs a place."),
        ("full", {"a": "1", "b": "5"}, "B, C, D still need a place."),
        ("top-2", {"a": "1"}, "2nd is still open."),
        ("top-2", {}, "1st, 2nd are still open."),
        ("top-2", {"a": "1", "b": "2", "c": "2"}, "Only one response can be 2nd."),
        ("top-2", {"a": "1", "b": "3"}, "2nd is still open."),
        ("best-worst", {"worst": "b"}, "Best is still open."),
        ("best-worst", {"best": "e", "worst": "b"}, "Best is still open."),
        ("best-worst", {"best": "b", "worst": "b"}, "The best and the worst cannot be the same one."),
    ],
)
def test_what_is_missing_is_said_in_words(task: str, fields: dict[str, str], problem: str) -> None:
    (question,) = questions([criterion(ranking=task)], 4, form(**fields))
    assert question.problem() == problem


@pytest.mark.parametrize(
    ("rationale", "least", "text", "problem"),
    [
        ("off", 0, "", ""),
        ("optional", 20, "", ""),
        ("optional", 20, " too short ", "Write at least 20 characters."),
        ("optional", 9, " too short ", ""),
        ("required", 0, "  ", "Say why in a few words."),
        ("required", 20, "", "Say why in a few words."),
        ("required", 20, "x" * 19, "Write at least 20 characters."),
        ("required", 20, "x" * 20, ""),
        ("required", 0, "x" * 10_001, "Shorten the text to 10000 characters."),
    ],
)
def test_a_rationale_has_the_length_asked_for(rationale: str, least: int, text: str, problem: str) -> None:
    asked = criterion(rationale=rationale, rationale_min=least)
    (question,) = questions([asked], 2, form(q5="1", rationale=text))
    assert question.problem() == problem


def test_what_the_form_does_not_offer_is_left_open() -> None:
    """Labels made elsewhere may say less than a form asks, or more than it can show."""
    asked = criterion()
    coarse = Label(criterion=asked, ranking="a>b", strength=None)
    assert questions([asked], 2, filled([asked], [coarse], "ab"))[0].problem() == "Choose an answer here."
    asked = criterion(ranking="full")
    open_tail = Label(criterion=asked, ranking="c>a~b~d")
    (question,) = questions([asked], 4, filled([asked], [open_tail], "dcba"))
    assert question.problem() == "A, C, D still need a place."
    asked = criterion(ranking="top-2")
    tied = Label(criterion=asked, ranking="c>a=b=d")
    assert questions([asked], 4, filled([asked], [tied], "abcd"))[0].problem() == "2nd is still open."
    asked = criterion(reasons=["clear"])
    label = Label(criterion=asked, ranking="a>b", strength=2)
    label.rationale = Rationale(label=label, reasons=["gone", "clear"])
    assert questions([asked], 2, filled([asked], [label], "ab"))[0].answer().reasons == ("clear",)
    elsewhere = Label(criterion=criterion(pk=6), ranking="a>b")
    assert not filled([asked], [elsewhere], "ab")


def test_letters_that_pick_up_a_response_are_no_key_of_anything_else() -> None:
    asked = criterion(confidence=True, reasons=[str(number) for number in range(8)], both_bad=True)
    for k in range(2, 10):
        (question,) = questions([asked], k)
        options: list[Any] = [*question.reasons, *question.confidences, *question.spots, *question.options]
        keys = [option.key for option in options if option.key] + [question.note_key]
        assert len(set(keys)) == len(keys)
        if k > 2:
            assert not set(keys) & set(letters(k))
            assert [spot.key for spot in question.spots] == [str(place) for place in range(1, k + 1)]
