"""The chapter ``asymptotics``: one idea a file."""
