"""The requests of a batch's calls, made from their rows whenever they are needed, and the file of them."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson

from annotation.models import Comparison, JudgeCall, Response

from .. import calls
from ..asking import Prepared
from ..client import Batches, RemoteBatch
from ..models import JudgeBatch
from ..preparing import Brief, prepare
from ..prices import discounted
from ..prompts import Unshowable
from ..registry import annotator_of

PORTION = 250  # comparisons a transaction


def send(batch: JudgeBatch, remote: Batches) -> RemoteBatch:
    """Writes the file of what the batch still has in flight and hands it in. Raises BatchFailed."""
    with tempfile.TemporaryDirectory(prefix="tandem-batch-") as folder:
        path = Path(folder) / "requests.jsonl"
        with path.open("wb") as file:
            for _, prepared in portions(batch):
                for one in prepared:
                    line = {
                        "custom_id": custom_id(one.call),
                        "method": "POST",
                        "url": "/v1/chat/completions",
                        "body": one.request.body,
                    }
                    file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
        return remote.create(path, str(batch.mark))


def custom_id(call: JudgeCall) -> str:
    """What a call's line is known by: another try of the call is another line."""
    return f"{call.pk}-{call.attempts}"


def portions(batch: JudgeBatch) -> Iterator[tuple[Brief, list[Prepared]]]:
    """The batch's calls that are still in flight, by whole comparisons, each with its request."""
    judge = batch.judge
    brief = calls.brief(discounted(judge), annotator_of(judge), batch.run.project)
    mine = JudgeCall.objects.filter(claimed_by=batch.worker, state=JudgeCall.State.IN_FLIGHT, run=batch.run)
    last = 0
    while ids := list(
        mine.filter(comparison__gt=last)
        .order_by("comparison")
        .values_list("comparison", flat=True)
        .distinct()[:PORTION]
    ):
        some = list(mine.filter(comparison__in=ids).order_by("comparison", "pk"))
        yield brief, _prepared(brief, some, batch.rung)
        last = ids[-1]


def _prepared(brief: Brief, some: Sequence[JudgeCall], rung: str) -> list[Prepared]:
    """The calls with their requests made again, asked in the way that the batch asks."""
    comparisons = Comparison.objects.in_bulk({call.comparison_id for call in some})
    responses: dict[int, list[Response]] = {pk: [] for pk in comparisons}
    for response in Response.objects.filter(comparison__in=list(comparisons)).order_by("position"):
        responses[response.comparison_id].append(response)
    found = []
    for call in some:
        noted = call.request
        try:
            one = prepare(brief, call, comparisons[call.comparison_id], responses[call.comparison_id])
        except Unshowable:
            continue
        call.request = noted  # the letters and boundary that were sent
        one.request = one.request.on(rung)
        found.append(one)
    return found
