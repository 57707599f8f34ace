"""Planning: a policy over a project's open comparisons, under a share or a budget, becomes Decisions.

A comparison is open when no person has labelled it, none holds it, and it is fit to be lent. Planning again
decides again what is still open; `updating` does so as one plan with what people have begun. What people
start between reading and storing is left out of the plan and of its figures: those are of what was stored.
"""

import uuid
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import compress
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone
from numpy.typing import NDArray

from annotation.models import Annotator, Decision, Project

from .choosing import Request, choose
from .decisions import Row, close_earlier
from .frozen import Frozen, pack, parts
from .limits import Asked, asked_of, settings_of
from .models import Plan, PlanPart
from .policy import PlanError, Policy
from .preparing import Prepared, check_price, labels_wanted, policy_named, prepare, varied_pool
from .refitting import newest_label
from .selection import Selection
from .series import lot_of
from .slices import one_at_a_time, store_in_slices


@dataclass(frozen=True, slots=True)
class PlanResult:
    """What a plan decided. Costs are in the project's currency; `id` is None for a dry run.

    `human` + `ai` = `open`; the `audit` comparisons are among `ai` and get a person too. `human_price` is
    what people's labels of one comparison cost, `judge_price` the mean booked cost of one labelled
    comparison, None where nothing was booked yet (then counted as 0). `each` is how many labels of people
    that price is for, `beside` how many of them are of pools whose number never varies.
    """

    id: uuid.UUID | None
    policy: str
    version: str
    seed: int
    judge: str | None
    judge_is_asked: bool
    human_price: Decimal
    judge_price: Decimal | None
    each: int
    beside: int
    warnings: list[str]
    _keys: Sequence[str] = field(repr=False)
    _frozen: Frozen = field(repr=False)
    _selection: Selection = field(repr=False)
    _kept: NDArray[np.bool_] = field(repr=False)
    _new: NDArray[np.bool_] | None = field(repr=False, default=None)  # what is to be stored, if not all

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
        return int(np.count_nonzero(self._kept & ~self._selection.human & ~self._frozen.judged))

    @property
    def labels(self) -> int:
        """What people are asked for, the audit included."""
        return int(self._labels[self._kept].sum())

    @property
    def _labels(self) -> NDArray[np.int64]:
        chosen = self._selection
        if chosen.labels is not None:
            return chosen.labels
        return self.each * (chosen.human | chosen.audit).astype(np.int64)

    @property
    def overlap(self) -> dict[int, int] | None:
        """How many of people's comparisons get 1, 2, … labels, the audit apart; None where all get alike."""
        if self._selection.labels is None:
            return None
        given = self._selection.labels[self._kept & self._selection.human]
        return dict(sorted(Counter(given.tolist()).items()))

    @property
    def human_cost(self) -> Decimal:
        return self.human_price * self.labels / self.each

    @property
    def judge_cost(self) -> Decimal:
        return (self.judge_price or Decimal(0)) * (self.lacking if self.judge_is_asked else 0)

    def without(self, started: Collection[int]) -> "PlanResult":
        """The plan without these comparisons (ids), which somebody else has begun to decide."""
        if not started:
            return self
        told = f"left alone because they were started while the plan was made: {len(started)}"
        kept = self._kept & ~np.isin(self._frozen.ids, list(started))
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
            "labels": self.labels,
            "overlap": self.overlap,
            "cost": {"human": float(self.human_cost), "judge": float(self.judge_cost)},
            "judge": self.judge,
            "judge_price": None if self.judge_price is None else float(self.judge_price),
            "warnings": self.warnings,
        }

    def lines(self) -> Iterator[dict[str, Any]]:
        """One object for every open comparison, as `route --out` writes them."""
        keys = compress(self._keys, self._kept.tolist())
        labels = compress(self._labels.tolist(), self._kept.tolist())
        for key, row, number in zip(keys, self._rows(self._kept), labels, strict=True):
            yield {
                "comparison": key,
                "destination": row.destination,
                "audit": row.audit,
                "labels": number,
                "probability": row.probability,
                "score": row.score,
                "reason": row.reason,
            }

    def rows(self) -> Iterator[Row]:
        """What is to be stored, as `decisions` takes it: every open comparison, or those that may move."""
        return self._rows(self._kept if self._new is None else self._kept & self._new)

    def _rows(self, mask: NDArray[np.bool_]) -> Iterator[Row]:
        human, ai = Decision.Destination.HUMAN.value, Decision.Destination.AI.value
        columns = (
            self._frozen.ids.tolist(),
            [human if chosen else ai for chosen in self._selection.human.tolist()],
            self._selection.audit.tolist(),
            self._selection.probability.tolist(),
            self._frozen.scores.tolist(),
            self._reasons(),
            self._frozen.judged.tolist(),
            self._varied(),
        )
        return compress(map(Row._make, zip(*columns, strict=True)), mask.tolist())

    def _reasons(self) -> Sequence[str]:
        """What speaks for a person, and why as many as are asked."""
        chosen = self._selection
        if chosen.labels is None:
            return self._frozen.reasons
        why = {number: f"; {words}" for number, words in chosen.why.items()}
        counts = np.where(chosen.human, chosen.labels, 0).tolist()
        return [
            reason[: 300 - len(more)] + more
            for reason, more in zip(self._frozen.reasons, (why.get(one, "") for one in counts), strict=True)
        ]

    def _varied(self) -> Sequence[int | None]:
        """Labels of the default pool on each comparison that people are asked about for its score."""
        chosen = self._selection
        if chosen.labels is None:
            return [None] * len(self._kept)
        asked = zip(chosen.human.tolist(), (chosen.labels - self.beside).tolist(), strict=True)
        return [number if human else None for human, number in asked]


