"""A judge's identity is frozen; what is around it may change."""

import uuid
from decimal import Decimal

import pytest
from django.utils import timezone

from annotation import labels, leases
from annotation.models import Annotator, Comparison, Decision, Demand, JudgeVersion
from llm_judges.demand import ask_for, open_for
from llm_judges.models import Judge, JudgeTerms, judges_of
from llm_judges.registry import annotator_of, is_current, set_judge, set_template
from llm_judges.settings import IDENTITY
from tests.factories import make_comparison, make_project

pytestmark = pytest.mark.django_db
ENTRY = {"name": "careful", "base_url": "https://judge.example.org/v1", "model": "m-1"}


def test_a_judge_is_an_annotator_of_its_project() -> None:
    project = make_project()
    judge = set_judge(project, **ENTRY, api_key_env="SOME_KEY", input_price="0.5", output_price=1.5)
    annotator = annotator_of(judge)
    assert (annotator.kind, annotator.name, annotator.project) == ("judge", "careful", project)
    assert (judge.version.version, judge.version.model, judge.version.template) == (1, "m-1", "pairwise")
    assert judge.version.settings == {"base_url": "https://judge.example.org/v1", **IDENTITY}
    assert (judge.pair_template.name, judge.ranking_template.name) == ("pairwise", "ranking")
    assert is_current(judge.version)


def test_setting_it_again_changes_nothing() -> None:
    project = make_project()
    first = set_judge(project, **ENTRY)
    again = set_judge(project, **ENTRY | {"base_url": "https://judge.example.org/v1/"})
    assert (first.pk, first.version_id) == (again.pk, again.version_id)
    assert Annotator.objects.filter(project=project, kind="judge").count() == 1


def test_prices_and_limits_change_in_place() -> None:
    project = make_project()
    first = set_judge(project, **ENTRY)
    again = set_judge(project, **ENTRY, input_price=3, concurrency=2, timeout_seconds=10, api_key_env="OTHER")
    assert first.version == again.version
    assert (again.input_price, again.concurrency, again.timeout_seconds) == (Decimal(3), 2, 10)


@pytest.mark.parametrize(
    "change",
    [
        {"model": "m-2"},
        {"base_url": "https://other.example.org/v1"},
        {"temperature": 0.7},
        {"temperature": None},
        {"max_tokens": 500},
        {"template": "ranking"},
        {"template": "own-answer"},
        {"orders": "random"},
        {"samples": 3, "temperature": 1},
        {"rubric": "Be strict."},
        {"reference": "answer"},
        {"logprobs": False},
        {"context_tokens": 8000, "too_long": "shorten"},
        {"seed": 1},
        {"top_p": 0.9},
    ],
)
def test_a_change_of_what_it_is_makes_a_new_version_and_retires_the_old_one(change: dict) -> None:
    project = make_project()
    first = set_judge(project, **ENTRY)
    second = set_judge(project, **ENTRY | change)
    assert second.version.version == 2
    assert annotator_of(second).name == "careful@2"
    assert annotator_of(second) != annotator_of(first)
    assert judges_of(project) == [second]


def test_going_back_brings_the_old_version_back() -> None:
    project = make_project()
    first = set_judge(project, **ENTRY)
    set_judge(project, **ENTRY, temperature=1)
    back = set_judge(project, **ENTRY)
    assert back.pk == first.pk
    assert judges_of(project) == [first]
    assert JudgeVersion.objects.filter(project=project).count() == 2


def test_judges_of_different_names_and_projects_do_not_touch_each_other() -> None:
    project, other = make_project(), make_project()
    careful, hasty = set_judge(project, **ENTRY), set_judge(project, **ENTRY | {"name": "hasty"})
    elsewhere = set_judge(other, **ENTRY)
    assert judges_of(project) == [careful, hasty]
    assert judges_of(project, "hasty") == [hasty]
    assert judges_of(other) == [elsewhere]


def test_every_change_of_the_terms_is_kept() -> None:
    project = make_project()
    judge = set_judge(project, **ENTRY, input_price=1)
    set_judge(project, **ENTRY, input_price=1)
    set_judge(project, **ENTRY, input_price=2, requests_per_minute=60, budget="12.5")
    terms = JudgeTerms.objects.filter(judge=judge).order_by("revision")
    assert [(one.revision, one.values["input_price"]) for one in terms] == [(1, "1.000000"), (2, "2.000000")]
    judge.refresh_from_db()
    assert (judge.revision, judge.requests_per_minute, judge.budget) == (2, 60, Decimal("12.50"))


