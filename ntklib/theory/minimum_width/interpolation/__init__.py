"""The chapter ``interpolation``: one idea a file."""
