"""The chapter ``lazy_training``: one idea a file."""
