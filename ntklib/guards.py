"""Guards of a text's numbers: assertions that hold for the settings which the text was written for."""

from contextlib import AbstractContextManager


class Guard(AbstractContextManager):
    """A context for assertions about printed numbers, silent about them once a reader has changed a setting.

    Inside ``with guard:`` an error is raised as usual while every setting has the value that the text was written
    for. With another value the block ends at its first error, and one line says which settings differ.

    Parameters
    ----------
    **settings : pair (value now, value of the text)
        Numbers, strings, sequences or arrays, compared entry by entry.

    Attributes
    ----------
    changed : tuple of str
        One entry for each setting that differs, such as ``"N: 200 -> 60"``.

    Raises
    ------
    TypeError
        For a setting that is not a pair.

    Notes
    -----
    ``KeyboardInterrupt`` and ``SystemExit`` pass through. O(size of the settings) time and memory. Source: Book.

    Examples
    --------
    >>> with Guard(N=(60, 200)):
    ...     assert False
    settings changed (N: 200 -> 60): the numbers in the text no longer apply
    """

    def __init__(self, **settings):
        for name, pair in settings.items():
            if not isinstance(pair, tuple) or len(pair) != 2:
                raise TypeError(f"Guard: {name}={pair!r}; expected a pair; give ({name}, its value in the text).")
        plain = {name: tuple(map(_plain, pair)) for name, pair in settings.items()}
        self.changed = tuple(f"{name}: {text} -> {now}" for name, (now, text) in plain.items() if now != text)

    def __exit__(self, kind, error, trace):
        if not self.changed:
            return False
        print(f"settings changed ({', '.join(self.changed)}): the numbers in the text no longer apply")
        return kind is None or issubclass(kind, Exception)


def _plain(value):
    """Return a setting as nested lists, so that a range, a tuple and an array of the same entries are equal."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    return [_plain(entry) for entry in value] if isinstance(value, list | tuple | range) else value
