"""What people do with judges and panels, on the pages and over the API: each is an entry of the audit log.

Each gives or raises what the verb of its name does, and writes nothing where nothing came of it.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from annotation.audit import record
from annotation.models import Comparison, JudgeRun, JudgeVersion, Project, User
from annotation.projects import touch

from . import panels, registry, runs, tagging, trial
from .models import Judge, Panel, Tagging, judges_of, panels_of
from .registry import entry_of

ACTS = ("pause", "resume", "cancel", "retry")


def set_up(
    project: Project, by: User, entry: Mapping[str, Any], key: str = "", forget_key: bool = False
) -> Judge:
    """Makes or changes the judge of this name, and the panels that it sits in. Raises ValueError naming the
    key at fault (`key: …` for the endpoint's key); nothing is changed then."""
    with transaction.atomic():
        was = _in_service(project, str(entry.get("name")))
        judge = registry.set_judge(project, **entry)
        if key or forget_key:
            try:
                registry.set_key(judge, key)
            except ValueError as error:
                raise ValueError(f"key: {error}") from error
        panels.renew(project)
        touch(project)
        _changed(by, "judge", judge.version, was, _settings(judge), _stored(key, forget_key))
    return judge


def retire(judge: Judge, by: User) -> bool:
    """Takes a judge out of service. Raises ValueError where a panel needs it."""
    with transaction.atomic():
        retired = registry.retire(judge)
        panels.renew(judge.version.project)
        if retired:
            _note(by, "judge-retire", judge.version, before=entry_of(judge))
    return retired


def bring_back(judge: Judge, by: User) -> Judge:
    """Puts the settings of an earlier version in the place of those in service. Raises ValueError."""
    with transaction.atomic():
        project = judge.version.project
        was = _in_service(project, judge.version.name)
        found = registry.set_judge(project, **entry_of(judge))
        panels.renew(project)
        _changed(by, "judge-return", found.version, was, _settings(found))
    return found


def start(judge: Judge, by: User, cap: Decimal | None = None, limit: int | None = None) -> JudgeRun:
    """Opens a run. Raises JudgeError."""
    with transaction.atomic():
        known = runs.open_run(judge)
        run = runs.start(judge, by, cap, limit)
        if known is None:
            _note_run("run-start", judge, by, "", cap=cap, limit=limit)
    return run


def act(judge: Judge, by: User, action: str) -> bool:
    """Pauses, resumes or cancels the newest run, or has what failed asked again (`retry`). Whether that was
    of any use: a run may have ended. Raises JudgeError, also for a judge without a run."""
    with transaction.atomic():
        run = runs.runs_of(judge).first()
        before = run.state if run else ""
        if action == "retry":
            done = runs.retry_failed(judge) > 0
            if done and (run is None or run.state not in JudgeRun.OPEN):
                runs.start(judge, by)
        elif run is None:
            raise runs.JudgeError(_("This judge has not been started yet."))
        elif action == "resume":
            done = runs.resume(run, judge)
        else:
            done = {"pause": runs.pause, "cancel": runs.cancel}[action](run)
        if done:
            _note_run(f"run-{action}", judge, by, before)
    return done


def try_out(judge: Judge, by: User, comparisons: Sequence[Comparison]) -> JudgeRun:
    """Opens a trial on these comparisons. Raises JudgeError."""
    with transaction.atomic():
        known = trial.newest(judge)
        run = trial.begin(judge, comparisons, by)
        if run != known:
            _note(by, "judge-try", judge.version, after={"run": run.pk, "comparisons": len(comparisons)})
    return run


def tag(judge: Judge, by: User, model: str, price: Decimal | None, limit: int | None) -> Tagging:
    """Opens a tagging, with embeddings by `model` at `price` where one is named. Raises JudgeError."""
    with transaction.atomic():
        known = tagging.newest(judge)
        begun = tagging.begin(judge, model, price, limit, by)
        if begun != known:
            _note(by, "tag", judge.version, after=_said(run=begun.run_id, embeddings=model, limit=limit))
    return begun


def stop_tagging(judge: Judge, by: User) -> bool:
    """Whether a tagging was open."""
    with transaction.atomic():
        found = tagging.newest(judge)
        if found is None or found.run.state not in tagging.OPEN:
            return False
        tagging.cancel(found)
        _note(by, "tag-stop", judge.version, before={"run": found.run_id, "state": found.run.state})
    return True


def set_up_panel(project: Project, by: User, entry: Mapping[str, Any]) -> Panel:
    """Makes or changes the panel of this name. Raises ValueError naming the key at fault."""
    with transaction.atomic():
        before = [one for one in panels_of(project) if one.version.name == entry.get("name")]
        panel = panels.set_panel(project, **entry)
        touch(project)
        was = before[0].version.settings if before else {}
        _changed(by, "panel", panel.version, was, panel.version.settings)
    return panel


def retire_panel(panel: Panel, by: User) -> bool:
    with transaction.atomic():
        retired = panels.retire(panel)
        if retired:
            _note(by, "panel-retire", panel.version, before=panel.version.settings)
    return retired


def ask_panel(panel: Panel, by: User, again: bool = False) -> int:
    """Has a panel asked about all that is undecided, or `again` about what failed; the number newly asked.
    Raises JudgeError."""
    with transaction.atomic():
        added = panels.retry_failed(panel) if again else panels.ask_for(panel)
        if added:
            _note(by, "panel-retry" if again else "panel-start", panel.version, after={"asked": added})
    panels.tend(panel, at_once=True)
    return added


def _in_service(project: Project, name: str) -> dict[str, Any]:
    """Settings of the judge of this name that is in service; empty without one."""
    found = judges_of(project, name)
    return _settings(found[0]) if found else {}


def _settings(judge: Judge) -> dict[str, Any]:
    """With the version, which another text of its template changes too."""
    return entry_of(judge) | {"version": judge.version.version}


def _note(
    by: User,
    act: str,
    version: JudgeVersion,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    record(version.project, by, act, str(version), before=before, after=after)


def _note_run(act: str, judge: Judge, by: User, before: str, **told: Any) -> None:
    now = runs.runs_of(judge).first()
    after = _said(state=now.state if now else "", **told)
    _note(by, act, judge.version, before=_said(state=before), after=after)


def _changed(
    by: User,
    act: str,
    version: JudgeVersion,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    more: Mapping[str, str] | None = None,
) -> None:
    """Notes what changed of settings, which hold no secret; nothing where nothing did."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if names or more:
        was = {name: before[name] for name in names if name in before}
        now = {name: after[name] for name in names if name in after}
        _note(by, act, version, before=was, after=now | dict(more or {}))


def _stored(key: str, forget: bool) -> dict[str, str]:
    """What became of the endpoint's key, never the key."""
    return {"key": "stored"} if key else {"key": "deleted"} if forget else {}


def _said(**values: Any) -> dict[str, Any]:
    """What was given, as JSON."""
    return {
        name: str(value) if isinstance(value, Decimal) else value
        for name, value in values.items()
        if value not in (None, "")
    }
