"""A run by the provider's Batch API: files of calls that are answered within a day, at a part of the price.

Everything stands on rows before it is sent. A batch's calls are in flight under its name with what they may
cost reserved; its id is kept as soon as it is known, and one whose id got lost is found by its mark. Answers
are taken by `custom_id` (call and attempt) from output and error file together; a call that is in neither is
asked again. Booking and labelling go by comparisons, so whoever takes up a batch goes on from there.
"""

from .filling import fill
from .rows import left_by_runs, newest_batches, open_batches
from .tending import tend
from .worker import BatchWorker

__all__ = ["BatchWorker", "fill", "left_by_runs", "newest_batches", "open_batches", "tend"]
