"""The chapter ``implicit_regularization``: one idea a file."""
