"""What kernels/native/module.cpp gives; not there where nothing was compiled (see `dispatch`).

Arrays are taken as they are, never converted: float64 unless said otherwise, contiguous, those of
logits (C, n) with rows of X side by side.  What does not fit raises ValueError; what is no array of
the right type, TypeError.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
Floats = NDArray[Any]  # float32 or float64
Labels = NDArray[np.int64]

class Rows:
    """Rows of X, as the passes take them; it keeps their arrays alive."""

    @property
    def n(self) -> int: ...

def built() -> list[str]:
    """Return the instruction sets this module was built for."""

def available() -> list[str]:
    """Return those that this processor has, the best last."""

def dense(X: NDArray[Any]) -> Rows:
    """Return dense rows (n, d), float32 or float64, with any strides."""

def sparse(data: NDArray[Any], indices: NDArray[Any], indptr: NDArray[Any], d: int) -> Rows:
    """Return CSR rows; data float32 or float64, indices and indptr int32 or int64.

    The indices must be from 0 to d - 1 and indptr must not fall: only its ends are looked at.
    """

def only_logits(n: int) -> Rows:
    """Return n rows without X: their logits are given."""

class Kernels:
    """The passes for one instruction set.

    C classes; W has K rows, C or C - 1, in which case the logit of class 0 is 0.  For dense X, W
    and G are (K, d); for CSR they are (d, K).  `single` makes the products with X in float32 where
    X is float32; W of CSR is float32 then.
    """

    def __init__(self, name: str) -> None: ...
    @property
    def name(self) -> str: ...
    def forward(
        self,
        X: Rows,
        C: int,
        K: int,
        W: NDArray[Any] | None = None,
        b: F64 | None = None,
        *,
        y: Labels,
        s: F64,
        Z: F64 | None = None,
        U: F64 | None = None,
        t: float = 0.0,
        Z_out: F64 | None = None,
        P_out: Floats | None = None,
        R_out: F64 | None = None,
        laid_out: F64 | None = None,
        G: F64 | None = None,
        Gb: F64 | None = None,
        single: bool = False,
    ) -> tuple[float, float]:
        """Return (loss, 0) at W or at Z + t U; add the gradient to G and Gb.

        Logits, probabilities and weighted residuals s (P - Y) are written where there is room.
        P_out is (C, n): float64 as Z is, or float32 with the classes of a row side by side.  Of
        CSR rows the residuals may be laid out row by row, (n, K), instead of added to G.
        """

    def line(
        self,
        X: Rows,
        C: int,
        K: int,
        W: NDArray[Any] | None = None,
        b: F64 | None = None,
        V: NDArray[Any] | None = None,
        c: F64 | None = None,
        *,
        y: Labels,
        s: F64,
        Z: F64 | None = None,
        U: F64 | None = None,
        t: float = 0.0,
    ) -> tuple[float, float]:
        """Return loss and slope at Z + t U, which are given or come from W, b and V, c."""

    def product(
        self,
        X: Rows,
        C: int,
        K: int,
        vectors: int = 1,
        V: NDArray[Any] | None = None,
        c: F64 | None = None,
        *,
        s: F64,
        damping: float = 0.0,
        costs: bool = False,
        W: NDArray[Any] | None = None,
        b: F64 | None = None,
        P: Floats | None = None,
        U: F64 | None = None,
        R_out: F64 | None = None,
        laid_out: Floats | None = None,
        G: F64 | None = None,
        Gb: F64 | None = None,
        single: bool = False,
    ) -> float:
        """Add the Hessian products with V, c (or the logits U) at W, b (or P) to G and Gb.

        Dense X takes several vectors at once: V and G are (vectors * K, d) then.  With `costs`
        sum_i s_i KL(P (1 + t), P) is returned, t = u - <p, u>, else 0.  With `single` products are
        made in float32; of CSR rows V, P and what is laid out are float32 then.
        """

    def logits(self, X: Rows, C: int, K: int, W: NDArray[Any], b: F64 | None, Z_out: F64) -> None:
        """Write the logits."""

    def predict(
        self,
        X: Rows,
        C: int,
        K: int,
        W: NDArray[Any] | None = None,
        b: F64 | None = None,
        Z: F64 | None = None,
        *,
        out: F64,
        probabilities: bool = True,
    ) -> None:
        """Write probabilities or logits row by row, (n, C)."""

    def vjp(
        self,
        X: Rows,
        C: int,
        K: int,
        R: F64,
        laid_out: F64 | None = None,
        G: F64 | None = None,
        Gb: F64 | None = None,
    ) -> None:
        """Add the gradient whose residuals are R (C, n) to G and Gb, or lay them out."""

    def gather(self, X: Rows, R: Floats, squared: bool, G: F64) -> None:
        """Write X R, or X^2 R, to G (n, K), for CSR X and R (d, K)."""

    def moments(
        self,
        X: Rows,
        C: int,
        K: int,
        s: F64,
        damping: float = 0.0,
        W: NDArray[Any] | None = None,
        b: F64 | None = None,
        P: Floats | None = None,
        laid_out: F64 | None = None,
        G: F64 | None = None,
        Gb: F64 | None = None,
        squares: F64 | None = None,
    ) -> None:
        """Add sums of a_ik x_ij to G, of a_ik to Gb, of a_ik x_ij^2 to squares; for CSR.

        a_ik = s_i (p_ik (1 - p_ik) + damping (1 - 1/C)), at W, b or P; or lay these out.
        """

    def solve(
        self,
        means: F64,
        inverse: F64,
        b: F64 | None,
        r: F64,
        centre: bool,
        first: int,
        last: int,
        out: F64,
        sums: F64,
    ) -> None:
        """Do what `Passes.solve` says, for the features first .. last - 1; arrays are (d, K)."""

    def dot(self, x: F64, y: F64) -> float:
        """Return <x, y>."""

    def axpy_pair(self, a: float, p: F64, Hp: F64, v: F64, r: F64) -> None:
        """Add a p to v and a Hp to r."""

    def scale_subtract(self, b: float, p: F64, y: F64) -> None:
        """Replace p by b p - y."""

class RowSoftmax:
    """The softmax of rows whose classes lie side by side: Z and U (n, C), float32 or float64.

    `sums`, where given, adds up over the rows what Z becomes, class by class.
    """

    def __init__(self, name: str) -> None: ...
    def residuals(
        self,
        Z: Floats,
        y: Labels,
        s: F64,
        P_out: Floats | None = None,
        sums: F64 | None = None,
    ) -> float:
        """Change logits to s (P - Y); return the loss."""

    def line(self, Z: Floats, U: Floats, t: float, y: Labels, s: F64) -> tuple[float, float]:
        """Return loss and slope at the logits Z + t U."""

    def curvature(
        self,
        Z: Floats,
        U: Floats,
        s: F64,
        damping: float = 0.0,
        known: bool = False,
        costs: bool = False,
        sums: F64 | None = None,
    ) -> float:
        """Change U, logits, to the change of the residuals; return what it costs, if asked.

        `known`: Z holds probabilities.
        """

    def spread(
        self,
        Z: Floats,
        s: F64,
        damping: float = 0.0,
        known: bool = False,
        sums: F64 | None = None,
    ) -> None:
        """Change logits to s (p (1 - p) + damping)."""

    def softmax(self, Z: Floats) -> None:
        """Change logits to probabilities."""

class SmallProblem:
    """A problem where calls cost more than arithmetic: dense rows, which it copies, and labels."""

    def __init__(
        self,
        isa: str,
        X: Rows,
        y: Labels,
        s: F64,
        C: int,
        K: int,
        bias: bool,
        by_feature: bool = False,
    ) -> None: ...
    def solve(
        self,
        P: F64,
        w: F64,
        g: F64,
        l2: float,
        damping: float,
        least: float,
        pivot: float,
        v: F64,
        r: F64,
        U: F64,
    ) -> tuple[float, float] | None:
        """Solve (H + damping G) v = -g; return -<g, v> / 2 and what is left of it.

        None where, of the matrix with a unit diagonal, a pivot is not above `pivot` and rounding.
        Vectors are W (K, d), or (d, K) by feature, then b (K); v, r = g + (H + damping G) v and
        the logits U of v are written.
        """

    def move(
        self,
        w: F64,
        v: F64,
        Z: F64,
        U: F64,
        t: float,
        l2: float,
        w_out: F64,
        g_out: F64,
        Z_out: F64,
        P_out: F64,
    ) -> tuple[float, float, float, float]:
        """Return the objective at w + t v, whose logits are Z + t U, and its derivative.

        Then logit sizes, there and of t v.  The parameters, the gradient there, logits and
        probabilities are written.
        """

    def sizes(self, out: F64) -> None:
        """Write the root mean square of each column of X (d)."""

class Trainer:
    """Trains a softmax network on one instruction set, as `softlearn.networks.trainer` says.

    `activation` and `rule` are numbers of the lists there; `numbers` are l2, dropout, clip, beta,
    beta2, epsilon and decay.
    """

    def __init__(
        self,
        isa: str,
        sizes: list[int],
        activation: int,
        rule: int,
        numbers: list[float],
        seed: int,
        average: bool,
        nesterov: bool,
    ) -> None: ...
    def run(
        self,
        X: Rows,
        Y: NDArray[Any],
        s: F64 | None,
        order: Labels,
        batch: int,
        rates: F64,
        w: NDArray[Any],
        m: NDArray[Any],
        v: NDArray[Any],
        steps: Labels,
        losses: F64,
        threads: int,
    ) -> int:
        """Make a step for each batch; return how many were made before one that is not finite.

        w, m, v and steps change in place, and losses are written, that of a step at fault too.
        """

def gram(
    isa: str,
    X: Rows,
    P: NDArray[np.float64],
    s: NDArray[np.float64],
    first: int,
    damping: float,
    start: NDArray[np.int64],
    own: NDArray[np.int64],
    new: NDArray[np.bool_],
    H: NDArray[np.float64],
    cross: NDArray[np.float64] | None = None,
) -> None: ...
def descend(
    isa: str,
    H: NDArray[np.float64],
    level: NDArray[np.float64],
    x: NDArray[np.float64],
    r: NDArray[np.float64],
    sweeps: int,
    least: float,
) -> tuple[int, float]: ...
def multiply(
    isa: str,
    X: Rows,
    P: NDArray[np.float64],
    s: NDArray[np.float64],
    first: int,
    column: NDArray[np.int64],
    own: NDArray[np.int64],
    damping: float,
    v: NDArray[np.float64],
    c: NDArray[np.float64] | None,
    out: NDArray[np.float64],
    out_b: NDArray[np.float64] | None,
) -> None: ...
def sweep(
    isa: str,
    X: Rows,
    P: NDArray[np.float64],
    s: NDArray[np.float64],
    first: int,
    column: NDArray[np.int64],
    own: NDArray[np.int64],
    level: NDArray[np.float64],
    w: NDArray[np.float64],
    g: NDArray[np.float64],
    v: NDArray[np.float64],
    g_b: NDArray[np.float64] | None,
    inverse: NDArray[np.float64] | None,
    c: NDArray[np.float64] | None,
    l2: float,
    damping: float,
    sweeps: int,
    least: float,
) -> tuple[int, float]: ...
