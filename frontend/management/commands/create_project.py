"""`create_project FILE.yaml [--owner EMAIL]`: a project as code."""

from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction

from annotation.management.command import JsonCommand
from annotation.models import User
from frontend.project_file import ProjectFileError, read
from frontend.project_file.changing import put


class Command(JsonCommand):
    help = "Creates the project that a YAML file describes, or updates it; never duplicates."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--owner", metavar="EMAIL", help="account that owns the project; made if missing")
        super().add_arguments(parser)

    def run(self, **options: Any) -> dict[str, Any]:
        try:
            with transaction.atomic():
                owner = _owner(options["owner"]) if options["owner"] else None
                project, created = put(read(options["file"]), owner)
        except ProjectFileError as error:
            raise CommandError(f"{options['file']}: {error}") from error
        return {
            "slug": project.slug,
            "created": created,
            "criteria": list(project.criteria.filter(retired_at=None).values_list("name", flat=True)),
            "pools": list(project.pools.values_list("name", flat=True)),
            "owner": owner.email if owner else None,
            "owner_needs_password": bool(owner and not owner.has_usable_password()),
        }

    def lines(self, result: dict[str, Any]) -> list[str]:
        verb = "Created" if result["created"] else "Updated"
        lines = [f"{verb} {result['slug']}: criteria {', '.join(result['criteria'])}."]
        if result["owner_needs_password"]:
            lines.append(f"Set a password: python manage.py changepassword {result['owner']}")
        return lines


def _owner(email: str) -> User:
    """The account with this address, made without a password if there is none."""
    try:
        validate_email(email)
    except ValidationError:
        raise CommandError(f"--owner must be an e-mail address, not {email!r}") from None
    return User.objects.filter(email__iexact=email).first() or User.objects.create_user(email)
