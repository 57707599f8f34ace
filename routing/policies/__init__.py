"""Every policy there is: importing this package registers the policies of all its modules."""

from importlib import import_module
from pkgutil import iter_modules

from ..policy import POLICIES

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

__all__ = ["POLICIES"]
