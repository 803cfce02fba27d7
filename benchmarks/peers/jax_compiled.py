"""JAX with a whole epoch compiled: shuffling, a scan over the batches, the running cost."""

from __future__ import annotations

import os
from functools import partial
from importlib.util import find_spec

import numpy as np

from benchmarks.networks import Case
from benchmarks.timing import Repeat

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8  # Adam's usual ones
# Read when the compiler is loaded: one thread for matrix products and for everything else.
ONE_THREAD = {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false", "NPROC": "1", "PJRT_NPROC": "1"}


class Jax:
    """jit over lax.scan; the state's memory is given back to the next epoch."""

    name = "JAX"

    @property
    def how(self) -> str:
        import jax

        return f"{jax.__version__}, one epoch in one jit, lax.scan over its batches"

    def available(self) -> str | None:
        return None if find_spec("jax") else "jax is not installed."

    def epoch_of(self, case: Case) -> Repeat | None:
        for name, value in ONE_THREAD.items():
            os.environ.setdefault(name, value)
        os.environ.setdefault("JAX_PLATFORMS", "cpu")
        import jax
        import jax.numpy as jnp

        features, classes = case.arrays()
        X, y = jnp.asarray(features), jnp.asarray(classes, jnp.int32)
        theta = _initial(case)
        zeros = jax.tree.map(jnp.zeros_like, theta)
        slots = (zeros, jax.tree.map(jnp.copy, zeros)) if case.adam else ()
        state = (jax.tree.map(jnp.asarray, theta), slots, jnp.zeros((), jnp.int32), jax.random.key(0))
        epoch = jax.jit(partial(_epoch, case), donate_argnums=0)

        def epochs(count: int) -> float:
            nonlocal state
            cost = jnp.zeros(())
            for _ in range(count):
                state, cost = epoch(state, X, y)
            return float(cost)  # waits until it is there

        return epochs


def _initial(case: Case) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return W (n_in, n_out) and b (n_out,) of each layer: He's initial values for ReLU, Xavier's for tanh."""
    rng = np.random.default_rng(0)
    pairs = zip(case.sizes, case.sizes[1:], strict=False)
    return [
        (
            rng.normal(scale=np.sqrt(2.0 / n_in if case.adam else 2.0 / (n_in + n_out)), size=(n_in, n_out)).astype(
                np.float32
            ),
            np.zeros(n_out, np.float32),
        )
        for n_in, n_out in pairs
    ]


def _cost(case: Case, theta, X, y):
    import jax
    import jax.numpy as jnp

    activation = jax.nn.relu if case.adam else jnp.tanh
    for W, b in theta[:-1]:
        X = activation(X @ W + b)
    W, b = theta[-1]
    z = X @ W + b
    if case.sizes[-1] == 1:
        z = z[:, 0]
        return jnp.mean(jax.nn.softplus(z) - y * z)
    return jnp.mean(jax.nn.logsumexp(z, axis=1) - jnp.take_along_axis(z, y[:, None], axis=1)[:, 0])


def _step(case: Case, state, X, y):
    """Return the state after one step, and the batch's cost."""
    import jax
    import jax.numpy as jnp

    theta, slots, t, key = state
    cost, gradient = jax.value_and_grad(partial(_cost, case))(theta, X, y)
    t, rate = t + 1, case.learning_rate
    if not case.adam:
        return (jax.tree.map(lambda w, g: w - rate * g, theta, gradient), slots, t, key), cost
    first = jax.tree.map(lambda v, g: BETA1 * v + (1 - BETA1) * g, slots[0], gradient)
    second = jax.tree.map(lambda s, g: BETA2 * s + (1 - BETA2) * g * g, slots[1], gradient)
    c1, c2 = 1 - BETA1**t, 1 - BETA2**t
    theta = jax.tree.map(lambda w, v, s: w - rate * (v / c1) / (jnp.sqrt(s / c2) + EPSILON), theta, first, second)
    return (theta, (first, second), t, key), cost


def _epoch(case: Case, state, X, y):
    """Return the state after one epoch, and the mean cost of its examples as they were seen."""
    import jax

    m, size = case.examples, min(case.batch, case.examples)
    full = m // size
    *parts, key = state
    key, drawn = jax.random.split(key)
    order = jax.random.permutation(drawn, m)

    def step(state, rows):
        return _step(case, state, X[rows], y[rows])

    state, costs = jax.lax.scan(step, (*parts, key), order[: full * size].reshape(full, size))
    total = costs.sum() * size
    if m % size:
        state, cost = step(state, order[full * size :])
        total += cost * (m % size)
    return state, total / m
