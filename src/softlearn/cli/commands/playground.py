"""softlearn playground: softmax alive, in a page of the browser."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .. import CommandError

if TYPE_CHECKING:
    from ...playground.server import Server

__all__ = ["EXAMPLES", "STOPS", "playground"]

STOPS = 15  # of the course, which the page has

EXAMPLES = (
    "Examples:\n\n"
    "softlearn playground\n\n"
    "softlearn playground --preset spiral\n\n"
    "softlearn playground --course 4\n\n"
    "softlearn playground --data penguins.csv --target species"
)


def playground(
    port: Annotated[
        int,
        typer.Option(
            metavar="N", show_default=False, help="The port to listen on. [default: a free one]"
        ),
    ] = 0,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", metavar="", help="Print the address, open nothing.")
    ] = False,
    preset: Annotated[
        str | None, typer.Option(metavar="NAME", help="The data to begin with.")
    ] = None,
    course: Annotated[
        int | None,
        typer.Option(metavar="N", help=f"The stop of the course to open, 1 to {STOPS}."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Begin with your own points: two columns of numbers and a label."
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            metavar="X,Y",
            show_default=False,
            help="The two columns of numbers in the data. [default: the first two]",
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            "-t",
            metavar="NAME",
            help="The column of labels in the data. [default: the one that looks like it]",
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Begin with a model of two columns that was saved."),
    ] = None,
) -> None:
    """Open a page where softmax learns while you paint points and turn the knobs.

    The page is served on this machine alone, to whoever has the address that is printed. It needs
    no network. Ctrl-C ends it.
    """  # fmt: skip
    from ..terminal.signals import interrupt_as_flag, stopped, terminated

    if preset is not None and data is not None:
        raise CommandError("Give --preset or --data, not both.")
    if target is not None and data is None:
        raise CommandError("--target names a column of the --data, which were not given.")
    if columns is not None and data is None:
        raise CommandError("--columns names columns of the --data, which were not given.")
    if course is not None and not 1 <= course <= STOPS:
        raise CommandError(f"--course takes a stop from 1 to {STOPS}, not {course}.")
    axes = tuple(name.strip() for name in (columns or "").split(",") if name.strip())
    if columns is not None and len(axes) != 2:
        raise CommandError("--columns takes the names of two columns with a comma between them.")
    try:
        server = _server(port, preset, data, axes, target, model)
        with interrupt_as_flag(server.stop):
            server.run(lambda: _welcome(server, course, no_browser))
    except KeyboardInterrupt:
        pass  # before the server ran, or again while it ends
    except ValueError as error:
        raise CommandError(str(error)) from error
    sentence = stopped("the playground is closed")
    if terminated():
        raise CommandError(sentence)
    print(f"\n{sentence}", file=sys.stderr)


def _server(
    port: int,
    preset: str | None,
    data: Path | None,
    columns: tuple[str, ...],
    target: str | None,
    model: Path | None,
) -> Server:
    """Return a server of sessions that begin as the user wants.

    Raises:
        CommandError: something is missing that it takes.
        ValueError: something cannot be used; a sentence.

    """
    from ...playground.libraries import need_server

    try:
        need_server()
    except ImportError as error:
        raise CommandError(str(error)) from error
    from ...playground.server import Server
    from ..saved.playground_start import session_maker

    make, notes = session_maker(preset, data, target or "", model, columns)
    server = Server(make, port)
    if preset is None and data is None and model is None:
        # Nothing can be wrong: what sessions need is loaded while the browser starts.
        threading.Thread(target=make, name="warm-up", daemon=True).start()
    else:
        make()  # what is wrong shows now
    for note in notes:
        print(note, file=sys.stderr)
    return server


def _welcome(server: Server, course: int | None, no_browser: bool) -> None:
    address = server.address(**({} if course is None else {"course": str(course)}))
    print(f"The playground is at {address}", flush=True)
    print("It runs on this machine alone. Ctrl-C ends it.", file=sys.stderr)
    if not no_browser:
        import webbrowser

        def show() -> None:
            if not webbrowser.open(address):
                print("No browser could be opened: open the address yourself.", file=sys.stderr)

        threading.Thread(target=show, daemon=True).start()
