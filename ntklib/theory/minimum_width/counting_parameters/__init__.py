"""The chapter ``counting_parameters``: one idea a file."""
