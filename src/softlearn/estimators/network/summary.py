"""The layers of a fitted network as a table."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Layer", "NetworkSummary"]


@dataclass(frozen=True)
class Layer:
    """One layer: g(W a + b)."""

    name: str
    inputs: int
    units: int
    activation: str

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return self.units * (self.inputs + 1)


@dataclass(frozen=True, repr=False)
class NetworkSummary:
    """What `SoftmaxNetwork.summary` returns; it prints as a table."""

    layers: tuple[Layer, ...]
    sentence: str
    """How the training ended."""

    @property
    def parameters(self) -> int:
        """All weights and biases."""
        return sum(layer.parameters for layer in self.layers)

    def __repr__(self) -> str:
        head = ("layer", "inputs", "units", "activation", "parameters")
        rows = [
            (k.name, f"{k.inputs:,}", f"{k.units:,}", k.activation, f"{k.parameters:,}")
            for k in self.layers
        ]
        last = ("all", "", "", "", f"{self.parameters:,}")
        widths = [max(map(len, column)) for column in zip(head, *rows, last, strict=True)]
        texts = (0, 3)  # columns of words; the others are numbers

        def line(cells: tuple[str, ...]) -> str:
            padded = (
                cell.ljust(width) if k in texts else cell.rjust(width)
                for k, (cell, width) in enumerate(zip(cells, widths, strict=True))
            )
            return "  ".join(padded)

        rule = "─" * len(line(head))
        return "\n".join([line(head), rule, *map(line, rows), rule, line(last), self.sentence])
