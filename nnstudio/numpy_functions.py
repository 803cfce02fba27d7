"""The functions of exported NumPy scripts: activations, losses and update rules by their registered names."""

from __future__ import annotations

from engine.activations.piecewise import SELU_ALPHA, SELU_SCALE
from engine.activations.smooth import GELU_CUBIC

# Each activation and, below two empty lines, its derivative; settings are arguments.
FUNCTIONS: dict[str, str] = {
    "sigmoid": """
def sigmoid(z):
    return 0.5 * np.tanh(0.5 * z) + 0.5  # 1 / (1 + exp(-z)), which cannot overflow like this


def d_sigmoid(z):
    return sigmoid(z) * (1 - sigmoid(z))
""",
    "tanh": """
def tanh(z):
    return np.tanh(z)


def d_tanh(z):
    return 1 - np.tanh(z) ** 2
""",
    "relu": """
def relu(z):
    return np.maximum(0, z)


def d_relu(z):
    return np.where(z >= 0, 1.0, 0.0)
""",
    "leaky_relu": """
def leaky_relu(z, slope):
    return np.where(z >= 0, z, slope * z)


def d_leaky_relu(z, slope):
    return np.where(z >= 0, 1.0, slope)
""",
    "elu": """
def elu(z, alpha):
    return np.where(z >= 0, z, alpha * np.expm1(np.minimum(z, 0)))


def d_elu(z, alpha):
    return np.where(z >= 0, 1.0, alpha * np.exp(np.minimum(z, 0)))
""",
    "selu": f"""
def selu(z):
    return {SELU_SCALE} * np.where(z >= 0, z, {SELU_ALPHA} * np.expm1(np.minimum(z, 0)))


def d_selu(z):
    return {SELU_SCALE} * np.where(z >= 0, 1.0, {SELU_ALPHA} * np.exp(np.minimum(z, 0)))
""",
    "gelu": f"""
def gelu(z):
    u = np.sqrt(2 / np.pi) * (z + {GELU_CUBIC} * z**3)
    return z * sigmoid(2 * u)  # 0.5 * z * (1 + tanh(u))


def d_gelu(z):
    u = np.sqrt(2 / np.pi) * (z + {GELU_CUBIC} * z**3)
    d_u = np.sqrt(2 / np.pi) * (1 + 3 * {GELU_CUBIC} * z**2)
    return sigmoid(2 * u) + z * sigmoid(2 * u) * (1 - sigmoid(2 * u)) * 2 * d_u
""",
    "softplus": """
def softplus(z):
    return np.logaddexp(0, z)


def d_softplus(z):
    return sigmoid(z)
""",
    "silu": """
def silu(z):
    return z * sigmoid(z)


def d_silu(z):
    return sigmoid(z) + z * sigmoid(z) * (1 - sigmoid(z))
""",
    "softmax": """
def softmax(z):
    e = np.exp(z - z.max(axis=0))
    return e / e.sum(axis=0)
""",
}

# The losses (m,) of all examples, and below the derivative by the prediction A where it is needed.
LOSSES: dict[str, str] = {
    "binary_cross_entropy": """
def binary_cross_entropy(Z, Y):
    # -(Y log A + (1 - Y) log(1 - A)) with A = sigmoid(Z), finite for any Z
    return (np.maximum(Z, 0) - Y * Z + np.log1p(np.exp(-np.abs(Z)))).sum(axis=0)
""",
    "categorical_cross_entropy": """
def categorical_cross_entropy(Z, Y):
    # -sum(Y log A) with A = softmax(Z), finite for any Z
    shifted = Z - Z.max(axis=0)
    return np.log(np.exp(shifted).sum(axis=0)) - (Y * shifted).sum(axis=0)
""",
    "mean_squared_error": """
def mean_squared_error(A, Y):
    return 0.5 * ((A - Y) ** 2).sum(axis=0)


def d_mean_squared_error(A, Y):
    return A - Y
""",
    "mean_absolute_error": """
def mean_absolute_error(A, Y):
    return np.abs(A - Y).sum(axis=0)


def d_mean_absolute_error(A, Y):
    return np.sign(A - Y)
""",
    "huber": """
def huber(A, Y, delta):
    size = np.abs(A - Y)
    return np.where(size <= delta, 0.5 * size**2, delta * (size - 0.5 * delta)).sum(axis=0)


def d_huber(A, Y, delta):
    return np.clip(A - Y, -delta, delta)
""",
    "hinge": """
def hinge(A, Y):
    return np.maximum(0, 1 - (2 * Y - 1) * A).sum(axis=0)


def d_hinge(A, Y):
    return np.where((2 * Y - 1) * A < 1, 1 - 2 * Y, 0.0)
""",
}

MEMORY = "memory.setdefault(name, [np.zeros_like(d)])[0]"
ADAM = """
m, v = memory.setdefault(name, [np.zeros_like(d), np.zeros_like(d)])
m[...] = {beta1} * m + (1 - {beta1}) * d
v[...] = {beta2} * v + (1 - {beta2}) * d**2
m_hat, v_hat = m / (1 - {beta1} ** step), v / (1 - {beta2} ** step)
parameters[name] -= alpha * m_hat / (np.sqrt(v_hat) + {epsilon})
"""
# What an optimizer does to one parameter ``name`` with gradient ``d``; settings stand in braces.
UPDATES: dict[str, str] = {
    "sgd": """
parameters[name] -= alpha * d
""",
    "momentum": f"""
v = {MEMORY}
v[...] = {{momentum}} * v + d
parameters[name] -= alpha * v
""",
    "nesterov": f"""
v = {MEMORY}
v[...] = {{momentum}} * v + d
parameters[name] -= alpha * (d + {{momentum}} * v)
""",
    "adagrad": f"""
s = {MEMORY}
s += d**2
parameters[name] -= alpha * d / (np.sqrt(s) + {{epsilon}})
""",
    "rmsprop": f"""
v = {MEMORY}
v[...] = {{rho}} * v + (1 - {{rho}}) * d**2
parameters[name] -= alpha * d / (np.sqrt(v) + {{epsilon}})
""",
    "adam": ADAM,
    "adamw": """
if name.startswith("W"):
    parameters[name] *= 1 - alpha * {weight_decay}
"""
    + ADAM.lstrip("\n"),
}
