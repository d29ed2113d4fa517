"""The chapter ``other_side``: one idea a file."""
