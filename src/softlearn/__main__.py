"""The program `softlearn`, which `python -m softlearn` is too.

Exit status: 0 (also where the reader of a pipe has closed it), or 1 when the run failed (one
sentence on standard error), or 2 for wrong usage, or 143 when SIGTERM ended it.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress

from ._internal.format import one_line
from .cli import CommandError
from .cli.terminal.signals import TERMINATED, ending_on_sigterm, stopped, terminated

__all__ = ["main"]

_INTERRUPTED = 130  # Typer's exit status for KeyboardInterrupt, of which it says nothing
_EXTRA = frozenset(
    {"typer", "click", "rich", "pandas", "pyarrow", "skrub", "PIL"}
    | {"charset_normalizer", "pydantic", "python_calamine", "arff"}
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: the words after the program's name; None for those it was started with.

    Returns:
        The exit status.

    """
    _spare_the_encoding()
    debug = bool(os.environ.get("SOFTLEARN_DEBUG"))
    with warnings.catch_warnings():
        if not (debug or sys.warnoptions):
            # Warnings of libraries speak to programmers.  What a user should know comes as a
            # sentence: in the report, and from `commands.models.load_model`.
            warnings.simplefilter("ignore")
        with ending_on_sigterm():
            status = _status(arguments, debug)
        return TERMINATED if terminated() and status else status


def _status(arguments: Sequence[str] | None, debug: bool) -> int:
    try:
        return _run(arguments)
    except Exception as error:
        if debug:
            raise
        return _failed(error)
    except KeyboardInterrupt:  # outside of any command's own care
        return _failed(CommandError(stopped("nothing was written")))


def _run(arguments: Sequence[str] | None) -> int:
    from .cli.app import app

    status = 0
    try:
        app(None if arguments is None else list(arguments), prog_name="softlearn")
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # while help was printed
            raise end.__context__ from None
        status = end.code if isinstance(end.code, int) else 1
        if status == _INTERRUPTED:  # before a command began
            raise KeyboardInterrupt from None
    sys.stdout.flush()  # now, while what goes wrong can still be said
    return status


def _failed(error: Exception) -> int:
    """Say in one sentence why the run failed."""
    _empty_stdout()
    if isinstance(error, BrokenPipeError) or isinstance(error.__cause__, BrokenPipeError):
        return 0  # `| head` has seen enough: nothing to say
    print(f"softlearn: {one_line(_sentence(error))}", file=sys.stderr)
    return 1


def _sentence(error: Exception) -> str:
    from .features.dataset import SourceError
    from .kernels.dispatch import KernelsError
    from .model_file import ModelFileError

    if isinstance(error, CommandError | SourceError | KernelsError | ModelFileError):
        return str(error)
    if isinstance(error, ImportError) and (error.name or "").partition(".")[0] in _EXTRA:
        return (
            f"The command line needs {(error.name or '').partition('.')[0]}, which is not "
            "installed; run: pip install 'softlearn[cli]'"
        )
    if isinstance(error, MemoryError):
        return "There is not enough memory for these data; give fewer rows or columns."
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"The system refused to go on: {where}{error.strerror}."
    reason = (str(error).strip().splitlines() or ["no reason was given"])[0].rstrip(".")
    return (
        f"It failed unexpectedly ({type(error).__name__}: {reason}); set SOFTLEARN_DEBUG=1 for "
        "the traceback."
    )


def _spare_the_encoding() -> None:
    """Let a terminal that cannot show a character show another in its place."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):  # a stream that was replaced, or closed
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]


def _empty_stdout() -> None:
    """Keep what cannot be written from failing once more when Python flushes at its end."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
