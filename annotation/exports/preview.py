"""What a release would hold if it were frozen now, before anything is built."""

from collections import Counter
from typing import Any, NamedTuple

from ..models import Comparison, Flag, Gold, Project
from ..reports import Unknown, criteria_named, snapshot
from .formats import FLAT, FORMATS
from .judged import Judged
from .options import ExportError, Options
from .preferences import both_ways, ordered_pairs

# Counting is done while somebody waits.
MOST = 100_000
BATCH = 5000


class _Comparison(NamedTuple):
    pk: int
    k: int
    fit: bool
    flagged: bool
    instrument: bool


def preview(project: Project, options: Options) -> dict[str, Any]:
    """`comparisons`, and by criterion how many pairs of responses would be `kept` and `left_out` by reason,
    the most frequent first. Texts are looked at while building only. Raises ExportError.

    A project with more than MOST comparisons is not counted: `criteria` is None.
    """
    options.check(FORMATS, FLAT)
    rows = Comparison.objects.filter(project=project)
    number = rows.count()
    if number > MOST:
        return {"comparisons": number, "criteria": None}
    with snapshot():
        try:
            criteria = criteria_named(project, options.criterion)
        except Unknown as error:
            raise ExportError(str(error)) from error
        flagged = set(
            Flag.objects.filter(comparison__project=project, resolved_at=None).values_list(
                "comparison", flat=True
            )
        )
        instruments = set(
            Gold.objects.filter(reference__comparison__project=project).values_list(
                "reference__comparison", flat=True
            )
        )
        known = [
            _Comparison(pk, k, fit, pk in flagged, pk in instruments)
            for pk, k, fit in rows.order_by("pk").values_list("pk", "k", "fit").iterator(BATCH)
        ]
        found = [_count(Judged.now(project, criterion, options), known, options) for criterion in criteria]
    return {"comparisons": number, "criteria": found}


def _count(judged: Judged, comparisons: list[_Comparison], options: Options) -> dict[str, Any]:
    reasons: Counter[str] = Counter()
    kept = 0
    for one in comparisons:
        estimate = judged.gate(one, options)
        if isinstance(estimate, str):
            reasons[estimate] += one.k * (one.k - 1) // 2
            continue
        soft = {pair.tied for pair in both_ways(estimate)} if options.ties == "soft" else set()
        for pair in ordered_pairs(estimate):
            reason = _reason(pair, options)
            if reason in soft:
                reason = ""
            kept += not reason
            reasons[reason] += 1
    del reasons[""]
    return {"criterion": judged.criterion.name, "kept": kept, "left_out": dict(reasons.most_common())}


def _reason(pair: Any, options: Options) -> str:
    if isinstance(pair, str):
        return pair
    if pair.votes < options.min_labels:
        return "too_few_votes"
    return "low_probability" if pair.probability < options.min_probability else ""
