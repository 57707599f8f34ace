"""Why a comparison went where it did, worked out again from what the plan kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from annotation.models import Comparison, Decision

from .features import EACH, SHARED, directed
from .features.judging import preferred
from .frozen import Frozen, told, unpack
from .models import Plan
from .policies import POLICIES
from .policy import Signals, Term, Terms
from .texts import Basis


@dataclass(frozen=True, slots=True)
class Explanation:
    """A Decision explained. `terms` is None where the score is no sum, and then `note` says why.

    `same` says whether the score worked out again is the Decision's, to the last bit.
    """

    decision: Decision
    plan: Plan | None
    terms: Terms | None
    note: str

    @property
    def same(self) -> bool:
        return self.terms is not None and self.terms.score == self.decision.score

    @property
    def largest(self) -> Sequence[Term]:
        """What raised or lowered the score, largest first, without what did neither."""
        terms = self.terms.terms if self.terms else ()
        return sorted((one for one in terms if round(one.adds, 3)), key=lambda one: -abs(one.adds))

    def as_dict(self) -> dict[str, Any]:
        """As the API gives it; a value that was not known is null."""
        terms = self.terms
        return {
            "comparison": self.decision.comparison.external_id,
            "destination": self.decision.destination,
            "audit": self.decision.audit,
            "probability": self.decision.probability,
            "score": self.decision.score,
            "reason": self.decision.reason,
            "labels": self.decision.labels,
            "policy": self.decision.policy,
            "policy_version": self.decision.policy_version,
            "plan": self.decision.plan,
            "created_at": self.decision.created_at,
            "score_again": terms.score if terms else None,
            "base": terms.base if terms else None,
            "less": terms.less if terms else None,
            "terms": [
                {
                    "words": one.words,
                    "value": None if np.isnan(one.value) else one.value,
                    "adds": one.adds,
                }
                for one in (terms.terms if terms else ())
            ],
            "note": self.note,
        }


def explain(decision: Decision) -> Explanation:
    """Takes a Decision's score apart, with the weights and the features of the plan that made it.

    Three statements, whatever the size of the plan. Only what was kept is used: labels given since, or
    another version of the features, change nothing.
    """
    plan = Plan.objects.filter(pk=decision.plan).defer("table", "report").first()
    if plan is None:
        return Explanation(decision, None, None, "the plan that made it is not kept any more")
    policy = POLICIES.get(plan.policy)
    if policy is None or policy.version != plan.policy_version:
        return Explanation(decision, plan, None, "the policy has changed since")
    if policy.terms is None:
        return Explanation(decision, plan, None, "the score of this policy is no sum of features")
    signals = signals_then(plan, decision.comparison)
    if signals is None:
        return Explanation(decision, plan, None, "what the plan rested on is not kept any more")
    terms = policy.terms(signals, plan.model)
    note = "" if terms else f"the score comes from {plan.model.get('part')}, which is no sum of features"
    return Explanation(decision, plan, terms, note)


def signals_then(plan: Plan, comparison: Comparison) -> Signals | None:
    """What the plan knew of this comparison, as signals of one row; None where that was not kept."""
    part = plan.parts.filter(first__lte=comparison.pk).order_by("-first").first()
    frozen = _only(unpack(bytes(part.packed)), comparison.pk) if part else None
    if frozen is None:
        return None
    shared = np.full((1, len(SHARED)), np.nan, dtype=np.float32)
    toward = np.full((1, len(EACH)), np.nan, dtype=np.float32)
    basis = Basis.of(plan.parameters)
    texts = basis.rows().filter(comparison=comparison).last()
    if texts is not None:
        shared[0] = basis.read(texts.version, texts.shared)
        if frozen.rankings[0]:
            each = np.frombuffer(bytes(texts.each), dtype="<f4").reshape(1, comparison.k, len(EACH))
            toward[0] = directed(each, np.array([preferred(frozen.rankings[0], comparison.k)]))[0]
    return Signals(
        keys=[comparison.external_id],
        groups=[comparison.group],
        categories=[comparison.category],
        shared=shared,
        toward=toward,
        **told(frozen.said),
    )


def _only(frozen: Frozen, pk: int) -> Frozen | None:
    row = int(np.searchsorted(frozen.ids, pk))
    return frozen.at(slice(row, row + 1)) if row < len(frozen) and frozen.ids[row] == pk else None
