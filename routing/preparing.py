"""What a plan starts from: what is open, what is known of it, and how a policy scores it."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import prefetch_related_objects
from threadpoolctl import threadpool_limits

from annotation import leases
from annotation.models import Project
from annotation.projects import wanted_from

from .frozen import Frozen, said_by
from .policies import POLICIES
from .policy import PlanError, Policy, Problem, Scored
from .signals import Read, read
from .standing import Standing, mean_cost, standing_judge
from .texts import describe_project, describe_tagged

MOST_LABELS = 9  # of one comparison; more would bring next to nothing


@dataclass(frozen=True, slots=True)
class Prepared:
    """A policy's scores of all open comparisons, before anybody decides how many people get.

    `wanted` is labels by pool id for a comparison that people are asked about, `usual` the default pool's
    part of them, `human_price` what they cost together, `judge_price` what a label of the judge has cost on
    average (None: not known yet).
    """

    project: Project
    policy: Policy
    seed: int
    wanted: dict[int, int]
    usual: int
    human_price: Decimal
    standing: Standing | None
    judge_price: Decimal | None
    known: Read
    scored: Scored

    @property
    def beside(self) -> int:
        """Of the labels wanted on a comparison, those of other pools than the default one."""
        return sum(self.wanted.values()) - self.usual

    @property
    def frozen(self) -> Frozen:
        """What has to be kept of it."""
        found = self.known.open
        reasons = [reason[:300] for reason in self.scored.reasons]
        said = said_by(found.signals)
        return Frozen(found.ids, self.scored.values, found.judged, reasons, found.rankings, said)


def policy_named(name: str, seed: int) -> Policy:
    """Raises PlanError for a policy that does not exist, or a seed that cannot be stored."""
    if name not in POLICIES:
        raise PlanError(f"unknown policy {name!r}; known: {', '.join(POLICIES)}")
    if not -(2**63) <= seed < 2**63:
        raise PlanError("the seed must fit into 64 bits")
    return POLICIES[name]


def varied_pool(project: Project, policy: Policy, wanted: dict[int, int], most: int) -> int:
    """The pool whose labels a plan may vary from 1 to `most` by comparison: the default one. Raises PlanError
    where they cannot be varied."""
    if not policy.gain:
        fit = ", ".join(one.name for one in POLICIES.values() if one.gain)
        raise PlanError(f"the scores of {policy.name} do not say what a label is worth; {fit} do")
    if not 1 <= most <= MOST_LABELS:
        raise PlanError(f"a comparison may get 1 to {MOST_LABELS} labels, not {most}")
    if project.labels_cap is not None and most > project.labels_cap:
        raise PlanError(
            f"{project.slug} asks for at most {project.labels_cap} labels (labels_cap), not {most}"
        )
    pool = project.pools.filter(default=True, pk__in=wanted).first()
    if pool is None:
        raise PlanError("only the default pool's labels can vary, and none of it are wanted")
    return pool.pk


def labels_wanted(project: Project) -> dict[int, int]:
    """Labels that people are asked for on one comparison, by pool id. Raises PlanError if there are none."""
    wanted = wanted_from(project, project.pools.all())
    if not wanted:
        raise PlanError(f"no pool of {project.slug} wants labels; set labels_wanted")
    return wanted


def usual_of(project: Project, wanted: dict[int, int]) -> int:
    """How many of the labels wanted on a comparison are the default pool's."""
    default = project.pools.filter(default=True).values_list("pk", flat=True).first()
    return wanted.get(default or 0, 0)


def human_price(project: Project, wanted: dict[int, int]) -> Decimal:
    """What all labels that people give one comparison cost."""
    return project.human_label_price * sum(wanted.values())


def check_price(project: Project, wanted: dict[int, int]) -> None:
    """Raises PlanError where people's labels cost nothing, so that money says nothing about their number."""
    if not human_price(project, wanted):
        raise PlanError(
            "a human label has no price, so a budget buys nothing definite; set prices.human_label"
        )


def prepare(
    project: Project,
    policy: Policy,
    seed: int,
    judge: str | None,
    wanted: dict[int, int],
    share: float | None = None,
) -> Prepared:
    """Reads and scores the open comparisons. Leases that ran out go back to the queue first: one that nobody
    swept would hide an open comparison. `wanted` comes from `labels_wanted`; `share` is what people are meant
    to get, where it is known. Raises PlanError."""
    standing = standing_judge(project, judge)
    if standing:
        prefetch_related_objects([standing.judge], "members")  # asked for twice below
    while leases.expire(project):
        pass
    if policy.texts:
        describe_project(project)
        describe_tagged(project)
    known = read(project, standing.judge if standing else None)
    with threadpool_limits(1):  # matrices of this size gain nothing from threads that wait for each other
        scored = policy.score(Problem(known.open.signals, known.labelled, share), seed)
    return Prepared(
        project=project,
        policy=policy,
        seed=seed,
        wanted=wanted,
        usual=usual_of(project, wanted),
        human_price=human_price(project, wanted),
        standing=standing,
        judge_price=mean_cost(standing.judge) if standing else None,
        known=known,
        scored=scored,
    )
