"""How many labels, from which pools, and when to stop asking, as a form."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _l

from annotation.pools import in_the_way

from .section import Section, figure, text, typed

_WANTED = ("labels_wanted", "labels_cap", "consensus_threshold", "overlap_share")


@dataclass(frozen=True, slots=True)
class PoolBlock:
    """Fields of one pool, or of a new one; `stays` says why it cannot be taken out where that is so."""

    fields: list[forms.BoundField]
    there: bool
    stays: str


class LabelsSection(Section):
    """How many labels, from whom, and when to stop asking."""

    key = "labels"
    template = "frontend/setup/labels.html"
    labels_wanted = figure(_l("Labels wanted"), _l("Of each comparison, by different people."))
    labels_cap = figure(
        _l("Most labels"), _l("Empty: always as many as wanted. A number: more are asked until it is sure.")
    )
    consensus_threshold = figure(
        _l("Sure from"), _l("How probable the answer must be, 0.5 to 1, to stop asking before the most.")
    )
    overlap_share = figure(
        _l("Always asked in full"),
        _l("Part of the comparisons, drawn by lot, that keeps the figures honest."),
    )

    def build(self) -> None:
        self.initial = {key: self.said[key] for key in _WANTED}
        self._stays = {pool.name: in_the_way(pool) for pool in self.project.pools.filter(default=False)}
        for number, pool in enumerate([*self.said["pools"], {}]):
            there = bool(pool)
            self.fields[f"pool-{number}"] = text(
                _l("Name"), disabled=there, max_length=60, help_text="" if there else _l("Such as experts.")
            )
            self.fields[f"pool-{number}-labels"] = figure(
                _l("Labels of its own"),
                _l("Empty: as above.") if number == 0 else _l("Empty: none."),
            )
            self.initial[f"pool-{number}"] = pool.get("name", "")
            self.initial[f"pool-{number}-labels"] = pool.get("labels_wanted")
            if number:
                self.fields[f"pool-{number}-adjudicates"] = forms.BooleanField(
                    label=_l("Decides what is not sure when the others have answered"), required=False
                )
                self.initial[f"pool-{number}-adjudicates"] = pool.get("adjudicates", False)
            if there and not self._stays.get(pool["name"], "first"):
                self.fields[f"pool-{number}-remove"] = forms.BooleanField(
                    label=_l("Take this pool out"),
                    help_text=_l(
                        "What it was asked for goes with it; who is in no other pool joins the first."
                    ),
                    required=False,
                )

    @property
    def pools(self) -> list[PoolBlock]:
        """Each pool, the last for a new one."""
        found = []
        for number, pool in enumerate([*self.said["pools"], {}]):
            prefix = f"pool-{number}"
            own = [field for field in self if field.name == prefix or field.name.startswith(f"{prefix}-")]
            found.append(PoolBlock(own, bool(pool), self._stays.get(pool.get("name", ""), "")))
        return found

    def entry(self) -> dict[str, Any]:
        values = self.cleaned_data
        pools = []
        for number in range(len(self.said["pools"]) + 1):
            prefix = f"pool-{number}"
            if (name := values[prefix]) and not values.get(f"{prefix}-remove"):
                pool = {"name": name, "labels_wanted": typed(values[f"{prefix}-labels"])}
                if number:
                    pool["adjudicates"] = values[f"{prefix}-adjudicates"]
                pools.append((number, pool))
        self._sent = [number for number, _pool in pools]
        return {key: typed(values[key]) for key in _WANTED} | {"pools": [pool for _number, pool in pools]}

    def places(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for place, number in enumerate(self._sent, start=1):
            where, prefix = f"pools[{place}]", f"pool-{number}"
            found |= {where: prefix, f"{where}.name": prefix}
            found |= {f"{where}.labels_wanted": f"{prefix}-labels"}
            found |= {f"{where}.adjudicates": f"{prefix}-adjudicates"}
        return found
