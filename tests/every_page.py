"""Every page that an owner of a project can open, by name, with an address of it."""

from collections.abc import Iterable

from django.urls import reverse

from annotation.models import Annotator, Comparison
from frontend.setup_forms import SECTIONS
from frontend.views.agreement import FIGURES
from frontend.views.judges.calibration import FIGURES as CALIBRATED
from frontend.views.overview.charting import CHARTS
from tests.access.addresses import address, routes
from tests.access.expected import EXPECTED, PUBLIC

# What is about an account alone has no more rows in a large project.
OF_ACCOUNTS = ("account_", "mfa_", "socialaccount_")
ON_A_COMPARISON = {"comparison_id", "call_id", "assignment_id", "number", "flag_id"}
EACH: dict[str, Iterable[str]] = {
    "topic": SECTIONS,
    "figure": [*FIGURES.keys() - {"rankings", "cycles"}, "criteria", "disputes"],  # those of pairs
    "chart": CHARTS,
    "part": CALIBRATED,
}
ASKED_FOR = {
    "comparisons": ("words=story", "state=waiting", "source=both", "differ=people", "category=c3"),
    "people": ("report=1",),
    "leaks": ("state=masked",),
    "disputes": ("between=human_judge",),
    "leaderboard": ("length=equal",),
}


def pages(owner: Annotator, comparison: Comparison | None) -> dict[str, str]:
    """Addresses by name, of the API none (its lists have tests of their own). Makes what they are about: an
    upload, a judge, a release of the comparison …; without a comparison, those about one are left out.

    Some addresses take no GET: they answer 405.
    """
    found: dict[str, str] = {}
    # A comparison with an open flag is in no release, so it is flagged last.
    for route in sorted(routes(), key=lambda route: "flag_id" in route.parameters):
        name, parameters = route.name, set(route.parameters)
        if EXPECTED[name] == PUBLIC or name.startswith(("api-", *OF_ACCOUNTS)):
            continue
        if comparison is None and parameters & ON_A_COMPARISON:
            continue
        found[name] = url = address(route, owner.project, comparison.pk if comparison else 0, owner)
        found |= {f"{name}?{query}": f"{url}?{query}" for query in ASKED_FOR.get(name, ())}
        for parameter in parameters & EACH.keys():
            for value in EACH[parameter]:
                found[f"{name} {value}"] = reverse(name, args=[owner.project.slug, value])
    return found
