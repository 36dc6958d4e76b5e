"""The logger of fits: `logging.getLogger("softlearn")`, silent until a user asks for its lines.

INFO has a line for each fit, fold, value of C and epoch, DEBUG one for each step.  Lines are made
only where somebody listens.
"""

import logging

__all__ = ["DEBUG", "INFO", "LOG", "tell"]

DEBUG, INFO = logging.DEBUG, logging.INFO
LOG = logging.getLogger("softlearn")
LOG.addHandler(logging.NullHandler())


def tell(verbose: object, level: int, line: str, *values: object) -> None:
    """Print a line (line % values) if verbose is true, and log it."""
    if verbose:
        print(line % values, flush=True)
    LOG.log(level, line, *values)
