"""`multipref`: a comparison a row with all of its votes, in the columns of MultiPref (Miranda et al. 2024).

`import_comparisons` reads it back.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from ...models import Criterion, Label
from ...ranking import BOTH_BAD, parse
from ..facts import scrubber_of
from ..frozen import Frozen, Item
from ..judged import held_back
from ..rows import Account, Row
from ..texts import Said, said

CONFIG = "multipref"
UNIT = "comparisons"
ABOUT = "Comparisons of two answers with every vote on them, in MultiPref's columns."
COLUMNS = {
    "comparison": "the comparison's id, the same as comparison_id",
    "comparison_id": "the comparison's id",
    "prompt_id": "what is never split: comparisons of one prompt share it",
    "text": "the prompt",
    "completion_a": "the first answer",
    "completion_b": "the second answer",
    "model_a": "who wrote the first answer",
    "model_b": "who wrote the second answer",
    "category": "the comparison's category, where it has one",
    "annotations": "one entry a submission: evaluator (a person's pseudonym or a judge's name), kind, pool "
    "(of a person, such as crowd or expert), time_spent in seconds, shown_order, timestamp (the day), and "
    "for each criterion its preference, confidence, checked reasons and, beside rationales, own reason",
}
_STRENGTHS = {None: "", 1: "slightly-", 2: "clearly-", 3: "clearly-"}
_LABEL = (
    "pk", "comparison_id", "annotation_id", "annotator_id", "annotator__kind", "criterion__name", "ranking",
    "strength", "confidence", "rationale__reasons", "rationale__text", "annotation__shown",
    "annotation__active_seconds", "created_at",
)  # fmt: skip


def schema(criteria: Sequence[str], rationales: bool) -> pa.Schema:
    fields = [
        ("evaluator", pa.string()),
        ("kind", pa.string()),
        ("pool", pa.string()),
        ("time_spent", pa.float64()),
        ("shown_order", pa.string()),
        ("timestamp", pa.string()),
    ]
    for name in criteria:
        fields += [
            (f"{name}_pref", pa.string()),
            (f"{name}_confidence", pa.string()),
            (f"{name}_checked_reasons", pa.list_(pa.string())),
        ]
        if rationales:
            fields.append((f"{name}_own_reason", pa.string()))
    texts = [name for name in COLUMNS if name != "annotations"]
    return pa.schema([*((name, pa.string()) for name in texts), ("annotations", pa.list_(pa.struct(fields)))])


class MultiPref:
    """Makes rows of batches of comparisons; one statement a batch. Of `disputed` criteria annotators agree
    too little for this release."""

    def __init__(self, frozen: Frozen, disputed: Collection[Criterion] = ()) -> None:
        self.frozen = frozen
        self.disputed = {one.name for one in disputed}
        self.options = frozen.options
        self.scrub = scrubber_of(frozen.project)
        self.offered = {one.name: frozenset(one.reasons) for one in frozen.criteria}
        entry = schema([one.name for one in frozen.criteria], self.options.rationales)
        self.empty = {field.name: None for field in entry.field("annotations").type.value_type}

    def rows(self, items: Sequence[Item], account: Account) -> Iterator[Row]:
        wanted = [pk for item in items for pk in item.label_ids]
        # Repeats, mirrors and people whose labels do not count are no votes.
        found = Label.objects.filter(comparison_id__in=[item.pk for item in items], independent=True)
        by_comparison: dict[int, list[dict[str, Any]]] = {}
        frozen = set(wanted)
        for values in found.filter(criterion__in=self.frozen.criteria).order_by("pk").values(*_LABEL):
            if values["pk"] in frozen:
                by_comparison.setdefault(values["comparison_id"], []).append(values)
        for item in items:
            account.read += 1
            row = self._row(item, by_comparison.get(item.pk, []))
            if isinstance(row, str):
                account.remove(row, item.external_id)
            else:
                yield Row(CONFIG, row)

    def _row(self, item: Item, labels: Sequence[Mapping[str, Any]]) -> dict[str, Any] | str:
        if reason := held_back(item.instrument, item.flagged, self.options):
            return reason
        if not item.fit:
            return "unfit"
        if item.k != 2:
            return "not_a_pair"
        sides = [said(item.prompt, response) for response in item.responses]
        for side in sides:
            if isinstance(side, str):
                return side
            if len(side.prompt) > 1 or len(side.answer) > 1:
                return "several_messages"
        one, other = (side for side in sides if isinstance(side, Said))
        if self.options.source in ("human", "judge"):
            labels = [label for label in labels if label["annotator__kind"] == self.options.source]
        entries = self._entries(label for label in labels if label["criterion__name"] not in self.disputed)
        if not entries:
            return "low_agreement" if labels else "no_votes"
        if len(entries) < self.options.min_labels:
            return "too_few_votes"
        return {
            "comparison": item.external_id,
            "comparison_id": item.external_id,
            "prompt_id": item.group,
            "text": one.prompt[0]["content"],
            "completion_a": one.answer[0]["content"],
            "completion_b": other.answer[0]["content"],
            "model_a": item.responses[0].model,
            "model_b": item.responses[1].model,
            "category": item.category,
            "annotations": entries,
        }

    def _entries(self, labels: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        entries: dict[int, dict[str, Any]] = {}
        for label in labels:
            entry = entries.setdefault(
                label["annotation_id"],
                self.empty
                | {
                    "evaluator": self.frozen.names[label["annotator_id"]],
                    "kind": label["annotator__kind"],
                    "pool": self.frozen.pools.get(label["annotator_id"]),
                    "time_spent": label["annotation__active_seconds"],
                    "shown_order": label["annotation__shown"],
                    "timestamp": label["created_at"].date().isoformat(),
                },
            )
            name = label["criterion__name"]
            entry[f"{name}_pref"] = preference(label["ranking"], label["strength"])
            entry[f"{name}_confidence"] = f"{label['confidence']}-confident" if label["confidence"] else None
            reasons = label["rationale__reasons"] or []
            if self.options.rationales:
                entry[f"{name}_checked_reasons"] = [
                    reason if reason in self.offered[name] else self.scrub(reason) for reason in reasons
                ]
                entry[f"{name}_own_reason"] = self.scrub(label["rationale__text"] or "")
            else:
                entry[f"{name}_checked_reasons"] = [one for one in reasons if one in self.offered[name]]
        return sorted(entries.values(), key=lambda entry: (entry["kind"], entry["evaluator"]))


def preference(ranking: str, strength: int | None) -> str | None:
    """MultiPref's words for an answer on a pair; it has none for both bad."""
    if ranking == BOTH_BAD:
        return None
    winner = parse(ranking, 2).winner
    return "Tie" if winner is None else f"{winner.upper()}-is-{_STRENGTHS[strength]}better"
