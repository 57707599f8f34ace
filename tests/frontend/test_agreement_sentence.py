"""The sentence that the agreement page begins with: on much data, on little, where figures are missing."""

from typing import Any

import pytest

from frontend.views.agreement.sentence import sentence

NOT_COMPUTABLE = "not computable: no comparison has two votes to compare"
Ends = list[float] | None


def said(
    people: float | None,
    people_ends: Ends = None,
    across: float | None = None,
    across_ends: Ends = None,
    first: tuple[float, Ends] = (0.5, None),
    name: str = "",
) -> str:
    def group(alpha: float | None, ends: Ends) -> dict[str, Any]:
        reasons = {} if alpha is not None else {"nominal": NOT_COMPUTABLE}
        return {"alpha": {"nominal": alpha}, "intervals": {"nominal": ends}, "reasons": reasons}

    report = {
        "criterion": "overall",
        "level": "nominal",
        "groups": {"human_human": group(people, people_ends), "human_judge": group(across, across_ends)},
        "leanings": {"rows": [{"name": name, "first": {"value": first[0], "ends": first[1], "n": 400}}]},
    }
    return "".join(part for part, _ in sentence(report)).strip()


def test_a_word_with_the_figure_and_its_interval() -> None:
    assert said(0.45, [0.4, 0.5]) == (
        "People agree moderately on overall: alpha 0.45, between 0.40 and 0.50."
    )


@pytest.mark.parametrize(
    ("ends", "rest"),
    [([-0.2, 1.0], ", between -0.20 and 1.00."), (None, ", from too little to say how sure that is.")],
)
def test_tiny_data_gets_no_word(ends: Ends, rest: str) -> None:
    assert said(0.85, ends) == "It is too early to say how well people agree on overall: alpha 0.85" + rest


@pytest.mark.parametrize(
    ("across", "ends", "verdict"),
    [
        (0.2, [0.1, 0.3], "Judges agree with them less than they do with each other (0.20)."),
        (0.7, [0.6, 0.8], "Judges agree with them more than they do with each other (0.70)."),
        (
            0.4,
            [0.3, 0.5],
            "Judges agree with them at 0.40; so far that cannot be told from how people agree.",
        ),
        (0.4, None, "Judges agree with them at 0.40; so far that cannot be told from how people agree."),
    ],
)
def test_judges_are_put_above_or_below_people_only_where_intervals_stand_apart(
    across: float, ends: Ends, verdict: str
) -> None:
    assert said(0.45, [0.4, 0.5], across, ends).endswith(verdict)


def test_judges_are_named_where_people_cannot_be_compared() -> None:
    assert said(None, None, 0.3, [0.2, 0.4]) == (
        f"How far people agree is {NOT_COMPUTABLE}. Judges agree with people at 0.30."
    )
    assert said(None) == f"How far people agree is {NOT_COMPUTABLE}."


def test_a_leaning_is_said_where_it_is_more_than_a_little() -> None:
    assert said(0.45, [0.4, 0.5], first=(0.7, [0.65, 0.75])).endswith(
        "People lean to the response shown first."
    )
    one = said(0.45, [0.4, 0.5], first=(0.3, [0.25, 0.35]), name="large")
    assert one.endswith("large leans to the second.")
    assert "lean" not in said(0.45, [0.4, 0.5], first=(0.56, [0.52, 0.6]))
