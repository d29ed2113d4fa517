"""The chapter ``memorization``: one idea a file."""
