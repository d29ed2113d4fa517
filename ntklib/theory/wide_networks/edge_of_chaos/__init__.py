"""The chapter ``edge_of_chaos``: one idea a file."""
