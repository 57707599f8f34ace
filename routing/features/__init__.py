"""What can be seen of a comparison before anybody has labelled it. Pure: no Django.

`describe` gives one row of numbers for a comparison. The columns of `SHARED` do not change when the responses
change places; those of `EACH` belong to one response and are turned into a difference between what a judge
preferred and the rest by `directed`. A row depends on its comparison alone, never on others that are
described with it, and its meaning changes only with `VERSION`.

After HyPER (Miranda et al. 2025, section 3.1 and appendix B), without its defects: entity overlap is a real
"""

from .bins import BINS, bin_of, tags
from .describing import EACH, SHARED, VERSION, Described, describe, directed
from .tagged import TAGGED, overlaid

__all__ = [
    "BINS",
    "EACH",
    "SHARED",
    "TAGGED",
    "VERSION",
    "Described",
    "bin_of",
    "describe",
    "directed",
    "overlaid",
    "tags",
]
