"""What annotators report: flags, by which they ask the owner to look at a comparison, and why they skip."""

from django.db import transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from .audit import record
from .models import Annotator, Assignment, Comparison, Flag, Project, User

LONGEST_NOTE = 2000


class FlagError(ValueError):
    """The flag cannot be raised; the message says what to do."""


def raise_flag(annotator: Annotator, comparison_id: int, note: str) -> Flag:
    """Notes what an annotator found wrong. Raised again before it is resolved, the new note is added.

    Raises FlagError for an empty note or one longer than LONGEST_NOTE characters.
    """
    note = note.replace("\x00", "").strip()
    if not note:
        raise FlagError(_("Say in a few words what is wrong."))
    if len(note) > LONGEST_NOTE:
        raise FlagError(_("Shorten the text to %(number)s characters.") % {"number": LONGEST_NOTE})
    flag, created = Flag.objects.get_or_create(
        comparison_id=comparison_id, annotator=annotator, resolved_at=None, defaults={"note": note}
    )
    if not created and note not in flag.note:
        flag.note = f"{flag.note}\n{note}"
        flag.save(update_fields=["note"])
    return flag


def open_flags(project: Project) -> QuerySet[Flag]:
    """Flags that nobody has resolved yet, the oldest first."""
    return Flag.objects.filter(comparison__project=project, resolved_at=None).order_by("pk")


def unresolved() -> dict[str, Coalesce]:
    """For `project_for(..., **unresolved())`: the number of open flags (`notes`) and of the comparisons that
    they are on (`flagged`), in the same statement."""
    found = Flag.objects.filter(comparison__project=OuterRef("project"), resolved_at=None).order_by()
    counts = {"notes": Count("pk"), "flagged": Count("comparison", distinct=True)}
    return {
        name: Coalesce(Subquery(found.values("comparison__project").annotate(n=count).values("n")), 0)
        for name, count in counts.items()
    }


def resolve(project: Project, flag_id: int, by: User) -> Flag:
    """Settles a flag of this project; one that is settled stays as it is.

    Raises Flag.DoesNotExist where the project has no such flag.
    """
    with transaction.atomic():
        flags = Flag.objects.select_related("comparison").select_for_update(of=("self",))
        flag = flags.get(comparison__project=project, pk=flag_id)
        if flag.resolved_at is None:
            flag.resolved_at = timezone.now()
            flag.save(update_fields=["resolved_at"])
            said = {"flag": flag.pk, "note": flag.note[:LONGEST_NOTE]}
            before, after = said | {"settled": False}, said | {"settled": True}
            record(project, by, "settle-flag", flag.comparison.external_id, before=before, after=after)
    return flag


def skips(project: Project, comparison: Comparison | None = None) -> dict[str, int]:
    """How often the project's people gave back a comparison (this one, or any) by reason, the most frequent
    first. Whoever took it back is not counted."""
    skipped = Assignment.objects.filter(annotator__project=project, state=Assignment.State.RETURNED)
    if comparison is not None:
        skipped = skipped.filter(comparison=comparison)
    reasons = skipped.exclude(skip_reason="").order_by().values_list("skip_reason")
    return dict(reasons.annotate(number=Count("pk")).order_by("-number", "skip_reason"))
