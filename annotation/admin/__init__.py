"""The admin of every table: set-up can be edited, facts only looked at."""

from . import answers, instruments, joining, notices, people, programs, questions
from .base import ReadOnlyAdmin, TableAdmin

__all__ = [
    "ReadOnlyAdmin",
    "TableAdmin",
    "answers",
    "instruments",
    "joining",
    "notices",
    "people",
    "programs",
    "questions",
]
