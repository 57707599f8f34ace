"""Finding comparisons: by words of the prompt, and by how they stand. In the order of import, page by page.

What a page costs does not grow with the project: every filter has an index in the order of the list, or picks
few rows of another table (open flags, open demand), and the planner chooses between the two.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from django.db import connection
from django.db.models import BooleanField, F, Func, QuerySet, Value

from .models import Comparison, Decision, Demand, Flag, Project, SearchText, Summary
from .models.queue import OPEN

LONGEST = 200  # characters of what is searched for
NEAR = 5000  # ids among which words are looked for one by one: some 50 ms
_Source = Summary.Source

STATES = ("nobody", "labelled", "waiting", "adjudicate")
SOURCES = ("people", "judges", "both", "audit")
DIFFERENCES = ("people", "judges")

# From each category to the next one along the index, past all rows of the same.
_CATEGORIES = """
WITH RECURSIVE named(category) AS (
    SELECT MIN(category) FROM annotation_summary WHERE project_id = %s AND category > ''
    UNION ALL
    SELECT (SELECT MIN(s.category) FROM annotation_summary s
            WHERE s.project_id = %s AND s.category > named.category)
    FROM named WHERE named.category IS NOT NULL
)
SELECT category FROM named WHERE category IS NOT NULL LIMIT %s
"""

_BY_SOURCE = {"people": _Source.PEOPLE, "judges": _Source.JUDGES, "both": _Source.BOTH}


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; empty fields ask for nothing.

    `words`: all of them, each as the beginning of a word of the prompt, whatever the case. `state`: nobody
    (has labelled it), labelled, waiting (for people) or adjudicate (waits for an adjudicator). `source`:
    people, judges, both, or audit (routing's slice that gets both). `differ`: people (among themselves) or
    judges (from people). `flag`: an open one.
    """

    words: str = ""
    state: str = ""
    source: str = ""
    differ: str = ""
    flag: str = ""
    category: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> "Search":
        """From the fields of a form; what is not known asks for nothing."""
        known = {"state": STATES, "source": SOURCES, "differ": DIFFERENCES, "flag": ("open",)}
        said = cls(
            **{field.name: given.get(field.name, "")[:LONGEST].replace("\0", "") for field in fields(cls)}
        )
        wrong = {name: "" for name, values in known.items() if getattr(said, name) not in values}
        return replace(said, words=" ".join(said.words.split()), **wrong)

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))


def find(project: Project, search: Search, after: int = 0, number: int = 50) -> list[int]:
    """Ids of the first `number` comparisons with an id above `after` that fit. Four SQL statements at most.

    PostgreSQL takes what fits for spread evenly, and would go along the list for a word of which there is
    nothing until its end. So it may do so for the next comparisons only; where a page is not full then, an
    order that no index has leaves it to find all that fits, through the index of words.
    """
    order: Any = "pk"
    if re.search(r"\w", search.words) and connection.vendor == "postgresql":
        near = _fitting(project, search, pk__gt=after, pk__lte=after + NEAR)
        if len(ids := _first(near.order_by("pk"), number)) == number:
            return ids
        order = F("pk") + 0
    return _first(_fitting(project, search, pk__gt=after).order_by(order), number)


def named(project: Project, search: Search) -> int | None:
    """The comparison whose id in the imported file is exactly what is searched for."""
    known = Comparison.objects.filter(project=project, external_id=search.words) if search.words else None
    return known.values_list("pk", flat=True).first() if known is not None else None


def categories(project: Project, most: int = 100) -> list[str]:
    """The first categories by name, at most so many. One SQL statement, which reads a row for each."""
    with connection.cursor() as cursor:
        cursor.execute(_CATEGORIES, [project.pk, project.pk, most])
        return [name for (name,) in cursor.fetchall()]


def _first(found: QuerySet[Any], number: int) -> list[int]:
    return list(found.values_list("pk", flat=True)[:number])


def _fitting(project: Project, search: Search, **bounds: int) -> QuerySet[Any]:
    """The bounds, of comparisons' ids, are said to each table: the planner does not carry them over."""
    found = (
        _summarised(project, search) if _by_summary(search) else Comparison.objects.filter(project=project)
    )
    found = found.filter(**bounds)
    for of in _few(project, search):
        theirs = {f"comparison__{bound}": value for bound, value in bounds.items()}
        found = found.filter(pk__in=of.filter(**theirs).values("comparison"))
    if terms := re.findall(r"\w+", search.words):
        return _texts(terms).filter(**bounds).filter(pk__in=found.values("pk"))
    return found


def _by_summary(search: Search) -> bool:
    by_state = search.state in ("nobody", "labelled")
    return bool(search.source in _BY_SOURCE or search.differ or search.category or by_state)


def _summarised(project: Project, search: Search) -> QuerySet[Any]:
    """Summaries, so that PostgreSQL goes along an index of theirs."""
    found = Summary.objects.filter(project=project)
    if search.state == "nobody":
        found = found.filter(source=_Source.NOBODY)
    elif search.state == "labelled":
        found = found.filter(source__gt=0)
    if search.source in _BY_SOURCE:
        found = found.filter(source=_BY_SOURCE[search.source])
    if search.differ:
        found = found.filter(**{f"{search.differ}_differ__gt": 0})
    if search.category:
        found = found.filter(category=search.category)
    return found


class _Match(Func):
    """PostgreSQL: whether a text's `words`, a column that no model describes, are those of a query."""

    template = "words @@ to_tsquery('simple', %(expressions)s)"
    output_field = BooleanField()


def _few(project: Project, search: Search) -> Iterator[QuerySet[Any]]:
    """Rows of other tables that a comparison must have."""
    if search.flag:
        yield Flag.objects.filter(resolved_at=None)
    if search.source == "audit":
        yield Decision.objects.filter(audit=True, superseded_at=None)
    if search.state in ("waiting", "adjudicate"):
        pools = project.pools.all()
        if search.state == "adjudicate":
            pools = pools.filter(adjudicates=True)
        yield Demand.objects.filter(OPEN, pool__in=list(pools))


def _texts(terms: list[str]) -> QuerySet[Any]:
    """Texts with a word that begins so for each of the terms."""
    if connection.vendor == "postgresql":
        said = Value(" & ".join(f"'{term}':*" for term in terms))
        return SearchText.objects.filter(_Match(said))
    texts: QuerySet[Any] = SearchText.objects.all()
    for term in terms:  # SQLite has no words; Django gives it Python's regular expressions
        texts = texts.filter(text__iregex=rf"\b{term}")
    return texts
