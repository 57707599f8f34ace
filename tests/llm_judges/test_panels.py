"""A panel answers when its members have, once, under its own name."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotation.models import Annotation, Annotator, Assignment, Demand, Label, Project
from llm_judges.labelling import label_all
from llm_judges.models import Panel, PanelVerdict
from llm_judges.panels import annotator_of, ask_for, set_panel, settle, settle_again, tend, work_through
from llm_judges.panels.settling import BATCH
from llm_judges.reparse import reparse
from llm_judges.runs import retry_failed
from tests.annotation.voting import answer
from tests.factories import make_person, make_project
from tests.fake_judge import FakeJudge
from tests.llm_judges.makers import calls_of, labels_of, make_judge, make_pairs, run
from tests.llm_judges.panel_makers import Three, labels_of_panel, shortest, tie

pytestmark = pytest.mark.django_db


def make_panel(project: Project, fakes: list[FakeJudge], **values: object) -> Panel:
    names = ["ann", "bea", "cid"][: len(fakes)]
    for name, fake in zip(names, fakes, strict=True):
        make_judge(project, fake, name)
    return set_panel(project, "jury", names, **values)


def test_the_panel_labels_by_majority_and_its_members_keep_their_labels() -> None:
    project = make_project()
    make_pairs(project, 3)
    with Three("obey", FakeJudge(rule=shortest), "obey") as fakes:
        panel = make_panel(project, fakes)
        worked = work_through(panel)
    assert (worked.settling.labelled, worked.settling.left) == (3, 0)
    assert [label.ranking for label in labels_of_panel(panel)] == ["b>a"] * 3
    label = labels_of_panel(panel)[0]
    assert (label.soft.source, label.soft.votes, label.soft.asked) == ("panel", 3, 3)
    assert Label.objects.count() == 12
    annotator = annotator_of(panel)
    assert (annotator.kind, annotator.name) == ("judge", "jury")
    assert {one.name for one in annotator.members.all()} == {"ann", "bea", "cid"}
    assert set(PanelVerdict.objects.values_list("state", flat=True)) == {"labelled"}
    assert Demand.objects.filter(judge=annotator, done=1, live=0).count() == 3


def test_members_that_are_not_done_are_waited_for() -> None:
    project = make_project()
    make_pairs(project, 2)
    with Three("obey", "obey") as fakes:
        panel = make_panel(project, fakes)
        ask_for(panel)
        run(panel.members.all()[0].judge)
        found = settle(panel)
        assert (found.labelled, found.left) == (0, 2)
        run(panel.members.all()[1].judge)
        assert settle(panel).labelled == 2
    again = settle(panel)
    assert (again.labelled, again.left) == (0, 0)
    assert Annotation.objects.filter(assignment__annotator=annotator_of(panel)).count() == 2


def test_a_member_that_fails_is_done_without_as_long_as_there_is_a_quorum() -> None:
    project = make_project()
    make_pairs(project, 2)
    with Three("obey", "obey", "unparsable") as fakes:
        panel = make_panel(project, fakes)
        assert work_through(panel).settling.labelled == 2
        strict = set_panel(project, "strict", ["ann", "bea", "cid"], quorum=3)
        worked = work_through(strict)
    assert [label.soft.votes for label in labels_of_panel(panel)] == [2, 2]
    assert (worked.settling.labelled, worked.settling.below_quorum) == (0, 2)
    verdict = PanelVerdict.objects.filter(panel=strict).first()
    assert verdict is not None
    assert verdict.state == "below_quorum"
    assert verdict.reason == "2 of 3 members answered, 3 must; none by cid"
    assert not labels_of_panel(strict)
    assert Assignment.objects.filter(annotator=annotator_of(strict), state="returned").count() == 2


def test_a_panel_below_its_quorum_answers_once_a_member_that_failed_has() -> None:
    project = make_project()
    make_pairs(project, 1)
    with Three("obey", "unparsable") as fakes:
        panel = make_panel(project, fakes)
        assert work_through(panel).settling.below_quorum == 1
        fakes[1].behaviours = ["obey"]
        assert retry_failed(panel.members.all()[1].judge) == 1
        assert settle(panel).labelled == 0  # the member has not answered yet
        assert work_through(panel).settling.labelled == 1
    assert PanelVerdict.objects.get().state == "labelled"


def test_no_majority_is_a_tie_or_no_label_with_a_reason() -> None:
    project = make_project()
    make_pairs(project, 1)
    with Three("obey", FakeJudge(rule=shortest), tie) as fakes:
        panel = make_panel(project, fakes)
        work_through(panel)
        other = set_panel(project, "decided", ["ann", "bea", "cid"], no_majority="drop")
        assert work_through(other).settling.undecided == 1
    assert [label.ranking for label in labels_of_panel(panel)] == ["a=b"]
    assert PanelVerdict.objects.get(panel=other).reason == "no majority"


@pytest.mark.parametrize("rule", ["mean", "weighted"])
def test_other_rules_label_too(rule: str) -> None:
    project = make_project()
    make_pairs(project, 2)
    with Three("obey", FakeJudge(rule=shortest), "obey") as fakes:
        panel = make_panel(project, fakes, rule=rule)
        work_through(panel)
    assert [label.ranking for label in labels_of_panel(panel)] == ["b>a"] * 2


def test_a_weighted_panel_learns_whom_people_agree_with() -> None:
    project = make_project()
    pairs = make_pairs(project, 40)
    people = [make_person(project) for _ in range(3)]
    for comparison in pairs[:38]:
        for person in people:
            answer(person, comparison, "b>a")
    with Three("obey", FakeJudge(rule=shortest), FakeJudge(rule=shortest)) as fakes:
        panel = make_panel(project, fakes, rule="weighted")
        work_through(panel)
    assert {label.ranking for label in labels_of_panel(panel)} == {"b>a"}
    competence = PanelVerdict.objects.filter(panel=panel).first().evidence["competence"]["overall"]  # type: ignore[union-attr]
    assert competence["ann"] > 2 * competence["bea"]


def test_a_change_of_a_member_or_of_the_rule_is_another_version() -> None:
    project = make_project()
    make_pairs(project, 1)
    with Three("obey", "obey") as fakes:
        panel = make_panel(project, fakes)
        assert set_panel(project, "jury", ["ann", "bea"]) == panel
        mean = set_panel(project, "jury", ["ann", "bea"], rule="mean")
        assert (annotator_of(mean).name, mean.version.version) == ("jury@2", 2)
        panel.version.refresh_from_db()
        assert panel.version.retired_at is not None
        assert set_panel(project, "jury", ["ann", "bea"]) == panel
        make_judge(project, fakes[0], "ann", temperature=0.5)
        third = set_panel(project, "jury", ["ann", "bea"])
    assert third.version.version == 3
    assert {one.name for one in annotator_of(third).members.all()} == {"ann@2", "bea"}
    assert Annotator.objects.filter(members__isnull=False).distinct().count() == 3


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"judges": ["ann"]}, "2 to 20 different judges"),
        ({"judges": ["ann", "ann"]}, "2 to 20 different judges"),
        ({"judges": ["ann", "eve"]}, "there is no judge 'eve'; known: ann, bea"),
        ({"name": "ann"}, "'ann' is a judge's"),
        ({"rule": "loudest"}, "rule must be one of majority, mean, weighted, cascade"),
        ({"quorum": 3}, "quorum must be a whole number from 1 to 2"),
        ({"no_majority": "coin"}, "no_majority must be one of tie, drop"),
        ({"threshold": 0.8}, "threshold: a panel with the rule majority has none"),
        ({"rule": "cascade"}, "a cascade needs either threshold or target_accuracy"),
        (
            {"rule": "cascade", "threshold": 0.8, "quorum": 1},
            "quorum: a panel with the rule cascade has none",
        ),
        ({"rule": "cascade", "threshold": 7}, "threshold must be a number from 0 to 1"),
        ({"colour": "red"}, "unknown key 'colour'"),
    ],
)
def test_what_is_wrong_with_a_panel_is_said_by_its_key(values: dict[str, object], message: str) -> None:
    project = make_project()
    for name in ("ann", "bea"):
        make_judge(project, "http://127.0.0.1:9/v1", name)
    with pytest.raises(ValueError, match=message):
        set_panel(project, **{"name": "jury", "judges": ["ann", "bea"]} | values)  # type: ignore[arg-type]
    assert not Panel.objects.exists()


def test_a_judge_cannot_take_a_panels_name() -> None:
    project = make_project()
    for name in ("ann", "bea"):
        make_judge(project, "http://127.0.0.1:9/v1", name)
    set_panel(project, "jury", ["ann", "bea"])
    with pytest.raises(ValueError, match="'jury' is a panel's"):
        make_judge(project, "http://127.0.0.1:9/v1", "jury")


def test_members_read_again_are_followed_by_the_panel() -> None:
    project = make_project()
    make_pairs(project, 2)
    with Three("obey", "obey") as fakes:
        panel = make_panel(project, fakes)
        work_through(panel)
    judges = [member.judge for member in panel.members.all()]
    for judge in judges:
        for call in calls_of(judge):
            call.reply = call.reply.replace("clearly", "slightly")
            call.save()
        reparse(judge)
    found = settle_again(panel)
    assert (found.revised, found.withdrawn) == (2, 0)
    assert [(label.strength, label.annotation.revision) for label in labels_of_panel(panel)] == [(1, 1)] * 2
    assert settle_again(panel).revised == 0
    for call in calls_of(judges[0]):
        call.reply = "?"
        call.save()
    reparse(judges[0])
    assert settle_again(panel).withdrawn == 2
    assert not labels_of_panel(panel)


def test_a_panel_that_routing_asks_passes_it_on_and_answers_by_itself() -> None:
    project = make_project()
    first, second = make_pairs(project, 2)
    with Three("obey", "obey") as fakes:
        panel = make_panel(project, fakes)
        Demand.objects.create(comparison=first, judge=annotator_of(panel), wanted=1)
        assert tend(panel) is not None
        asked = Demand.objects.filter(judge__judge_version__judge__isnull=False)
        assert set(asked.values_list("comparison", "wanted")) == {(first.pk, 1)}
        assert tend(panel) is None  # it has just been looked at
        for member in panel.members.all():
            label_all(member.judge, only_asked=True)
        found = tend(panel, at_once=True)
    assert found is not None
    assert found.labelled == 1
    assert [label.comparison for label in labels_of_panel(panel)] == [first]
    assert not Label.objects.filter(comparison=second).exists()


def test_statements_do_not_grow_with_the_comparisons() -> None:
    def statements(number: int) -> int:
        project = make_project()
        make_pairs(project, number)
        with Three("obey", "obey") as fakes:
            panel = make_panel(project, fakes)
            ask_for(panel)
            for member in panel.members.all():
                run(member.judge)
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert settle(panel).labelled == number
        return len(queries)

    assert statements(3) == statements(30) < 40
    assert BATCH > 30


def test_labels_of_members_do_not_depend_on_the_panel() -> None:
    project = make_project()
    make_pairs(project, 2)
    with Three("obey", "obey") as fakes:
        panel = make_panel(project, fakes)
        work_through(panel)
        judge = panel.members.all()[0].judge
    assert [label.ranking for label in labels_of(judge)] == ["b>a"] * 2
    assert all(label.independent for label in labels_of(judge))
