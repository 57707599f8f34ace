"""Agreement reports as they are kept: exact in a small project, of a moment ago in a large one."""

from collections.abc import Iterable

from annotation import figures
from annotation.figures import Found
from annotation.models import Criterion, Project


def reports_of(
    project: Project,
    detailed: Iterable[Criterion],
    others: Iterable[Criterion] = (),
    wait: bool = False,
) -> dict[int, Found]:
    """The reports by criterion, those of `others` without details. `wait`: none is missing, even where that
    takes long. A constant number of statements for what is kept."""
    names = {one.pk: figures.named(one, details=True) for one in detailed}
    names |= {one.pk: figures.named(one, details=False) for one in others}
    found = figures.find_all(project, names.values(), wait)
    return {pk: found[name] for pk, name in names.items()}
