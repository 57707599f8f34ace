"""Judges by name and version: what identifies one is frozen, where it answers and what it costs is not."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from annotation.models import Annotator, Decision, Demand, JudgeVersion, Label, Project
from annotation.projects import lock_demand

from .models import Judge
from .prompts import PAIRWISE, RANKING, template_text

# Raised when the code around the templates changes what is asked or how replies are read.
PROTOCOL = 1
SAMPLING = {"temperature": 0.0, "max_tokens": 2048}
KEYS = ("name", "base_url", "model", "api_key_env", "template", *SAMPLING, "input_price", "output_price")
KEYS += ("concurrency", "timeout_seconds")


def set_judge(
    project: Project,
    name: str = "",
    base_url: str = "",
    model: str = "",
    api_key_env: str = "",
    template: str = "",
    input_price: Any = 0,
    output_price: Any = 0,
    concurrency: Any = 8,
    timeout_seconds: Any = 60,
    **settings: Any,
) -> Judge:
    """Makes, updates or brings back the project's judge of this name, and gives it.

    A change of model, template text, sampling settings or base URL is a new version with an annotator of its
    own (named `name`, later versions `name@2`, `name@3` …) and retires the version before it; settings that
    have been there before bring their version back. What routing asked of another version, and is still open,
    is asked of the one now in service. Prices (per million tokens), key variable, concurrency and timeout
    (seconds, for each attempt) change in place.

    `settings` takes `temperature` and `max_tokens`; null means that the value is not sent. Raises ValueError
    naming the key at fault.
    """
    for key in settings:
        if key not in SAMPLING:
            raise ValueError(f"unknown key {key!r}; known: {', '.join(KEYS)}")
    base_url = _url(base_url)
    identity = {
        "model": _text(model, "model", 200),
        "template": _template(template),
        "settings": {"base_url": base_url} | _sampling(settings),
    }
    live = {
        "base_url": base_url,
        "api_key_env": _variable(api_key_env),
        "input_price": _price(input_price, "input_price"),
        "output_price": _price(output_price, "output_price"),
        "concurrency": _whole(concurrency, "concurrency", 256),
        "timeout_seconds": _whole(timeout_seconds, "timeout_seconds", 3600),
    }
    name = _name(name)
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        version = _version(project, name, identity)
        versions = JudgeVersion.objects.filter(project=project, name=name)
        versions.exclude(pk=version.pk).filter(retired_at=None).update(retired_at=timezone.now())
        versions.filter(pk=version.pk).update(retired_at=None)
        version.retired_at = None
        _hand_over(version)
        judge, _ = Judge.objects.update_or_create(version=version, defaults=live)
    return judge


def retire_others(project: Project, names: Iterable[str]) -> int:
    """Retires every judge of the project that is not named; labels and calls stay. Gives their number."""
    others = JudgeVersion.objects.filter(project=project, retired_at=None).exclude(name__in=list(names))
    return others.update(retired_at=timezone.now())


def fingerprint(model: str, template: str, settings: Mapping[str, Any]) -> str:
    """SHA-256 of everything that makes a judge this judge: model, template texts, settings and base URL."""
    texts = {name: template_text(name) for name in {template, RANKING}}
    parts = {"protocol": PROTOCOL, "model": model, "templates": texts, "settings": settings}
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def is_current(version: JudgeVersion) -> bool:
    """False where the templates of this installation are not those the version was made with."""
    return version.fingerprint == fingerprint(version.model, version.template, version.settings)


def annotator_of(judge: Judge) -> Annotator:
    """The annotator under which this version of the judge labels."""
    return Annotator.objects.get(judge_version_id=judge.version_id, project_id=judge.version.project_id)


def _version(project: Project, name: str, identity: dict[str, Any]) -> JudgeVersion:
    mark = fingerprint(**identity)
    versions = JudgeVersion.objects.filter(project=project, name=name)
    if known := versions.filter(fingerprint=mark).first():
        return known
    newest = versions.order_by("-version").first()
    number = newest.version + 1 if newest else 1
    version = JudgeVersion.objects.create(
        project=project,
        name=name,
        version=number,
        fingerprint=mark,
        retired_at=timezone.now(),  # until it takes the place of the one in service
        **identity,
    )
    Annotator.objects.create(
        project=project,
        kind=Annotator.Kind.JUDGE,
        name=name if number == 1 else f"{name}@{number}",
        judge_version=version,
    )
    return version


def _hand_over(version: JudgeVersion) -> None:
    """Asks the version in service for what routing decided and no earlier one holds or has answered, and lets
    its label stand there."""
    heir = Annotator.objects.get(judge_version=version)
    before = list(
        Annotator.objects.filter(project_id=version.project_id, judge_version__name=version.name).exclude(
            pk=heir.pk
        )
    )
    decided = Decision.objects.filter(comparison=OuterRef("comparison"), superseded_at=None)
    for annotator in before:
        unmet = Demand.objects.filter(Exists(decided), judge=annotator, wanted__gt=0, live=0, done=0)
        own = Demand.objects.filter(judge=heir)
        lock_demand(
            Demand.objects.filter(judge__in=[annotator, heir], comparison__in=unmet.values("comparison"))
        )
        own.filter(wanted=0, comparison__in=unmet.values("comparison")).update(wanted=1)
        unmet.filter(comparison__in=own.values("comparison")).update(wanted=0)
        unmet.update(judge=heir)
    labelled = Label.objects.filter(
        comparison=OuterRef("comparison"), annotator=OuterRef("judge"), current=True
    )
    held = Demand.objects.filter(comparison=OuterRef("comparison"), judge=OuterRef("judge"), live__gt=0)
    Decision.objects.filter(~Exists(labelled), ~Exists(held), judge__in=before, superseded_at=None).update(
        judge=heir
    )


def _name(value: Any) -> str:
    name = _text(value, "name", 80)
    try:
        validate_slug(name)
    except ValidationError:
        raise ValueError(f"name: letters, digits, hyphens and underscores, not {name!r}") from None
    return name


def _text(value: Any, key: str, longest: int) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{key} is needed")
    if len(value) > longest:
        raise ValueError(f"{key} has more than {longest} characters")
    return value.strip()


def _url(value: Any) -> str:
    url = _text(value, "base_url", 500).rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("base_url must be an http or https address such as https://host/v1")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("base_url must hold no credentials, query or fragment; the key goes by api_key_env")
    return url


def _variable(value: Any) -> str:
    if value is None or value == "":
        return ""
    # The value is left out of the message: it may be the key itself, put here by mistake.
    if not isinstance(value, str) or len(value) > 100 or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
        raise ValueError("api_key_env must be the name of an environment variable, not the key")
    return value


def _template(value: Any) -> str:
    name = PAIRWISE if value in (None, "") else _text(value, "template", 80)
    try:
        template_text(name)
    except ValueError as error:
        raise ValueError(f"template: {error}") from error
    return name


def _sampling(settings: Mapping[str, Any]) -> dict[str, Any]:
    values = SAMPLING | dict(settings)
    if values["temperature"] is not None:
        values["temperature"] = _number(values["temperature"], "temperature", 2)
    if values["max_tokens"] is not None:
        values["max_tokens"] = _whole(values["max_tokens"], "max_tokens", 1_000_000)
    return values


def _number(value: Any, key: str, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise ValueError(f"{key} must be a number from 0 to {most}, not {value!r}")
    return float(value)


def _whole(value: Any, key: str, most: int) -> int:
    if type(value) is not int or not 1 <= value <= most:
        raise ValueError(f"{key} must be a whole number from 1 to {most}, not {value!r}")
    return value


def _price(value: Any, key: str) -> Decimal:
    try:
        price = Decimal(0 if value is None else str(value))
        if isinstance(value, bool) or not price.is_finite() or not 0 <= price < 1_000_000:
            raise InvalidOperation
        return price.quantize(Decimal("0.000001"))
    except InvalidOperation:
        raise ValueError(f"{key} must be an amount a million tokens, 0 or more, not {value!r}") from None
