"""How long a comparison takes a person, guessed from its length. Pure: no Django.

Reading goes by the word and deciding takes a while whatever the length; the guess is scaled so that its
median is what people of the project were seen to take.
"""

import numpy as np

from .features import SHARED
from .policy import Floats

WORDS_A_SECOND = 4.0  # silent reading of English, about 240 words a minute (Brysbaert 2019)
DECIDING = 20.0  # seconds
UNKNOWN = 60.0  # seconds, where neither a text nor a person's time is known


def seconds_of(shared: Floats, observed: float | None = None) -> Floats:
    """Seconds that one label on each comparison takes, (n,), from its `Signals.shared` (n, len(SHARED)).

    `observed` is the median of the seconds that people have taken. What is not known of a text counts as the
    median comparison; of more than two responses two are counted.
    """
    parts = ("prompt_length", "shortest_length", "longest_length")  # logarithms of 1 + words
    words = sum(np.expm1(shared[:, SHARED.index(part)].astype(np.float64)) for part in parts)
    guess = DECIDING + np.asarray(words) / WORDS_A_SECOND
    known = guess[~np.isnan(guess)]
    if not len(known):
        return np.full(len(shared), UNKNOWN if observed is None else observed)
    middle = float(np.median(known))
    return np.nan_to_num(guess, nan=middle) * (1.0 if observed is None else observed / middle)
