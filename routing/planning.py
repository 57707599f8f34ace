"""Planning: a policy over a project's open comparisons, under a share or a budget, becomes Decisions.

A comparison is open when no person has labelled it, none holds it, and it is fit to be lent. Planning again
decides again what is still open. What people start between reading and storing is left out of the plan and of
its figures: those are of what was stored.
"""

import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import compress
from typing import Any

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from annotation import leases
from annotation.models import Annotator, Decision, Project
from annotation.projects import wanted_from

from .decisions import Row, stage, store
from .models import Plan
from .policies import POLICIES
from .policy import PlanError, Policy, Problem, Scored
from .selection import Selection, select, slots_for
from .signals import Open, read
from .standing import mean_cost, standing_judge
from .texts import describe_project


@dataclass(frozen=True, slots=True)
class PlanResult:
    """What a plan decided. Costs are in the project's currency; `id` is None for a dry run.

    `human` + `ai` = `open`; the `audit` comparisons are among `ai` and get a person too. `human_price` is
    what people's labels of one comparison cost, `judge_price` the mean booked cost of one labelled
    comparison, None where nothing was booked yet (then counted as 0).
    """

    id: uuid.UUID | None
    policy: str
    version: str
    seed: int
    judge: str | None
    judge_is_asked: bool
    human_price: Decimal
    judge_price: Decimal | None
    warnings: list[str]
    _open: Open = field(repr=False)
    _scored: Scored = field(repr=False)
    _selection: Selection = field(repr=False)
    _kept: NDArray[np.bool_] = field(repr=False)

    @property
    def open(self) -> int:
        return int(np.count_nonzero(self._kept))

    @property
    def human(self) -> int:
        return int(np.count_nonzero(self._kept & self._selection.human))

    @property
    def ai(self) -> int:
        return self.open - self.human

    @property
    def audit(self) -> int:
        return int(np.count_nonzero(self._kept & self._selection.audit))

    @property
    def lacking(self) -> int:
        """Comparisons left to the judge that it has not answered yet."""
        return int(np.count_nonzero(self._kept & ~self._selection.human & ~self._open.judged))

    @property
    def human_cost(self) -> Decimal:
        return self.human_price * (self.human + self.audit)

    @property
    def judge_cost(self) -> Decimal:
        return (self.judge_price or Decimal(0)) * (self.lacking if self.judge_is_asked else 0)

    def without(self, started: Collection[int]) -> "PlanResult":
        """The plan without these comparisons (ids), which somebody else has begun to decide."""
        if not started:
            return self
        told = f"left alone because they were started while the plan was made: {len(started)}"
        kept = self._kept & ~np.isin(self._open.ids, list(started))
        return replace(self, warnings=[*self.warnings, told], _kept=kept)

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
        keys = compress(self._open.signals.keys, self._kept.tolist())
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
        """One row for every open comparison, as `decisions` takes them."""
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
        return compress(map(Row._make, zip(*columns, strict=True)), self._kept.tolist())


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
    audit included, and is never exceeded. `judge` names whose label stands where no person is asked
    (`standing.standing_judge`). Leases that ran out go back to the queue first, in a dry run too. Raises
    PlanError.
    """
    chosen = _policy(policy, seed)
    warnings: list[str] = []
    human_share = _share(chosen, human_share, budget, warnings)
    wanted = wanted_from(project, project.pools.all())
    price = _price(project, wanted, budget)
    standing = standing_judge(project, judge)
    while leases.expire(project):  # a lease that nobody swept would hide an open comparison
        pass
    if chosen.texts:
        describe_project(project)
    known = read(project, standing.judge if standing else None)
    found = known.open
    scored = chosen.score(Problem(found.signals, known.labelled, human_share), seed)
    warnings.extend(scored.notes)
    selection = select(
        scored.values,
        found.signals.keys,
        share=human_share,
        slots=None if budget is None else slots_for(budget, price, len(found.ids)),
        audit_share=project.audit_share,
        seed=seed,
        drawn=chosen.drawn,
    )
    judge_price = mean_cost(standing.judge) if standing else None
    result = PlanResult(
        id=None if dry_run else uuid.uuid4(),
        policy=chosen.name,
        version=chosen.version,
        seed=seed,
        judge=standing.name if standing else None,
        judge_is_asked=standing is not None and standing.can_be_asked,
        human_price=price,
        judge_price=judge_price,
        warnings=warnings,
        _open=found,
        _scored=scored,
        _selection=selection,
        _kept=np.ones(len(found.ids), dtype=np.bool_),
    )
    if result.ai and standing is None:
        raise PlanError(f"{project.slug} has no judge to take {result.ai} comparisons; add one first")
    if result.ai and standing is not None and standing.others and judge is None:
        warnings.append(f"several judges; the label of {standing.name} stands, --judge names another")
    if result.lacking and standing is not None and not standing.can_be_asked:
        warnings.append(
            f"{standing.name} was imported and cannot be asked for the {result.lacking} labels it lacks"
        )
    if dry_run:
        return result
    parameters = {
        "human_share": human_share,
        "budget": None if budget is None else str(budget),
        "audit_share": project.audit_share,
        "judge": result.judge,
        "human_price": str(price),
        "judge_price": None if judge_price is None else str(judge_price),
    }
    return _store(project, result, parameters, wanted, standing.judge if standing else None)


@transaction.atomic
def _store(
    project: Project,
    result: PlanResult,
    parameters: dict[str, Any],
    wanted: dict[int, int],
    judge: Annotator | None,
) -> PlanResult:
    """Stores what is still open of the plan, and gives just that."""
    result = result.without(stage(project, result.rows(), judge))
    plan = _plan(project, result, parameters | {"open": result.open})
    store(plan, result.rows(), wanted, judge)
    return result


def _policy(name: str, seed: int) -> Policy:
    if name not in POLICIES:
        raise PlanError(f"unknown policy {name!r}; known: {', '.join(POLICIES)}")
    if not -(2**63) <= seed < 2**63:
        raise PlanError("the seed must fit into 64 bits")
    return POLICIES[name]


def _price(project: Project, wanted: dict[int, int], budget: Decimal | None) -> Decimal:
    """What all labels that people give one comparison cost."""
    if not wanted:
        raise PlanError(f"no pool of {project.slug} wants labels; set labels_wanted")
    price = project.human_label_price * sum(wanted.values())
    if budget is not None and not price:
        raise PlanError(
            "a human label has no price, so a budget buys nothing definite; set prices.human_label"
        )
    return price


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


def _plan(project: Project, result: PlanResult, parameters: dict[str, Any]) -> Plan:
    return Plan(
        id=result.id,
        project=project,
        policy=result.policy,
        policy_version=result.version,
        parameters=parameters,
        model=dict(result._scored.model),
        seed=result.seed,
        human=result.human,
        ai=result.ai,
        audit=result.audit,
        human_cost=result.human_cost,
        judge_cost=result.judge_cost,
    )
