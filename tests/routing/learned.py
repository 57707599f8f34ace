"""A project in which routing has something to learn: judges that are wrong for a reason, and people."""

import json
import random
import tempfile
from pathlib import Path

from annotation.imports import load_comparisons
from annotation.models import Project
from tests.factories import make_project

PROMPTS = ("Write a python function that adds {n} numbers.", "Write a poem about {n} boats.")
TEXTS = ("Here is a short answer, number {n}.", "Here is a much longer answer, with detail on {n} and more.")


def labelled_project(
    labelled: int, open_ones: int, seed: int = 0, informative: bool = True, **fields: object
) -> Project:
    """`labelled` comparisons with labels of two people and two judges, and `open_ones` with judges' only.

    The judge whose label stands, `north`, says a or tie; where `south` differs, people mostly prefer b. Not
    so when not `informative`: then people say what they like.
    """
    rng = random.Random(seed)
    project = make_project(**{"audit_share": 0.0} | fields)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "comparisons.jsonl"
        rows = (_line(number, number < labelled, rng, informative) for number in range(labelled + open_ones))
        path.write_text("\n".join(json.dumps(row) for row in rows))
        load_comparisons(project, [path])
    return project


def _line(number: int, labelled: bool, rng: random.Random, informative: bool) -> dict[str, object]:
    differ = rng.random() < 0.4
    said = {"north": "a=b" if rng.random() < 0.1 else "a>b", "south": "b>a" if differ else "a>b"}
    labels = [{"annotator": name, "kind": "judge", "ranking": ranking} for name, ranking in said.items()]
    if labelled:
        chance = (0.8 if differ else 0.15) if informative else 0.4
        for person in ("w1", "w2"):
            ranking = "b>a" if rng.random() < chance else "a>b"
            labels.append({"annotator": person, "kind": "human", "ranking": ranking})
    prompt = PROMPTS[number % 2].format(n=number)
    responses = [{"text": text.format(n=number), "model": f"m{at}"} for at, text in enumerate(TEXTS)]
    return {
        "id": f"c{number}",
        "prompt": prompt,
        "responses": responses,
        "group": f"g{number // 3}",
        "category": "code" if number % 2 == 0 else "verse",
        "labels": labels,
    }
