"""Accounts, roles, and annotators: a person or a judge, one table."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from .projects import Project


class UserManager(BaseUserManager["User"]):
    """Creates accounts known by their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        if not email:
            raise ValueError("an account needs an e-mail address")
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_guest(self) -> "User":
        """An account without e-mail address and password, for somebody who came by a crowd link."""
        user = self.model()
        user.set_unusable_password()
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """An account; e-mail address or username signs in. A guest of a crowd link has neither."""

    email = models.EmailField(unique=True, null=True, blank=True)
    username = models.CharField(
        max_length=60,
        unique=True,
        null=True,
        blank=True,
        validators=[RegexValidator(r"^[a-z0-9][a-z0-9._-]*\Z", "Small letters, digits, dots, hyphens.")],
        help_text="Signs in like the e-mail address. Empty: the address alone does.",
    )
    name = models.CharField(max_length=150, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_unique_ignoring_case")]

    def __str__(self) -> str:
        return self.name or self.email or self.username or f"Person {self.pk}"


class Pool(models.Model):
    """A group of annotators that labels may be wanted from: crowd, expert, a domain."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="pools")
    name = models.SlugField(max_length=60)
    labels_wanted = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Labels wanted a comparison from this pool; empty: the project's."
    )
    default = models.BooleanField(default=False, help_text="New annotators join this pool.")
    adjudicates = models.BooleanField(
        default=False, help_text="Gets the comparisons that are not sure when everybody else has answered."
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="pool_name_unique"),
            models.UniqueConstraint(fields=["project"], condition=Q(default=True), name="pool_one_default"),
            models.UniqueConstraint(
                fields=["project"], condition=Q(adjudicates=True), name="pool_one_adjudicates"
            ),
            models.CheckConstraint(
                condition=~Q(default=True, adjudicates=True), name="pool_adjudicates_for_others"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Annotator(models.Model):
    """Who labels in one project. One judge version is one annotator."""

    class Kind(models.TextChoices):
        HUMAN = "human"
        JUDGE = "judge"

    project = models.ForeignKey(Project, models.CASCADE, related_name="annotators")
    kind = models.CharField(max_length=5, choices=Kind)
    name = models.CharField(max_length=200)
    user = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="annotators")
    external_id = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001 (null = not imported)
    judge_version = models.ForeignKey(
        "annotation.JudgeVersion", models.CASCADE, null=True, blank=True, related_name="annotators"
    )
    pools = models.ManyToManyField(Pool, through="PoolMembership", related_name="annotators")
    members = models.ManyToManyField(
        "self",
        symmetrical=False,
        related_name="panels",
        blank=True,
        help_text="A panel's: the judges whose answers its own are made of. They never count beside it.",
    )
    paused_at = models.DateTimeField(
        null=True, blank=True, help_text="Is lent nothing new; what is in hand may be finished, and counts."
    )
    excluded_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Is lent nothing, and what they said is kept but counts in no figure.",
    )
    told = models.CharField(
        max_length=500, blank=True, help_text="Why they are paused or excluded, as they read it themselves."
    )
    consented = models.PositiveIntegerField(
        default=0, help_text="The newest version of the consent that they agreed to."
    )
    qualified_at = models.DateTimeField(null=True, blank=True, help_text="Passed the qualification test.")
    trained_at = models.DateTimeField(null=True, blank=True, help_text="Went through the training.")
    notice = models.ForeignKey(
        "annotation.Notice",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="What they have to read before they are lent anything.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "user"], name="annotator_user_unique"),
            models.UniqueConstraint(fields=["project", "external_id"], name="annotator_external_id_unique"),
            models.UniqueConstraint(fields=["project", "judge_version"], name="annotator_judge_unique"),
            models.CheckConstraint(condition=Q(kind__in=["human", "judge"]), name="annotator_kind_known"),
            models.CheckConstraint(
                condition=Q(kind="judge", user=None) | Q(kind="human", judge_version=None),
                name="annotator_is_a_person_or_a_judge",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def may_be_lent(self) -> bool:
        """Whether comparisons are lent to them."""
        return self.paused_at is None and self.excluded_at is None


class PoolMembership(models.Model):
    """This annotator belongs to this pool."""

    pool = models.ForeignKey(Pool, models.CASCADE)
    annotator = models.ForeignKey(Annotator, models.CASCADE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pool", "annotator"], name="pool_membership_unique")]

    def __str__(self) -> str:
        return f"{self.annotator_id} in {self.pool_id}"


class Membership(models.Model):
    """Who may do what in a project. Whoever labels through it has an annotator."""

    class Role(models.TextChoices):
        OWNER = "owner"
        MANAGER = "manager"
        REVIEWER = "reviewer"
        ANNOTATOR = "annotator"
        VIEWER = "viewer"

    project = models.ForeignKey(Project, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=9, choices=Role)
    annotator = models.OneToOneField(
        Annotator, models.SET_NULL, null=True, blank=True, related_name="membership"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "user"], name="membership_unique"),
            models.CheckConstraint(
                condition=Q(role__in=["owner", "manager", "reviewer", "annotator", "viewer"]),
                name="membership_role_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} is {self.role} of {self.project_id}"
