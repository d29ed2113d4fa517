"""The chapter ``generalization``: one idea a file."""
