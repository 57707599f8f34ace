"""How far annotators agree: raw agreement, Krippendorff's alpha, judges against people. Pure.

A unit is a comparison, or with more than two responses every pair of them that a ranking implies. All
figures come from counts of votes by unit; `both_bad` counts as a tie.
"""

from typing import Any

import numpy as np

from ..votes import MAX_STEPS, Ints, Judgements, Mask, Votes
from .alpha import VALUES, Figure, Group, Interval, alpha, alpha_of_counts, class_counts, interval

__all__ = [
    "Figure",
    "Group",
    "Interval",
    "against_majority",
    "alpha",
    "alpha_of_counts",
    "cohens_kappa",
    "interval",
    "raw",
    "report",
    "value_counts",
]

DECISIVE = [0, 2]


def report(votes: Votes) -> dict[str, Any]:
    """`groups` and `judges` as the `agreement` command prints them.

    Groups are human_human, judge_judge and human_judge (a person's vote with a judge's). Each has `raw`,
    `raw_without_ties`, `alpha`, `alpha_ci95` (of the nominal one), `reasons` for those that are None, and
    what they rest on: `pairs` of votes, the `comparisons` with at least one, the group's `labels` and
    `annotators` on these. For `judges` see `against_majority`.
    """
    judgements = votes.judgements()
    by_person = votes.people[judgements.voter]
    human, judge = value_counts(judgements, by_person), value_counts(judgements, ~by_person)
    anyone = np.ones(len(votes), dtype=bool)
    groups = {
        "human_human": (Group(human, judgements.comparison), votes.human),
        "judge_judge": (Group(judge, judgements.comparison), ~votes.human),
        "human_judge": (Group(human, judgements.comparison, judge), anyone),
    }
    return {
        "groups": {name: _figures(group) | _basis(group, votes, of) for name, (group, of) in groups.items()},
        "judges": against_majority(votes, judgements, human),
    }


def value_counts(judgements: Judgements, mask: Mask) -> Ints:
    """(units x VALUES): how many of the judgements that `mask` picks gave each unit each value, -3 to +3."""
    units = len(judgements.comparison)
    cell = judgements.unit[mask] * VALUES + judgements.value[mask] + MAX_STEPS
    return np.bincount(cell, minlength=units * VALUES).reshape(units, VALUES)


def raw(group: Group) -> tuple[float | None, float | None, int]:
    """Share of pairs of votes on the same unit that agree, the same without ties, and the number of pairs."""
    agreement, number = _share(group.classes(), [0, 1, 2])
    return agreement, _share(group.classes(), DECISIVE)[0], number


def against_majority(votes: Votes, judgements: Judgements, human: Ints) -> dict[str, dict[str, Any]]:
    """Each judge against the people's unique most frequent class; units without a unique one are left out.

    `human` are the people's value counts. By judge name: `vs_majority` on `n` units,
    `vs_majority_without_ties` on `n_without_ties` (neither says tie), `kappa` (Cohen's, three classes) and
    `kappa_without_ties`.
    """
    classes = class_counts(human)
    most = classes.max(axis=1, initial=0)
    unique = (most > 0) & ((classes == most[:, None]).sum(axis=1) == 1)
    majority = classes.argmax(axis=1)
    judges = np.flatnonzero(~votes.people)
    row = np.full(len(votes.voters), -1)
    row[judges] = np.arange(len(judges))
    at = (row[judgements.voter] >= 0) & unique[judgements.unit]
    said = np.sign(judgements.value[at]) + 1
    cell = (row[judgements.voter[at]] * 3 + majority[judgements.unit[at]]) * 3 + said
    tables = np.bincount(cell, minlength=9 * len(judges)).reshape(-1, 3, 3)
    return {votes.voters[index].name: _judge(table) for index, table in zip(judges, tables, strict=True)}


def cohens_kappa(table: Ints) -> float | None:
    """Cohen's kappa (1960) of a square table of counts; None when empty or when chance agreement is 1."""
    total = table.sum()
    if not total:
        return None
    expected = float((table.sum(axis=0) * table.sum(axis=1)).sum() / total**2)
    return None if expected == 1 else float((np.trace(table) / total - expected) / (1 - expected))


def _share(classes: Group, columns: list[int]) -> tuple[float | None, int]:
    """(share of agreeing pairs among votes in these classes, number of pairs)."""
    one = classes.counts[:, columns]
    if classes.others is None:
        agreeing, total = _pairs(one).sum(), _pairs(one.sum(axis=1)).sum()
    else:
        two = classes.others[:, columns]
        agreeing, total = (one * two).sum(), (one.sum(axis=1) * two.sum(axis=1)).sum()
    return (float(agreeing / total) if total else None), int(total)


def _pairs(number: Ints) -> Ints:
    return number * (number - 1) // 2


def _judge(table: Ints) -> dict[str, Any]:
    """Figures of one judge from (majority's class x judge's class)."""
    decisive = table[np.ix_(DECISIVE, DECISIVE)]
    n, n_decisive = int(table.sum()), int(decisive.sum())
    return {
        "n": n,
        "vs_majority": float(np.trace(table) / n) if n else None,
        "n_without_ties": n_decisive,
        "vs_majority_without_ties": float(np.trace(decisive) / n_decisive) if n_decisive else None,
        "kappa": cohens_kappa(table),
        "kappa_without_ties": cohens_kappa(decisive),
    }


def _figures(group: Group) -> dict[str, Any]:
    agreement, without_ties, number = raw(group)
    nominal, ordinal = alpha(group, "nominal"), alpha(group, "ordinal")
    ci95 = interval(group) if nominal.value is not None else Interval(None, nominal.reason)
    reasons = {"nominal": nominal.reason, "ordinal": ordinal.reason, "alpha_ci95": ci95.reason}
    return {
        "raw": agreement,
        "raw_without_ties": without_ties,
        "alpha": {"nominal": nominal.value, "ordinal": ordinal.value},
        "alpha_ci95": ci95.ends,
        "pairs": number,
        "reasons": {name: reason for name, reason in reasons.items() if reason},
    }


def _basis(group: Group, votes: Votes, of: Mask) -> dict[str, int]:
    """What a group's figures rest on: comparisons with a pair, and the group's votes and voters there."""
    has_pair = np.zeros(len(votes.comparison_ids), dtype=bool)
    has_pair[group.comparison[group.paired]] = True
    counted = of & has_pair[votes.comparison]
    return {
        "comparisons": int(has_pair.sum()),
        "labels": int(counted.sum()),
        "annotators": len(np.unique(votes.voter[counted])),
    }
