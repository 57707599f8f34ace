"""The project file's `pools`: the first is the one that everybody joins; one that is left out is removed."""

from typing import Any

from annotation import pools
from annotation.models import Pool, Project
from routing.models import RoutingSettings

from .values import ProjectFileError, clean, flag, mapping, slug_at, whole

DEFAULT = ["people"]


def set_pools(project: Project, entries: list[Any]) -> None:
    """Pools as named. Raises ProjectFileError, also for one left out that has to stay."""
    read = [_read(entry, f"pools[{number}]") for number, entry in enumerate(entries, start=1)]
    names = [values["name"] for values in read]
    for number, values in enumerate(read, start=1):
        if values["name"] in names[: number - 1]:
            raise ProjectFileError(f"pools[{number}]: pool {values['name']!r} is there twice")
        _set(project, values, f"pools[{number}]", first=number == 1)
        if number == 1:  # then nobody joins those that go, and what they did another can do
            project.pools.exclude(name=names[0]).update(default=False)
            project.pools.filter(name=names[0]).update(default=True)
            for pool in project.pools.exclude(name__in=names):
                _remove(pool)


def _read(entry: Any, where: str) -> dict[str, Any]:
    values = {"name": entry} if isinstance(entry, str) else dict(mapping(entry, where))
    return values | {"name": slug_at(values.get("name"), f"{where}.name")}


def _set(project: Project, values: dict[str, Any], where: str, first: bool) -> None:
    name = values.pop("name")
    pool = project.pools.filter(name=name).first() or Pool(project=project, name=name)
    if "labels_wanted" in values:
        wants = values.pop("labels_wanted")
        pool.labels_wanted = None if wants is None else whole(wants, f"{where}.labels_wanted")
    if "adjudicates" in values:
        pool.adjudicates = flag(values.pop("adjudicates"), f"{where}.adjudicates")
    if values:
        raise ProjectFileError(
            f"{where}: unknown key {next(iter(values))!r}; known: adjudicates, labels_wanted, name"
        )
    if pool.adjudicates and first:
        raise ProjectFileError(f"{where}: the first pool is the one that others adjudicate for")
    if pool.adjudicates and project.pools.filter(adjudicates=True).exclude(pk=pool.pk).exists():
        raise ProjectFileError(f"{where}: another pool adjudicates already")
    clean(pool, f"{where}.")
    pool.save()


def _remove(pool: Pool) -> None:
    """With what limits its work in routing."""
    try:
        pools.remove(pool)
    except pools.PoolError as error:
        raise ProjectFileError(f"pools: {pool.name!r} cannot be left out. {error}") from error
    if settings := RoutingSettings.objects.filter(project=pool.project_id).first():
        settings.hours.pop(pool.name, None)
        settings.capacity.pop(pool.name, None)
        settings.save(update_fields=["hours", "capacity"])
