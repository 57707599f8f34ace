"""What an hour pays at the pace of a project's people, beside the least that the project states."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..models import Project
from ..pace import fairness, hourly_pay, usual_pace


@dataclass(frozen=True, slots=True)
class Pay:
    """`hourly` at the median active time of `people`, None without a price or a known pace; `fair` as
    `pace.fairness` says."""

    hourly: Decimal | None
    people: int
    fair: str


def pace_of_people(project: Project) -> dict[str, Any]:
    """As JSON: the median `seconds` of an answer, and over how many `people`. One statement."""
    seconds, people = usual_pace(project)
    return {"seconds": seconds, "people": people}


def pay_at(project: Project, pace: Mapping[str, Any]) -> Pay:
    """What an hour pays at this pace, which `pace_of_people` gave."""
    hourly = hourly_pay(pace["seconds"], project.human_label_price)
    return Pay(hourly, pace["people"], fairness(project, hourly))