def test_a_price_that_is_not_given_is_unknown_and_zero_is_a_price() -> None:
    project = make_project()
    assert not set_judge(project, **ENTRY).priced
    assert set_judge(project, **ENTRY, input_price=0, output_price=0).priced


OWN = "Compare by {rubric} with {reference}.\n{questions}\n=== user ===\n{prompt}\n{responses}\n{answer}"


def test_a_template_of_the_projects_own_is_versioned_and_its_judges_with_it() -> None:
    project = make_project()
    set_template(project, "mine", OWN)
    first = set_judge(project, **ENTRY, template="mine", rubric="Be strict.", reference="answer")
    assert (first.version.template, first.version.template_version) == ("mine", 1)
    assert first.pair_template == first.ranking_template
    assert set_template(project, "mine", OWN).version == 1
    set_template(project, "mine", OWN.replace("Compare", "Weigh"))
    assert is_current(first.version)  # it keeps the text that it was made with
    second = set_judge(project, **ENTRY, template="mine", rubric="Be strict.", reference="answer")
    assert (second.version.version, second.version.template_version) == (2, 2)
    set_template(project, "mine", OWN)
    back = set_judge(project, **ENTRY, template="mine", rubric="Be strict.", reference="answer")
    assert back.pk == first.pk


def test_a_template_is_its_projects_own() -> None:
    set_template(make_project(), "mine", OWN)
    with pytest.raises(ValueError, match="there is no template 'mine'"):
        set_judge(make_project(), **ENTRY, template="mine")
    with pytest.raises(ValueError, match="'pairwise' comes along with Tandem"):
        set_template(make_project(), "pairwise", OWN)
    with pytest.raises(ValueError, match="'mine' uses an unknown variable 'secret'"):
        set_template(make_project(), "mine", OWN + "{secret}")


