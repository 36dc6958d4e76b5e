"""softlearn serve: a model behind HTTP."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from .. import CommandError
from ..options.common import Model, option
from ..options.groups import option_groups
from ..options.reading import CellReading

if TYPE_CHECKING:
    from ..service.server import Service

__all__ = ["EXAMPLES", "serve"]

EXAMPLES = (
    "Examples:\n\n"
    "softlearn serve penguins.softlearn\n\n"
    "softlearn serve model.softlearn --host 0.0.0.0 --port 80 --max-rows 1000\n\n"
    "curl -d @rows.json http://127.0.0.1:8000/predict"
)


@option_groups
def serve(
    model: Model,
    *,
    host: Annotated[
        str, option("The address to listen at; 0.0.0.0 for all of this machine.", "ADDRESS")
    ] = "127.0.0.1",
    port: Annotated[int, option("The port to listen on; 0 for a free one.", "N")] = 8000,
    max_body: Annotated[
        float, option("The most megabytes of a request.", "MB", min=0.001, max=1024.0)
    ] = 8.0,
    max_rows: Annotated[int, option("The most rows of a request.", "N", min=1)] = 10_000,
    timeout: Annotated[
        float, option("The most seconds for a request.", "SECONDS", min=0.1, max=3600.0)
    ] = 30.0,
    queue: Annotated[
        int,
        option("Requests taken at a time; others are answered 503 at once.", "N", min=1),
    ] = 128,
    reading: CellReading,
) -> None:
    """Answer for MODEL over HTTP: JSON rows in, labels and probabilities out.

    POST /predict takes a JSON array of rows, each an object with the names of columns or an array
    of their values. GET /schema says what a row is, /health whether all is well, and /metrics
    counts requests for Prometheus. Ctrl-C or SIGTERM ends it once all requests are answered.
    """
    from ..terminal.signals import interrupt_as_flag, stopped

    options = reading.read_options()
    need_server()
    from ..saved.model import SavedModel
    from ..service.limits import Limits
    from ..service.predictor import Predictor
    from ..service.server import Service

    limits = Limits(int(max_body * 1e6), max_rows, timeout, queue)
    try:
        loaded = SavedModel.load(model, options)
        predictor = Predictor(loaded, limits)
        predictor.warm_up()
        service = Service(predictor, host, port)
        with interrupt_as_flag(service.stop):
            service.run(lambda: _welcome(service, host, predictor.limits.rows))
    except KeyboardInterrupt:  # before the service ran, or again while it ends
        raise CommandError(stopped("the service is closed")) from None
    except ValueError as error:
        raise CommandError(str(error)) from error
    print(stopped("all requests were answered"), file=sys.stderr)


def need_server() -> None:
    """Make sure that what serves is there."""
    for name in ("starlette", "uvicorn"):
        try:
            __import__(name)
        except ImportError:
            raise CommandError(
                f"softlearn serve needs {name}, which is not installed; run: "
                "pip install 'softlearn[serve]'"
            ) from None


def _welcome(service: Service, host: str, rows: int) -> None:
    shown = f"[{host}]" if ":" in host else host
    print(f"Listening at http://{shown}:{service.port}", flush=True)
    print(
        f"At most {rows:,} rows a request. Ctrl-C or SIGTERM ends it once all is answered.",
        file=sys.stderr,
    )
