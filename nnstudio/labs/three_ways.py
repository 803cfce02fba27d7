"""One step of gradient descent over m examples, written three ways, in the notes' notation.

Index 0 of W, b and g is not used, so that W[l], b[l] and g[l] belong to layer l; L is the output layer. Each way takes
the parameters before the step and returns those after it:

    Z[l] = W[l] A[l-1] + b[l],  A[l] = g[l](Z[l]),  A[0] = X
    dZ[l] = W[l+1]ᵀ dZ[l+1] ∗ g[l]'(Z[l])
    dW[l] = 1/m dZ[l] A[l-1]ᵀ,  db[l] = 1/m Σ dZ[l]
    W[l] := W[l] - α dW[l],  b[l] := b[l] - α db[l]
"""
# ruff: noqa: E741 - l is the notes' own index of a layer

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.emit import Array


@dataclass(frozen=True)
class Rules:
    """What the three ways are told of a network: activations g[l], their slopes, and dZ[L] from Z[L], A[L] and Y.

    Functions take what the way works with: lists of numbers, or arrays whose columns are examples. ``slope`` of lists
    takes one number.
    """

    g: list[Callable[[Any], Any]]
    slope: list[Callable[[Any], Any]]
    output_dz: Callable[[Any, Any, Any], Any]


def step_by_units(W: Any, b: Any, rules: Rules, X: list[Any], Y: list[Any], alpha: float) -> tuple[Any, Any]:
    """Loop over examples and over units, in plain Python; X and Y are lists of examples."""
    L, m = len(W) - 1, len(X)
    dW = [[[0.0 for w in row] for row in W[l]] for l in range(L + 1)]
    db = [[0.0 for unit in b[l]] for l in range(L + 1)]
    for i in range(m):
        z, a = [X[i]] * (L + 1), [X[i]] * (L + 1)
        for l in range(1, L + 1):
            z[l] = []
            for j in range(len(b[l])):
                total = b[l][j]
                for k in range(len(a[l - 1])):
                    total += W[l][j][k] * a[l - 1][k]
                z[l].append(total)
            a[l] = rules.g[l](z[l])
        dz = rules.output_dz(z[L], a[L], Y[i])
        for l in range(L, 0, -1):
            for j in range(len(b[l])):
                db[l][j] += dz[j]
                for k in range(len(a[l - 1])):
                    dW[l][j][k] += dz[j] * a[l - 1][k]
            if l > 1:
                below = []
                for k in range(len(a[l - 1])):
                    da = 0.0
                    for j in range(len(b[l])):
                        da += W[l][j][k] * dz[j]
                    below.append(da * rules.slope[l - 1](z[l - 1][k]))
                dz = below
    for l in range(1, L + 1):
        for j in range(len(b[l])):
            b[l][j] -= alpha * db[l][j] / m
            for k in range(len(W[l][j])):
                W[l][j][k] -= alpha * dW[l][j][k] / m
    return W, b


def step_by_examples(W: Any, b: Any, rules: Rules, X: Array, Y: Array, alpha: float) -> tuple[Any, Any]:
    """Loop over examples, each a column vector; X is (n_x, m), Y (n_y, m)."""
    L, m = len(W) - 1, X.shape[1]
    dW = [np.zeros_like(W[l]) for l in range(L + 1)]
    db = [np.zeros_like(b[l]) for l in range(L + 1)]
    for i in range(m):
        x, y = X[:, i : i + 1], Y[:, i : i + 1]
        z, a = [x] * (L + 1), [x] * (L + 1)
        for l in range(1, L + 1):
            z[l] = np.dot(W[l], a[l - 1]) + b[l]
            a[l] = rules.g[l](z[l])
        dz = rules.output_dz(z[L], a[L], y)
        for l in range(L, 0, -1):
            dW[l] += np.dot(dz, a[l - 1].T)
            db[l] += dz
            if l > 1:
                dz = np.dot(W[l].T, dz) * rules.slope[l - 1](z[l - 1])
    for l in range(1, L + 1):
        W[l] = W[l] - alpha * dW[l] / m
        b[l] = b[l] - alpha * db[l] / m
    return W, b


def step_by_matrices(W: Any, b: Any, rules: Rules, X: Array, Y: Array, alpha: float) -> tuple[Any, Any]:
    """No loop over examples: they are the columns of X (n_x, m) and Y (n_y, m)."""
    L, m = len(W) - 1, X.shape[1]
    Z, A = [X] * (L + 1), [X] * (L + 1)
    for l in range(1, L + 1):
        Z[l] = np.dot(W[l], A[l - 1]) + b[l]
        A[l] = rules.g[l](Z[l])
    dZ = rules.output_dz(Z[L], A[L], Y)
    for l in range(L, 0, -1):
        dW = np.dot(dZ, A[l - 1].T) / m
        db = np.sum(dZ, axis=1, keepdims=True) / m
        if l > 1:
            dZ = np.dot(W[l].T, dZ) * rules.slope[l - 1](Z[l - 1])
        W[l] = W[l] - alpha * dW
        b[l] = b[l] - alpha * db
    return W, b
