"""Panels at work: what members have said becomes the panel's own annotation, by the same verbs as theirs.

Incremental and idempotent: a pass looks at comparisons where every member that was asked has ended, in
batches that are each one transaction, and several passes at once share them. Statements a batch are constant.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import transaction

from annotation import leases
from annotation.models import Annotation, Annotator, Assignment, Comparison, Criterion, Project
from annotation.projects import criteria_of

from ..calls import question_of
from ..demand import open_to, want
from ..models import Judge, Panel, PanelVerdict
from ..reconcile import Settled
from ..submitting import record, revise
from . import rules
from .asking import annotator_of, ready, with_annotators
from .heard import Heard, hear
from .rules import Voice
from .skills import NOTHING, Known, skills_of
from .sureness import Calibrations, calibrations, ensure_threshold, sure

BATCH = 200  # comparisons
State = PanelVerdict.State


@dataclass(slots=True)
class Settling:
    """What a pass did. `labelled`, `undecided`, `below_quorum`: comparisons that ended so; `asked`: by member
    the comparisons that a cascade went on to ask it about; `revised`, `withdrawn`, `lent_again`: annotations
    that say something else after members' have changed; `left`: comparisons that wait for members."""

    labelled: int = 0
    undecided: int = 0
    below_quorum: int = 0
    revised: int = 0
    withdrawn: int = 0
    lent_again: int = 0
    left: int = 0
    asked: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Settling") -> None:
        """Adds the figures of a later pass."""
        for name in ("labelled", "undecided", "below_quorum", "revised", "withdrawn", "lent_again"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.asked += other.asked
        self.left = other.left

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self) | {"asked": dict(self.asked)}


@dataclass(slots=True)
class Judged:
    """What the members' words come to on one comparison: `settled`, or `state` with `reason`, or a member who
    is to be asked next."""

    settled: dict[str, Settled] = field(default_factory=dict)
    state: str = State.LABELLED
    reason: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)
    ask: int | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """What all batches of a pass share."""

    panel: Panel
    project: Project
    annotator: Annotator
    members: Sequence[tuple[Judge, Annotator]]
    criteria: Sequence[Criterion]
    threshold: float = 0.0
    calibrations: Calibrations = field(default_factory=dict)
    skills: Mapping[tuple[str, int], Known] = field(default_factory=dict)


def settle(panel: Panel) -> Settling:
    """Gives the panel's answer wherever its members have ended. Raises JudgeError for a cascade whose
    threshold cannot be told yet."""
    total = Settling()
    annotator, members = annotator_of(panel), with_annotators(panel)
    waiting = ready(annotator, [one for _, one in members])
    session: Session | None = None
    last = 0
    while rows := list(waiting.filter(pk__gt=last).order_by("pk").values_list("pk", "comparison")[:BATCH]):
        session = session or _session(panel, annotator, members)
        with transaction.atomic():
            _settle_batch(session, [comparison for _, comparison in rows], total)
        last = rows[-1][0]
    total.left = open_to(annotator).count()
    return total


def settle_again(panel: Panel) -> Settling:
    """Makes every answer of the panel say what follows from its members' present ones, as a new revision
    where that is another; one that does not follow any more is withdrawn."""
    total = Settling()
    session = _session(panel, annotator_of(panel), with_annotators(panel))
    for ids in _ended(panel):
        with transaction.atomic():
            _settle_batch_again(session, ids, total)
    return total


def _session(panel: Panel, annotator: Annotator, members: Sequence[tuple[Judge, Annotator]]) -> Session:
    project = panel.version.project
    criteria = criteria_of(project)
    more: dict[str, Any] = {}
    if panel.rule == Panel.Rule.CASCADE:
        more["threshold"] = ensure_threshold(panel, members)
        more["calibrations"] = calibrations(members, criteria)
    elif panel.rule == Panel.Rule.WEIGHTED:
        more["skills"] = skills_of(criteria, [one for _, one in members])
    return Session(panel, project, annotator, members, criteria, **more)


def _settle_batch(session: Session, ids: Sequence[int], total: Settling) -> None:
    judged = _judge(session, ids)
    for at, (judge, annotator) in enumerate(session.members):
        if next_one := [pk for pk, one in judged.items() if one.ask == at]:
            total.asked[judge.version.name] += want(annotator, Comparison.objects.filter(pk__in=next_one))
    ended = [pk for pk, one in judged.items() if one.ask is None]
    lent = {one.comparison_id: one for one in leases.claim_those(session.annotator, session.project, ended)}
    answers = {one.pk: (one, judged[pk].settled) for pk, one in lent.items() if judged[pk].settled}
    for assignment, why in record(session.annotator, session.project, answers).items():
        one = judged[answers[assignment][0].comparison_id]
        one.settled, one.state, one.reason = {}, State.UNDECIDED, why
    failed = [one.pk for pk, one in lent.items() if not judged[pk].settled]
    leases.give_back(session.annotator, failed)
    _write(session.panel, {pk: judged[pk] for pk in lent})
    states = Counter(judged[pk].state for pk in lent)
    total.labelled += states[State.LABELLED]
    total.undecided += states[State.UNDECIDED]
    total.below_quorum += states[State.BELOW_QUORUM]


