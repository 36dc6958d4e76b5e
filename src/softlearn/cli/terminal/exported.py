"""What `softlearn export` says of the file that it wrote."""

from __future__ import annotations

from typing import Any

from ..._internal.format import counted
from .page import Page, listed

__all__ = ["print_exported"]


def print_exported(facts: dict[str, Any]) -> None:
    """Print how far an exported model is from itself."""
    page = Page()
    page.title(f"{facts['model']} -> {facts['output']}")
    inputs = [f"{name} ({kind})" for name, kind in facts["inputs"].items()]
    page.say(f"Opset {facts['opset']}, {facts['bytes']:,} bytes.")
    page.say(f"Inputs: {listed(inputs)}.")
    page.say(f"Outputs: {listed(facts['outputs'])}.")
    other = facts["other_labels"]
    labels = "all labels are the same" if not other else f"{counted(other, 'label')} differ"
    page.say(
        f"Compared with onnxruntime on {counted(facts['rows'], 'row')} of {facts['source']} and "
        f"{counted(facts['hostile_rows'], 'hostile one')} made of them (missing, unknown, very "
        f"large): the largest difference of a probability is {facts['largest_difference']:.1g}, "
        f"and {labels}."
    )
