"""One criterion's votes with everything around them that its agreement is worked out from."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..agreement import groups_of, leanings, level_of
from ..agreement.groups import Group, Level
from ..consensus import in_layer
from ..models import Criterion, Project
from ..ranking import Scale
from ..votes import Ints, Judgements, Mask, Votes
from . import circumstances as around
from .reading import read_votes


@dataclass(frozen=True)
class Evidence:
    """Votes, what is read around them, and what follows from both; everything is worked out once.

    Use it inside the `snapshot` that it was made in. `part_of` is the evidence that a part was taken from,
    and which of its votes it has.
    """

    project: Project
    criterion: Criterion
    votes: Votes
    part_of: "tuple[Evidence, Mask] | None" = None

    @classmethod
    def of(cls, project: Project, criterion: Criterion) -> "Evidence":
        return cls(project, criterion, read_votes(project, criterion))

    def layer(self) -> "Evidence":
        """The evidence on comparisons that nobody chose by their difficulty.

        A project that stops asking early gives difficult comparisons more labels, which would lower alpha; a
        random layer keeps all of its labels, and alpha is that of the layer. Elsewhere it is everything.
        """
        if self.project.labels_cap is None:
            return self
        mask = in_layer(self.votes.comparison_ids, self.project.overlap_share)[self.votes.comparison]
        return Evidence(self.project, self.criterion, self.votes.where(mask), (self, mask))

    @cached_property
    def circumstances(self) -> around.Circumstances:
        if self.part_of:
            whole, mask = self.part_of
            return whole.circumstances.where(mask)
        return around.read_circumstances(self.project, self.criterion, self.votes)

    @property
    def scale(self) -> Scale:
        return Scale(self.criterion.scale)

    @property
    def level(self) -> Level:
        return level_of(self.scale)

    @cached_property
    def judgements(self) -> Judgements:
        return self.votes.judgements()

    @cached_property
    def groups(self) -> dict[str, Group]:
        return groups_of(self.votes, self.judgements)

    @cached_property
    def again(self) -> around.Again:
        return around.read_again(self.project, self.criterion, self.votes, self.circumstances)

    @cached_property
    def values(self) -> Ints:
        """The sign of every vote on a pair, above 0 for response a; 0 for rankings of more."""
        signs = [leanings.sign_of(vote) for vote in self.votes.distinct]
        return np.array(signs, dtype=np.int64)[self.votes.code]

    @cached_property
    def sides(self) -> Ints:
        """The side of every vote, where `circumstances.ordered` says that its order is known."""
        return leanings.sides(self.values, self.circumstances.swapped)

    @cached_property
    def pairs(self) -> Mask:
        """Which votes are on two responses."""
        return np.array([vote.k == 2 for vote in self.votes.distinct], dtype=bool)[self.votes.code]
