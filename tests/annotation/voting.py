"""People and judges who answer what a test tells them to, through the real lending and submitting."""

from annotation import labels, leases
from annotation.models import Annotator, Comparison, Decision, Demand, Project
from annotation.ranking import Ranking, letters, parse, relabel


def make_judge(project: Project, name: str = "judge") -> Annotator:
    return Annotator.objects.create(project=project, kind=Annotator.Kind.JUDGE, name=name)


def as_shown(ranking: str, shown: str) -> str:
    """The ranking over stored letters, as it must be given by somebody who sees them in the order `shown`."""
    inverse = "".join(letters(len(shown))[shown.index(letter)] for letter in letters(len(shown)))
    stored: Ranking = parse(ranking, len(shown))
    return str(relabel(stored, inverse))


def answer(
    annotator: Annotator,
    comparison: Comparison,
    ranking: str,
    strength: int | None = None,
    criterion: str = "overall",
    **details: object,
) -> None:
    """Lends the comparison to the annotator and records this answer, in stored letters."""
    project = comparison.project
    wants = {"judge": annotator} if annotator.kind == "judge" else {"pool": project.pools.get(default=True)}
    demand, _ = Demand.objects.get_or_create(comparison=comparison, **wants, defaults={"wanted": 0})
    Demand.objects.filter(pk=demand.pk).update(wanted=demand.done + demand.live + 1, priority=1)
    held = next(a for a in leases.claim(annotator, project, 50) if a.comparison_id == comparison.pk)
    others = {c.name: labels.Answer("a=b") for c in project.criteria.filter(retired_at=None)}
    said = labels.Answer(as_shown(ranking, held.shown), strength, **details)  # type: ignore[arg-type]
    labels.submit_many(annotator, project, [labels.Submission(held.pk, others | {criterion: said})])


def decide(comparison: Comparison, destination: str, judge: Annotator | None = None) -> Decision:
    return Decision.objects.create(
        comparison=comparison,
        destination=destination,
        judge=judge,
        probability=0.5,
        score=0.0,
        reason="a test",
        policy="random",
        policy_version="1",
        plan="00000000-0000-0000-0000-000000000001",
    )
