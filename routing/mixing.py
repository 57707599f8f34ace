"""Mixes for a reward model that is trained elsewhere: out as CSV, its scores back in as CSV.

Whoever has the hardware trains a model on each mix, measures it, and brings the scores back. A penalised
model of mixes then says what asking people about each open comparison adds. It is fitted and checked on the
scores alone; whether it holds on prompts that the score has not seen, only who measured it can know.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from annotation.models import Project

from . import hyper, performance
from .learning import tags_of
from .policy import Floats, PlanError
from .proxy import explained, rank_correlation
from .signals import Read, read
from .standing import standing_judge
from .texts import describe_project

FOLDS = 10
LEAST = 20  # scored mixes
SOURCES = ("human", "judge")


@dataclass(frozen=True, slots=True)
class Learned:
    """What scores of mixes teach: `rho`, `r2` of mixes held out, `gains` (n,) of the open comparisons."""

    mixes: int
    rho: float
    r2: float
    keys: Sequence[str]
    gains: Floats

    def as_dict(self) -> dict[str, Any]:
        return {"mixes": self.mixes, "rho": self.rho, "r2": self.r2, "open": len(self.keys)}


def known_of(project: Project, judge: str | None) -> Read:
    """What people and the judge have labelled, and what is open. PlanError where nothing is labelled."""
    standing = standing_judge(project, judge)
    describe_project(project)
    known = read(project, standing.judge if standing else None)
    if not len(known.labelled):
        raise PlanError(f"no comparison of {project.slug} has labels of both people and a judge")
    return known


def write_mixes(known: Read, number: int, seed: int, file: TextIO) -> None:
    """`mix,comparison,source`, a line for every labelled comparison of every mix, drawn as HyPER does."""
    keys = known.labelled.signals.keys
    lines = csv.writer(file)
    lines.writerow(["mix", "comparison", "source"])
    for name, mix in enumerate(hyper.candidates(tags_of(known.labelled.signals), number, seed), start=1):
        lines.writerows(
            [name, key, SOURCES[0 if by else 1]] for key, by in zip(keys, mix.tolist(), strict=True)
        )


def learn(known: Read, mixes: TextIO, scores: TextIO) -> Learned:
    """Fits the penalised model to `mix,score` of the mixes that `write_mixes` wrote. Raises PlanError.

    Comparisons that are not labelled any more, and mixes without a score, are left out.
    """
    scored = dict(_scores(scores))
    place = {key: row for row, key in enumerate(known.labelled.signals.keys)}
    names = {name: row for row, name in enumerate(scored)}
    drawn = np.zeros((len(names), len(place)), dtype=np.bool_)
    for line in _rows(mixes, ("mix", "comparison", "source")):
        row, column = names.get(line["mix"]), place.get(line["comparison"])
        if line["source"] not in SOURCES:
            raise PlanError(f"source must be human or judge, not {line['source']!r}")
        if row is not None and column is not None:
            drawn[row, column] = line["source"] == SOURCES[0]
    told = drawn.any(axis=1)
    if told.sum() < LEAST:
        raise PlanError(f"{int(told.sum())} mixes have a score; {LEAST} are needed")
    values = np.array(list(scored.values()))[told]
    tags = tags_of(known.labelled.signals)
    predicted = _held_out(drawn[told], tags, values)
    model = performance.fit(drawn[told], tags, values)
    return Learned(
        len(values),
        rank_correlation(predicted, values),
        explained(predicted, values),
        known.open.signals.keys,
        model.gains(tags_of(known.open.signals)),
    )


def _held_out(drawn: NDArray[np.bool_], tags: NDArray[np.bool_], values: Floats) -> Floats:
    """Predictions of every mix by a model that has not seen it."""
    fold = np.random.default_rng(0).permutation(len(values)) % FOLDS
    predicted = np.empty(len(values))
    for one in range(FOLDS):
        model = performance.fit(drawn[fold != one], tags, values[fold != one])
        predicted[fold == one] = model.predict(drawn[fold == one], tags)
    return predicted


def _scores(file: TextIO) -> Iterator[tuple[str, float]]:
    for line in _rows(file, ("mix", "score")):
        try:
            value = float(line["score"])
        except ValueError:
            value = np.nan
        if not np.isfinite(value):
            raise PlanError(f"the score of mix {line['mix']} must be a number, not {line['score']!r}")
        yield line["mix"], value


def _rows(file: TextIO, columns: Sequence[str]) -> Iterator[dict[str, str]]:
    found = csv.DictReader(file)
    if missing := set(columns) - set(found.fieldnames or ()):
        raise PlanError(f"a column {min(missing)!r} is needed: {','.join(columns)}")
    for line in found:
        if any(line[name] is None for name in columns):
            raise PlanError(f"line {found.line_num} is cut short; {','.join(columns)} are needed")
        yield line
