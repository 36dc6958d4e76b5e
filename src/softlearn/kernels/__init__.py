"""Floor 2: the fused, fast twins of `softlearn.softmax`, which defines what they compute."""

from .fused import Forward, columns, dual_divergence, forward, spread, tilt

__all__ = ["Forward", "columns", "dual_divergence", "forward", "spread", "tilt"]
