"""Planning: a policy over a project's open comparisons, under a share or a budget, becomes Decisions.

A comparison is open when no person has labelled it, none holds it, and it is fit to be lent. Planning again
decides again what is still open.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
from django.db.models import Count, Q, Sum

from annotation.models import Annotator, Decision, JudgeCall, Project
from annotation.projects import wanted_from

from .decisions import Row, store
from .models import Plan
from .policy import POLICIES, Policy, Scored
from .selection import Selection, SelectionError, select, slots_for
from .signals import Open, read


class PlanError(ValueError):
    """The plan cannot be made; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class PlanResult:
    """What a plan decided. Costs are in the project's currency; `id` is None for a dry run.

    `human` + `ai` = `open`; the `audit` comparisons are among `ai` and get a person too. `judge_price` is
    the mean booked cost of one labelled comparison, None where nothing was booked yet (then counted as 0).
    """

    id: uuid.UUID | None
    policy: str
    version: str
    seed: int
    open: int
    human: int
    ai: int
    audit: int
    human_cost: Decimal
    judge_cost: Decimal
    judge: str | None
    judge_price: Decimal | None
    warnings: list[str]
    _open: Open = field(repr=False)
    _scored: Scored = field(repr=False)
    _selection: Selection = field(repr=False)

    def as_dict(self) -> dict[str, Any]:
        """The `--json` object of the `route` command."""
        return {
            "policy": self.policy,
            "version": self.version,
            "seed": self.seed,
            "plan": self.id,
            "open": self.open,
            "human": self.human,
            "ai": self.ai,
            "audit": self.audit,
            "cost": {"human": float(self.human_cost), "judge": float(self.judge_cost)},
            "judge": self.judge,
            "judge_price": None if self.judge_price is None else float(self.judge_price),
            "warnings": self.warnings,
        }

    def lines(self) -> Iterator[dict[str, Any]]:
        """One object for every open comparison, as `route --out` writes them."""
        keys = self._open.signals.keys
        for key, row in zip(keys, self.rows(), strict=True):
            yield {
                "comparison": key,
                "destination": row.destination,
                "audit": row.audit,
                "probability": row.probability,
                "score": row.score,
                "reason": row.reason,
            }

    def rows(self) -> Iterator[Row]:
        """One row for every open comparison, as `decisions.store` takes them."""
        human, ai = Decision.Destination.HUMAN.value, Decision.Destination.AI.value
        columns = (
            self._open.ids.tolist(),
            [human if chosen else ai for chosen in self._selection.human.tolist()],
            self._selection.audit.tolist(),
            self._selection.probability.tolist(),
            self._scored.values.tolist(),
            [reason[:300] for reason in self._scored.reasons],
            self._open.judged.tolist(),
        )
        return map(Row._make, zip(*columns, strict=True))


