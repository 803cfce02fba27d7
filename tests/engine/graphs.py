"""Networks and examples for tests: small ones by hand, and random graphs drawn by hypothesis."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from engine import (
    ACTIVATIONS,
    LOSSES,
    PAIRS,
    ActivationLayer,
    Add,
    BatchNorm,
    Concatenate,
    Dense,
    Dropout,
    Edge,
    Graph,
    Input,
    LayerNorm,
    Network,
    Node,
    Output,
)

HIDDEN = [kind for kind in ACTIVATIONS.values() if not kind.output_only]
# Every output activation with every loss it goes with.
OUTPUTS = [
    (ACTIVATIONS[activation](), LOSSES[loss]()) for loss, activations in PAIRS.items() for activation in activations
]
N_FEATURES = 3


def units_for(loss) -> int:
    return 3 if loss.title.startswith("categorical") else 2


def targets(loss, n_y: int, m: int, rng: np.random.Generator) -> np.ndarray:
    """Return targets a loss can learn: one-hot rows, zeros and ones, or numbers."""
    if loss.title.startswith("categorical"):
        return np.eye(n_y)[rng.integers(0, n_y, m)]
    return rng.integers(0, 2, (m, n_y)).astype(float) if loss.classes else rng.normal(size=(m, n_y))


def examples(network: Network, m: int = 9, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(m, network.n_features)), targets(network.output.loss, network.n_outputs, m, rng)


def shaken(graph: Graph, seed: int = 3, precision: str = "float64") -> Network:
    """Return a network whose biases, gains and shifts are not at their first values."""
    network = Network(graph, seed=seed, precision=precision)
    network.learned[...] += 0.3 * np.random.default_rng(seed).normal(size=network.learned.shape)
    return network


@st.composite
def random_graphs(draw, kinked: bool = True, dropout: bool = True) -> Graph:
    """Draw a graph of random depth and width with branches, merges, skip connections and fan-out."""
    hidden = [kind for kind in HIDDEN if kinked or not kind.kinks]
    layers = {"x": Input(features=N_FEATURES)}
    sizes, wires = {"x": N_FEATURES}, []

    def activation():
        return draw(st.sampled_from(hidden))()

    for number in range(draw(st.integers(0, 7))):
        name, names = f"n{number}", list(sizes)
        kinds = ["dense", "dense", "activation", "batch_norm", "layer_norm", "concatenate", "add"]
        kind = draw(st.sampled_from([*kinds, "dropout"] if dropout else kinds))
        source = names[-1] if draw(st.booleans()) else draw(st.sampled_from(names))
        sources = [source]
        size = sizes[source]
        if kind == "dense":
            size = draw(st.integers(1, 5))
            layers[name] = Dense(units=size, activation=activation())
        elif kind == "activation":
            layers[name] = ActivationLayer(activation=activation())
        elif kind == "batch_norm":
            layers[name] = BatchNorm()
        elif kind == "layer_norm" and size > 1:
            layers[name] = LayerNorm()
        elif kind == "concatenate":
            sources = [source, *draw(st.lists(st.sampled_from(names), min_size=1, max_size=2))]
            layers[name], size = Concatenate(), sum(sizes[one] for one in sources)
        elif kind == "add":
            same = [one for one in names if sizes[one] == size]
            sources = [source, *draw(st.lists(st.sampled_from(same), min_size=1, max_size=2))]
            layers[name] = Add()
        else:
            layers[name] = Dropout(rate=0.0)
        sizes[name] = size
        wires += [(one, name, port) for port, one in enumerate(sources)]
    output, loss = draw(st.sampled_from(OUTPUTS if kinked else [pair for pair in OUTPUTS if pair[1].title != "hinge"]))
    layers["out"] = Output(units=units_for(loss), activation=output, loss=loss)
    # What nobody reads yet flows into the output, so that every layer lies on a way to it.
    unread = [name for name in sizes if name not in {source for source, _, _ in wires}] or [list(sizes)[-1]]
    if len(unread) > 1:
        layers["all"] = Concatenate()
        wires += [(name, "all", port) for port, name in enumerate(unread)]
        unread = ["all"]
    wires.append((unread[0], "out", 0))
    order = [*(name for name in layers if name != "out"), "out"]
    return Graph(
        nodes=tuple(Node(id=name, name=name, layer=layers[name]) for name in order),
        edges=tuple(Edge(source=source, target=target, port=port) for source, target, port in wires),
    )
