"""How judges' calls read on a page."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.translation import gettext as _

from annotation.models import Criterion, JudgeCall, JudgeRun
from annotation.ranking import Scale
from llm_judges.models import JudgeBatch, Panel
from llm_judges.progress import Progress
from llm_judges.reconcile import Settled
from llm_judges.verdicts import Reading

from .. import judge_words
from ..views.judges.calibration.sentence import figure_in_words
from .humanise import answer_in_words, fixed

register = template.Library()


@register.filter
def shown_order(call: JudgeCall) -> str:
    """A first, then B."""
    return judge_words.shown_order(call.order)


@register.filter
def advice(failed: JudgeCall | JudgeRun | Progress) -> str:
    """What to do about a call or run that failed, or about what fails most often in a run."""
    if isinstance(failed, JudgeRun):
        return judge_words.what_to_do("", failed.message)
    if isinstance(failed, Progress):
        return judge_words.what_to_do(failed.reason_state, failed.reason)
    return judge_words.what_to_do(failed.state, failed.reason)


@register.filter
def run_state(state: str) -> str:
    """The state of a run as a word for people."""
    return judge_words.run_state(state)


@register.filter
def panel_rule(panel: Panel) -> str:
    """How a panel comes to its answer, with who sits in it."""
    return judge_words.panel_rule(panel)


@register.filter
def batch_state(batch: JudgeBatch) -> str:
    """How far a batch is, for people."""
    return judge_words.batch_state(batch)


@register.filter
def way_of_asking(rung: str) -> str:
    """How a reply was asked for, as people call it."""
    return judge_words.way_of_asking(rung)


@register.filter
def settled_in_words(settled: Settled | Reading, criterion: Criterion) -> str:
    """What a reply, or all orders together, say on a criterion: A slightly better."""
    if settled.ranking is None:
        return _("No label")
    return answer_in_words(str(settled.ranking), settled.strength, Scale(criterion.scale))


@register.filter
def chances(probabilities: Mapping[str, float]) -> str:
    """A 0.93, tie 0.05, B 0.02."""
    names = {"tie": _("tie"), "both_bad": _("both bad")}
    return ", ".join(
        f"{names.get(name, name.upper())} {fixed(chance, 2)}" for name, chance in probabilities.items()
    )


@register.filter
def in_words(figure: Mapping[str, Any] | None, how: str = "share") -> str:
    """A figure of the calibration report with its interval and what it rests on, or why there is none."""
    return figure_in_words(figure, how == "share") or _("not known")


@register.filter
def milliseconds(latency: int | None) -> str:
    """840 ms, 12.4 s."""
    if latency is None:
        return ""
    if latency < 1000:
        return _("%(number)s ms") % {"number": latency}
    return _("%(number)s s") % {"number": fixed(latency / 1000, 1)}
