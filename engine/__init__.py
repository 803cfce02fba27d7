"""The engine: graphs of layers, compiled to lists of NumPy calls, and trained. No Qt, no files, no tables."""

from engine.dataset import DataError, Dataset
from engine.declared import SettingError
from engine.graph import Edge, Graph, Node, chain
from engine.layers import LAYERS, ActivationLayer, Add, Concatenate, Dense, Dropout, Input, Output
from engine.network import GraphError, Network
from engine.settings import TrainingSettings
from engine.shapes import Problem, Shapes, infer_shapes
from engine.trainer import Trainer, TrainerState

__all__ = [
    "ActivationLayer",
    "Add",
    "Concatenate",
    "DataError",
    "Dataset",
    "Dense",
    "Dropout",
    "Edge",
    "Graph",
    "GraphError",
    "Input",
    "LAYERS",
    "Network",
    "Node",
    "Output",
    "Problem",
    "SettingError",
    "Shapes",
    "Trainer",
    "TrainerState",
    "TrainingSettings",
    "chain",
    "infer_shapes",
]
