"""The project file's `routing`: when models refit, what a right label is worth, what limits people's work."""

from collections.abc import Callable, Mapping
from typing import Any

from annotation.models import Project
from routing.models import RoutingSettings

from .values import ProjectFileError, clean, mapping, money, number_of, share

MOST = 10**9
KEYS = ("audit_share", "capacity", "hours", "label_worth", "least_per_category", "refit_after")


def set_routing(project: Project, data: Mapping[str, Any]) -> None:
    """Sets what `data` names and leaves the rest; the project's pools are there already."""
    for key in data:
        if key not in KEYS:
            raise ProjectFileError(f"routing: unknown key {key!r}; known: {', '.join(KEYS)}")
    settings, _ = RoutingSettings.objects.get_or_create(project=project)
    if "refit_after" in data:
        settings.refit_after = _count(data["refit_after"], "routing.refit_after")
    if "label_worth" in data:
        worth = data["label_worth"]
        settings.label_worth = None if worth is None else money(worth, "routing.label_worth")
    if "least_per_category" in data:
        settings.least_per_category = _each(data, "least_per_category", _count)
    pools = set(project.pools.values_list("name", flat=True))
    if "hours" in data:
        settings.hours = _each(data, "hours", _hours, pools)
    if "capacity" in data:
        settings.capacity = _each(data, "capacity", _count, pools)
    if "audit_share" in data:
        project.audit_share = share(data["audit_share"], "routing.audit_share")
        project.save(update_fields=["audit_share"])
    clean(settings, "routing.")
    settings.save()


def _each(
    data: Mapping[str, Any], key: str, read: Callable[[Any, str], Any], known: set[str] | None = None
) -> dict[str, Any]:
    found = {}
    for name, value in mapping(data[key] or {}, f"routing.{key}").items():
        if known is not None and name not in known:
            raise ProjectFileError(
                f"routing.{key}: there is no pool {name!r}; pools: {', '.join(sorted(known))}"
            )
        found[str(name)] = read(value, f"routing.{key}.{name}")
    return found


def _count(value: Any, where: str) -> int:
    number: int = number_of(int, value, where, 0, f"a whole number from 0 to {MOST:,}", MOST)
    return number


def _hours(value: Any, where: str) -> float:
    hours: float = number_of(float, value, where, 0, f"a number of hours from 0 to {MOST:,}", MOST)
    return hours
