"""Part V, gradient descent on wide networks: a module per chapter, each with its bounds and its claims."""

import pkgutil

__all__ = sorted(module.name for module in pkgutil.iter_modules(__path__))
