"""From scores to a selection, under whatever was asked: share or budget, limits, an earlier plan."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np

from .limits import Asked, limits_of
from .models import Plan
from .policy import PlanError, Policy
from .preparing import Prepared, policy_named
from .selection import Selection, select_again, select_within, slots_for
from .series import Held


@dataclass(frozen=True, slots=True)
class Request:
    """What a plan is to keep: `share` (0..1 of the open comparisons) or `budget` (money for people)."""

    policy: Policy
    share: float | None
    budget: Decimal | None
    seed: int
    limits: Asked = field(default_factory=Asked)

    def as_dict(self) -> dict[str, Any]:
        """As the parameters of a plan keep it; `request_of` reads it."""
        return {
            "human_share": self.share,
            "budget": None if self.budget is None else str(self.budget),
            "limits": self.limits.as_dict(),
        }


def request_of(plan: Plan) -> Request:
    """What a plan was asked to keep. Raises PlanError where its policy is not there any more."""
    asked = plan.parameters
    budget = asked.get("budget")
    return Request(
        policy_named(plan.policy, plan.seed),
        asked.get("human_share"),
        None if budget is None else Decimal(budget),
        plan.seed,
        Asked(**asked.get("limits", {})),
    )


def choose(prepared: Prepared, request: Request, held: Held | None = None) -> Selection:
    """Who is asked of the comparisons that were scored.

    With what earlier plans `held`: people keep as many comparisons, get their share of new ones, and money
    that was spent is spent. Raises PlanError.
    """
    signals, scores = prepared.known.open.signals, prepared.scored.values
    n, share = len(signals), request.share
    if share is not None and not 0 <= share <= 1:
        raise PlanError(f"the human share must be between 0 and 1, not {share}")
    started = sum(held.started.values()) if held else 0
    top = slots = None
    if request.budget is not None:
        slots = slots_for(request.budget, prepared.human_price, n + started) - started
    elif share is not None:
        kept, new = (int(held.human.sum()), int((~held.decided).sum())) if held else (0, n)
        top = kept + round(share * new)
    pinned = held.audit if held else np.zeros(n, dtype=np.bool_)
    asked: dict[str, Any] = {
        "top": top,
        "slots": slots,
        "audit_share": prepared.project.audit_share,
        "seed": request.seed,
    }
    if request.limits:
        begun = held.started if held else None
        limits = limits_of(prepared.project, request.limits, prepared.wanted, signals, begun)
        return select_within(scores, signals.keys, limits, pinned, **asked)
    return select_again(scores, signals.keys, pinned, drawn=request.policy.drawn, **asked)