def make_plan(
    project: Project,
    policy: str,
    human_share: float | None = None,
    budget: Decimal | None = None,
    judge: str | None = None,
    seed: int = 0,
    dry_run: bool = False,
    limits: Asked | None = None,
    overlap: int | None = None,
) -> PlanResult:
    """Decides every open comparison of `project` and, unless `dry_run`, stores Plan, Decisions and Demand.

    `human_share` (0..1) is of the open comparisons, the audit slice on top; `budget` is money for people,
    audit included, and is never exceeded. `judge` names whose label stands where no person is asked
    (`standing.standing_judge`). `limits` stand for those of the project's routing settings. With `overlap`
    share or budget are spent on labels where they pay, up to so many on one comparison (`routing.overlap`).
    Leases that ran out go back to the queue first, in a dry run too. Raises PlanError.
    """
    chosen = policy_named(policy, seed)
    warnings: list[str] = []
    human_share = _share(chosen, human_share, budget, warnings)
    wanted = labels_wanted(project)
    if budget is not None:
        check_price(project, wanted)
    if overlap is not None:
        varied_pool(project, chosen, wanted, overlap)
    prepared = prepare(project, chosen, seed, judge, wanted, human_share)
    asked = asked_of(settings_of(project)) if limits is None else limits
    held_to = Asked() if chosen.share is not None else asked
    lot = lot_of(project, prepared.known.open.ids)
    request = Request(chosen, human_share, budget, seed, held_to, overlap=overlap, lot=lot)
    selection = choose(prepared, request)
    result = result_of(prepared, selection, warnings, None if dry_run else uuid.uuid4())
    standing = prepared.standing
    if result.ai and standing is not None and standing.others and judge is None:
        result.warnings.append(f"several judges; the label of {standing.name} stands, --judge names another")
    if dry_run:
        return result
    plan = Plan(
        id=result.id,
        project=project,
        policy=chosen.name,
        policy_version=chosen.version,
        parameters=parameters_of(prepared) | request.as_dict(),
        model=dict(prepared.scored.model),
        seed=seed,
    )
    with one_at_a_time(project):
        with transaction.atomic(savepoint=False):
            plan.state, plan.approved_at = Plan.State.APPROVED, timezone.now()
            plan.save()
            keep(plan, result._frozen)
        return put_into_effect(plan, result, wanted, standing.judge if standing else None)


