"""One annotator, judge or person, held against people: by category, beside single votes, and its pulls."""

from typing import Any, NamedTuple

import numpy as np

from annotation.agreement.alpha import alpha
from annotation.agreement.groups import Group, value_counts
from annotation.agreement.intervals import Sums, alpha_sums, together
from annotation.votes import Ints

from . import leanings
from .answers import UNKNOWN
from .case import Case
from .figures import FEWEST, Figure, missing, of_sums, too_few
from .tables import against


class Beside(NamedTuple):
    """A group of paired units, and which units of the case these are."""

    group: Group
    unit: Ints


def by_category(case: Case, index: int, unit: Ints, people: Ints, said: Ints) -> list[dict[str, Any]]:
    """The headline and kappa_x by category. `people`, `said`: both answers on each of `unit`."""
    category = case.ground.category[case.at][case.answers.comparison]
    comparison, group, single = case.answers.comparison[unit], case.group[unit], beside(case, index)
    alike = category[single.unit]
    compared = category[unit][(people != UNKNOWN) & (said != UNKNOWN)]
    found = []
    for one in np.unique(compared[compared >= 0]).tolist():
        at = np.flatnonzero(category[unit] == one)
        held = against(people[at], said[at], comparison[at], group[at]).json()
        alone = {"kappa_x": kappa_x(case, single.group.where(alike == one)).json()}
        found.append({"category": case.ground.categories[one], **held, **alone})
    return found


def pulls(case: Case, unit: Ints, people: Ints, said: Ints) -> dict[str, Any]:
    """`length` and `format`, on the pairs among `unit`; the arguments are those of `by_category`."""
    pair = case.ground.k[case.at[case.answers.comparison[unit]]] == 2
    about, group = (said[pair], people[pair]), case.group[unit][pair]
    features = case.ground.features[case.at[case.answers.comparison[unit][pair]]]
    long = leanings.length(*about, features[:, :, 0], group)
    marks = leanings.markup(*about, features, group)
    return {
        "length": {
            "prefers_longer": long.prefers_more.json(),
            "people_prefer_longer": long.people_prefer_more.json(),
            "slope": long.slope.json(),
        },
        "format": {"features": [{"feature": name} | one.json() for name, one in marks.items()]},
    }


def beside(case: Case, index: int) -> Beside:
    """The annotator's label beside the vote of every person other than it, on the units that have both: most
    people label a small part of everything."""
    unit = np.unique(case.judgements.unit[case.judgements.voter == index])
    own = value_counts(case.judgements, case.judgements.voter == index)[unit]
    others = case.values[unit] - own if case.votes.people[index] else case.values[unit]
    group = Group(others, case.judgements.comparison[unit], own)
    paired = group.paired
    return Beside(group.where(paired), unit[paired])


def kappa_x(case: Case, group: Group) -> Figure:
    """Agreement of the group's two kinds beyond chance, vote by vote."""
    level = case.evidence.level
    n = comparisons(group)
    if n < FEWEST:
        return too_few(n)
    found = alpha(group, level)
    if found.value is None:
        return missing(found.reason or "", n)
    return by_group(case, group, alpha_sums(group, level))


def by_group(case: Case, group: Group, sums: Sums) -> Figure:
    """The figure of these sums, comparisons of one prompt kept together."""
    n = comparisons(group)
    return of_sums(together(sums, case.ground.group[case.at]), n) if n >= FEWEST else too_few(n)


def comparisons(group: Group) -> int:
    """Comparisons on which both kinds say something."""
    return len(np.unique(group.comparison[group.paired]))
