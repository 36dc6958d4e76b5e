"""A page about a fitted classifier that people keep: the `report` extra.

    import softlearn
    softlearn.report(model, X_test, y_test, held_out=True).save("report.html")

One file of HTML, with no JavaScript, that asks for nothing over the network.  `measured.py` asks
the classifier once; each section has a file that turns the answers into numbers, sentences or
pictures; `templates/report.html` alone knows how the page looks, and escapes all it is given.
"""

from .build import report
from .context import Context
from .inference import inference_report
from .page import Report

__all__ = ["Context", "Report", "inference_report", "report"]
