"""The chapter ``separability``: one idea a file."""
