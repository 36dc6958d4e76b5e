r"""Softmax networks: hidden layers before the softmax, with MLPClassifier's names and habits."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from ..._internal.log import LOG
from ...protocol import Status
from ..sklearn.card import StatusCard
from ..sklearn.checks import check_examples
from ..sklearn.labels import expected_classes
from ..sklearn.typed import available_if, checks_parameters
from ..sklearn.warn import warn
from .fit_by_rule import fit_by_rule, one_epoch
from .fit_by_solver import fit_by_solver
from .history import NetworkEpoch, Record
from .parameters import CONSTRAINTS
from .predictions import NetworkPredictions, activation_of
from .summary import Layer, NetworkSummary
from .task import prepare

__all__ = ["SoftmaxNetwork"]

Array = NDArray[Any]


_WARNED = (Status.NOT_FINITE, Status.NO_FINITE_OPTIMUM, Status.LIMIT_REACHED)


def _batch_by_batch(net: SoftmaxNetwork) -> bool:
    if net.class_weight == "balanced":
        raise AttributeError(
            "class_weight 'balanced' is not supported for partial_fit, which never sees all "
            "labels; give a dictionary, such as compute_class_weight('balanced', ...) makes."
        )
    if net.solver in ("lbfgs", "newton-cg"):
        raise AttributeError(
            f"partial_fit is only available for update rules, not for solver={net.solver!r}, which "
            "takes all rows."
        )
    return True


class SoftmaxNetwork(StatusCard, NetworkPredictions, BaseEstimator):  # type: ignore[misc]
    r"""Fully connected layers before a softmax, trained by back-propagation.

        a[0] = x,   a[l] = g(W[l] a[l-1] + b[l]),   y_hat = softmax(W[L] a[L-1] + b[L])

    Minimises the mean of s_i CE(y_i, y_hat(x_i)) plus alpha / (2 B) (||W[1]||^2 + ...), B the
    average weight of a batch.  Takes the place of `sklearn.neural_network.MLPClassifier`:
    the same parameters, methods and attributes; `docs/network.md` says where defaults differ and
    why.  Without hidden layers it is softmax regression, and with solver="lbfgs" or "newton-cg" its
    optimum is proven.

    Args:
        hidden_layer_sizes: units of each hidden layer; () for none.
        activation: g: "relu", "tanh", "logistic" (or "sigmoid"), "gelu", "identity".
        solver: "adam", "adamw", "momentum" (the course's average), "rmsprop", "sgd" (scikit-learn's
            momentum), "lbfgs", "newton-cg"; or an object: a rule such as
            ``softlearn.solve.Adam(0.01)``, a rule of your own, `softlearn.solve.Stochastic`, or a
            solver that takes all rows.  An object has its own learning rate.
        alpha: penalty on the weights: alpha / 2 ||W||^2 beside the sum of a batch's losses.  For
            "adamw" it is the weight decay instead.
        batch_size: "auto" for min(128, n).
        learning_rate: "cosine" (falls from learning_rate_init to 0 over all epochs), "constant",
            "invscaling", "adaptive", or a function of the step such as those of
            `softlearn.solve`.
        learning_rate_init, power_t, momentum, nesterovs_momentum, beta_1, beta_2, epsilon: of the
            rules, as scikit-learn's.
        max_iter: epochs, or steps of a solver that takes all rows; "auto" for 10,000 steps but at
            least 20 and at most 200 epochs (1,000 steps on all rows).
        shuffle: whether each epoch has an order of its own.
        random_state: seed of the start, the orders, dropout and the validation rows: the same
            number gives the same bits, whatever n_jobs.
        tol, n_iter_no_change: more than so many epochs in a row that lower the training loss (with
            early_stopping: the validation loss) by less than tol end the training, numpy.inf none;
            "cosine" without early_stopping makes all epochs.  For solvers on all rows tol is that
            of `softlearn.solve.minimize`.
        verbose: > 0 prints a line per epoch.
        warm_start: start from the fitted weights.
        early_stopping: hold out validation_fraction of the rows, stop when their log-loss falls no
            further, and keep the weights with the lowest.
        validation_fraction: see early_stopping.
        max_fun: the most passes over the data by a solver that takes all rows.
        class_weight: {label: weight}, "balanced" or None.
        dropout: the chance that a hidden unit is left out of a step.
        clip: longer gradients are shortened to this norm; None for never.
        init: "auto" (He for relu and gelu, else Glorot), "he", "glorot", "sklearn" (what
            MLPClassifier draws).
        center: subtract the mean of x during training and correct b[1] afterwards: the networks are
            the same, and training is much faster.  It copies X; sparse and memory-mapped X stay as
            they are.
        n_jobs: threads; -1 for one per core, None for as many as OMP_NUM_THREADS allows.
        checkpoint: a file to which the training is written every checkpoint_every epochs.
        resume: continue from that file if it exists, to the same bits as without interruption; a
            damaged one is refused.

    Attributes:
        classes_, coefs_, intercepts_, n_features_in_, feature_names_in_, n_iter_, n_layers_, t_:
            as MLPClassifier's.
        n_outputs_, out_activation_: the number of classes (2 for two) and "softmax".
        loss_curve_, loss_, best_loss_, validation_scores_, best_validation_score_: as
            MLPClassifier's; the scores are accuracies.
        history_: lists, an entry per epoch: "loss", "accuracy", "val_loss", "val_accuracy",
            "learning_rate", "seconds"; those on validation are empty without validation rows.
        status_: a `softlearn.Status`; its value is a sentence.
        status_detail_: details of this training, or "": that nothing was learned (a
            ConvergenceWarning says so, too), a saddle or plateau, dead units, a loss that falls.
        gap_: the proven relative gap without hidden layers and with a solver on all rows, else inf.

    Raises:
        ValueError: from `fit`, for data or parameters that cannot be used; one sentence each.

    >>> import numpy as np
    >>> from softlearn import SoftmaxNetwork
    >>> X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> net = SoftmaxNetwork((8,), random_state=0, learning_rate_init=0.1).fit(X, [0, 1, 1, 0])
    >>> net.predict(X)
    array([0, 1, 1, 0])

    """

    _parameter_constraints = CONSTRAINTS

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: str = "relu",
        *,
        solver: Any = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: Any = "cosine",
        learning_rate_init: float = 0.003,
        power_t: float = 0.5,
        max_iter: int | str = "auto",
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: int = 10,
        max_fun: int = 15000,
        class_weight: dict[Any, float] | str | None = None,
        dropout: float = 0.0,
        clip: float | None = None,
        init: str = "auto",
        center: bool = True,
        n_jobs: int | None = None,
        checkpoint: Any = None,
        checkpoint_every: int = 1,
        resume: bool = False,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.class_weight = class_weight
        self.dropout = dropout
        self.clip = clip
        self.init = init
        self.center = center
        self.n_jobs = n_jobs
        self.checkpoint = checkpoint
        self.checkpoint_every = checkpoint_every
        self.resume = resume

    # -- fitting

    @checks_parameters
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, validation_data: Any = None
    ) -> SoftmaxNetwork:
        """Train the network; Ctrl-C keeps the best weights so far and says so in `status_`.

        Args:
            X: (n, d) dense, sparse or a data frame; float32 stays float32.
            y: (n,) labels of any kind, or (n, C) rows of probabilities.
            sample_weight: (n,) weights, at least 0.
            validation_data: (X, y) or (X, y, sample_weight) to validate on; with early_stopping
                they take the place of rows held out.

        """
        # A deque consumes in C: Ctrl-C cannot arrive between two epochs, where nothing catches it.
        deque(self._iterate(X, y, sample_weight, validation_data), maxlen=0)
        return self

    def iter_fit(
        self, X: Any, y: Any, sample_weight: Any = None, validation_data: Any = None
    ) -> Iterator[NetworkEpoch]:
        """Train epoch by epoch: yields a record after each, when the model can be used as it is.

        If you leave the loop early, the best weights so far are kept.

        Args:
            X, y, sample_weight, validation_data: as in `fit`.

        """
        self._validate_params()
        yield from self._iterate(X, y, sample_weight, validation_data)

    def _iterate(
        self, X: Any, y: Any, sample_weight: Any, validation_data: Any
    ) -> Iterator[NetworkEpoch]:
        again = self.warm_start and hasattr(self, "coefs_")
        examples = check_examples(self, X, y, sample_weight)
        if again and not np.array_equal(self.classes_, examples.classes):
            raise ValueError(
                f"warm_start goes on with the classes {self.classes_}, but y has "
                f"{examples.classes}; set warm_start=False to begin anew."
            )
        task = prepare(self, examples, validation_data)
        self.classes_, self._memory = examples.classes, None
        yield from (fit_by_solver if task.choices.rule is None else fit_by_rule)(self, task)

    # -- one batch of rows after another

    @available_if(_batch_by_batch)
    @checks_parameters
    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None
    ) -> SoftmaxNetwork:
        """Train on some rows once, in mini-batches; the averages of the rule are kept.

        "cosine" stays constant, because the number of calls is not known.

        Args:
            X, y, sample_weight: as in `fit`; y may lack some classes.
            classes: all labels there will be; needed at the first call, unless `fit` saw them.

        """
        first = not hasattr(self, "coefs_")
        known = expected_classes(classes, None if first else self.classes_)
        examples = check_examples(self, X, y, sample_weight, known, reset=first)
        self.classes_ = known
        one_epoch(self, examples, first)
        return self

    # -- what is kept

    def _show(self, model: Any, w: Array, record: Record, n: int) -> None:
        """Make the present weights those of the model."""
        W, b = model.split(w)
        self.coefs_ = [np.ascontiguousarray(M.T) for M in W.values()]
        self.intercepts_ = [v.copy() for v in b.values()]
        self.n_layers_, self.n_outputs_ = len(W) + 1, model.C
        self.out_activation_, self.history_ = "softmax", record.history
        self.n_iter_ = record.k
        self.t_ = record.k * n
        self._keeps_best = record.keep_best
        self.gap_, self._status, self.status_detail_ = np.inf, Status.STOPPED_BY_USER.name, ""

    def _finish(
        self, status: Status, detail: str, gap: float = np.inf, learned: bool = True
    ) -> None:
        """Set the status."""
        self._status, self.status_detail_, self.gap_ = status.name, detail, float(gap)
        LOG.info(
            "%s: %s after %d epochs. %s", type(self).__name__, status.name, self.n_iter_, detail
        )
        in_vain = not learned and status is not Status.STOPPED_BY_USER
        if in_vain or status in _WARNED:
            warn(f"{status.value} {detail}".strip(), ConvergenceWarning)

    @property
    def status_(self) -> Status:
        """How the training ended."""
        check_is_fitted(self)
        return Status[self._status]

    @property
    def loss_curve_(self) -> list[float]:
        """The loss of each epoch."""
        check_is_fitted(self)
        return [float(loss) for loss in self.history_["loss"]]

    @property
    def loss_(self) -> float:
        """The loss of the last epoch."""
        return self.loss_curve_[-1] if self.loss_curve_ else np.nan

    @property
    def best_loss_(self) -> float | None:
        """The lowest of `loss_curve_`; None with early_stopping, which uses validation rows."""
        return None if self._keeps_best else min(self.loss_curve_, default=None)

    @property
    def validation_scores_(self) -> list[float] | None:
        """The accuracy on the validation rows after each epoch; None without any."""
        check_is_fitted(self)
        return list(self.history_["val_accuracy"]) or None

    @property
    def best_validation_score_(self) -> float | None:
        """The highest of `validation_scores_`."""
        return max(self.validation_scores_ or [], default=None)

    def summary(self) -> NetworkSummary:
        """Return the layers with their sizes and numbers of parameters, printed as a table."""
        check_is_fitted(self)
        last = len(self.coefs_)
        layers = tuple(
            Layer(
                f"hidden {k}" if k < last else "output",
                len(W),
                len(W.T),
                activation_of(self.activation) if k < last else self.out_activation_,
            )
            for k, W in enumerate(self.coefs_, 1)
        )
        return NetworkSummary(layers, f"{self.status_} {self.status_detail_}".strip())

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
