"""The chapter ``four_widths``: one idea a file."""
