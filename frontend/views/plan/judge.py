"""The judge of a plan: which there are to choose from, and what its labels may cost before its first one."""

from dataclasses import dataclass
from decimal import Decimal

from annotation.models import Comparison, Project
from llm_judges.estimate import estimate_trial
from llm_judges.models import Judge
from routing.models import Plan
from routing.standing import standing_judge

SEVERAL = 5  # comparisons that a guess is made from


@dataclass(frozen=True)
class Guess:
    """What the judge takes for one comparison, by its prompts; `cost` is None where prices are not given."""

    calls: float
    tokens: float
    cost: Decimal | None


def guess(project: Project, plan: Plan) -> Guess | None:
    """For a judge that has labelled nothing yet; None where it has, or cannot be asked."""
    if not plan.report["can_be_asked"] or plan.report["ledger"]["judge"] is not None:
        return None
    standing = standing_judge(project, plan.parameters["judge"])
    version = standing.judge.judge_version_id if standing else None
    judge = Judge.objects.select_related("version__project", "pair_template", "ranking_template")
    found = judge.filter(version=version).first()
    some = Comparison.objects.filter(project=project, fit=True).order_by("pk").prefetch_related("responses")
    sample = list(some[:SEVERAL])
    if found is None or not sample:
        return None
    told, number = estimate_trial(found, sample), len(sample)
    if not told.calls:
        return None
    tokens = (told.input_tokens + told.output_tokens) / number
    return Guess(told.calls / number, tokens, None if told.cost is None else told.cost / number)
