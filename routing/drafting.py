"""A plan before it is approved: asked for, and worked out for its whole range. Nothing is decided."""

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal, InvalidOperation
from typing import Literal

from django.db import transaction
from django.db.models import Q

from annotation.models import Project, User

from . import texts
from .choosing import labels_along
from .curve import Crowd, affordable, recommended, steps, table
from .error_model import TooFew
from .ledger import ledger
from .limits import Asked, asked_of, settings_of
from .models import Plan
from .planning import keep, parameters_of
from .policies import POLICIES
from .policy import PlanError, Policy, Problem, audit_draws
from .preparing import Prepared, check_price, labels_wanted, policy_named, prepare, varied_pool
from .quality import Prediction, predict
from .selection import ranked, slots_for
from .series import lot_of
from .standing import standing_judge
from .summary import measured, report_of

Kind = Literal["money", "labels", "share"]
KINDS: tuple[Kind, ...] = ("money", "labels", "share")
MOST = Decimal(10) ** 9


@dataclass(frozen=True, slots=True)
class Budget:
    """What people may get: money in the project's currency, labels (the audit included in both), or a share
    (0..1) of the open comparisons, the audit on top. Raises PlanError for what is none of it."""

    kind: Kind
    amount: Decimal

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise PlanError(f"a budget is one of {', '.join(KINDS)}, not {self.kind!r}")
        if not self.amount.is_finite() or not 0 <= self.amount <= (1 if self.kind == "share" else MOST):
            most = "from 0 to 1" if self.kind == "share" else "of at least 0"
            raise PlanError(f"the budget must be an amount {most}, not {self.amount}")

    @classmethod
    def of(cls, kind: str, text: str) -> "Budget":
        """From what somebody wrote. Raises PlanError."""
        try:
            return cls(kind, Decimal(text))  # type: ignore[arg-type]  # checked above
        except InvalidOperation:
            raise PlanError(f"the budget must be a number, not {text[:40]!r}") from None

    def slots(self, prepared: Prepared, n: int) -> int | None:
        """How many of n comparisons it pays for; None for a share."""
        if self.kind == "money":
            return slots_for(self.amount, prepared.human_price, n)
        if self.kind == "labels":
            each = sum(prepared.wanted.values())
            return min(int((self.amount / each).to_integral_value(ROUND_DOWN)), n)
        return None


def ask(
    project: Project,
    policy: str,
    budget: Budget,
    judge: str | None = None,
    seed: int = 0,
    by: User | None = None,
    overlap: int | None = None,
) -> Plan:
    """Asks for a plan, to be worked out in the background (`tasks.draft_plan`). `overlap` is the most labels
    that one comparison may get where they pay; None: as many as the project says. Raises PlanError for what
    cannot be planned, as far as a look at the set-up says."""
    chosen = policy_named(policy, seed)
    wanted = labels_wanted(project)
    if budget.kind == "money":
        check_price(project, wanted)
    if overlap is not None:
        varied_pool(project, chosen, wanted, overlap)
    standing_judge(project, judge)
    plan = Plan.objects.create(
        project=project,
        state=Plan.State.PLANNING,
        policy=chosen.name,
        policy_version=chosen.version,
        parameters={"kind": budget.kind, "amount": str(budget.amount), "judge": judge, "overlap": overlap},
        seed=seed,
        made_by=by,
    )
    from .tasks import draft_plan  # tasks call this module

    transaction.on_commit(lambda: draft_plan.delay(str(plan.pk)))
    return plan


def again(plan: Plan, by: User | None = None) -> Plan:
    """Asks for a new plan like this one: after models were refitted, or labels came in."""
    kept = plan.parameters
    if "kind" in kept:
        budget = Budget(kept["kind"], Decimal(kept["amount"]))
    elif kept.get("budget") is not None:  # made by the `route` command
        budget = Budget("money", Decimal(kept["budget"]))
    else:
        budget = Budget("share", Decimal(str(kept["human_share"] or 0)))
    return ask(plan.project, plan.policy, budget, kept["judge"], plan.seed, by, kept.get("overlap"))


def newest(project: Project) -> Plan | None:
    """The newest plan with a curve, or that is to get one: what the project's page is about."""
    shown = project.plans.filter(~Q(points=0) | ~Q(state=Plan.State.APPROVED))
    return shown.order_by("-created_at", "-pk").first()


