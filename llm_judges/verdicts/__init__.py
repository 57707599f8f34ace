"""What a judge may answer, how it is asked for and how its reply is read. Pure: no Django."""

from .forms import instruction, object_schema, parameters
from .questions import ALPHABET, Form, Question, Rung, describe, listed, menu
from .reading import PARSER, Unreadable, Verdict, clean, in_stored_letters, read
from .replies import Reading, read_reply
from .soft import MASS_FLOOR, TIE, Slot, Token, probabilities, slots

__all__ = [
    "ALPHABET",
    "MASS_FLOOR",
    "PARSER",
    "TIE",
    "Form",
    "Question",
    "Reading",
    "Rung",
    "Slot",
    "Token",
    "Unreadable",
    "Verdict",
    "clean",
    "describe",
    "in_stored_letters",
    "instruction",
    "listed",
    "menu",
    "object_schema",
    "parameters",
    "probabilities",
    "read",
    "read_reply",
    "slots",
]
