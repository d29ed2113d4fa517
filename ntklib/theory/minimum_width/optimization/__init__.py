"""The chapter ``optimization``: one idea a file."""
