"""The overview page: a sentence, the ledger, and what needs its owner."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from annotation import figures
from annotation.flags import unresolved
from annotation.leaks import undecided
from annotation.models import Annotator, AuditEntry, Figures, Project, Release
from annotation.permissions import Access, project_for
from routing.series import newest_plan

from ...words import skip_reason, who
from ..signed_in import SignedInRequest, signed_in
from .ledger import Coverage, ledger, pools, together

# Judges that are listed in full; imports may bring dozens. The rest is summed up, and listed when asked for.
LISTED = 6
NEARLY = Decimal("0.8")  # of the budget: time to think
NAMED = 5  # people whom "needs you" names


@signed_in
@require_safe
def overview(request: SignedInRequest, slug: str) -> HttpResponse:
    """A constant number of statements, whatever the project's size. Its `live` part is asked for again."""
    access = project_for(request.user, slug, "view", leaks=undecided(), **unresolved())
    project, counted = access.project, vars(access.membership)
    kept = figures.kept(project, ("progress", "pace", "trust"))
    progress, trust = figures.find(project, "progress", kept.get("progress")), kept.get("trust")
    found = progress.content
    coverage = Coverage(**found["coverage"])
    lines = ledger(found, coverage)
    people, judges = lines[0], lines[1:]
    spent = sum((line.spent for line in lines), Decimal(0))
    by_pool = pools(found)
    skipped = {skip_reason(reason): number for reason, number in found["skips"].items()}
    pay = _pay(project, kept)
    context = {
        "access": access,
        "project": project,
        "may_label": access.may("label"),
        "coverage": coverage,
        "people": people,
        "pay": pay,
        "underpaid": pay is not None and pay.fair == "below",
        "judges": judges,
        "listed": judges[:LISTED],
        "others": judges[LISTED:],
        "rest": together(judges[LISTED:]),
        "judge_labels": sum(line.labels for line in judges),
        "judge_spent": spent - people.spent,
        "spent": spent,
        "over_budget": project.budget is not None and spent > project.budget,
        "nearly_spent": spent >= NEARLY * project.budget if project.budget else False,
        "totals": {
            "labels": sum(line.labels for line in lines),
            "wanted": sum(line.wanted for line in lines),
        },
        "failed_calls": sum(line.failed for line in judges),
        "failing": [line for line in judges if line.failed],
        "pools": by_pool,
        "to_adjudicate": sum(pool.wanted for pool in by_pool if pool.adjudicates),
        "forecast": _forecast(found, sum(pool.wanted for pool in by_pool)),
        "trust": trust.content if trust and trust.computed_at else None,
        "flags": {"number": counted["notes"], "comparisons": counted["flagged"]},
        "leaks": counted["leaks"],
        "skips": skipped,
        "skipped": sum(skipped.values()),
        "as_of": None if progress.exact else progress.computed_at,
    } | _halted(access)
    if request.htmx:
        return render(request, "frontend/overview/live.html", context)
    context |= {
        "plan": newest_plan(project),
        "releases": Release.objects.filter(project=project, state=Release.State.READY).order_by("-number")[
            :10
        ],
    }
    return render(request, "frontend/overview/page.html", context)


def _pay(project: Project, kept: Mapping[str, Figures]) -> figures.Pay | None:
    """What an hour pays people; None where an answer has no price. One statement at most."""
    if not project.human_label_price:
        return None
    return figures.pay_at(project, figures.find(project, "pace", kept.get("pace")).content)


def _halted(access: Access) -> dict[str, Any]:
    """People who are paused (not guests who are through), and how many of the paused and excluded wait for a
    reply. For managers alone; one statement."""
    if not access.manages:
        return {"paused": [], "appeals": 0}
    said = AuditEntry.objects.filter(annotator=OuterRef("pk"), act="appeal")
    halted = (
        Annotator.objects.filter(project=access.project, kind=Annotator.Kind.HUMAN)
        .exclude(paused_at=None, excluded_at=None)
        .annotate(appealed=Exists(said), ended_at=F("participation__ended_at"))
    )
    rows = list(halted)
    paused = [one for one in rows if not (one.excluded_at or one.ended_at or one.appealed)]
    return {
        "paused": [{"pk": one.pk, "name": who(one), "told": one.told} for one in paused[:NAMED]],
        "more_paused": max(len(paused) - NAMED, 0),
        "appeals": sum(one.appealed for one in rows),
    }


def _forecast(found: Mapping[str, Any], left: int) -> dict[str, Any]:
    """When people will be done, as dates."""
    today = timezone.localdate()
    by_day = {date.fromisoformat(row["day"]): row["people"] for row in found["days"] if row["people"]}
    first = min(by_day, default=today)
    first = max(first, today - timedelta(days=figures.forecast.DAYS))
    daily = [by_day.get(first + timedelta(days=n), 0) for n in range((today - first).days)]
    seen = figures.forecast.forecast(daily, left)

    def ends(days: float | None) -> date | None:
        return today + timedelta(days=round(days)) if days is not None and days < 3650 else None

    return {
        "left": left,
        "today": by_day.get(today, 0),
        "pace": seen.pace,
        "ends": ends(seen.days),
        "soonest": ends(seen.soonest),
        "latest": ends(seen.latest),
    }
