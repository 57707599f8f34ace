from ...imports import load_labels
from . import import_comparisons


class Command(import_comparisons.Command):
    help = "Imports labels made elsewhere, by people or judges (docs/data-formats.md)."
    load = staticmethod(load_labels)
