"""Memory estimates that refuse a computation before it allocates anything."""

import psutil


def available_bytes() -> int:
    """Bytes of main memory that can be had without swapping."""
    return psutil.virtual_memory().available


def require_memory(where: str, needed: float, remedy: str, limit: float | None = None) -> None:
    """Raise ``MemoryError`` when ``needed`` bytes exceed ``limit`` (default: what the machine has free).

    Examples
    --------
    >>> require_memory("demo", 1e30, "pass fewer rows")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    MemoryError: demo: needs about 9.31e+20 GiB, ... GiB are available; pass fewer rows.
    """
    limit = available_bytes() if limit is None else limit
    if not limit >= 0:
        raise ValueError(f"{where}: memory_limit={limit!r}; expected a number of bytes, or None for what is free.")
    if needed > limit:
        raise MemoryError(
            f"{where}: needs about {needed / 2**30:.3g} GiB, {limit / 2**30:.3g} GiB are available; {remedy}."
        )
