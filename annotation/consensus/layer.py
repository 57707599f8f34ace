"""The random layer of comparisons that always get full overlap. Pure.

Stopping early asks more about hard comparisons than about easy ones. Agreement over all labels would be
biased by that; over a random layer that always gets every label it is not, and the layer shows how often a
comparison that closed early was right. Membership is a hash of the comparison's id: the same in every
process, and a larger share contains the smaller one.
"""

import numpy as np

from ..votes import Ints, Mask

_ALL = 2**64 - 1


def in_layer(comparison_ids: Ints, share: float) -> Mask:
    """Which of these comparisons belong to the layer that is this share of them all (0 to 1)."""
    x = np.asarray(comparison_ids).astype(np.uint64)
    # The finaliser of splitmix64 (Steele et al. 2014): every bit of the id reaches every bit of the hash.
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    x = x ^ (x >> np.uint64(31))
    result: Mask = x.astype(np.float64) < share * _ALL
    return result
