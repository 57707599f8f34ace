"""What annotators are called where programs read it."""

from .models import Annotator


def annotator_name(annotator: Annotator) -> str:
    """The imported id, a judge's name, or `person-ID`: names and e-mail addresses stay inside."""
    if annotator.kind == Annotator.Kind.JUDGE:
        return annotator.external_id or annotator.name
    imported = annotator.external_id or ""
    return imported if imported and "@" not in imported else f"person-{annotator.pk}"
