"""Flags: an annotator asks the owner to look at a comparison."""

from django.utils.translation import gettext as _

from .models import Annotator, Flag

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
