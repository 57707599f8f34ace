"""What a refit learns: the error model, how good it is, and what asking more would gain. Pure: no Django."""

from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np

from .error_model import TooFew, fit, held_out
from .learning import categories_of, columns, gains_of, human_error, inputs
from .measures import quality
from .paying import NextBatch, gain_of
from .policy import Labelled, Signals

FOLDS = 10


@dataclass(slots=True)
class Learned:
    """What a refit keeps; empty but for `message` where too little is labelled."""

    learned_from: int = 0
    model: dict[str, Any] = field(default_factory=dict)
    quality: dict[str, Any] = field(default_factory=dict)
    next_batch: dict[str, Any] = field(default_factory=dict)
    message: str = ""


def learn(labelled: Labelled, rows: Signals, seed: int, cost: Decimal, worth: Decimal | None) -> Learned:
    """The error model, how good it is on groups it has not seen, and what asking about `rows` would gain.

    `cost` is of people's labels on those comparisons, `worth` of one right label; both in currency.
    """
    categories = categories_of(labelled)
    known, groups = inputs(labelled.signals, categories), list(labelled.signals.groups)
    try:
        model = fit(known, labelled.wrong, groups, seed)
        unseen = held_out(known, labelled.wrong, groups, FOLDS, seed)
    except TooFew as few:
        return Learned(learned_from=len(labelled), message=str(few)[:500])
    human, note = human_error(labelled)
    batch = model.probability(inputs(rows, categories)) - human if len(rows) else np.zeros(0)
    gain = gain_of(batch, unseen - human, gains_of(labelled), groups, seed=abs(seed))
    next_batch = NextBatch(len(rows), gain, float(cost), None if worth is None else float(worth))
    measured = quality(unseen, labelled.wrong, groups, seed=abs(seed))
    return Learned(
        learned_from=len(labelled),
        model={**model.as_dict(columns(categories)), "human_error": human},
        quality={name: asdict(one) for name, one in measured.items()},
        next_batch=next_batch.as_dict(),
        message=note[:500],
    )
