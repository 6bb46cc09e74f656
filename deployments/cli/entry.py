"""Where the program begins."""

import gc
import io
import sys

# Nearly all that a start makes stays: to look for garbage after every 700 objects only takes time.
_OBJECTS = 10_000


def main() -> None:
    """Run a command and end with its exit code; errors are one Chinese sentence."""
    gc.set_threshold(_OBJECTS)
    from deployments.cli.main import run

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that is set to another encoding must not make a stored lead look like a failure.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))
