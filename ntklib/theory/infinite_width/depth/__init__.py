"""The chapter ``depth``: one idea a file."""
