"""The chapter ``competing``: one idea a file."""
