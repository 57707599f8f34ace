"""How many people are asked about each comparison: second and third labels where they pay. Pure: no Django.

One person's label is worth its score: how much more often another person agrees with it than with the
judge's label. What more people add is worked out from how often two of them contradict each other, h: if
everybody is right with the same chance p, and all wrong answers are alike, then h = 2p(1 - p), and a majority
of m is right as a binomial says (Condorcet). Where two differ there is no majority, so a second label alone
adds nothing and steps go from one label to three.

A comparison's steps are the upper hull of its worth over its number of labels: worth per label falls from
step to step. So taking the best step of all, as long as there are labels, is the best choice there is but for
what the last step that does not fit leaves over (Dantzig 1957). Labels that add nothing are not asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray

from .allocation import Limit, Limits, least_first
from .policy import Floats, PlanError, audit_draws, draws
from .selection import Selection, after_audit, first_audited, stated_chance

Ints = NDArray[np.int64]
SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Ladder:
    """Numbers of labels that a comparison may get, ascending, and what each adds to the worth of one label.

    `labels` and `adds` have shape (steps,); `agreement` (labels,) is how often another person agrees with the
    majority of 1, 2, … people.
    """

    labels: Ints
    adds: Floats
    agreement: Floats

    def why(self, number: int) -> str:
        """In words, why so many labels are wanted."""
        one = self.agreement[0]
        if number == 1:
            return "one label: more of them bring more elsewhere"
        return (
            f"{number} labels: another person should agree with {self.agreement[number - 1]:.0%} of such "
            f"majorities and with {one:.0%} of single people"
        )


@dataclass(frozen=True, slots=True)
class Steps:
    """One element a step, best first: its comparison's row, the labels before and after it, its worth."""

    row: Ints
    before: Ints
    after: Ints
    worth: Floats

    @property
    def size(self) -> Ints:
        return self.after - self.before


