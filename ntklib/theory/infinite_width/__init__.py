"""Part I, the infinite-width limit: a module per chapter, each with its bounds and its claims.

Importing this package imports every module in it, and so fills the registry of claims.
"""

import importlib
import pkgutil

__all__ = sorted(module.name for module in pkgutil.iter_modules(__path__))

for _name in __all__:
    importlib.import_module(f"{__name__}.{_name}")
