"""The chapter ``wide_enough``: one idea a file."""
