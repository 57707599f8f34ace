"""What a plan says of itself beside its curve, as JSON that its page reads."""

from dataclasses import asdict
from typing import Any

import numpy as np
from django.db.models import Count, Q

from annotation.models import Decision, Project

from .auditing import Audited, measure
from .combining import LEAST
from .curve import Crowd
from .models import Plan
from .policy import Labelled
from .preparing import Prepared
from .quality import Prediction
from .series import decisions_of, newest_plan

SHOWN = 20  # comparisons most and least worth a person
NAMED = 3  # facts that raise a score, and that lower it


def report_of(prepared: Prepared, crowd: Crowd, prediction: Prediction | None, few: str) -> dict[str, Any]:
    """What is there, what was learned (or `few`: why nothing was), and the ends of the order."""
    known, standing = prepared.known, prepared.standing
    ends = min(SHOWN, len(crowd) // 2 or len(crowd))
    return {
        "open": len(crowd),
        "judged": int(np.count_nonzero(crowd.judged)),
        "labelled": len(known.labelled),
        "standing": standing.name if standing else None,
        "can_be_asked": bool(standing and standing.can_be_asked),
        "other_judges": standing.others if standing else 0,
        "few": few,
        "seed": min(LEAST, len(crowd)),
        "notes": list(prepared.scored.notes),
        "prediction": _told(prediction) if prediction else None,
        "most": [_row(prepared, int(row), prediction) for row in crowd.order[:ends]],
        "least": [_row(prepared, int(row), prediction) for row in crowd.order[::-1][:ends]]
        if len(crowd) > ends
        else [],
    }


def measured(project: Project, labelled: Labelled, seed: int) -> dict[str, Any] | None:
    """What the plan in force and those that it carries on are worth, where people and the judge have
    labelled; None where the audit says nothing yet."""
    plan = newest_plan(project)
    if plan is None:
        return None
    decisions = decisions_of(plan)
    people = Q(destination=Decision.Destination.HUMAN)
    if plan.parameters["audit_share"] < 1:
        # An audited comparison that a refit would have given to people weighs as theirs do.
        people |= Q(probability=1)
    number = decisions.aggregate(decided=Count("pk"), people=Count("pk", filter=people))
    place = {key: row for row, key in enumerate(labelled.signals.keys)}
    if not number["decided"] or not place:
        return None
    human = _human_errors(project)
    top, rows, expected = [], [], []
    asked = decisions.filter(people | Q(audit=True)).annotate(theirs=people).order_by()
    columns = ("comparison__external_id", "theirs", "score", "plan")
    for key, theirs, score, by in asked.values_list(*columns).iterator(5000):
        if key in place:
            rows.append(place[key])
            top.append(theirs)
            expected.append(score + human[by] if by in human else np.nan)
    found = Audited(
        top=np.array(top, dtype=np.bool_),
        wrong=labelled.wrong[rows],
        human_wrong=labelled.human_wrong[rows],
        expected=np.array(expected, dtype=np.float64),
        groups=[labelled.signals.groups[row] for row in rows],
    )
    result = measure(found, number["people"], number["decided"], seed)
    return {**asdict(result), **number} if result else None


def _human_errors(project: Project) -> dict[Any, float]:
    """By plan: what its scores were lessened by, where they are probabilities of the error model."""
    plans = Plan.objects.filter(project=project, state=Plan.State.APPROVED).values_list("pk", "model")
    return {
        pk: model["human_error"]
        for pk, model in plans
        if "human_error" in model and model.get("part", "the error model") == "the error model"
    }


def _told(prediction: Prediction) -> dict[str, Any]:
    return {
        "learned_from": prediction.learned_from,
        "human": prediction.human,
        "human_known": prediction.human_known,
        "slope": prediction.slope,
        "refitted": prediction.refitted,
        "trust": {name: asdict(one) for name, one in prediction.trust.items()},
    }


def _row(prepared: Prepared, row: int, prediction: Prediction | None) -> dict[str, Any]:
    """One comparison, and in words what its score is made of."""
    found = prepared.known.open
    signals = found.signals.at(np.array([row]))
    explain = prepared.policy.terms
    terms = explain(signals, prepared.scored.model) if explain else None
    parts = sorted(terms.terms, key=lambda one: -abs(one.adds)) if terms else []
    return {
        "comparison": int(found.ids[row]),
        "key": signals.keys[0],
        "category": signals.categories[0],
        "score": float(prepared.scored.values[row]),
        "wrong": float(prediction.wrong[row]) if prediction else None,
        "reason": prepared.scored.reasons[row],
        # A subject found in the prompt and the owner's category may have the same name.
        "raises": list(dict.fromkeys(one.words for one in parts if round(one.adds, 2) > 0))[:NAMED],
        "lowers": list(dict.fromkeys(one.words for one in parts if round(one.adds, 2) < 0))[:NAMED],
    }
