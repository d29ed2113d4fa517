"""The chapter ``kernel_generalization``: one idea a file."""
