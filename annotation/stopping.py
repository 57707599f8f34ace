"""When a comparison has labels enough: in projects with a `labels_cap`, asked anew after every answer.

A comparison is sure when for every criterion the most plausible answer reaches the project's threshold, given
what the last fit knew of the people who answered (`consensus.frozen`). Until then one more person is asked,
from `labels_wanted` up to `labels_cap`; a random layer (`consensus.in_layer`) always goes up to the cap.
Where a routing plan wants a number of labels of this very comparison, it gets no fewer. What is not sure at
the cap is asked of the pool that adjudicates. Only `Demand.wanted` changes, of the default pool and of that
one; other pools keep their number.

The fit is renewed in batches by `refit`, a Celery task, never while a person waits.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson
from django.db import connection, transaction

from . import reports
from .consensus import DEFAULT, TIE, in_layer, top_of
from .consensus.frozen import Said, posterior
from .models import Annotator, ConsensusFit, Criterion, Demand, Label, Project
from .projects import criteria_of, lock_demand
from .ranking import BOTH_BAD, Scale, letters
from .votes import Vote

# Above what anybody asks of the crowd, so that an adjudicator gets it first.
ADJUDICATION_PRIORITY = 1000.0

# A fit is renewed when this many labels came since, or this part of those it knew.
REFIT_LABELS = 30
REFIT_PART = 20
BATCH = 500

# One row a label of a person: what it says, what is known of who said it, and the slot it may close. Of gold,
# which somebody may have held when it became that, nothing more is asked.
_READ = """
SELECT l.comparison_id, c.k, l.criterion_id, l.ranking, s.competence, s.strategy, s.weight, f.classes,
       d.id, d.wanted, d.live, d.done, r.labels
FROM annotation_label l
JOIN annotation_annotator a ON a.id = l.annotator_id AND a.kind = %s
JOIN annotation_comparison c ON c.id = l.comparison_id
LEFT JOIN annotation_consensusfit f ON f.criterion_id = l.criterion_id AND f.method = %s AND f.k = c.k
LEFT JOIN annotation_annotatorskill s ON s.fit_id = f.id AND s.annotator_id = l.annotator_id
LEFT JOIN annotation_pool p ON p.project_id = l.project_id AND p."default"
LEFT JOIN annotation_demand d ON d.comparison_id = l.comparison_id AND d.pool_id = p.id
LEFT JOIN annotation_decision r ON r.comparison_id = l.comparison_id AND r.superseded_at IS NULL
WHERE l.comparison_id IN ({ids}) AND l.project_id = %s AND l.independent AND l.current
    AND NOT EXISTS (SELECT 1 FROM annotation_gold g JOIN annotation_reference k ON k.id = g.reference_id
                    WHERE k.comparison_id = l.comparison_id)
"""

# `live` may have changed since it was read, where this transaction does not hold the row.
_ASK = """
UPDATE annotation_demand
SET wanted = done + CASE WHEN live > %s THEN live ELSE %s END WHERE id = %s
"""

# Looked for first: an insert alone would wait for an adjudicator who is just answering.
_ADJUDICATE = """
INSERT INTO annotation_demand (comparison_id, pool_id, wanted, live, done, priority)
SELECT %s, p.id, 1, 0, 0, %s FROM annotation_pool p WHERE p.project_id = %s AND p.adjudicates
    AND NOT EXISTS (SELECT 1 FROM annotation_demand d WHERE d.comparison_id = %s AND d.pool_id = p.id)
