"""The lists of a project made long inside its database: people, guests, invitations, tokens, deliveries …

What hangs on comparisons is made by tests/growing.py.
"""

from datetime import timedelta

from django.db.models import Model
from django.utils import timezone

from annotation.models import (
    Acknowledgement,
    Annotator,
    CrowdLink,
    Delivery,
    Guidelines,
    Invitation,
    JudgeRun,
    Membership,
    Notice,
    Participation,
    PoolMembership,
    Project,
    Release,
    Token,
    Upload,
    User,
    Webhook,
)
from tests.growing import NUMBERED, insert, last


class Lists:
    """What one owner's project lists besides comparisons; settings that they write by hand, one after the
    other (criteria, pools, judges), stay as they are."""

    def __init__(self, project: Project, judge: Annotator, owner: User) -> None:
        self.project, self.judge, self.owner = project, judge, owner
        self.here = {"project_id": f"{project.pk}"}

    def lengthen(self, size: int) -> None:
        """Adds `size` rows to each list of which a page shows the newest."""
        made, hook, mine = last(Token), last(Webhook), {"started_by_id": f"{self.owner.pk}"}
        said = {"kind": "'release.ready'", "body": "'{}'", "state": "'failed'"}
        secret = {"digest": f"'token' || ({made} + n)", "ending": "'abcd'", "name": "'nightly'"}
        self._each(Token, size, user_id=f"{self.owner.pk}", role="'viewer'", **secret)
        self._of(Delivery, f"annotation_token t WHERE t.id > {made}", **said, webhook_id=f"{hook}")
        number = f"1000 + {last(Release)} + n"
        self._each(Release, size, number=number, format="'labels'", path="'x'", state="'failed'", **mine)
        self._each(JudgeRun, size, annotator_id=f"{self.judge.pk}", state="'finished'", **mine)
        self._each(Upload, size, name="'a.csv'", size="9", state="'done'")

    def people(self, size: int) -> None:
        """Adds `size` rows to each list that a page shows whole: people who may label, have read the
        guidelines, came as guests and have a notice to read; links for members and for guests; webhooks;
        other projects of the owner, who labels in them."""
        user, annotator, other = last(User), last(Annotator), last(Project)
        self._links(Invitation, size)
        self._links(CrowdLink, size)
        self._each(Webhook, size, url="'https://hooks.example.org/'", secret="''")
        email = f"'one' || ({user} + n) || '@example.org'"
        insert(User, "FROM number", before=NUMBERED.format(size=size), email=email, password="'!'")
        accounts = f"annotation_user u WHERE u.id > {user} ORDER BY u.id"
        self._of(Annotator, accounts, **self.here, kind="'human'", name="'P' || u.id", user_id="u.id")
        people = f"annotation_annotator a WHERE a.id > {annotator} ORDER BY a.id"
        who = {"annotator_id": "a.id"}
        self._of(Membership, people, **self.here, **who, user_id="a.user_id", role="'annotator'")
        self._of(PoolMembership, people, **who, pool_id=f"{self.project.pools.get(default=True).pk}")
        newest = Guidelines.objects.filter(project=self.project).latest("version")
        self._of(Acknowledgement, people, **who, guidelines_id=f"{newest.pk}")
        self._of(Notice, people, **who, kind="'warning'", text="'Take your time.'")
        self._of(Participation, people, **who, link_id=f"{last(CrowdLink)}")

        slug = f"'other-' || ({other} + n)"
        insert(Project, "FROM number", before=NUMBERED.format(size=size), slug=slug, name="'Other ' || n")
        others, me = f"annotation_project p WHERE p.id > {other} ORDER BY p.id", f"{self.owner.pk}"
        self._of(Annotator, others, project_id="p.id", kind="'human'", name="'Robin'", user_id=me)
        hands = f"annotation_annotator a WHERE a.project_id > {other} ORDER BY a.id"
        self._of(Membership, hands, **who, project_id="a.project_id", user_id=me, role="'owner'")

    def _links(self, model: type[Model], size: int) -> None:
        token = f"'{model.__name__}' || ({last(model)} + n)"
        self._each(model, size, name="'May ' || n", token_hash=token, created_by_id=f"{self.owner.pk}")

    def _each(self, model: type[Model], rows: int, **columns: str) -> None:
        """So many rows of the project."""
        same = {"expires_at": timezone.now() + timedelta(days=7)}
        insert(model, "FROM number", before=NUMBERED.format(size=rows), same=same, **self.here, **columns)

    def _of(self, model: type[Model], source: str, **columns: str) -> None:
        """A row for every one of the source."""
        insert(model, f"FROM {source}", **columns)