def draft(plan: Plan) -> None:
    """Works out a plan that was asked for. Nothing is decided. A plan that cannot be made says why.

    Doubled or late messages do nothing: only a plan that waits is worked out, and drafts that were never
    approved go when a newer one is there.
    """
    plan = Plan.objects.select_related("project").get(pk=plan.pk)
    if plan.state != Plan.State.PLANNING:
        return
    try:
        _work_out(plan)
    except PlanError as error:
        Plan.objects.filter(pk=plan.pk).update(state=Plan.State.FAILED, message=str(error)[:500])


def describe_some(plan: Plan) -> bool:
    """Describes a piece of the project's texts, the last ones, where the plan looks at texts and more than
    one piece is still to do; notes how far that is. False where the plan can be worked out."""
    policy = POLICIES.get(plan.policy)
    if plan.state != Plan.State.PLANNING or policy is None or not policy.texts:
        return False
    waiting = texts.undescribed(plan.project).count()
    if waiting <= texts.PIECE:
        return False
    described = texts.describe_last(plan.project)
    number = max(plan.progress.get("of", 0), waiting)
    told = {"done": number - waiting + described, "of": number}
    Plan.objects.filter(pk=plan.pk, state=Plan.State.PLANNING).update(progress=told)
    return True


def _work_out(plan: Plan) -> None:
    project = plan.project
    policy = policy_named(plan.policy, plan.seed)
    budget = Budget(plan.parameters["kind"], Decimal(plan.parameters["amount"]))
    share = float(budget.amount) if budget.kind == "share" else None
    prepared = prepare(project, policy, plan.seed, plan.parameters["judge"], labels_wanted(project), share)
    signals = prepared.known.open.signals
    n = len(signals)
    lot = lot_of(project, prepared.known.open.ids)
    crowd = Crowd(
        order=ranked(prepared.scored.values, signals.keys, plan.seed),
        audited=audit_draws(signals.keys, plan.seed, lot) < project.audit_share,
        judged=prepared.known.open.judged,
        categories=signals.categories,
    )
    slots = budget.slots(prepared, n)
    asked = affordable(crowd, slots) if slots is not None else round(float(budget.amount) * n)
    prediction, few = _prediction(prepared, plan.seed)
    points = steps(n, *_asked_points(policy, n, asked))
    plan.table = table(crowd, points, prediction)
    if slots is not None:  # the audit itself is cut where the budget does not even pay for it
        plan.table["audit"][0] = min(plan.table["audit"][0], slots)
    overlap = plan.parameters.get("overlap")
    if overlap is not None:
        plan.table |= {"overlap": labels_along(prepared, crowd.audited, points, overlap)}
    plan.points = len(points)
    limits = asked_of(settings_of(project)) if policy.share is None else Asked()
    plan.parameters = parameters_of(prepared) | {
        "limits": limits.as_dict(),
        "kind": budget.kind,
        "amount": str(budget.amount),
        "judge": plan.parameters["judge"] or (prepared.standing.name if prepared.standing else None),
        "slots": slots,
        "asked": asked,
        "open": n,
        "overlap": overlap,
        "lot": lot,
    }
    plan.model = dict(prepared.scored.model)
    plan.report = report_of(prepared, crowd, prediction, few) | {
        "recommended": recommended(plan.table),
        "ledger": ledger(project, prepared.standing),
        "measured": measured(project, prepared.known.labelled, plan.seed),
    }
    plan.state = Plan.State.DRAFT
    with transaction.atomic():
        # A doubled message may have been quicker, and the plan approved since.
        if not Plan.objects.filter(pk=plan.pk, state=Plan.State.PLANNING).update(progress={}):
            return
        plan.progress = {}
        older = project.plans.filter(Q(state=Plan.State.DRAFT) | Q(state=Plan.State.FAILED))
        older.exclude(pk=plan.pk).delete()
        plan.save()
        keep(plan, prepared.frozen)


def _asked_points(policy: Policy, n: int, asked: int) -> tuple[int, ...]:
    """What the owner asked for is a point; a policy that leaves no choice has only its own."""
    return (asked,) if policy.share is None else (round(policy.share * n),)


def _prediction(prepared: Prepared, seed: int) -> tuple[Prediction | None, str]:
    """What can be predicted of the open comparisons, or why nothing can."""
    if not len(prepared.known.open.signals):
        return None, ""
    try:
        return predict(Problem(prepared.known.open.signals, prepared.known.labelled), seed), ""
    except TooFew as few:
        return None, str(few)
