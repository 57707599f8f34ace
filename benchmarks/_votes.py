"""Real comparisons as routing sees them: judges' words, looks of the texts, who contradicted whom."""

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

RANKINGS = {"a": "a>b", "b": "b>a", "tie": "a=b"}
CLASSES = {"a": 2, "tie": 1, "b": 0}


@dataclass(frozen=True)
class Data:
    """`labelled` and `cases` are of the same comparisons, in the same order, and so are the others.

    `people` and `judge` (n,) are shares of labels for response a, a tie counting half; `lines` the rows.
    """

    labelled: Any
    cases: Any
    people: Any
    judge: Any
    lines: list[dict[str, Any]]


def lines_of(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def described(lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Text features by id; they do not depend on who labelled, so they are worked out once."""
    from routing.features import describe

    found = {}
    for line in lines:
        earlier = [turn["content"] for turn in line.get("context_a") or [] if turn["role"] == "user"]
        found[line["id"]] = describe([*earlier, line["prompt"]], [line["response_a"], line["response_b"]])
    return found


def read(
    lines: Sequence[dict[str, Any]],
    texts: dict[str, Any],
    judge: str,
    other: str,
    without_ties: bool,
    gold: bool,
) -> Data:
    """Comparisons with labels of two people (or a gold answer in a person's place) and of the judge.

    `without_ties` drops people's ties and counts the judge's as half right. Of one annotator's two votes the
    later counts; a judge asked in both orders says its common verdict, and a tie where there is none.
    """
    from routing.evaluation import Cases, person_accuracy
    from routing.features import directed
    from routing.features.judging import judged, preferred
    from routing.policy import Labelled, Signals

    rows = []
    for line in lines:
        said = {name: verdict(line, name) for name in (judge, other)}
        people = people_of(line, without_ties, gold)
        if said[judge] is None or len(people) < (1 if gold else 2):
            continue
        own, second = said[judge], said[other]
        mine = CLASSES[{ranking: choice for choice, ranking in RANKINGS.items()}[own[0]]]
        right = np.where((mine == 1) & without_ties, 0.5, people == mine).mean()
        text = texts[line["id"]]
        rows.append(
            {
                "line": line,
                "judging": judged(own, () if second is None else (second,), 2),
                "differs": float(second is not None and second[0] != own[0]),
                "judges": 1 + (second is not None),
                "shared": text.shared,
                "toward": directed(text.each[None], np.array([preferred(own[0], 2)]))[0],
                "human": 1.0 if gold else person_accuracy(people),
                "judge": float(right),
                "for_a": float(people.mean()) / 2,
                "judge_for_a": mine / 2,
            }
        )

    def column(name: str) -> Any:
        return np.array([row[name] for row in rows])

    groups = [row["line"]["group"] for row in rows]
    judging = column("judging")
    signals = Signals(
        keys=[row["line"]["id"] for row in rows],
        groups=groups,
        categories=[row["line"]["category"] or "" for row in rows],
        judges=column("judges"),
        differing=column("differs"),
        flipped=judging[:, 1],
        tied=judging[:, 0],
        judging=judging,
        shared=column("shared"),
        toward=column("toward").astype(np.float32),
    )
    human, right = column("human"), column("judge")
    return Data(
        Labelled(signals, 1 - right, 1 - human),
        Cases(human, right, groups),
        column("for_a"),
        column("judge_for_a"),
        [row["line"] for row in rows],
    )


def verdict(line: dict[str, Any], name: str) -> tuple[str, bool, None] | None:
    labels = [label for label in line["labels"] if label["kind"] == "llm" and label["annotator"] == name]
    if not labels:
        return None
    if len(labels) == 1:
        return RANKINGS[labels[0]["choice"]], bool(labels[0].get("inconsistent")), None
    one, other = labels[0]["choice"], labels[1]["choice"]
    return (RANKINGS[one], False, None) if one == other else ("a=b", True, None)


def people_of(line: dict[str, Any], without_ties: bool, gold: bool = False) -> Any:
    """Classes (m,) of the m people's answers; with `gold` the known answer alone."""
    if gold:
        answer = (line["gold"] or {}).get("overall")
        return np.array([CLASSES[answer]] if answer else [])
    votes = {label["annotator"]: label["choice"] for label in line["labels"] if label["kind"] == "human"}
    return np.array([CLASSES[one] for one in votes.values() if not (without_ties and one == "tie")])
