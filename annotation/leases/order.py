"""In which order an annotator sees the responses of a comparison."""

import hashlib

from ..models import Annotator
from ..ranking import letters


def shown_order(annotator: Annotator, comparison_id: int, k: int) -> str:
    """Stored letters in the order shown: fixed for (annotator, comparison), uniform over comparisons.

    A judge's assignment is in stored order; the orders it is asked in are on its calls.
    """
    stored = letters(k)
    if annotator.kind == Annotator.Kind.JUDGE:
        return stored
    return "".join(sorted(stored, key=lambda letter: _draw(annotator.pk, comparison_id, letter)))


def _draw(*parts: object) -> bytes:
    return hashlib.blake2b("/".join(map(str, parts)).encode(), digest_size=8).digest()
