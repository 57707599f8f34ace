"""Judges as taggers: what a comparison is about, said by a judge, and how alike its responses are."""

from .going import OPEN, begin, cancel, left_open, newest, tagged, work_on

__all__ = ["OPEN", "begin", "cancel", "left_open", "newest", "tagged", "work_on"]
