"""What a judge's failures mean for its owner: what to do about them, in a sentence."""

import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotation.models import JudgeCall, JudgeRun
from llm_judges.models import JudgeBatch, Panel
from llm_judges.verdicts import Rung

State = JudgeCall.State

# Looked for in the words of the endpoint, or in ours, in this order.
_BY_WORDS = (
    (
        r"environment variable",
        gettext_lazy("Set it where the workers run and start them again, or store the key in its settings."),
    ),
    (r"stored key cannot be opened", gettext_lazy("Store the key again in its settings.")),
    (
        r"HTTP 40[13]\b",
        gettext_lazy("The endpoint does not take the key: check it in the settings of the judge."),
    ),
    (
        r"HTTP 404\b",
        gettext_lazy("Check the model's name and the address; most addresses end in /v1."),
    ),
    (
        r"HTTP 402\b|quota|billing",
        gettext_lazy("The provider wants its account settled first; then try again."),
    ),
    (
        r"no connection",
        gettext_lazy("Check the address, and that the endpoint can be reached from where the workers run."),
    ),
    (
        r"no answer in time",
        gettext_lazy("Give it more seconds, or fewer calls in flight, in its settings."),
    ),
    (
        r"chat format|without a choice",
        gettext_lazy("This address is no chat endpoint; most addresses end in /v1."),
    ),
    (r"HTTP 5\d\d\b", gettext_lazy("That is the endpoint's own trouble: try again later.")),
    (
        r"HTTP 400\b|HTTP 422\b",
        gettext_lazy("It does not take something that is sent: leave out seed, temperature or top_p."),
    ),
    (r"worker", gettext_lazy("Look whether a worker is running (see the deployment guide), and try again.")),
    (
        r"price is unknown",
        gettext_lazy("Give its prices in its settings; 0 is a price too."),
    ),
    (
        r"budget|may cost|left may not pay",
        gettext_lazy("Raise the budget, or let replies be shorter: their longest length is reserved."),
    ),
    (r"empty or identical", gettext_lazy("There is nothing to compare in it, so nothing was asked.")),
    (
        r"the context has room|context length",
        gettext_lazy("Let the judge shorten what is too long, or choose a model with a larger context."),
    ),
)
_BY_STATE = {
    State.RATE_LIMITED: gettext_lazy("Set requests a minute in its settings to what the provider allows."),
    State.TRANSPORT_ERROR: gettext_lazy("Try again; if that does not help, check address, key and model."),
    State.TRUNCATED: gettext_lazy("Let replies be longer: models that reason need some thousand tokens."),
    State.UNPARSABLE: gettext_lazy(
        "Read its reply: another template, or a model that keeps to a form, may help."
    ),
    State.REFUSED: gettext_lazy("The model or its provider declines to judge this text; another may not."),
    State.INVALID_INPUT: gettext_lazy("This comparison cannot be put into a text prompt; nothing was asked."),
    State.BUDGET_STOPPED: gettext_lazy("Raise the budget and go on."),
    State.CANCELLED: gettext_lazy("It was not asked; try again."),
}
# Calls that show no responses, so that none comes first.
_WITHOUT_ORDER = {
    JudgeCall.Purpose.TAGS.value: gettext_lazy("tags"),
    JudgeCall.Purpose.EMBED.value: gettext_lazy("embeddings"),
}
_RUN_STATES = {
    JudgeRun.State.PENDING: gettext_lazy("Waiting for a worker"),
    JudgeRun.State.RUNNING: gettext_lazy("At work"),
    JudgeRun.State.PAUSED: gettext_lazy("Paused"),
    JudgeRun.State.FINISHED: gettext_lazy("Done"),
    JudgeRun.State.STOPPED: gettext_lazy("Stopped"),
    JudgeRun.State.CANCELLED: gettext_lazy("Cancelled"),
}
_WAYS = {
    Rung.JSON_SCHEMA: gettext_lazy("JSON schema"),
    Rung.TOOL: gettext_lazy("a tool it has to call"),
    Rung.JSON_OBJECT: gettext_lazy("a JSON object"),
    Rung.TAGGED: gettext_lazy("tagged text"),
}


def what_to_do(state: str, reason: str) -> str:
    """Advice on a call, trial or run that failed, by what it says of itself; empty where there is none."""
    for pattern, words in _BY_WORDS:
        if re.search(pattern, reason):
            return str(words)
    return str(_BY_STATE.get(State(state), "")) if state in State.values else ""


def shown_order(order: str) -> str:
    """A first, then B: the stored letters as a judge saw them; where it saw none, what it was asked for."""
    if order in _WITHOUT_ORDER:
        return str(_WITHOUT_ORDER[order])
    first, *others = list(order.upper())
    return _("%(first)s first, then %(others)s") % {"first": first, "others": ", ".join(others)}


def run_state(state: str) -> str:
    """The state of a run as a word for people."""
    return str(_RUN_STATES[JudgeRun.State(state)])


def way_of_asking(rung: str) -> str:
    """A rung of the ladder of ways to ask, as people call it."""
    return str(_WAYS.get(rung, rung))


def panel_rule(panel: Panel) -> str:
    """Majority of careful, second and third; cheap, then careful."""
    names = [judge["name"] for judge in panel.version.settings["judges"]]
    if panel.rule == Panel.Rule.CASCADE:
        return _("cascade: %(names)s") % {"names": _(", then ").join(names)}
    words = {
        Panel.Rule.MAJORITY: _("majority of %(names)s"),
        Panel.Rule.MEAN: _("mean of %(names)s"),
        Panel.Rule.WEIGHTED: _("weighted: %(names)s"),
    }
    return words[Panel.Rule(panel.rule)] % {"names": ", ".join(names)}


def batch_state(batch: JudgeBatch) -> str:
    """In the provider's words where it is with the provider."""
    if batch.ended_at:
        return _("booked")
    if not batch.remote_id:
        return _("not handed in yet")
    return batch.status or _("handed in")