def agreement(human_error: float, most: int) -> Floats:
    """How often another person agrees with the majority of 1, 2, … `most` people, (most,). A draw is decided
    by lot. `human_error` is how often two people contradict each other, 0..1; from 0.5 on nothing is won."""
    right = (1 + np.sqrt(max(1 - 2 * human_error, 0.0))) / 2
    found = []
    for number in range(1, most + 1):
        chances = [comb(number, k) * right**k * (1 - right) ** (number - k) for k in range(number + 1)]
        wins = sum(chances[number // 2 + 1 :]) + (chances[number // 2] / 2 if number % 2 == 0 else 0.0)
        found.append(wins * right + (1 - wins) * (1 - right))
    return np.array(found)


def ladder(human_error: float, most: int, beside: int = 0) -> Ladder:
    """1 to `most` labels of the pool whose number varies, `beside` more of other pools in any case."""
    known = agreement(human_error, beside + most)
    labels = beside + np.arange(1, most + 1)
    return Ladder(labels, known[labels - 1] - known[0], known)


def steps_of(scores: Floats, ladder: Ladder, begun: NDArray[np.bool_], ties: Floats) -> Steps:
    """All steps worth taking, best first; equals by `ties` (n,). `begun` (n,) took their first one."""
    levels = np.append(0, ladder.labels)
    n = len(scores)
    worth = np.column_stack([np.zeros(n), scores[:, None] + ladder.adds])
    at = np.where(begun, 1, 0)
    bound = np.full(n, np.inf)
    rows = np.arange(n)
    found = [(rows[:0], rows[:0], rows[:0], bound[:0])]
    while len(rows):
        here = at[rows]
        size = levels - levels[here][:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = np.where(size > 0, (worth[rows] - worth[rows, here][:, None]) / size, -np.inf)
        there = slope.shape[1] - 1 - slope[:, ::-1].argmax(axis=1)  # of equals the farthest
        best = slope[np.arange(len(rows)), there]
        pays = best > SLACK
        rows, here, there, best = rows[pays], here[pays], there[pays], best[pays]
        bound[rows] = np.minimum(bound[rows], best)  # rounding must not put a second step before its first
        found.append((rows, levels[here], levels[there], bound[rows]))
        at[rows] = there
    row, before, after, per_label = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.lexsort((before, ties[row], -per_label))
    row, before, after, per_label = row[order], before[order], after[order], per_label[order]
    return Steps(row, before, after, per_label * (after - before))


def spread(
    scores: Floats,
    ties: Floats,
    ladder: Ladder,
    most: int,
    at_most: Sequence[Limit] = (),
    begun: NDArray[np.bool_] | None = None,
) -> tuple[Ints, float]:
    """Labels of people on each of n comparisons, (n,), `most` together, and by what part of its worth another
    choice could be better at most. `begun` (n,) get the first number in any case. Raises PlanError where not
    even that is allowed."""
    n = len(scores)
    begun = np.zeros(n, dtype=np.bool_) if begun is None else begun
    first = int(ladder.labels[0])
    labels = np.where(begun, first, 0).astype(np.int64)
    left = np.array([most, *(limit.most for limit in at_most)], dtype=np.float64)
    left -= [float(labels.sum()), *(float(limit.of(labels, first)[begun].sum()) for limit in at_most)]
    if (left < -SLACK).any() and begun.any():
        raise PlanError("the minima of the categories need more labels than the budget or a limit allows")
    steps = steps_of(scores, ladder, begun, ties)
    use = np.array(
        [
            steps.size.astype(np.float64),
            *(
                limit.of(steps.after, first, steps.row) - limit.of(steps.before, first, steps.row)
                for limit in at_most
            ),
        ]
    )
    fits = (np.cumsum(use, axis=1) <= left[:, None] + SLACK).all(axis=0)
    whole = int(np.count_nonzero(fits))
    taken = np.zeros(len(steps.row), dtype=np.bool_)
    taken[:whole] = True
    left -= use[:, :whole].sum(axis=1)
    passed: set[int] = set()
    for step in range(whole, len(taken)):
        if left[0] < 1:
            break
        row = int(steps.row[step])
        if row not in passed and (use[:, step] <= left + SLACK).all():
            taken[step] = True
            left -= use[:, step]
        else:
            passed.add(row)
    np.maximum.at(labels, steps.row[taken], steps.after[taken])
    return labels, _gap(steps, taken, most - first * int(begun.sum()))


def _gap(steps: Steps, taken: NDArray[np.bool_], most: int) -> float:
    """Against the best that the number of labels alone would allow, were labels divisible."""
    spent = np.cumsum(steps.size)
    whole = int(np.searchsorted(spent, most, side="right"))
    best = float(steps.worth[:whole].sum())
    if whole < len(spent):
        over = most - (int(spent[whole - 1]) if whole else 0)
        best += float(steps.worth[whole]) * over / int(steps.size[whole])
    return (best - float(steps.worth[taken].sum())) / best if best > 0 else 0.0


def select_labels(
    scores: Floats,
    keys: Sequence[str],
    ladder: Ladder,
    limits: Limits,
    pinned: NDArray[np.bool_],
    *,
    each: int,
    top: int | None = None,
    slots: int | None = None,
    audit_share: float = 0.0,
    seed: int = 0,
    lot: int = 0,
) -> Selection:
    """As `selection.select_within`, but `top` and `slots` are labels, spread as they are worth most.

    An audited comparison gets `each` labels of people, whatever the scores say: it is a sample, and all of it
    has to be labelled alike. Raises PlanError.
    """
    if not np.isfinite(scores).all():
        raise PlanError("every score must be finite")
    lots = audit_draws(keys, seed, lot)
    audited = pinned | (lots < audit_share)
    most = len(keys) * int(ladder.labels[-1]) if top is None else top
    if slots is not None:
        audited = first_audited(audited, lots, slots // each, pinned)
        most = min(most, max(slots - each * int(audited.sum()), 0))
    rows = np.flatnonzero(~audited)
    inside = after_audit(limits, audited)
    ties = draws([keys[row] for row in rows.tolist()], seed, "tie")
    begun = least_first(np.lexsort((ties, -scores[rows])), inside)
    found, gap = spread(scores[rows], ties, ladder, most, inside.at_most, begun)
    labels = np.where(audited, each, 0)
    labels[rows] = found
    human = ~audited & (labels > 0)
    probability = stated_chance(scores, human, audited, limits.categories, audit_share)
    why = {int(number): ladder.why(int(number)) for number in np.unique(found[found > 0])}
    return Selection(human, audited, probability, gap, labels, why)
