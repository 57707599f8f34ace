"""The overview's charts: each a table that the page draws, shows behind the drawing, and gives as a file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from itertools import accumulate
from typing import Any, Literal

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from annotation import figures
from annotation.figures.answers import TIMES
from annotation.models import Project
from annotation.permissions import project_for
from annotation.projects import criteria_of
from annotation.ranking import Scale

from ...templatetags.humanise import answer_in_words, money
from ...words import title, who
from ..agreement.tables import Column, Table, spread, with_interval
from ..as_of import AsOf, dated
from ..signed_in import SignedInRequest, signed_in

Shape = Literal["lines", "bars", "band", "whiskers"]
DRAWN = ("progress", "answers", "trust")
Figures = Mapping[str, figures.Found]


@dataclass(frozen=True, slots=True)
class Chart:
    """`shape` says how it is drawn: the first column along the bottom, the others by `draws` (people, judge,
    both, low, high, or empty for what is in the table alone). `why` stands in place of a drawing.
    """

    key: str
    title: str
    says: str
    shape: Shape
    table: Table
    draws: Sequence[str]
    why: str = ""

    @property
    def heads(self) -> list[tuple[Column, str]]:
        return list(zip(self.table.columns, ["", *self.draws], strict=True))

    @property
    def rows(self) -> list[list[tuple[str, bool, Any]]]:
        """(words, whether it is a number, the value to be drawn) for every cell."""
        shown = self.table.shown(len(self.table.rows))
        return [
            [(words, number, _drawn(value)) for (words, number), value in zip(cells, row, strict=True)]
            for cells, row in zip(shown, self.table.rows, strict=True)
        ]


@signed_in
@require_safe
def charts(request: SignedInRequest, slug: str) -> HttpResponse:
    """The charts, a part of the overview that comes after the rest of it; by itself, a page of them."""
    access = project_for(request.user, slug, "view")
    found = figures.find_all(access.project, DRAWN)
    as_of = AsOf.of(request, found.values())
    if as_of.unchanged:
        return HttpResponse(status=204)
    context = {
        "access": access,
        "project": access.project,
        "as_of": as_of,
        "charts": [] if as_of.missing else [make(access.project, found) for make in CHARTS.values()],
    }
    template = "charts" if request.htmx else "charts_page"
    return render(request, f"frontend/overview/{template}.html", context)


@signed_in
@require_safe
def chart_table(request: SignedInRequest, slug: str, chart: str) -> HttpResponse:
    """The numbers of one chart as CSV."""
    project = project_for(request.user, slug, "view").project
    if chart not in CHARTS:
        raise Http404("There is no such chart")
    found = figures.find_all(project, DRAWN, wait=True)
    made = CHARTS[chart](project, found)
    reply = HttpResponse(made.table.csv(), content_type="text/csv; charset=utf-8")
    name = dated(f"{project.slug}-{chart}.csv", found.values())
    reply["Content-Disposition"] = f'attachment; filename="{name}"'
    return reply


def _progress(project: Project, found: Figures) -> Chart:
    days = found["progress"].content["days"]
    rows = [
        [_day(row["day"]), people, judges]
        for row, people, judges in zip(
            days,
            accumulate(row["people"] for row in days),
            accumulate(row["judges"] for row in days),
            strict=True,
        )
    ]
    return Chart(
        "progress",
        _("Answers"),
        _("Answers given here so far, day by day. Imported ones are not among them."),
        "lines",
        _people_and_judges(Column("day", _("Day"), "moment"), rows),
        ["people", "judge"],
        "" if any(people or judges for _, people, judges in rows) else _("Nobody has answered here yet."),
    )


def _spend(project: Project, found: Figures) -> Chart:
    days = [row for row in found["progress"].content["days"] if float(row["spent"])]
    rows = [
        [_day(row["day"]), total]
        for row, total in zip(days, accumulate(float(row["spent"]) for row in days), strict=True)
    ]
    budget = project.budget
    says = _("People and judges together, in %(currency)s.") % {"currency": project.currency}
    if budget:
        says += " " + _("The budget is %(budget)s.") % {"budget": money(budget, project.currency)}
    columns = [Column("day", _("Day"), "moment"), Column("spent", _("Spent"))]
    why = "" if rows else _("Nothing has been spent yet.")
    return Chart("spend", _("Money spent"), says, "lines", Table(columns, rows), ["both"], why)


def _agreement(project: Project, found: Figures) -> Chart:
    parts = found["trust"].content.get("time", [])
    rows = [
        [datetime.fromisoformat(part["to"]), *spread(part["alpha"], part["ci95"])]
        for part in parts
        if part["to"] and part["alpha"] is not None
    ]
    columns = [
        Column("until", _("Until"), "moment"),
        *with_interval("alpha", _("Alpha")),
    ]
    return Chart(
        "agreement",
        _("Agreement of people"),
        _("Alpha of equal parts of the comparisons in order of time, with its 95 % interval."),
        "band",
        Table(columns, rows),
        ["people", "low", "high"],
        "" if len(rows) > 1 else _("It takes 60 comparisons that two people have answered."),
    )


def _annotators(project: Project, found: Figures) -> Chart:
    given = found["trust"].content.get("annotators", [])
    # 0 is nobody: a list that is never empty is always asked about, in a small project as in a large one.
    theirs = project.annotators.filter(pk__in=[0, *(row["annotator"] for row in given)])
    known = {one.pk: one for one in theirs}
    rows = [
        [
            who(known[row["annotator"]]),
            row["kind"],
            row["labels"],
            *spread(row["value"], row["ci95"]),
        ]
        for row in given
        if row["annotator"] in known
    ]
    columns = [
        Column("annotator", _("Who"), "text"),
        Column("kind", _("Kind"), "text"),
        Column("labels", _("Labels"), "count"),
        *with_interval("with_the_others", _("With the others"), "percent"),
    ]
    return Chart(
        "annotators",
        _("Each with the others"),
        _("How often somebody says what most of the others say, from 20 labels on. Different is not wrong."),
        "whiskers",
        Table(columns, rows),
        ["", "", "people", "low", "high"],
        "" if rows else _("Nobody has 20 labels yet on what others have answered too."),
    )


def _labels(project: Project, found: Figures) -> Chart:
    said = found["answers"].content["labels"]
    criterion = next((one for one in criteria_of(project) if one.name in said), None)
    rows = []
    if criterion:
        scale = Scale(criterion.scale)
        for what, strength, people, judges in said[criterion.name]:
            best = len(what) == 1
            words = _("%(letter)s best") % {"letter": what.upper()} if best else ""
            rows.append([words or answer_in_words(what, strength or None, scale), people, judges])
    table = _people_and_judges(Column("answer", _("Answer"), "text"), rows)
    says = _("What was answered, in stored letters.")
    if criterion:
        says = f"{title(criterion)}: " + _("what was answered, in stored letters.")
    why = "" if rows else _("Nobody has answered yet.")
    return Chart("labels", _("Answers by what they say"), says, "bars", table, ["people", "judge"], why)


def _times(project: Project, found: Figures) -> Chart:
    counts = found["answers"].content["times"]
    ends = [*(str(end) for end in TIMES[1:]), ""]
    rows = [
        [f"{start}–{end}" if end else f"{start}+", number]
        for start, end, number in zip(TIMES, ends, counts, strict=True)
    ]
    while rows and not rows[-1][1]:
        rows.pop()
    columns = [Column("seconds", _("Seconds"), "text"), Column("answers", _("Answers"), "count")]
    return Chart(
        "times",
        _("Time an answer took"),
        _("People's answers by active seconds, while the page was in front."),
        "bars",
        Table(columns, rows),
        ["people"],
        "" if rows else _("No time is known yet."),
    )


CHARTS: dict[str, Callable[[Project, Figures], Chart]] = {
    "progress": _progress,
    "agreement": _agreement,
    "labels": _labels,
    "times": _times,
    "annotators": _annotators,
    "spend": _spend,
}


def _people_and_judges(first: Column, rows: Sequence[Sequence[Any]]) -> Table:
    """How many answers of people and of judges there are of each of something."""
    counts = [Column("people", _("People"), "count"), Column("judges", _("Judges"), "count")]
    return Table([first, *counts], rows)


def _day(text: str) -> datetime:
    """The beginning of a day."""
    return timezone.make_aware(datetime.combine(datetime.fromisoformat(text), time.min))


def _drawn(value: Any) -> Any:
    """A moment as seconds, a number as it is, and nothing for what cannot be drawn."""
    if isinstance(value, datetime):
        return int(value.timestamp())
    return value if isinstance(value, int | float) else ""
