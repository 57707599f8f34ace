"""Makers of judges and of the small things their tests look at."""

from typing import Any

from django.utils import timezone

from annotation.models import Comparison, JudgeCall, Label, Project
from llm_judges.demand import ask_for
from llm_judges.labelling import label_all
from llm_judges.models import Judge
from llm_judges.outcome import Outcome
from llm_judges.registry import annotator_of, set_judge
from tests.factories import make_comparison
from tests.fake_judge import FakeJudge

SHORT, LONG = "A bookmark.", "Straighten it and press the small reset button at the back of the router."


def make_judge(project: Project, fake: FakeJudge | str, name: str = "fake", **settings: Any) -> Judge:
    """A judge of the project that is answered by `fake`, at 2 a million tokens in and 10 out. It counts as
    probed, with these `capabilities`, so that tests see the requests they are about and no others."""
    url = fake if isinstance(fake, str) else fake.base_url
    settings = {"model": "fake-1", "input_price": 2, "output_price": 10, "timeout_seconds": 60} | settings
    can = settings.pop("capabilities", {"json_schema": True, "usage": True})
    judge = set_judge(project, name=name, base_url=url, **settings)
    judge.capabilities, judge.probed_at = can, timezone.now()
    judge.save(update_fields=["capabilities", "probed_at"])
    return judge


def make_pairs(project: Project, number: int) -> list[Comparison]:
    """Comparisons whose second response is the longer one."""
    return [make_comparison(project, SHORT, f"{LONG} ({index})") for index in range(number)]


def run(judge: Judge, **options: Any) -> Outcome:
    """What the command does for one judge."""
    ask_for(judge, judge.version.project)
    return label_all(judge, **options)


def calls_of(judge: Judge) -> list[JudgeCall]:
    return list(JudgeCall.objects.filter(annotator=annotator_of(judge)).order_by("comparison", "order"))


def labels_of(judge: Judge) -> list[Label]:
    return list(Label.objects.filter(annotator=annotator_of(judge)).order_by("comparison", "criterion"))
