"""From scores to a selection, under whatever was asked: share or budget, limits, an earlier plan."""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .combining import BASE
from .learning import human_error
from .limits import Asked, limits_of
from .models import Plan
from .overlap import Ladder, ladder, select_labels, steps_of
from .policy import PlanError, Policy, draws
from .preparing import Prepared, policy_named, varied_pool
from .selection import Selection, select_again, select_within, slots_for
from .series import Held

LABELS = 10**9  # more than any budget pays for


@dataclass(frozen=True, slots=True)
class Request:
    """What a plan is to keep: `share` (0..1 of the open comparisons), `budget` (money for people) or `labels`
    of people, the audit included in the latter two. `overlap` is the most labels that one comparison may get
    of the default pool where they pay; None: everyone gets what the project says. `lot` is the audit's
    (`series.lot_of`)."""

    policy: Policy
    share: float | None
    budget: Decimal | None
    seed: int
    limits: Asked = field(default_factory=Asked)
    labels: int | None = None
    overlap: int | None = None
    lot: int = 0

    def as_dict(self) -> dict[str, Any]:
        """As the parameters of a plan keep it; `request_of` reads it."""
        return {
            "human_share": self.share,
            "budget": None if self.budget is None else str(self.budget),
            "limits": self.limits.as_dict(),
            "labels": self.labels,
            "overlap": self.overlap,
            "lot": self.lot,
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
        asked.get("labels"),
        asked.get("overlap"),
        asked.get("lot", 0),
    )


def choose(prepared: Prepared, request: Request, held: Held | None = None) -> Selection:
    """Who is asked of the comparisons that were scored.

    With what earlier plans `held`: people keep as many comparisons, get their share of new ones, and money
    that was spent is spent. Raises PlanError.
    """
    n, share = len(prepared.known.open.signals), request.share
    if share is not None and not 0 <= share <= 1:
        raise PlanError(f"the human share must be between 0 and 1, not {share}")
    pinned = held.audit if held else np.zeros(n, dtype=np.bool_)
    asked: dict[str, Any] = {
        "audit_share": prepared.project.audit_share,
        "seed": request.seed,
        "lot": request.lot,
    }
    if request.overlap is None:
        return _alike(prepared, request, held, pinned, asked)
    found = _ladder(prepared, request.overlap)
    if isinstance(found, str):
        return replace(_alike(prepared, request, held, pinned, asked), note=found)
    return _varied(prepared, request, held, pinned, asked, found)


def _alike(
    prepared: Prepared,
    request: Request,
    held: Held | None,
    pinned: NDArray[np.bool_],
    asked: dict[str, Any],
) -> Selection:
    """Everybody who is asked about a comparison is asked for as many labels."""
    signals, scores = prepared.known.open.signals, prepared.scored.values
    started = sum(held.started.values()) if held else 0
    n = len(signals)
    asked |= {"top": None, "slots": None}
    if request.budget is not None:
        asked["slots"] = slots_for(request.budget, prepared.human_price, n + started) - started
    elif request.labels is not None:
        asked["slots"] = min(request.labels // sum(prepared.wanted.values()) - started, n)
    elif request.share is not None:
        kept, new = (int(held.human.sum()), int((~held.decided).sum())) if held else (0, n)
        asked["top"] = kept + round(request.share * new)
    if request.limits:
        begun = held.started if held else None
        limits = limits_of(prepared.project, request.limits, prepared.wanted, signals, begun)
        return select_within(scores, signals.keys, limits, pinned, **asked)
    return select_again(scores, signals.keys, pinned, drawn=request.policy.drawn, **asked)


def _varied(
    prepared: Prepared,
    request: Request,
    held: Held | None,
    pinned: NDArray[np.bool_],
    asked: dict[str, Any],
    ladder: Ladder,
) -> Selection:
    """Labels go where they are worth most: the first of one comparison, or the next of another."""
    project, wanted, signals = prepared.project, prepared.wanted, prepared.known.open.signals
    pool = varied_pool(project, request.policy, wanted, request.overlap or 1)
    each, beside = sum(wanted.values()), prepared.beside
    spent = held.spent + beside * sum(held.started.values()) if held else 0
    asked |= {"top": None, "slots": None}
    if request.budget is not None:
        asked["slots"] = slots_for(request.budget, project.human_label_price, LABELS) - spent
    elif request.labels is not None:
        asked["slots"] = request.labels - spent
    elif request.share is not None:
        kept = int(held.labels[held.human].sum()) + beside * int(held.human.sum()) if held else 0
        new = int((~held.decided).sum()) if held else len(signals)
        asked["top"] = kept + each * round(request.share * new)
    begun = held.started if held else None
    limits = limits_of(
        project, request.limits, wanted, signals, begun, varied=pool, spent=held.spent if held else 0
    )
    return select_labels(prepared.scored.values, signals.keys, ladder, limits, pinned, each=each, **asked)


def labels_along(
    prepared: Prepared, audited: NDArray[np.bool_], points: NDArray[np.int64], most: int
) -> dict[str, list[float]] | None:
    """What the labels of so many comparisons (`points`) buy where they are spread, without limits: how many
    comparisons are `asked` about, how many of them for more than one label (`more`), and what the labels of
    all open ones `gain` over the judge alone. None where nobody knows what further labels are worth."""
    found = _ladder(prepared, most)
    if isinstance(found, str):
        return None
    rows, signals = np.flatnonzero(~audited), prepared.known.open.signals
    ties = draws([signals.keys[row] for row in rows.tolist()], prepared.seed, "tie")
    steps = steps_of(prepared.scored.values[rows], found, np.zeros(len(rows), dtype=np.bool_), ties)
    asked, several = np.cumsum(steps.before == 0), steps.after > found.labels[0]
    more = np.cumsum(several & (steps.before <= found.labels[0]))
    room = points * sum(prepared.wanted.values())
    at = np.searchsorted(np.cumsum(steps.size), room, side="right")

    def upto(column: NDArray[Any]) -> list[float]:
        return np.append(0, column)[at].tolist()

    gain = np.cumsum(steps.worth) / max(len(signals), 1)
    return {"asked": upto(asked), "more": upto(more), "gain": upto(gain.round(6))}


def _ladder(prepared: Prepared, most: int) -> Ladder | str:
    """What further labels are worth, or why nobody knows."""
    model = prepared.scored.model
    human, few = human_error(prepared.known.labelled)
    if few or "human_error" not in model or model.get("part", BASE) != BASE:
        return "every comparison gets as many labels: what further ones are worth is not known yet"
    return ladder(human, most, prepared.beside)
