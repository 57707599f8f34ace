"""People, one by one: whom the judge could stand in for, and the same figures for each of them."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .....templatetags.humanise import number, percent
from ....agreement.charts import mark
from ....agreement.figure import Figure
from ....agreement.tables import Column, Table, with_interval
from .parts import SHARES, WHISKERS, Report, line, spread_of

SHOWN_PEOPLE = 25


def stand_in(criterion: Report, judge: Report) -> Figure:
    """The alternative annotator test, person by person."""
    test = judge["alternative"]
    columns = [
        Column("person", _("Person"), "text"),
        Column("comparisons", _("Comparisons"), "count"),
        Column("advantage", _("Judge as near to the others")),
        Column("person_advantage", _("Person as near")),
        Column("difference", _("Difference")),
        Column("p", _("p")),
        Column("wins", _("Judge wins"), "text"),
    ]
    names = {one["annotator"]: person_name(one) for one in criterion["each_person"]}
    rows = [
        [
            names.get(one["annotator"], _person(one["annotator"])),
            one["comparisons"],
            one["advantage"],
            one["person_advantage"],
            one["difference"],
            one["p"],
            _("yes") if one["wins"] else _("no"),
        ]
        for one in test["annotators"]
    ]
    lines = [
        {
            "who": name,
            "kind": "people",
            "mark": mark(SHARES, "judge", one["advantage"], None),
            "also": mark(SHARES, "people", one["person_advantage"], None),
            "words": (
                _("%(judge)s, the person %(person)s, of %(n)s: the judge wins")
                if one["wins"]
                else _("%(judge)s, the person %(person)s, of %(n)s")
            )
            % {
                "judge": percent(one["advantage"]),
                "person": percent(one["person_advantage"]),
                "n": number(one["comparisons"]),
            },
        }
        for (name, *_rest), one in zip(rows, test["annotators"], strict=True)
    ][:SHOWN_PEOPLE]
    says = _(
        "The alternative annotator test: each person is left out in turn; who is nearer to what the others"
        " say, the person or the judge? The judge may be worse by %(epsilon)s and still win."
    ) % {"epsilon": test["epsilon"]}
    if test["left_out"]:
        more = ngettext(
            " %(n)s person has too few comparisons.", " %(n)s people have too few.", test["left_out"]
        )
        says += more % {"n": number(test["left_out"])}
    return Figure(
        "stand-in",
        _("Could it stand in for a person?"),
        says,
        ngettext("%(n)s person", "%(n)s people", len(rows)) % {"n": number(len(rows))},
        Table(columns, rows),
        WHISKERS,
        SHARES,
        [{"title": "", "middle": None, "lines": lines}],
        why="" if rows else str(test["reason"] or _("There are too few people.")),
    )


def people(criterion: Report, judge: Report) -> Figure:
    """The same for people: each against the others."""
    columns = [
        Column("person", _("Person"), "text"),
        Column("labels", _("Labels"), "count"),
        *with_interval("accuracy", _("As the others say")),
        Column("comparisons", _("Comparisons"), "count"),
        *with_interval("accuracy_without_ties", _("Without ties")),
        *with_interval("kappa", _("Kappa")),
        *with_interval("alpha", _("Alpha")),
        *with_interval("kappa_x", _("Kappa with single votes")),
        *with_interval("first_shown", _("First shown"), "percent"),
        *with_interval("prefers_longer", _("Chooses the longer"), "percent"),
    ]
    rows = []
    for one in criterion["each_person"]:
        found = one["against_people"]
        rows.append(
            [
                person_name(one),
                one["labels"],
                *spread_of(found["accuracy"]),
                found["accuracy"]["n"],
                *spread_of(found["accuracy_without_ties"]),
                *spread_of(found["kappa"]),
                *spread_of(found["alpha"]),
                *spread_of(one["kappa_x"]),
                *spread_of(one["position"]["first_shown"]),
                *spread_of(one["length"]["prefers_longer"]),
            ]
        )
    lines = [line(judge["name"], "judge", judge["against_people"]["accuracy"], SHARES)]
    lines += [
        line(person_name(one), "people", one["against_people"]["accuracy"], SHARES)
        for one in [one for one in criterion["each_person"] if _known(one)][:SHOWN_PEOPLE]
    ]
    says = _("How often each person says what the others say, own vote left out, beside the judge.")
    if few := criterion["too_few_labels"]:
        more = ngettext(
            " %(n)s more has fewer than 20 labels.", " %(n)s more have fewer than 20 labels.", few
        )
        says += more % {"n": number(few)}
    return Figure(
        "people",
        _("The same for people"),
        says,
        ngettext("%(n)s person", "%(n)s people", len(rows)) % {"n": number(len(rows))},
        Table(columns, rows),
        WHISKERS,
        SHARES,
        [{"title": "", "middle": None, "lines": lines}],
        why="" if rows else _("Nobody has 20 labels yet on comparisons that others labelled too."),
    )


def _known(one: Report) -> bool:
    return one["against_people"]["accuracy"]["value"] is not None


def person_name(one: Report) -> str:
    """The name of a person in the report, or their number where it tells no names."""
    return str(one["name"] or _person(one["annotator"]))


def _person(annotator: int) -> str:
    return _("Person %(number)s") % {"number": annotator}
