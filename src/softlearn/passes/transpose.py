"""The transpose of CSR rows, for gradients that are made feature by feature."""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise

import numpy as np
import scipy.sparse as sp

from ..data import SparseBlock, SparseRows

__all__ = ["Transpose"]


class Transpose:
    """The transpose of CSR rows, made when it is first needed.

    Args:
        rows: CSR.
        count: ranges of features that threads take.

    """

    def __init__(self, rows: SparseRows, count: int) -> None:
        self.rows, self.count = rows, count

    @cached_property
    def ranges(self) -> list[tuple[slice, SparseBlock]]:
        """Ranges of features, each with their rows of the transpose of X, of about equal work."""
        n, d = self.rows.X.shape
        T = self.rows.X.tocsc()  # what is CSC of X is CSR of its transpose
        work = T.indptr + np.arange(d + 1)  # a feature takes about as long as an entry
        edges = np.searchsorted(work, np.linspace(0, work[-1], self.count + 1))
        edges[0], edges[-1] = 0, d
        XT = SparseRows(sp.csr_array((T.data, T.indices, T.indptr), shape=(d, n)))
        spans = [slice(int(a), int(b)) for a, b in pairwise(edges) if a < b]
        return [(span, XT.block(span)) for span in spans]
