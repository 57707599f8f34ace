"""Selection: who is asked, given scores, a share or a budget, and the audit slice. Pure: no Django.

People get the best-scored comparisons; equal scores are decided by a seeded hash of the comparison's id.
Whatever is left to the judge is audited with a fixed probability: audited comparisons get a person too.
A comparison's audit draw depends on the seed, its id and the `lot`, so planning again with the same seed
audits the same comparisons and the slice does not grow with every plan. The lot changes when people have
begun what an earlier plan drew (`series.lot_of`).

Every comparison has the same price, so a budget is a number of slots. The audit is charged first: people get
the longest top of the list whose size, plus the audited comparisons below it, fits into the slots.

A plan that carries on another one keeps the audit as it was (`select_again`). Under limits (`select_within`)
the audit is drawn before anything is chosen, so that the choice is one linear programme.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from .allocation import Limits, allocate
from .policy import Floats, PlanError, audit_draws, draws


@dataclass(frozen=True, slots=True)
class Selection:
    """Who is asked, shape (n,) each.

    `human`: destination is a person. `audit`: destination is the judge, and a person is asked as well.
    `probability`: the chance, over seeds, that a person is asked, either way. `gap`: by what part of its
    value a better choice could be better, 0 for an exact one. `labels` (n,) is how many labels of people each
    comparison gets, the audited ones' included, where that varies (`overlap`), and `why` says why of each
    number; None where everyone that is asked about gets what the project says. `note`: what the owner is to
    know of it.
    """

    human: NDArray[np.bool_]
    audit: NDArray[np.bool_]
    probability: Floats
    gap: float = 0.0
    labels: NDArray[np.int64] | None = None
    why: Mapping[int, str] = field(default_factory=dict)
    note: str = ""


def slots_for(budget: Decimal, price: Decimal, n: int) -> int:
    """How many of n comparisons a budget pays for at `price` each (both in the project's currency)."""
    if not budget.is_finite() or budget < 0:
        raise PlanError(f"the budget must be an amount of at least 0, not {budget}")
    return n if budget >= price * n else int(budget // price)


def select(
    scores: Floats,
    keys: Sequence[str],
    *,
    share: float | None = None,
    slots: int | None = None,
    audit_share: float = 0.0,
    seed: int = 0,
    lot: int = 0,
    drawn: bool = False,
) -> Selection:
    """Chooses people's comparisons by score, and the audit slice among the others.

    Exactly one of `share` (0..1 of the n comparisons, rounded to the nearest; the audit comes on top) and
    `slots` (human plus audited comparisons, never exceeded) is given. Where the slots do not even pay for
    the audit, nothing else is asked and the audit itself is cut, by hash. `drawn` says that the scores are
    a lottery's draw. Raises PlanError for a share outside 0..1 or scores that are not finite.
    """
    n = len(keys)
    if not np.isfinite(scores).all():
        raise PlanError("every score must be finite")
    if (share is None) == (slots is None):
        raise PlanError("either a share or a number of slots is needed")
    if not 0 <= audit_share <= 1:
        raise PlanError(f"the audit share must be between 0 and 1, not {audit_share}")
    order = ranked(scores, keys, seed)
    lots = audit_draws(keys, seed, lot)
    audited = lots < audit_share
    ranks = np.arange(1, n + 1)
    if share is not None:
        if not 0 <= share <= 1:
            raise PlanError(f"the human share must be between 0 and 1, not {share}")
        top = round(share * n)
        chance = (ranks <= top).astype(np.float64)
        cut = 0.0
    else:
        slots = min(max(slots or 0, 0), n)
        in_order = audited[order].astype(np.int64)
        below = in_order.sum() - np.cumsum(in_order)  # audited comparisons further down
        top = int(np.count_nonzero(ranks + below <= slots))
        if audited.sum() > slots:
            audited[np.argsort(lots)[slots:]] = False
        chance = _chance_of_rank(n, slots, audit_share)
        cut = _chance_of_cut(n, slots, audit_share)
    human = np.zeros(n, dtype=np.bool_)
    human[order[:top]] = True
    groups = np.zeros(n, dtype=np.int64) if drawn else np.unique(scores, return_inverse=True)[1]
    chosen = _mean_by_group(chance, groups, order)
    probability = np.clip(chosen + (1 - chosen) * audit_share - cut, 0.0, 1.0)
    return Selection(human, audited & ~human, probability)


def select_again(
    scores: Floats,
    keys: Sequence[str],
    pinned: NDArray[np.bool_],
    *,
    top: int | None = None,
    slots: int | None = None,
    audit_share: float = 0.0,
    seed: int = 0,
    lot: int = 0,
    drawn: bool = False,
) -> Selection:
    """As `select`, for a plan that carries on another: comparisons in `pinned` (n,) stay in the audit.

    `top` of the others go to people, or as many as `slots` allow, the pinned ones' own slots among them. A
    pinned comparison that would be people's by its score has the chance of those: it weighs as they do.
    """
    rows = np.flatnonzero(~pinned)
    n = len(rows)
    part = select(
        scores[rows],
        [keys[row] for row in rows.tolist()],
        share=None if top is None else min(top, n) / max(n, 1),
        slots=None if slots is None else slots - int(pinned.sum()),
        audit_share=audit_share,
        seed=seed,
        lot=lot,
        drawn=drawn,
    )
    human, audit = np.zeros_like(pinned), pinned.copy()
    human[rows], audit[rows] = part.human, part.audit
    worst = scores[human].min() if human.any() else np.inf
    probability = np.where(scores >= worst, 1.0, audit_share)
    probability[rows] = part.probability
    return Selection(human, audit, probability)


def select_within(
    scores: Floats,
    keys: Sequence[str],
    limits: Limits,
    pinned: NDArray[np.bool_],
    *,
    top: int | None = None,
    slots: int | None = None,
    audit_share: float = 0.0,
    seed: int = 0,
    lot: int = 0,
) -> Selection:
    """As `select_again`, under limits. The audit is drawn from all and pays its part of every limit.

    `top` is how many people get at most beside the audit, `slots` with it. The stated probability takes the
    choice as given: 1 for what people get, the audit share below it; an audited comparison counts as people's
    where its score is no lower than the lowest chosen of its category. Raises PlanError.
    """
    n = len(keys)
    if not np.isfinite(scores).all():
        raise PlanError("every score must be finite")
    lots = audit_draws(keys, seed, lot)
    audited = pinned | (lots < audit_share)
    most = n if top is None else top
    if slots is not None:
        most = min(most, max(slots - int(audited.sum()), 0))
        audited = first_audited(audited, lots, slots, pinned)
    rows = np.flatnonzero(~audited)
    order = np.lexsort((draws(keys, seed, "tie")[rows], -scores[rows]))
    found = allocate(scores[rows], order, most, after_audit(limits, audited))
    human = np.zeros(n, dtype=np.bool_)
    human[rows] = found.human
    probability = stated_chance(scores, human, audited, limits.categories, audit_share)
    return Selection(human, audited, probability, found.gap)


def after_audit(limits: Limits, audited: NDArray[np.bool_]) -> Limits:
    """What is left of the limits for the comparisons that are not audited. Raises PlanError."""
    at_most = []
    for limit in limits.at_most:
        left = limit.most - float(limit.use[audited].sum())
        if left < 0:
            raise PlanError(f"{limit.name} does not even pay for the audit; raise it or lower audit_share")
        at_most.append(replace(limit, use=limit.use[~audited], most=left))
    categories = np.array(limits.categories, dtype=object)
    inside = list(categories[~audited]) if len(categories) else ()
    return Limits(at_most, inside, limits.least)


def stated_chance(
    scores: Floats,
    human: NDArray[np.bool_],
    audited: NDArray[np.bool_],
    categories: Sequence[str],
    audit_share: float,
) -> Floats:
    """The chance to be asked about, the choice taken as given (see `select_within`)."""
    named = np.array(categories, dtype=object)
    chance = human.copy()
    for name in np.unique(named) if len(named) else [None]:
        here = named == name if name is not None else np.ones(len(scores), dtype=np.bool_)
        if (human & here).any():
            chance |= audited & here & (scores >= scores[human & here].min())
    return np.where(chance, 1.0, audit_share)


def first_audited(
    audited: NDArray[np.bool_],
    lots: Floats,
    slots: int,
    pinned: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """As many of the audited as there are slots: those that were audited before, then by their draws."""
    if audited.sum() <= max(slots, 0):
        return audited
    order = np.lexsort((lots, ~pinned, ~audited))
    kept = np.zeros_like(audited)
    kept[order[: max(slots, 0)]] = True
    return kept & audited


def ranked(scores: Floats, keys: Sequence[str], seed: int) -> NDArray[np.int64]:
    """Rows from most to least worth a person, (n,); equals by a seeded hash."""
    return np.lexsort((draws(keys, seed, "tie"), -scores))


def _mean_by_group(chance_by_rank: Floats, groups: NDArray[np.int64], order: NDArray[np.int64]) -> Floats:
    """The chance of each comparison: equals are in random order, so each has the mean of their ranks."""
    by_item = np.empty_like(chance_by_rank)
    by_item[order] = chance_by_rank
    size = np.bincount(groups)
    return np.asarray((np.bincount(groups, by_item) / np.maximum(size, 1))[groups])


def _chance_of_rank(n: int, slots: int, rate: float) -> Floats:
    """P(rank r is a person's), r = 1..n, over audit draws: P(r + Binomial(n - r, rate) <= slots).

    With F_r for it, F_r = F_(r+1) + (1 - rate) P(Binomial(n - r - 1, rate) = slots - r), since of the
    comparisons below r either the first is audited, which moves both sides by one, or it is not.
    """
    if n == 0:
        return np.zeros(0)
    ranks = np.arange(1, n)
    steps = (1 - rate) * _binomial(n - ranks - 1, slots - ranks, rate)
    last = 1.0 if slots >= n else 0.0
    return np.minimum(last + np.append(np.cumsum(steps[::-1])[::-1], 0.0), 1.0)


def _chance_of_cut(n: int, slots: int, rate: float) -> float:
    """P(drawn for the audit, then cut for want of slots): E[max(0, Binomial(n, rate) - slots)] / n."""
    drawn = np.arange(slots + 1, n + 1)
    return float(((drawn - slots) * _binomial(np.full_like(drawn, n), drawn, rate)).sum() / max(n, 1))


def _binomial(trials: NDArray[np.int64], hits: NDArray[np.int64], rate: float) -> Floats:
    """P(Binomial(trials, rate) = hits), elementwise; 0 for impossible counts."""
    possible = (hits >= 0) & (hits <= trials)
    t, h = np.where(possible, trials, 0), np.where(possible, hits, 0)
    if rate in (0.0, 1.0):
        return (possible & (h == (t if rate else 0))).astype(np.float64)
    log_factorial = np.append(0.0, np.cumsum(np.log(np.arange(1, max(t.max(initial=0), 1) + 1))))
    ways = log_factorial[t] - log_factorial[h] - log_factorial[t - h]
    return np.where(possible, np.exp(ways + h * np.log(rate) + (t - h) * np.log1p(-rate)), 0.0)