def make_plan(
    project: Project,
    policy: str,
    human_share: float | None = None,
    budget: Decimal | None = None,
    judge: str | None = None,
    seed: int = 0,
    dry_run: bool = False,
) -> PlanResult:
    """Decides every open comparison of `project` and, unless `dry_run`, stores Plan, Decisions and Demand.

    `human_share` (0..1) is of the open comparisons, the audit slice on top; `budget` is money for people,
    audit included, and is never exceeded. `judge` names whose label stands where no person is asked; default:
    the project's only judge, or the first by name. Raises PlanError.
    """
    chosen = POLICIES.get(policy)
    if chosen is None:
        raise PlanError(f"unknown policy {policy!r}; known: {', '.join(POLICIES)}")
    if not -(2**63) <= seed < 2**63:
        raise PlanError("the seed must fit into 64 bits")
    warnings: list[str] = []
    human_share = _share(chosen, human_share, budget, warnings)
    wanted = wanted_from(project, project.pools.all())
    if not wanted:
        raise PlanError(f"no pool of {project.slug} wants labels; set labels_wanted")
    price = project.human_label_price * sum(wanted.values())
    if budget is not None and not price:
        raise PlanError(
            "a human label has no price, so a budget buys nothing definite; set prices.human_label"
        )
    standing = _judge(project, judge, warnings)
    found = read(project, standing)
    scored = chosen.score(found.signals, seed)
    try:
        selection = select(
            scored.values,
            found.signals.keys,
            share=human_share,
            slots=None if budget is None else slots_for(budget, price, len(found.ids)),
            audit_share=project.audit_share,
            seed=seed,
            drawn=chosen.drawn,
        )
    except SelectionError as error:
        raise PlanError(str(error)) from error
    ai = ~selection.human
    if ai.any() and standing is None:
        raise PlanError(f"{project.slug} has no judge to take {int(ai.sum())} comparisons; add one first")
    judge_price = mean_cost(standing)
    asked = int(np.count_nonzero(ai & ~found.judged))
    if asked and standing is not None and standing.judge_version_id is None:
        warnings.append(
            f"{judge_name(standing)} was imported and cannot be asked for the {asked} labels it lacks"
        )
        asked = 0
    people = int(np.count_nonzero(selection.human | selection.audit))
    result = PlanResult(
        id=None if dry_run else uuid.uuid4(),
        policy=chosen.name,
        version=chosen.version,
        seed=seed,
        open=len(found.ids),
        human=int(np.count_nonzero(selection.human)),
        ai=int(np.count_nonzero(ai)),
        audit=int(np.count_nonzero(selection.audit)),
        human_cost=price * people,
        judge_cost=(judge_price or Decimal(0)) * asked,
        judge=judge_name(standing) if standing else None,
        judge_price=judge_price,
        warnings=warnings,
        _open=found,
        _scored=scored,
        _selection=selection,
    )
    if not dry_run:
        parameters = {
            "human_share": human_share,
            "budget": None if budget is None else str(budget),
            "audit_share": project.audit_share,
            "judge": result.judge,
            "human_price": str(price),
            "judge_price": None if judge_price is None else str(judge_price),
            "open": result.open,
        }
        store(_plan(project, result, parameters), result.rows, wanted, standing)
    return result


def judge_name(judge: Annotator) -> str:
    """The name that `--judge` takes: the same for every version of a judge."""
    return judge.judge_version.name if judge.judge_version else judge.name


def mean_cost(judge: Annotator | None) -> Decimal | None:
    """What a judge's label on one comparison has cost on average, failed calls included; None if unknown."""
    if judge is None:
        return None
    booked = JudgeCall.objects.filter(annotator=judge, purpose=JudgeCall.Purpose.WORK).aggregate(
        cost=Sum("cost"),
        labelled=Count("comparison", distinct=True, filter=Q(state=JudgeCall.State.OK)),
    )
    return booked["cost"] / booked["labelled"] if booked["labelled"] else None


def _share(policy: Policy, share: float | None, budget: Decimal | None, warnings: list[str]) -> float | None:
    """The human share that holds, or None where a budget decides."""
    if policy.share is not None:
        if budget is not None:
            raise PlanError(f"{policy.name} leaves no choice, so it takes no budget")
        if share is not None and share != policy.share:
            warnings.append(f"{policy.name} leaves no choice; the human share is not used")
        return policy.share
    if (share is None) == (budget is None):
        raise PlanError(f"{policy.name} needs either a human share or a budget")
    return share


def _judge(project: Project, name: str | None, warnings: list[str]) -> Annotator | None:
    """The judge whose label stands: the one named (its newest version), else the first by name."""
    judges: dict[str, Annotator] = {}
    for judge in project.annotators.filter(kind=Annotator.Kind.JUDGE).select_related("judge_version"):
        known = judges.get(judge_name(judge))
        if known is None or _version(judge) > _version(known):
            judges[judge_name(judge)] = judge
    if name is not None:
        if name not in judges:
            known_names = ", ".join(sorted(judges)) or "none"
            raise PlanError(f"{project.slug} has no judge {name!r}; its judges: {known_names}")
        return judges[name]
    if not judges:
        return None
    first = min(judges)
    if len(judges) > 1:
        warnings.append(f"several judges; the label of {first} stands, --judge names another")
    return judges[first]


def _version(judge: Annotator) -> int:
    return judge.judge_version.version if judge.judge_version else 0


def _plan(project: Project, result: PlanResult, parameters: dict[str, Any]) -> Plan:
    return Plan(
        id=result.id,
        project=project,
        policy=result.policy,
        policy_version=result.version,
        parameters=parameters,
        seed=result.seed,
        human=result.human,
        ai=result.ai,
        audit=result.audit,
        human_cost=result.human_cost,
        judge_cost=result.judge_cost,
    )
