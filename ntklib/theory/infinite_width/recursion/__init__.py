"""The chapter ``recursion``: one idea a file."""