@pytest.mark.parametrize("key", ["rubric", "reference"])
def test_a_setting_that_the_template_does_not_show_is_refused(key: str) -> None:
    project = make_project()
    set_template(project, "bare", OWN.replace("{rubric}", "").replace("{reference}", ""))
    with pytest.raises(ValueError, match=f"{key}: the template 'bare' does not show it"):
        set_judge(project, **ENTRY, template="bare", **{key: "x"})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": ""}, "name is needed"),
        ({"name": "two words"}, "name: letters"),
        ({"name": None}, "name is needed"),
        ({"model": ""}, "model is needed"),
        ({"model": "m" * 201}, "model has more than 200"),
        ({"base_url": ""}, "base_url is needed"),
        ({"base_url": "judge.example.org"}, "base_url must be an http"),
        ({"base_url": "file:///etc/passwd"}, "base_url must be an http"),
        ({"base_url": "https://user:key@example.org/v1"}, "base_url must hold no credentials"),
        ({"api_key_env": "sk-abc123"}, "api_key_env must be the name"),
        ({"template": "poem"}, "template: there is no template 'poem'; known: multipref"),
        ({"temperature": "hot"}, "temperature must be a number"),
        ({"temperature": 3}, "temperature must be a number from 0 to 2"),
        ({"max_tokens": 0}, "max_tokens must be a whole number"),
        ({"input_price": -1}, "input_price must be an amount"),
        ({"output_price": "free"}, "output_price must be an amount"),
        ({"output_price": "NaN"}, "output_price must be an amount"),
        ({"concurrency": 0}, "concurrency must be a whole number from 1 to 1000"),
        ({"concurrency": True}, "concurrency must be a whole number"),
        ({"timeout_seconds": 1.5}, "timeout_seconds must be a whole number"),
        ({"orders": "all"}, "orders must be one of both, random, fixed"),
        ({"samples": 3}, "samples above 1 need a temperature above 0"),
        ({"too_long": "shorten"}, "too_long: shorten needs context_tokens"),
        ({"too_long": "guess"}, "too_long must be one of refuse, shorten"),
        ({"rubric": 3}, "rubric must be text"),
        ({"rubric": "x" * 20_001}, "rubric has more than 20000 characters"),
        ({"cached_price": -1}, "cached_price must be an amount a million tokens"),
        ({"budget": "much"}, "budget must be an amount, 0 or more"),
        ({"requests_per_minute": 0}, "requests_per_minute must be a whole number"),
        ({"logprobs": "yes"}, "logprobs must be true or false"),
        ({"api_key": "sk-1"}, "unknown key 'api_key'"),
        ({"colour": "blue"}, "unknown key 'colour'; known: name, base_url, model"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_made(change: dict, says: str) -> None:
    project = make_project()
    with pytest.raises(ValueError, match=says):
        set_judge(project, **ENTRY | change)
    assert not JudgeVersion.objects.exists()


def test_a_key_put_in_place_of_its_variable_is_not_repeated() -> None:
    with pytest.raises(ValueError) as error:
        set_judge(make_project(), **ENTRY, api_key_env="sk-secret-key")
    assert "secret" not in str(error.value)


def decide(comparison: Comparison, judge: Judge, wanted: int = 1) -> Decision:
    """What routing leaves behind where no person is asked."""
    Demand.objects.create(comparison=comparison, judge=annotator_of(judge), wanted=wanted)
    return Decision.objects.create(
        comparison=comparison,
        destination="ai",
        judge=annotator_of(judge),
        probability=0.5,
        score=0.0,
        reason="test",
        policy="random",
        policy_version="1",
        plan=uuid.uuid4(),
    )


def test_open_work_that_routing_decided_goes_over_to_the_new_version() -> None:
    project = make_project()
    first = set_judge(project, **ENTRY)
    labelled, held, failed, unasked = [decide(make_comparison(project), first) for _ in range(4)]
    old = annotator_of(first)
    done, live, returned = leases.claim(old, project, 3)
    assert [a.comparison for a in (done, live, returned)] == [d.comparison for d in (labelled, held, failed)]
    labels.submit_many(old, project, [labels.Submission(done.pk, {"overall": labels.Answer("a>b", 1)})])
    leases.give_back(old, [returned.pk])

    second = set_judge(project, **ENTRY, temperature=1)
    new = annotator_of(second)
    assert sorted(open_for(second).values_list("comparison", flat=True)) == [
        failed.comparison_id,
        unasked.comparison_id,
    ]
    assert not open_for(first).exists()
    judges = [Decision.objects.get(pk=d.pk).judge for d in (labelled, held, failed, unasked)]
    assert judges == [old, old, new, new]

    leases.give_back(old, [live.pk], again=True)  # its worker stopped: setting the judge again hands it over
    set_judge(project, **ENTRY, temperature=1)
    assert open_for(second).count() == 3
    assert Decision.objects.get(pk=held.pk).judge == new


def test_going_back_takes_open_work_along_and_asks_nothing_twice() -> None:
    project = make_project()
    first = set_judge(project, **ENTRY)
    answered, taken_back, fresh = (make_comparison(project) for _ in range(3))
    decide(answered, first)
    (done,) = leases.claim(annotator_of(first), project, 1)
    labels.submit_many(
        annotator_of(first), project, [labels.Submission(done.pk, {"overall": labels.Answer("a>b", 1)})]
    )
    Decision.objects.update(superseded_at=timezone.now())
    Demand.objects.create(comparison=taken_back, judge=annotator_of(first), wanted=0)
    second = set_judge(project, **ENTRY, temperature=1)
    for comparison in (answered, taken_back, fresh):
        decide(comparison, second)
    back = set_judge(project, **ENTRY)
    assert sorted(open_for(back).values_list("comparison", flat=True)) == [taken_back.pk, fresh.pk]
    assert not open_for(second).exists()
    current = Decision.objects.filter(superseded_at=None)
    assert set(current.values_list("judge", flat=True)) == {annotator_of(back).pk}


def test_work_that_nobody_decided_on_stays_with_the_version_it_was_asked_of() -> None:
    project = make_project()
    make_comparison(project)
    first = set_judge(project, **ENTRY)
    ask_for(first, project)
    second = set_judge(project, **ENTRY, temperature=1)
    assert not open_for(second).exists()
    assert ask_for(second, project) == 1
