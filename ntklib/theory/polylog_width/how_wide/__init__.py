"""The chapter ``how_wide``: one idea a file."""
