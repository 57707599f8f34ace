"""Judges by name and version: what identifies one is frozen, where its key is and what it costs is not."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction

from annotation.models import Annotator, JudgeVersion, Project

from . import keys, settings
from .models import Judge, JudgeTemplate, JudgeTerms
from .prompts import PAIRWISE, RANKING, TemplateError, built_in, built_in_text, parse
from .versions import put_in_service, take_out_of_service, version_of

# Raised when the code around the templates changes what is asked.
PROTOCOL = 2


def set_judge(
    project: Project, name: str = "", base_url: str = "", model: str = "", template: str = "", **values: Any
) -> Judge:
    """Makes, updates or brings back the project's judge of this name, and gives it.

    A change of model, template text, base URL or any of `settings.IDENTITY` (sampling, orders, samples,
    rubric, reference, length policy) is a new version with an annotator of its own (named `name`, later
    versions `name@2`, `name@3` …) and retires the version before it; settings that have been there before
    bring their version back. What routing asked of another version, and is still open, is asked of the one
    now in service. `settings.TERMS` (prices per million tokens, limits, the key's variable) change in place,
    and every change is a JudgeTerms row.

    Raises ValueError naming the key at fault.
    """
    for key in values:
        if key not in settings.KEYS:
            raise ValueError(f"unknown key {key!r}; known: {', '.join(settings.KEYS)}")
    base_url = settings.url(base_url)
    model = settings.text(model, "model", 200)
    identity = {"base_url": base_url} | settings.identity_of(values)
    terms = settings.terms_of(values)
    name = settings.slug(name, "name")
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        if JudgeVersion.objects.filter(project=project, name=name, panel__isnull=False).exists():
            raise ValueError(f"name: {name!r} is a panel's")
        pair, ranking = _templates(project, template)
        _check_use(identity, pair, ranking)
        version = _version(project, name, model, identity, template or PAIRWISE, pair, ranking)
        before = Judge.objects.filter(
            version__project=project, version__name=name, version__retired_at=None
        ).first()
        put_in_service(version)
        judge = Judge.objects.filter(version=version).first() or Judge(version=version, base_url=base_url)
        judge.pair_template, judge.ranking_template = pair, ranking
        if before is not None and before.pk != judge.pk:
            _inherit(judge, before)
        set_terms(judge, terms)
    return judge


def set_template(project: Project, name: str, text: str) -> JudgeTemplate:
    """The project's template of this name with this text; a change of text is a new version.

    A name that comes along with the installation is taken. Raises ValueError for it, and for a text that
    could not be rendered.
    """
    name = settings.slug(name, "name")
    if name in built_in():
        raise ValueError(f"name: {name!r} comes along with Tandem; choose another")
    return _keep_template(project, name, text)


def set_key(judge: Judge, key: str) -> None:
    """Keeps the endpoint's key, encrypted; an empty one forgets it. A variable named by `api_key_env` goes
    before it. Raises ValueError for what can be no key."""
    if not key.isascii() or not key.isprintable() or " " in key or len(key) > 1000:
        raise ValueError("a key is printable ASCII without spaces, 1000 characters at most")
    judge.api_key_sealed = keys.seal(key, judge.base_url) if key else ""
    judge.save(update_fields=["api_key_sealed"])


def set_terms(judge: Judge, terms: Mapping[str, Any]) -> None:
    """Writes the judge with its terms (`settings.TERMS`); a change of them is a new revision."""
    changed = judge.pk is not None and any(getattr(judge, key) != value for key, value in terms.items())
    for key, value in terms.items():
        setattr(judge, key, value)
    if judge.pk is None or changed:
        judge.revision = judge.revision + 1 if changed else 1
        judge.save()
        written = {key: value if value is None else str(value) for key, value in terms.items()}
        JudgeTerms.objects.create(judge=judge, revision=judge.revision, values=written)
    else:
        judge.save()


def retire_others(project: Project, names: Iterable[str]) -> int:
    """Retires every judge of the project that is not named; labels and calls stay. Gives their number."""
    judges = JudgeVersion.objects.filter(project=project, judge__isnull=False)
    return take_out_of_service(judges.exclude(name__in=list(names)), "the judge is out of service")


def retire(judge: Judge) -> bool:
    """Takes the judge out of service; labels and calls stay. Gives whether it was in it."""
    own = JudgeVersion.objects.filter(pk=judge.version_id)
    return bool(take_out_of_service(own, "the judge is out of service"))


def renew_template(project: Project, name: str, text: str) -> tuple[JudgeTemplate, list[Judge]]:
    """`set_template`, and a new version of every judge in service that names it; gives those that are new.

    Nothing is changed where one of them could not use it. Raises ValueError.
    """
    with transaction.atomic():
        template = set_template(project, name, text)
        judges = Judge.objects.select_related("version").filter(
            version__project=project, version__retired_at=None, version__template=name
        )
        renewed = [(judge, set_judge(project, **entry_of(judge))) for judge in judges]
    return template, [now for before, now in renewed if now.pk != before.pk]


def entry_of(judge: Judge) -> dict[str, Any]:
    """The judge as its entry in the project file: `set_judge(project, **entry_of(judge))` changes nothing,
    unless the text of its template has changed. What stands at its default is left out; so is a stored key.
    """
    version = judge.version
    entry = {"name": version.name, "base_url": version.settings["base_url"], "model": version.model}
    if version.template != PAIRWISE:
        entry["template"] = version.template
    known = [(key, version.settings.get(key, default), default) for key, default in settings.IDENTITY.items()]
    known += [(key, getattr(judge, key), default) for key, default in settings.TERMS.items()]
    for key, value, default in known:
        if value != default:
            entry[key] = float(value) if isinstance(value, Decimal) else value
    return entry


def fingerprint(
    model: str, values: Mapping[str, Any], pair: JudgeTemplate | None, ranking: JudgeTemplate | None
) -> str:
    """SHA-256 of everything that makes a judge this judge: model, template texts, settings and base URL."""
    texts = [template.sha256 if template else "" for template in (pair, ranking)]
    parts = {"protocol": PROTOCOL, "model": model, "templates": texts, "settings": values}
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def is_current(version: JudgeVersion) -> bool:
    """False where this installation would ask otherwise than the version was made to."""
    judge = Judge.objects.select_related("pair_template", "ranking_template").filter(version=version).first()
    return judge is not None and version.fingerprint == fingerprint(
        version.model, version.settings, judge.pair_template, judge.ranking_template
    )


def annotator_of(judge: Judge) -> Annotator:
    """The annotator under which this version of the judge labels."""
    return Annotator.objects.get(judge_version_id=judge.version_id, project_id=judge.version.project_id)


def _templates(project: Project, name: str) -> tuple[JudgeTemplate, JudgeTemplate]:
    """(for pairs, for more than two): the template named where it serves them, else one that comes along."""
    if name is not None and not isinstance(name, str):
        raise ValueError("template must be a name")
    chosen = _named(project, (name or PAIRWISE).strip())
    taken = parse(chosen.text)
    pair = chosen if taken.pairs else _named(project, PAIRWISE)
    return pair, chosen if taken.rankings else _named(project, RANKING)


def _named(project: Project, name: str) -> JudgeTemplate:
    own = JudgeTemplate.objects.filter(project=project, name=name).order_by("-version").first()
    if name not in built_in():
        if own is None:
            names = JudgeTemplate.objects.filter(project=project).values_list("name", flat=True)
            known = ", ".join(sorted({*built_in(), *names}))
            raise ValueError(f"template: there is no template {name!r}; known: {known}")
        return own
    return _keep_template(project, name, built_in_text(name))


def _keep_template(project: Project, name: str, text: str) -> JudgeTemplate:
    if not isinstance(text, str):
        raise ValueError(f"template {name!r} must be text")
    try:
        parse(text)
    except TemplateError as error:
        raise ValueError(f"template {name!r} {error}") from error
    mark = hashlib.sha256(text.encode()).hexdigest()
    newest = JudgeTemplate.objects.filter(project=project, name=name).order_by("-version").first()
    if newest is not None and newest.sha256 == mark:
        return newest
    number = newest.version + 1 if newest else 1
    return JudgeTemplate.objects.create(project=project, name=name, version=number, text=text, sha256=mark)


def _check_use(identity: Mapping[str, Any], pair: JudgeTemplate, ranking: JudgeTemplate) -> None:
    """A rubric or reference that no template shows would be a setting without effect."""
    shown = parse(pair.text).variables | parse(ranking.text).variables
    for key in ("rubric", "reference"):
        if identity[key] and key not in shown:
            raise ValueError(f"{key}: the template {pair.name!r} does not show it; it would need {{{key}}}")


def _inherit(judge: Judge, before: Judge) -> None:
    """What the version before knew of the same address: its key, and for the same model what it can do."""
    if before.version.settings.get("base_url") == judge.version.settings["base_url"]:
        judge.base_url = before.base_url  # where it answers now, if somebody has moved it
    if before.api_key_sealed and keys.origin(before.base_url) == keys.origin(judge.base_url):
        judge.api_key_sealed = before.api_key_sealed
    if (before.base_url, before.version.model) == (judge.base_url, judge.version.model):
        judge.capabilities, judge.probed_at = before.capabilities, before.probed_at


def _version(
    project: Project,
    name: str,
    model: str,
    identity: dict[str, Any],
    template: str,
    pair: JudgeTemplate,
    ranking: JudgeTemplate,
) -> JudgeVersion:
    return version_of(
        project,
        name,
        fingerprint(model, identity, pair, ranking),
        model=model,
        template=template,
        template_version=(pair if pair.name == template else ranking).version,
        settings=identity,
    )
