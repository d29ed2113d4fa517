"""The chapter ``tangent_features``: one idea a file."""
