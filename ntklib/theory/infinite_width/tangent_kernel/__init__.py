"""The chapter ``tangent_kernel``: one idea a file."""