ON CONFLICT DO NOTHING
"""


@dataclass(slots=True)
class Standing:
    """A comparison as people have labelled it; `demand` is (id, wanted, live, done) of the default pool, and
    `planned` how many labels of it the routing plan wants (0: as the project says)."""

    k: int
    demand: tuple[int, int, int, int] | None
    planned: int = 0
    votes: dict[int, list[Said]] = field(default_factory=lambda: defaultdict(list))
    classes: dict[int, Mapping[str, float]] = field(default_factory=dict)

    @property
    def labels(self) -> int:
        """How many people have answered."""
        return max(map(len, self.votes.values()), default=0)

    def confidence(self, criteria: Iterable[Criterion]) -> float:
        """How probable the most plausible answer is, on the criterion where it is least so."""
        return min(
            posterior(self.votes[one.pk], self.classes.get(one.pk) or _offered(one, self.k)).confidence
            for one in criteria
        )


def after_answers(cursor: Any, project: Project, comparison_ids: Iterable[int]) -> None:
    """Asks for more, or for no more, labels of comparisons that people have just answered.

    Inside the transaction that recorded the answers. One SQL statement to read, and one more for each
    comparison whose demand changes. Without a cap the project asks for a fixed number: none at all.
    """
    if project.labels_cap is None or not (ids := sorted(set(comparison_ids))):
        return
    for comparison_id, standing in _read(cursor, project, ids):
        _ask(cursor, project, comparison_id, standing)


def refit(project: Project) -> None:
    """Learns anew about annotators, and weighs anew what has labels, but fewer than the cap.

    So a comparison that turns out to be sure is closed, and one that the owner's new settings leave unsure is
    opened again. In batches, each a transaction that holds its rows of the queue for some milliseconds.
    """
    reports.refresh_consensus(project, method=DEFAULT)
    if project.labels_cap is None:
        return
    started = Demand.objects.filter(
        comparison__project=project, pool__default=True, done__gt=0, done__lt=project.labels_cap
    )
    last = 0
    while rows := list(started.filter(pk__gt=last).order_by("pk").values_list("pk", "comparison_id")[:BATCH]):
        with transaction.atomic(), connection.cursor() as cursor:
            lock_demand(Demand.objects.filter(pk__in=[pk for pk, _ in rows]))
            after_answers(cursor, project, [comparison_id for _, comparison_id in rows])
        last = rows[-1][0]


def due(project: Project) -> bool:
    """Whether enough labels came since the last fit. Reads an index, and no further than it takes."""
    known = {
        fit.criterion_id: fit
        for fit in ConsensusFit.objects.filter(criterion__project=project, method=DEFAULT).order_by("through")
    }
    for criterion in criteria_of(project):
        fit = known.get(criterion.pk)
        enough = max(REFIT_LABELS, fit.labels // REFIT_PART) if fit else 1
        newer = Label.objects.filter(criterion=criterion, pk__gt=fit.through if fit else 0)
        if newer.order_by("pk")[:enough].count() >= enough:
            return True
    return False


def _read(cursor: Any, project: Project, ids: list[int]) -> Iterator[tuple[int, Standing]]:
    cursor.execute(
        _READ.format(ids=", ".join(["%s"] * len(ids))), [Annotator.Kind.HUMAN, DEFAULT, *ids, project.pk]
    )
    found: dict[int, Standing] = {}
    for (
        comparison_id,
        k,
        criterion_id,
        ranking,
        *skill,
        classes,
        demand,
        wanted,
        live,
        done,
        planned,
    ) in cursor.fetchall():
        standing = found.get(comparison_id)
        if standing is None:
            slot = (demand, wanted, live, done) if demand is not None else None
            standing = found[comparison_id] = Standing(k, slot, planned or 0)
        if classes is not None and criterion_id not in standing.classes:
            standing.classes[criterion_id] = orjson.loads(classes)
        competence, strategy, weight = skill
        answer = top_of(Vote(ranking, k))
        standing.votes[criterion_id].append(
            Said(answer) if competence is None else Said(answer, competence, orjson.loads(strategy), weight)
        )
    return iter(sorted(found.items()))


def _ask(cursor: Any, project: Project, comparison_id: int, standing: Standing) -> None:
    labels, cap = standing.labels, project.labels_cap or 0
    sure = standing.confidence(criteria_of(project)) >= project.consensus_threshold
    if labels >= cap and not sure:
        cursor.execute(_ADJUDICATE, [comparison_id, ADJUDICATION_PRIORITY, project.pk, comparison_id])
    if standing.demand is None:
        return
    if in_layer(np.array([comparison_id]), project.overlap_share)[0]:
        enough = cap
    else:
        enough = project.labels_wanted if sure else max(project.labels_wanted, min(labels + 1, cap))
    demand, wanted, live, done = standing.demand
    more = max(enough - labels, standing.planned - done, 0)
    if wanted != done + max(live, more):
        cursor.execute(_ASK, [more, more, demand])


def _offered(criterion: Criterion, k: int) -> dict[str, float]:
    """The answers that a criterion offers, alike: what is known before the first fit."""
    names = [*letters(k)]
    if k > 2 or Scale(criterion.scale).ties:
        names.append(TIE)
    if criterion.both_bad:
        names.append(BOTH_BAD)
    return dict.fromkeys(names, 1 / len(names))
