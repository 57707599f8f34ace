"""Facts about a comparison that a judge may write as tags, and their words. Pure: no Django.

Where a tagger (`llm_judges`) and a reader (`routing`) meet: both know this page and not each other. Names and
words are those of HyPER's descriptive features (Miranda et al. 2025, appendix B), coarser where its scales
have more steps than a judge can tell apart. A change of meaning is a new VERSION.
"""

VERSION = 1

SUBJECTS = (
    *("coding", "mathematics", "science", "medicine", "law", "business", "society", "writing", "role play"),
    *("extraction", "other"),
)
# By name: what it says, and its words from least to most.
TAGS: dict[str, tuple[str, tuple[str, ...]]] = {
    "subject": ("the one field that the request belongs to most", SUBJECTS),
    "expertise": ("what it takes to judge an answer", ("general", "basic", "expert")),
    "openness": ("how many different answers could be right", ("closed", "partly", "open")),
    "safety-concern": ("how sensitive or harmful an answer could be", ("none", "moderate", "high")),
    "complexity": ("how many things are asked for at once", ("simple", "moderate", "complex")),
    "material": ("whether the request brings a text or data to work on", ("no", "yes")),
    "format-constraints": ("how many demands it makes on the form of the answer", ("none", "one", "several")),
}
# Mean cosine of the responses' embeddings, a number from -1 to 1.
SIMILARITY = "similarity"


def source_of(tagger: str, version: int = VERSION) -> str:
    """What stands in `Tag.source` where `tagger`, of at most 60 characters, wrote it."""
    return f"{prefix_of(version)}{tagger[:60]}"


def prefix_of(version: int = VERSION) -> str:
    """What every source of this version begins with."""
    return f"tagger-{version}/"
