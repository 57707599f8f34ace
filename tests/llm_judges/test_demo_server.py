"""The demonstration judge over real HTTP: labelled as such, deterministic, careful or hasty."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from decimal import Decimal

import pytest

from annotation.models import Tag
from annotation.tagging import TAGS
from llm_judges import tagging
from llm_judges.capabilities import ensure_probed
from llm_judges.demo_server import EMBEDDING, serve
from llm_judges.models import Judge
from llm_judges.registry import set_judge
from tests.factories import make_comparison, make_project
from tests.llm_judges.makers import calls_of, labels_of, make_judge, run

pytestmark = pytest.mark.django_db
TEXTS = [
    "Water the plant once a week.",
    "Water it weekly and keep it out of the sun.",
    "1. Check the soil.\n2. Water the plant when it is dry.\n3. Empty the saucer.\n\nA fern likes shade.",
    "I cannot help.",
    "Плант нужно поливать раз в неделю, летом чаще.",
    "Ferns die when their water stands; so little, but often, and never in the sun at noon.",
    "Plants. Water. Sun.",
    "Once a week is enough for most plants, less in winter, more when the leaves hang.",
]


@pytest.fixture
def url() -> Iterator[str]:
    server = serve()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    server.shutdown()
    server.server_close()


def make_all_pairs(project: object) -> int:
    pairs = [(a, b) for a in TEXTS for b in TEXTS if a < b]
    for a, b in pairs:
        make_comparison(project, a, b, prompt="How often should I water the plant, a fern?")
    return len(pairs)


def test_the_careful_one_says_the_same_in_both_orders(url: str) -> None:
    project = make_project()
    number = make_all_pairs(project)
    judge = make_judge(project, url, model="demo-careful")
    outcome = run(judge)
    assert (outcome.labelled, outcome.consistent_share) == (number, 1.0)
    assert len({label.ranking for label in labels_of(judge)}) >= 2
    for call in calls_of(judge):
        assert call.model_reported == "demonstration"
        assert call.input_tokens > 100
        assert call.cost > 0
        assert json.loads(call.reply)["overall"]["rationale"].startswith("Demonstration judge:")


def test_the_hasty_one_sometimes_disagrees_with_itself(url: str) -> None:
    project = make_project()
    make_all_pairs(project)
    outcome = run(make_judge(project, url, model="demo-hasty"))
    assert outcome.labelled
    assert 0.3 < outcome.consistent_share < 1.0


def test_it_answers_every_scale_and_more_than_two_responses(url: str) -> None:
    for scale in ("two-way", "three-way", "seven-point", "ranking"):
        project = make_project(scale=scale, both_bad=False)
        make_comparison(project, TEXTS[0], TEXTS[2])
        make_comparison(project, *TEXTS[:5])
        assert run(make_judge(project, url, model="demo-careful")).labelled == 2


def test_it_tags_and_embeds_and_says_what_it_is(url: str) -> None:
    project = make_project()
    for prompt in ("Write a haiku about rain, no rhyme.", "Solve 3x = 12 in Python:\n\n```python\n```"):
        make_comparison(project, TEXTS[0], TEXTS[1], prompt=prompt)
    judge = make_judge(project, url, model="demo-careful")
    tagging.work_on(tagging.begin(judge, EMBEDDING, Decimal(0)))
    found: dict[int, dict[str, str]] = {}
    for tag in Tag.objects.order_by("comparison"):
        found.setdefault(tag.comparison_id, {})[tag.name] = tag.value
    poem, sum_in_code = found.values()
    assert poem.keys() == {*TAGS, "similarity"}
    assert (poem["subject"], poem["format-constraints"], poem["material"]) == ("writing", "several", "no")
    assert (sum_in_code["subject"], sum_in_code["material"]) == ("coding", "yes")
    assert 0.2 < float(poem["similarity"]) < 1
    assert {call.model_reported for call in calls_of(judge)} == {"demonstration"}
    with_a_wrong_name = tagging.begin(judge_of_another_project(url), "text-embedding-9", Decimal(0))
    tagging.work_on(with_a_wrong_name)
    with_a_wrong_name.run.refresh_from_db()
    assert "there is demo-embedding" in with_a_wrong_name.run.message


def judge_of_another_project(url: str) -> Judge:
    project = make_project()
    make_comparison(project)
    return make_judge(project, url, model="demo-careful")


def test_a_probe_finds_out_what_it_can_do(url: str) -> None:
    judge = set_judge(make_project(), name="demo", base_url=url, model="demo-careful")
    found = ensure_probed(judge).capabilities
    can = {name for name, able in found.items() if able is True}
    assert can == {"json_schema", "seed", "usage", "system_role"}
    assert not any(found[name] for name in ("tool", "json_object", "logprobs", "n"))


def test_it_is_deterministic(url: str) -> None:
    verdicts = []
    for _ in range(2):
        project = make_project()
        make_all_pairs(project)
        judge = make_judge(project, url, model="demo-hasty")
        run(judge)
        verdicts.append([call.verdict for call in calls_of(judge)])
    assert verdicts[0] == verdicts[1]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/chat/completions", {"model": "gpt", "messages": []}, 404),
        (
            "/chat/completions",
            {"model": "demo-careful", "messages": [{"role": "user", "content": "Hi"}], "tools": []},
            400,
        ),
        ("/chat/completions", [], 400),
        ("/embeddings", {}, 400),
        ("/audio", {}, 404),
    ],
)
def test_what_it_does_not_do_is_refused_in_words(url: str, path: str, body: object, status: int) -> None:
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(urllib.request.Request(url + path, json.dumps(body).encode()))
    assert error.value.code == status
    assert json.load(error.value)["error"]["message"]
