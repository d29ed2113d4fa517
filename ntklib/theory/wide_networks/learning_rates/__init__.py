"""The chapter ``learning_rates``: one idea a file."""
