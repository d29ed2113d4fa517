"""The chapter ``scaling_figure``: one idea a file."""
