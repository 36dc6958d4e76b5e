"""The course's training loop, J = w^2 - 10 w + 25 with learning rate 0.01, in four libraries.

Each walks from w = 0 towards 5 for 1,000 steps.  Libraries that are not installed are left out.
"""

from importlib.util import find_spec

from softlearn.autodiff import minimize_steps
from softlearn.solve import GradientDescent

STEPS = 1000


def J(w):
    """Return the course's cost."""
    return w**2 - 10 * w + 25


def with_softlearn():
    """Return w after each step; the derivative is JAX's, or ours where there is no JAX."""
    grad = None if find_spec("jax") else lambda w: 2 * w - 10
    rule = GradientDescent(0.01)
    return [at.w for at in minimize_steps(J, 0.0, rule, grad=grad, tol=0.0, max_steps=STEPS)]


def with_jax():
    """Return w after each step, the derivative by jax.grad."""
    import jax

    with jax.enable_x64(True):
        dJ = jax.jit(jax.grad(J))
        w = 0.0
        path = [w]
        for _ in range(STEPS):
            w = w - 0.01 * dJ(w)
            path.append(float(w))
    return path


def with_torch():
    """Return w after each step of torch.optim.SGD."""
    import torch

    w = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.01)
    path = [w.item()]
    for _ in range(STEPS):
        optimizer.zero_grad()
        J(w).backward()
        optimizer.step()
        path.append(w.item())
    return path


def with_tensorflow():
    """Return w after each step, the derivative by a GradientTape."""
    import tensorflow as tf

    w = tf.Variable(0.0, dtype=tf.float64)
    path = [float(w.numpy())]
    for _ in range(STEPS):
        with tf.GradientTape() as tape:
            cost = J(w)
        w.assign_sub(0.01 * tape.gradient(cost, w))
        path.append(float(w.numpy()))
    return path


LOOPS = {
    "softlearn": with_softlearn,
    "jax": with_jax,
    "torch": with_torch,
    "tensorflow": with_tensorflow,
}

if __name__ == "__main__":
    print(f"{'':12} {'step 1':>12} {'step 100':>12} {'step 1000':>12}")
    for name, loop in LOOPS.items():
        if find_spec(name):
            path = loop()
            print(f"{name:12} {path[1]:12.8f} {path[100]:12.8f} {path[1000]:12.8f}")
        else:
            print(f"{name:12} is not installed")
