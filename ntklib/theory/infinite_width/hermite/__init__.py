"""The chapter ``hermite``: one idea a file."""