def result_of(
    prepared: Prepared, selection: Selection, warnings: list[str], plan_id: uuid.UUID | None
) -> PlanResult:
    """A selection as a result that can be stored. Raises PlanError where no judge can take its part."""
    project, found, standing = prepared.project, prepared.known.open, prepared.standing
    told = [*warnings, *prepared.scored.notes, *filter(None, [selection.note])]
    if selection.labels is None and selection.gap:
        told.append(
            f"the limits were solved for in the time there was: at most {selection.gap:.2%} below the best"
        )
    elif selection.gap >= 0.01:
        told.append(f"labels went one by one where they are worth most: at most {selection.gap:.0%} lost")
    result = PlanResult(
        id=plan_id,
        policy=prepared.policy.name,
        version=prepared.policy.version,
        seed=prepared.seed,
        judge=standing.name if standing else None,
        judge_is_asked=standing is not None and standing.can_be_asked,
        human_price=prepared.human_price,
        judge_price=prepared.judge_price,
        each=sum(prepared.wanted.values()),
        beside=prepared.beside,
        warnings=told,
        _keys=found.signals.keys,
        _frozen=prepared.frozen,
        _selection=selection,
        _kept=np.ones(len(found.ids), dtype=np.bool_),
    )
    if result.ai and standing is None:
        raise PlanError(f"{project.slug} has no judge to take {result.ai} comparisons; add one first")
    if result.lacking and standing is not None and not standing.can_be_asked:
        told.append(
            f"{standing.name} was imported and cannot be asked for the {result.lacking} labels it lacks"
        )
    return result


def parameters_of(prepared: Prepared) -> dict[str, Any]:
    """What the figures of a plan rest on beside its scores."""
    price = prepared.judge_price
    return {
        "audit_share": prepared.project.audit_share,
        "judge": prepared.standing.name if prepared.standing else None,
        "human_price": str(prepared.human_price),
        "judge_price": None if price is None else str(price),
        **prepared.known.basis.as_dict(),
        "through": newest_label(prepared.project),
        "wanted": {str(pool): number for pool, number in prepared.wanted.items()},
    }


def put_into_effect(
    plan: Plan,
    result: PlanResult,
    wanted: dict[int, int],
    judge: Annotator | None,
    done: Collection[int] = (),
) -> PlanResult:
    """Stores what is still open of a saved plan as Decisions and Demand, and gives just that. `done` is what
    of it is stored already. To be called by whoever keeps others out (`slices.one_at_a_time`)."""
    rows = (row for row in result.rows() if row.comparison_id not in done)
    left = store_in_slices(plan, rows, result.open - len(done), wanted, judge)
    result = result.without(left)
    if left or plan.parameters.get("lot"):
        close_earlier(plan)
    plan.progress = {}
    settle(plan, result)
    plan.save()
    return result


def settle(plan: Plan, result: PlanResult) -> None:
    """Notes in the plan that it holds, and its figures: those of what was stored."""
    plan.state, plan.approved_at = Plan.State.APPROVED, timezone.now()
    plan.parameters |= {"open": result.open}
    plan.human, plan.ai, plan.audit = result.human, result.ai, result.audit
    plan.human_cost, plan.judge_cost = result.human_cost, result.judge_cost


def keep(plan: Plan, frozen: Frozen) -> None:
    """Stores what the plan's scores rest on."""
    PlanPart.objects.bulk_create(
        (
            PlanPart(plan=plan, first=int(part.ids[0]), size=len(part), packed=pack(part))
            for part in parts(frozen)
        ),
        batch_size=20,
    )


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
