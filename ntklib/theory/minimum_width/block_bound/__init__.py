"""The chapter ``block_bound``: one idea a file."""
