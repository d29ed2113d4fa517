"""One package per part of the book, one module per chapter: its bounds as functions, its claims in the registry.

Importing this package imports every module below it, and so fills the registry of claims.
"""

import importlib
import pkgutil

__all__ = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.ispkg)

for _module in pkgutil.walk_packages(__path__, f"{__name__}."):
    importlib.import_module(_module.name)
