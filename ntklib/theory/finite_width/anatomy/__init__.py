"""Layer by layer: the smallest eigenvalue of a finite network's tangent kernel, its bound, the scales behind both."""

from ntklib.theory.finite_width.anatomy.statements import anatomy, row_norms, schur_sum_bound

__all__ = ["anatomy", "row_norms", "schur_sum_bound"]
