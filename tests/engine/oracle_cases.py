"""Small training runs that PyTorch repeats: declared here without it, so that they also run against recorded values.

Weights and data come from raw bits of PCG64, whose stream NumPy promises never to change.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from engine import (
    ActivationLayer,
    Add,
    Concatenate,
    Dataset,
    Dense,
    Dropout,
    Edge,
    Graph,
    Input,
    Network,
    Node,
    Output,
    Trainer,
    TrainingSettings,
    chain,
)
from engine.activations import ACTIVATIONS, Elu, Identity, LeakyRelu, Sigmoid, Softmax, Tanh
from engine.declared import name_of, replace
from engine.layers import BatchNorm, LayerNorm, parts
from engine.losses import (
    LOSSES,
    PAIRS,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Hinge,
    Huber,
    MeanSquaredError,
)
from engine.optimizers import Adagrad, Adam, AdamW, Momentum, Nesterov, RmsProp, Sgd
from engine.schedules import Cosine, Exponential, ReduceOnPlateau, Step

FEATURES = 3
ROWS = 37  # with batches of 8 the last one of an epoch has 5
VALIDATION_ROWS = 21
STEPS = 200
SPREAD = {"Theta": 0.0, "gamma": 1.0, "beta": 0.0, "mean": 0.0, "variance": 1.0}  # what first values lie around
SETTINGS = TrainingSettings(
    optimizer=Momentum(learning_rate=0.02), batch_size=8, epochs=40, shuffle=False, precision="float64"
)
NUMBERS = Output(units=2, activation=Identity(), loss=MeanSquaredError())
YES_OR_NO = Output(units=1, activation=Sigmoid(), loss=BinaryCrossEntropy())
CLASSES = Output(units=3, activation=Softmax(), loss=CategoricalCrossEntropy())


@dataclass(frozen=True)
class Case:
    """A run of :data:`STEPS` steps. ``shares`` asks for targets that spread over the classes."""

    family: str
    name: str
    graph: Graph
    settings: TrainingSettings = SETTINGS
    shares: bool = False

    @property
    def key(self) -> str:
        return f"{self.family}: {self.name}"


@dataclass
class Outcome:
    """What a run ends with: parts (W, b, ...) by ``"node.part"``, figures of each epoch, outputs for validation."""

    parameters: dict[str, np.ndarray] = field(default_factory=dict)
    rates: list[float] = field(default_factory=list)
    running_costs: list[float] = field(default_factory=list)
    validation_costs: list[float] = field(default_factory=list)
    outputs: np.ndarray = field(default_factory=lambda: np.empty(0))


def uniform(seed: int, *shape: int) -> np.ndarray:
    """Return numbers between -1 and 1, the same on every machine."""
    raw = np.random.PCG64(seed).random_raw(int(np.prod(shape)))
    return (raw >> np.uint64(11)).astype(np.float64).reshape(shape) * 2.0**-52 - 1.0


def bell(seed: int, *shape: int) -> np.ndarray:
    """Return numbers of mean 0 and variance 1, almost normal."""
    return uniform(seed, 3, *shape).sum(axis=0)


def data_of(case: Case, rows: int = ROWS, seed: int = 1) -> Dataset:
    """Return examples that the loss of a case can learn: a linear signal with noise, cut to classes where need be."""
    layer = case.graph.of_kind(Output)[0].layer
    X, mix = bell(seed, rows, FEATURES), uniform(99, FEATURES, layer.units)
    signal = (X[:, :, None] * mix).sum(axis=1) + 0.5 * bell(seed + 1, rows, layer.units)
    if case.shares:
        Y = np.exp(signal) / np.exp(signal).sum(axis=1, keepdims=True)
    elif name_of(layer.activation) == "softmax":
        Y = np.eye(layer.units)[signal.argmax(axis=1)]
    else:
        Y = (signal > 0).astype(np.float64) if layer.loss.classes else signal
    return Dataset(X, Y, np.float64)


def validation_of(case: Case) -> Dataset:
    """Return the examples held out."""
    return data_of(case, VALIDATION_ROWS, seed=11)


def network_of(case: Case) -> Network:
    """Return the network of a case, its first weights set."""
    network = Network(case.graph, precision="float64")
    for number, (key, array) in enumerate(network.parameters.items()):
        name = key.rpartition(".")[2]
        # W of variance 1 / n_in.
        reach = (3.0 / (array.shape[1] - 1)) ** 0.5 if name == "Theta" else 0.2
        array[...] = SPREAD[name] + reach * uniform(1000 + number, *array.shape)
    return network


def parts_of(network: Network, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return copies of arrays cut into W, b, gamma, ..., without those that no gradient determines."""
    found = {}
    for key, array in arrays.items():
        node, _, name = key.rpartition(".")
        for part, values in parts(name, array).items():
            if part != "b" or not before_batch_norm(network.graph, node):
                found[f"{node}.{part}"] = values.copy()
    return found