def _settle_batch_again(session: Session, ids: Sequence[int], total: Settling) -> None:
    judged = {pk: one for pk, one in _judge(session, ids).items() if one.ask is None}
    mine = Assignment.objects.filter(annotator=session.annotator, comparison__in=judged, round=0)
    assignments = {one.comparison_id: one for one in mine}
    annotations = {
        one.assignment_id: one
        for one in Annotation.objects.filter(
            assignment__in=list(assignments.values()), superseded_at=None
        ).prefetch_related("labels__criterion")
    }
    again, changed = [], {}
    for pk, assignment in assignments.items():
        if annotation := annotations.get(assignment.pk):
            done = revise(session.annotator, session.project, assignment, annotation, judged[pk].settled)
            total.revised += done == "revised"
            total.withdrawn += done == "withdrawn"
            changed[pk] = judged[pk]
        elif judged[pk].settled and assignment.state == Assignment.State.RETURNED:
            again.append(assignment.pk)
    total.lent_again += leases.lend_again(session.annotator, again) if again else 0
    _write(session.panel, changed)


def _ended(panel: Panel) -> Iterator[list[int]]:
    """Comparisons that the panel is done with, some at a time."""
    done = PanelVerdict.objects.filter(panel=panel).order_by("comparison")
    last = 0
    while ids := list(done.filter(comparison__gt=last).values_list("comparison", flat=True)[:BATCH]):
        yield ids
        last = ids[-1]


def _judge(session: Session, ids: Sequence[int]) -> dict[int, Judged]:
    heard = hear(session.members, ids, [criterion.pk for criterion in session.criteria])
    sizes = dict(Comparison.objects.filter(pk__in=ids).values_list("pk", "k"))
    cascade = session.panel.rule == Panel.Rule.CASCADE
    found = {}
    for pk, members in heard.items():
        one = _first_sure(session, members) if cascade else _together(session, members, sizes[pk])
        said = {member.name: member.annotation for member in members if member.said}
        one.evidence |= {"annotations": said}
        found[pk] = one
    return found


def _together(session: Session, members: Sequence[Heard], k: int) -> Judged:
    """All members' words, if enough of them have any."""
    settings = session.panel.version.settings
    speaking = [member for member in members if member.said]
    if len(speaking) < settings["quorum"]:
        silent = ", ".join(member.name for member in members if not member.said)
        reason = (
            f"{len(speaking)} of {len(members)} members answered, {settings['quorum']} must; none by {silent}"
        )
        return Judged(state=State.BELOW_QUORUM, reason=reason)
    settled, evidence = {}, {}
    for criterion in session.criteria:
        known = session.skills.get((criterion.name, k), NOTHING)
        voices = [_voice(member, criterion.name, known) for member in speaking]
        settled[criterion.name] = rules.together(
            voices,
            question_of(criterion),
            k,
            session.panel.rule,
            settings["no_majority"],
            known.classes,
            len(members),
        )
        if session.panel.rule == Panel.Rule.WEIGHTED:
            evidence[criterion.name] = {
                member.name: voice.competence and round(voice.competence, 4)
                for member, voice in zip(speaking, voices, strict=True)
            }
    why = next((one.why for one in settled.values() if one.ranking is None), "")
    more = {"competence": evidence} if evidence else {}
    return Judged({} if why else settled, State.UNDECIDED if why else State.LABELLED, why, more)


def _voice(member: Heard, criterion: str, known: Known) -> Voice:
    said = member.said[criterion]
    assert said.ranking is not None
    skill = known.skills.get(member.annotator.pk)
    return Voice(
        said.ranking,
        said.strength,
        said.probabilities,
        said.consistent,
        said.rationale,
        skill.competence if skill else None,
        skill.strategy if skill else None,
    )


def _first_sure(session: Session, members: Sequence[Heard]) -> Judged:
    """The label of the first member that is sure, or else of the last one; the next one is asked where one is
    not sure, failed, or has said something else in each order."""
    unsure: list[dict[str, Any]] = []
    for at, member in enumerate(members):
        if not member.ended:
            return Judged(ask=at)
        is_last = at == len(members) - 1
        if member.said:
            found = sure(member, session.calibrations)
            evidence = {"probability": round(found.probability, 6), "calibrated": found.calibrated}
            if is_last or found.probability >= session.threshold:
                by = {"by": member.name, "threshold": session.threshold, **evidence, "unsure": unsure}
                return Judged(dict(member.said), evidence=by)
            unsure.append({"name": member.name, **evidence})
        else:
            unsure.append({"name": member.name, "failed": True})
    reason = f"{members[-1].name} was asked last and has no answer"
    return Judged(state=State.BELOW_QUORUM, reason=reason, evidence={"unsure": unsure})


def _write(panel: Panel, judged: Mapping[int, Judged]) -> None:
    PanelVerdict.objects.bulk_create(
        [
            PanelVerdict(
                panel=panel, comparison_id=pk, state=one.state, reason=one.reason[:500], evidence=one.evidence
            )
            for pk, one in judged.items()
        ],
        update_conflicts=True,
        unique_fields=["panel", "comparison"],
        update_fields=["state", "reason", "evidence", "updated_at"],
    )
