"""Who labelled, by the names that files use; made on first sight."""

from collections.abc import Iterable

from .. import bulk
from ..models import Annotator, Project


class Annotators:
    """Annotators of one project by external id, read once each."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known: dict[str, tuple[int, str]] = {}
        self._expected: dict[str, str] = {}

    def look_up(self, names: Iterable[str]) -> None:
        unseen = set(names) - self._known.keys()
        if unseen:
            rows = Annotator.objects.filter(project=self._project, external_id__in=unseen)
            for name, pk, kind in rows.values_list("external_id", "pk", "kind"):
                self._known[str(name)] = (pk, kind)

    def kind(self, name: str) -> str | None:
        """human or judge; None for somebody new. `look_up` comes first."""
        if name in self._known:
            return self._known[name][1]
        return self._expected.get(name)

    def names(self, wanted: Iterable[str]) -> dict[int, str]:
        """Names by id of those among `wanted` who are there."""
        return {self._known[name][0]: name for name in wanted if name in self._known}

    def id(self, name: str) -> int:
        return self._known[name][0]

    def expect(self, name: str, kind: str) -> None:
        """Has `write` make this annotator unless known."""
        if name not in self._known:
            self._expected[name] = kind

    def write(self) -> int:
        """Makes those expected; gives their number."""
        ids = bulk.reserve(Annotator, len(self._expected)) if self._expected else []
        rows = [(pk, name, name, kind) for pk, (name, kind) in zip(ids, self._expected.items(), strict=True)]
        bulk.insert(Annotator, ["id", "external_id", "name", "kind"], rows, project_id=self._project.pk)
        self._known |= {name: (pk, kind) for pk, name, _, kind in rows}
        self._expected = {}
        return len(rows)
