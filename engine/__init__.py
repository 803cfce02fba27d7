"""The engine: graphs of layers, compiled to lists of NumPy calls, and trained. No Qt, no files, no tables.

Arrays are batch-first here, ``X`` (m, n_features) and ``Y`` (m, n_outputs); inside a program columns are examples.
"""

from engine.activations import (
    ACTIVATIONS,
    Elu,
    Gelu,
    Identity,
    LeakyRelu,
    Relu,
    Selu,
    Sigmoid,
    Silu,
    Softmax,
    Softplus,
    Tanh,
)
from engine.dataset import DataError, Dataset
from engine.declared import SettingError
from engine.gradient_check import GradientCheck, check_gradients
from engine.graph import Edge, Graph, Node, chain, wired
from engine.initializers import (
    INITIALIZERS,
    Constant,
    HeNormal,
    HeUniform,
    LecunNormal,
    Normal,
    Ones,
    Orthogonal,
    Uniform,
    XavierNormal,
    XavierUniform,
    Zeros,
)
from engine.layers import (
    LAYERS,
    ActivationLayer,
    Add,
    BatchNorm,
    Concatenate,
    Dense,
    Dropout,
    Input,
    LayerNorm,
    Output,
)
from engine.losses import (
    LOSSES,
    PAIRS,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Hinge,
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
)
from engine.network import GraphError, Network
from engine.optimizers import OPTIMIZERS, Adagrad, Adam, AdamW, Momentum, Nesterov, RmsProp, Sgd
from engine.problems import training_problems
from engine.schedules import SCHEDULES, ConstantRate, Cosine, Exponential, ReduceOnPlateau, Step
from engine.settings import TrainingSettings
from engine.shapes import Problem, Shapes, infer_shapes
from engine.snapshot import Metrics, Status
from engine.trainer import Trainer, TrainerState
from engine.training_thread import TrainingThread

__all__ = [
    "ACTIVATIONS",
    "ActivationLayer",
    "Adagrad",
    "Adam",
    "AdamW",
    "Add",
    "BatchNorm",
    "BinaryCrossEntropy",
    "CategoricalCrossEntropy",
    "Concatenate",
    "Constant",
    "ConstantRate",
    "Cosine",
    "DataError",
    "Dataset",
    "Dense",
    "Dropout",
    "Edge",
    "Elu",
    "Exponential",
    "Gelu",
    "GradientCheck",
    "Graph",
    "GraphError",
    "HeNormal",
    "HeUniform",
    "Hinge",
    "Huber",
    "INITIALIZERS",
    "Identity",
    "Input",
    "LAYERS",
    "LOSSES",
    "LayerNorm",
    "LeakyRelu",
    "LecunNormal",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "Metrics",
    "Momentum",
    "Nesterov",
    "Network",
    "Node",
    "Normal",
    "OPTIMIZERS",
    "Ones",
    "Orthogonal",
    "Output",
    "PAIRS",
    "Problem",
    "ReduceOnPlateau",
    "Relu",
    "RmsProp",
    "SCHEDULES",
    "Selu",
    "SettingError",
    "Sgd",
    "Shapes",
    "Sigmoid",
    "Silu",
    "Softmax",
    "Softplus",
    "Status",
    "Step",
    "Tanh",
    "Trainer",
    "TrainerState",
    "TrainingSettings",
    "TrainingThread",
    "Uniform",
    "XavierNormal",
    "XavierUniform",
    "Zeros",
    "chain",
    "check_gradients",
    "infer_shapes",
    "training_problems",
    "wired",
]