def before_batch_norm(graph: Graph, node: str) -> bool:
    """Return whether the biases of a node are straight before a BatchNorm, which takes every constant away.

    Their gradient is zero but for rounding, which differs from one library to the other.
    """
    layer = graph.node(node).layer
    readers = [graph.node(edge.target).layer for edge in graph.outgoing(node)]
    linear = isinstance(layer, Dense) and isinstance(layer.activation, Identity)
    return linear and all(isinstance(reader, BatchNorm) and not reader.frozen for reader in readers)


def trained(case: Case) -> Outcome:
    """Return what the engine makes of a case."""
    network, validation = network_of(case), validation_of(case)
    trainer = Trainer(network, data_of(case), case.settings, validation)
    trainer.train()
    assert trainer.step == STEPS
    columns = [trainer.history.column(name) for name in ("learning_rate", "running_cost", "validation_cost")]
    return Outcome(
        parts_of(network, network.parameters), *(column.tolist() for column in columns), network.predict(validation.X)
    )


def difference(found: object, expected: object) -> float:
    """Return ‖found - expected‖ / (‖expected‖ + 1e-12)."""
    one, other = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    assert one.shape == other.shape
    return float(np.linalg.norm(one - other) / (np.linalg.norm(other) + 1e-12))


def differences(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> dict[str, float]:
    """Return the difference of each array; both must have the same ones."""
    assert found.keys() == expected.keys()
    return {key: difference(found[key], expected[key]) for key in found}


def too_large(found: dict[str, float], tolerance: float) -> dict[str, float]:
    """Return the differences that are not below a tolerance; one that is not a number is none that is."""
    return {key: value for key, value in found.items() if not value < tolerance}


def layers(*hidden: object, output: Output = NUMBERS) -> Graph:
    return chain([Input(features=FEATURES), *hidden, output])


def wired(nodes: dict[str, object], wires: str) -> Graph:
    """Return a graph from layers by identity and wires, ``"source target, source target"``, ports in their order."""
    edges, ports = [], dict.fromkeys(nodes, 0)
    for source, target in (wire.split() for wire in wires.split(",")):
        edges.append(Edge(source=source, target=target, port=ports[target]))
        ports[target] += 1
    return Graph(nodes=tuple(Node(id=key, name=key, layer=layer) for key, layer in nodes.items()), edges=tuple(edges))


def with_settings(**changes: object) -> TrainingSettings:
    return replace(SETTINGS, **changes)


def optimizer_cases() -> list[Case]:
    kinds = {
        "sgd": Sgd(learning_rate=0.05),
        "momentum": Momentum(learning_rate=0.02, momentum=0.8),
        "nesterov": Nesterov(learning_rate=0.02),
        "adagrad": Adagrad(learning_rate=0.1),
        "rmsprop": RmsProp(learning_rate=0.01, rho=0.9),
        "adam": Adam(learning_rate=0.01),
        "adam with other settings": Adam(learning_rate=0.01, beta1=0.7, beta2=0.95, epsilon=1e-3),
        "adamw": AdamW(learning_rate=0.01, weight_decay=0.1),
    }
    graph = layers(Dense(units=5), Dense(units=4))
    return [Case("optimizer", name, graph, with_settings(optimizer=kind)) for name, kind in kinds.items()]


def loss_cases() -> list[Case]:
    made = []
    for loss, activations in PAIRS.items():
        for activation in activations:
            units = 3 if activation == "softmax" else 2
            output = Output(units=units, activation=ACTIVATIONS[activation](), loss=LOSSES[loss]())
            made.append((f"{loss} after {activation}", output, False))
    weighted = replace(CLASSES, class_weights=(0.5, 2.0, 1.25))
    margin = Output(units=1, activation=Tanh(), loss=Hinge(), class_weights=(3.0, 0.5))
    narrow = Output(units=2, activation=Identity(), loss=Huber(delta=0.3))
    made += [
        ("huber with another delta", narrow, False),
        ("class weights, binary", replace(YES_OR_NO, class_weights=(0.4, 2.5)), False),
        ("class weights, categorical", weighted, False),
        ("class weights, hinge", margin, False),
        ("categorical_cross_entropy of shares", CLASSES, True),
    ]
    return [Case("loss", name, layers(Dense(units=5), output=output), shares=shares) for name, output, shares in made]


def descent_cases() -> list[Case]:
    graph = layers(Dense(units=5), LayerNorm(), Dense(units=3))
    changes = {
        "l2": {"l2": 0.05},
        "l1": {"l1": 0.01},
        "l1 and l2": {"l1": 0.01, "l2": 0.02, "optimizer": Adam(learning_rate=0.01)},
        "clipping": {"clip_norm": 0.8},
        "clipping after penalties": {"clip_norm": 0.8, "l2": 0.05, "l1": 0.01, "optimizer": Sgd(learning_rate=0.05)},
        "clipping, adamw": {"clip_norm": 0.8, "optimizer": AdamW(learning_rate=0.01, weight_decay=0.2)},
    }
    return [Case("descent", name, graph, with_settings(**change)) for name, change in changes.items()]


def schedule_cases() -> list[Case]:
    plateau = ReduceOnPlateau(gamma=0.5, patience=1, threshold=0.01, least=0.2)
    changes = {
        "step": {"schedule": Step(every=7, gamma=0.5)},
        "exponential": {"schedule": Exponential(gamma=0.9)},
        "cosine": {"schedule": Cosine(last=0.05)},
        "cosine, adamw": {"schedule": Cosine(last=0.05), "optimizer": AdamW(learning_rate=0.02, weight_decay=0.1)},
        "reduce_on_plateau": {"schedule": plateau},
        "warm-up": {"warm_up": 23},
        "warm-up, adamw": {"warm_up": 23, "optimizer": AdamW(learning_rate=0.02, weight_decay=0.1)},
        "warm-up and step": {"warm_up": 61, "schedule": Step(every=5, gamma=0.7)},
    }
    return [Case("schedule", name, layers(Dense(units=5)), with_settings(**change)) for name, change in changes.items()]


def activation_cases() -> list[Case]:
    kinds = [kind() for kind in ACTIVATIONS.values() if not kind.output_only]
    kinds += [Elu(alpha=0.6), LeakyRelu(slope=0.2)]
    # 33 rows of 8 units and 4 rows of 8: more and fewer values than decide between two forms of some operations.
    settings = with_settings(batch_size=33, epochs=100)
    made = []
    for kind in kinds:
        graph = layers(
            Dense(units=8, activation=kind), Dense(units=3, activation=Identity()), ActivationLayer(activation=kind)
        )
        name = name_of(kind) if kind == type(kind)() else f"{name_of(kind)} with another setting"
        made.append(Case("activation", name, graph, settings))
    return made


def normalization_cases() -> list[Case]:
    linear, adam = Dense(units=5, activation=Identity()), with_settings(optimizer=Adam(learning_rate=0.01))
    tanh = ActivationLayer(activation=Tanh())
    return [
        Case("normalization", "batch_norm after a linear layer", layers(linear, BatchNorm(), tanh)),
        Case("normalization", "batch_norm after tanh, adam", layers(Dense(units=5), BatchNorm(), Dense(units=3)), adam),
        Case(
            "normalization",
            "batch_norm of the features, other settings",
            layers(BatchNorm(momentum=0.3, epsilon=1e-2), Dense(units=4), output=YES_OR_NO),
        ),
        Case("normalization", "layer_norm after a linear layer", layers(linear, LayerNorm(), tanh)),
        Case("normalization", "layer_norm of the features", layers(LayerNorm(epsilon=1e-2), Dense(units=4))),
        Case(
            "normalization",
            "both, adam",
            layers(linear, LayerNorm(), tanh, Dense(units=4), BatchNorm(), output=CLASSES),
            adam,
        ),
    ]


def frozen_cases() -> list[Case]:
    everything = with_settings(
        optimizer=AdamW(learning_rate=0.01, weight_decay=0.1), l1=0.01, l2=0.02, clip_norm=0.8, warm_up=10
    )
    fixed, free = Dense(units=4, frozen=True), Dense(units=5)
    return [
        Case("frozen", "the first layer", layers(fixed, free)),
        Case("frozen", "a layer in between", layers(free, fixed)),
        Case("frozen", "the output", layers(free, output=replace(NUMBERS, frozen=True))),
        Case("frozen", "batch_norm", layers(free, BatchNorm(frozen=True), Dense(units=3))),
        Case("frozen", "batch_norm first", layers(BatchNorm(frozen=True), free)),
        Case("frozen", "layer_norm", layers(free, LayerNorm(frozen=True), Dense(units=3))),
        Case("frozen", "with penalties, decay and clipping", layers(free, fixed, BatchNorm()), everything),
    ]


def graph_cases() -> list[Case]:
    source, free = Input(features=FEATURES), Dense(units=5)
    skip = {"input": source, "one": free, "two": free, "sum": Add(), "output": NUMBERS}
    three = {
        "input": source,
        "one": free,
        "two": free,
        "norm": BatchNorm(),
        "three": free,
        "sum": Add(),
        "output": YES_OR_NO,
    }
    fan = {
        "input": source,
        "trunk": free,
        "left": Dense(units=3),
        "right": Dense(units=2, activation=Sigmoid()),
        "side": Concatenate(),
        "output": CLASSES,
    }
    return [
        Case("graph", "skip connection", wired(skip, "input one, one two, one sum, two sum, sum output")),
        Case(
            "graph",
            "sum of three with batch_norm",
            wired(three, "input one, one two, two norm, norm three, three sum, one sum, norm sum, sum output"),
            with_settings(optimizer=Sgd(learning_rate=0.05)),
        ),
        Case(
            "graph",
            "concatenation, read by three",
            wired(
                fan,
                "input trunk, trunk left, trunk right, right side, input side, trunk side, left side, side output",
            ),
        ),
        Case("graph", "dropout of nothing", layers(free, Dropout(rate=0.0), Dense(units=3))),
        Case("graph", "no hidden layer", layers(output=YES_OR_NO)),
    ]


CASES = [
    *optimizer_cases(),
    *loss_cases(),
    *descent_cases(),
    *schedule_cases(),
    *activation_cases(),
    *normalization_cases(),
    *frozen_cases(),
    *graph_cases(),
]
