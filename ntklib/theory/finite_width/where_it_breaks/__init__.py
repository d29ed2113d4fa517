"""The chapter ``where_it_breaks``: one idea a file."""
