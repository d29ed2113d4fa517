"""The chapter ``composite``: one idea a file."""
