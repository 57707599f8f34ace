"""The stop rule in words: whether the next batch pays, and because of what."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from annotation.models import Project

from ...templatetags.humanise import money, number


def because(batch: Mapping[str, Any], project: Project) -> str:
    """One sentence from what a refit found of the next batch (`routing.paying.NextBatch`)."""
    figures = {
        "size": number(batch["size"]),
        "gain": f"{batch['gain']:.1f}",
        "low": f"{batch['low']:.1f}",
        "high": f"{batch['high']:.1f}",
        "cost": money(batch["cost"], project.currency),
    }
    if batch["worth"] is None:
        words = (
            _("The next %(size)s comparisons pay, because people would put labels right even at the low end:")
            if batch["pays"]
            else _("The next %(size)s comparisons no longer pay, because perhaps nothing is put right:")
        )
        return f"{words} {_('%(gain)s net (%(low)s to %(high)s).')}" % figures
    if batch["gain"] <= -0.05:
        words = _(
            "The next %(size)s comparisons no longer pay, because people would spoil %(loss)s labels more "
            "than they put right"
        )
        figures["loss"] = f"{-batch['gain']:.1f}"
        return f"{words} {_('(%(low)s to %(high)s, net).')}" % figures
    figures["worth"] = money(batch["gain"] * batch["worth"], project.currency)
    words = (
        _("The next %(size)s comparisons pay, because the %(gain)s labels that people would put right, net,")
        if batch["pays"]
        else _(
            "The next %(size)s comparisons no longer pay, because the %(gain)s labels that people would put "
            "right, net,"
        )
    )
    rest = _("are worth %(worth)s to you and cost %(cost)s.")
    sure = "" if batch["sure"] else " " + _("The interval (%(low)s to %(high)s labels) leaves it open.")
    return f"{words} {rest}{sure}" % figures
