"""A network's layers as a table."""

import numpy as np

from softlearn import SoftmaxNetwork

X = np.random.default_rng(0).normal(size=(40, 3))
Y = (X[:, 0] > 0).astype(int)


def test_the_summary_counts_what_the_network_holds():
    net = SoftmaxNetwork((5, 4), activation="logistic", random_state=0, learning_rate_init=0.05)
    summary = net.fit(X, Y).summary()
    assert summary.parameters == sum(a.size for a in (*net.coefs_, *net.intercepts_))
    assert [k.activation for k in summary.layers] == ["sigmoid", "sigmoid", "softmax"]
    assert [(k.inputs, k.units) for k in summary.layers] == [W.shape for W in net.coefs_]


def test_the_summary_prints_as_a_table_that_ends_with_the_status():
    net = SoftmaxNetwork((), random_state=0, solver="lbfgs").fit(X, Y)
    lines = repr(net.summary()).splitlines()
    assert lines[0].split() == ["layer", "inputs", "units", "activation", "parameters"]
    assert lines[2].split() == ["output", "3", "2", "softmax", "8"]
    assert lines[-1].startswith(net.status_.value)
    assert len({len(line) for line in lines[:-1]}) == 1
