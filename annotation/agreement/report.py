"""The figures of each group of annotators, and judges against people. Pure."""

from typing import Any

import numpy as np

from ..ranking import Scale
from ..votes import MAX_STEPS, Ints, Judgements, Mask, Votes
from .alpha import alpha, corrected
from .groups import CLASSES, DECISIVE, Figure, Group, Interval, Level, class_counts, level_of, value_counts
from .gwet import Corrected, Weights, chance_corrected, conger, counts_on, weights
from .influence import leave_one_annotator_out
from .intervals import alpha_sums, corrected_alpha_sums, interval, pairs_of_votes, raw_sums
from .kappa import cohens_kappa

ORDINAL: Weights = "ordinal"


def report(votes: Votes, scale: Scale | None = None) -> dict[str, Any]:
    """`level`, `groups` and `judges` as the `agreement` command prints them.

    Groups are human_human, judge_judge and human_judge (a person's vote with a judge's). Each has `raw`,
    `raw_ci95`, `raw_without_ties`, `alpha` and `alpha_ci95` (of the nominal one) with `intervals` by level,
    `gwet` (AC1 for answers without order, AC2 for graded ones), `conger` (within a kind) and
    `other_annotators`, each with its interval, `reasons` for those that are None, and what they rest on:
    `pairs` of votes, the `comparisons` with at least one, the group's `labels` and `annotators` on these.
    human_judge has `corrected`: kappa_x without each kind's own noise. For `judges` see `against_majority`.
    Without a `scale`, three ways.
    """
    scale = scale or Scale.THREE_WAY
    judgements = votes.judgements()
    groups = groups_of(votes, judgements)
    judges = votes.judges[votes.voter]
    members = {"human_human": votes.human, "judge_judge": judges, "human_judge": votes.human | judges}
    found = {
        name: _figures(group, scale) | _basis(group, votes, members[name]) for name, group in groups.items()
    }
    for name, of in (("human_human", votes.people), ("judge_judge", votes.judges)):
        found[name] |= _other_annotators(votes, judgements, of, scale)
        own_habits = congers(judgements, of[judgements.voter], scale)
        found[name]["conger"] = {"value": own_habits.value, "ci95": own_habits.ends}
    found["human_judge"] |= _corrected(groups["human_judge"], scale)
    return {
        "level": level_of(scale),
        "groups": found,
        "judges": against_majority(votes, judgements, groups["human_human"].counts),
    }


def groups_of(votes: Votes, judgements: Judgements) -> dict[str, Group]:
    """human_human, judge_judge and human_judge over all units; a panel says what its members have said, so it
    is in none."""
    by_person = votes.people[judgements.voter]
    judge = value_counts(judgements, votes.judges[judgements.voter])
    human = value_counts(judgements, by_person)
    return {
        "human_human": Group(human, judgements.comparison),
        "judge_judge": Group(judge, judgements.comparison),
        "human_judge": Group(human, judgements.comparison, judge),
    }


def raw(group: Group) -> tuple[float | None, float | None, int]:
    """Share of pairs of votes on the same unit that agree, the same without ties, and the number of pairs."""
    classes = group.classes()
    agreement, number = _share(classes)
    others = None if classes.others is None else classes.others[:, DECISIVE]
    return agreement, _share(Group(classes.counts[:, DECISIVE], classes.comparison, others))[0], number


def gwet(group: Group, scale: Scale) -> Corrected:
    """AC1 over the scale's classes, or on a graded scale AC2 over its signed preferences, weights ordinal."""
    if scale.graded:
        values = np.array(scale.preferences()) + MAX_STEPS
        at = counts_on(values, group)
        return chance_corrected(at, "gwet", weights(ORDINAL, at.counts.shape[1]))
    at = counts_on(np.arange(len(CLASSES)) if scale.ties else np.array(DECISIVE), group.classes())
    return chance_corrected(at, "gwet", weights("identity", at.counts.shape[1]))


def congers(judgements: Judgements, of: Mask, scale: Scale) -> Corrected:
    """Conger's kappa of the judgements that `of` picks, in the categories and with the weights of `gwet`."""
    if scale.graded:
        code, known = judgements.value + MAX_STEPS, np.array(scale.preferences()) + MAX_STEPS
    else:
        code = np.sign(judgements.value) + 1
        known = np.arange(len(CLASSES)) if scale.ties else np.array(DECISIVE)
    columns = np.union1d(known, code[of])
    kind = ORDINAL if scale.graded else "identity"
    return conger(judgements, of, np.searchsorted(columns, code), weights(kind, len(columns)))


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


def _share(classes: Group) -> tuple[float | None, int]:
    """(share of agreeing pairs among votes, number of pairs)."""
    agreeing, total = pairs_of_votes(classes).sum(axis=0)
    return (float(agreeing / total) if total else None), int(total)


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


def _figures(group: Group, scale: Scale) -> dict[str, Any]:
    agreement, without_ties, number = raw(group)
    found = {level: _with_interval(group, level) for level in ("nominal", "ordinal")}
    of_raw = interval(raw_sums(group)) if number else Interval(None, found["nominal"][0].reason)
    chance = gwet(group, scale)
    reasons = {
        "nominal": found["nominal"][0].reason,
        "ordinal": found["ordinal"][0].reason,
        "alpha_ci95": found["nominal"][1].reason,
        "gwet": chance.reason,
    }
    return {
        "raw": agreement,
        "raw_ci95": of_raw.ends,
        "raw_without_ties": without_ties,
        "alpha": {level: figure.value for level, (figure, _) in found.items()},
        "alpha_ci95": found["nominal"][1].ends,
        "intervals": {level: ends.ends for level, (_, ends) in found.items()},
        "gwet": {"name": "AC2" if scale.graded else "AC1", "value": chance.value, "ci95": chance.ends},
        "pairs": number,
        "reasons": {name: reason for name, reason in reasons.items() if reason},
    }


def _with_interval(group: Group, level: Level) -> tuple[Figure, Interval]:
    figure = alpha(group, level)
    if figure.value is None:
        return figure, Interval(None, figure.reason)
    return figure, interval(alpha_sums(group, level))


def _other_annotators(votes: Votes, judgements: Judgements, of: Mask, scale: Scale) -> dict[str, Any]:
    """How far alpha, at the scale's level, depends on who the annotators are."""
    level = level_of(scale)
    found = leave_one_annotator_out(judgements, of[judgements.voter], len(votes.voters), level)
    return {
        "other_annotators": {
            "level": level,
            "standard_error": found.error,
            "ci95": found.interval.ends,
            "reason": found.interval.reason,
        }
    }


def _corrected(group: Group, scale: Scale) -> dict[str, Any]:
    level = level_of(scale)
    figure = corrected(group, level)
    ends = Interval(None, figure.reason)
    if figure.value is not None:
        ends = interval(corrected_alpha_sums(group, level))
    return {"corrected": {"level": level, "value": figure.value, "ci95": ends.ends, "reason": figure.reason}}


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
