"""A penalised performance prediction model of mixes (PPM): shares of tags, not counts. Pure: no Django.

Against the weaknesses of the published one (see `hyper`): composition instead of collinear counts, the budget
and its square beside them, ridge with the penalty chosen by generalised cross-validation. It is additive, so
that what one comparison adds to a mix is defined.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .policy import Floats

PENALTIES = np.logspace(-3, 4, 15)


@dataclass(frozen=True, slots=True)
class RidgePPM:
    """Weights of a mix's standardised terms: share of people, its square, share of people within each tag."""

    centre: Floats
    spread: Floats
    weights: Floats
    intercept: float
    size: NDArray[np.int64]

    def predict(self, mixes: NDArray[np.bool_], tags: NDArray[np.bool_]) -> Floats:
        """Predicted performance, (mixes,)."""
        standard = (_terms(mixes, tags) - self.centre) / self.spread
        return np.asarray(self.intercept + standard @ self.weights)

    def gains(self, tags: NDArray[np.bool_]) -> Floats:
        """What asking a person about one comparison adds, beside the budget's own effect; (n,)."""
        return np.asarray(tags / np.maximum(self.size, 1) @ (self.weights / self.spread)[2:])


def fit(mixes: NDArray[np.bool_], tags: NDArray[np.bool_], performance: Floats) -> RidgePPM:
    """Learns from mixes (m, n) of comparisons with tags (n, t) and their measured performance (m,)."""
    # Here, because web processes import policies for their names and never fit one.
    from sklearn.linear_model import RidgeCV

    terms = _terms(mixes, tags)
    centre, spread = terms.mean(axis=0), terms.std(axis=0)
    spread = np.where(spread < 1e-9, np.inf, spread)
    model = RidgeCV(alphas=PENALTIES).fit((terms - centre) / spread, performance)
    return RidgePPM(centre, spread, model.coef_, float(model.intercept_), tags.sum(axis=0))


def _terms(mixes: NDArray[np.bool_], tags: NDArray[np.bool_]) -> Floats:
    people = mixes.mean(axis=1, keepdims=True)
    within = mixes.astype(np.float64) @ tags / np.maximum(tags.sum(axis=0), 1)
    return np.hstack([people, people**2, within])
