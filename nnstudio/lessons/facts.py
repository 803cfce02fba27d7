"""What a lesson's checks may ask: of the document, of the run, and of what was done since the step began."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from engine.declared import name_of
from engine.layers import Dense, Output
from engine.snapshot import Status
from nnstudio.data import SampleSource
from nnstudio.document import Document
from nnstudio.lessons.conditions import Fact, Value

# Every fact, what it is, and whether it takes something in brackets; docs/lessons.md has the same list.
NAMES: dict[str, tuple[str, bool]] = {
    "sample": ("the name of the sample, empty for a table of one's own", False),
    "hidden_layers": ("how many Dense layers there are before the output", False),
    "units": ("units of a hidden layer, counted from 1", True),
    "activation": ("activation of a hidden layer, counted from 1, by its registered name", True),
    "initializer": ("where the weights of a hidden layer come from, by its registered name", True),
    "layers": ("how many layers of a kind there are, by its registered name", True),
    "output": ("activation of the output", False),
    "loss": ("the loss", False),
    "parameters": ("how many parameters the network has, 0 while it has problems", False),
    "problems": ("how many problems the network has", False),
    "optimizer": ("the optimizer", False),
    "learning_rate": ("the learning rate α", False),
    "batch": ("examples in a batch", False),
    "l2": ("the L2 penalty λ₂", False),
    "patience": ("epochs without a lower validation cost after which training stops, 0 for never", False),
    "state": ("ready, training, paused, finished or diverged", False),
    "training": ("whether steps are being made", False),
    "epoch": ("finished epochs", False),
    "step": ("parameter updates made", False),
    "new_epochs": ("epochs since this step of the lesson began; fewer are none", False),
    "new_steps": ("parameter updates since this step of the lesson began", False),
    "cost": ("the cost over the training split: true where it is known, else running", False),
    "validation_cost": ("the cost over the validation split", False),
    "score": ("accuracy or R² over validation, else over training, from 0 to 1", False),
    "example": ("the number of the chosen example", False),
    "open": ("whether a view can be seen, by its name", True),
    "did": ("whether something was done since this step of the lesson began, by its name", True),
}
# What `did` knows, and who says so.
DEEDS: dict[str, str] = {
    "train": "training was started",
    "step": "one parameter update was made",
    "reset": "the weights were reset",
    "set_weight": "a weight was set by hand",
    "choose_example": "another example was chosen",
    "choose_entry": "an entry was chosen in the ledger or the computation graph, not only walked to",
    "walk_forward": "the computation graph was walked to the loss",
    "walk_back": "the computation graph was walked to its last derivative",
    "first_derivative": "the computation graph was walked to its first derivative",
    "move_point": "the point of the functions was moved",
    "choose_function": "a function was chosen in the view Functions; choose_function_relu and the like name one",
    "point_equation": "an equation was pointed at",
    "choose_hyperparameter": "a hyperparameter was chosen in the list of its lab",
    "undo": "something was undone",
    "run_lab": "a lab was run to its end; run_lab_proof and the like name one",
}


@dataclass(frozen=True)
class Since:
    """Where the run stood when a step of the lesson began, and what was done since then."""

    epoch: int = 0
    step: int = 0
    deeds: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Facts:
    """What is true now, by name; :func:`facts_of` makes them."""

    values: Mapping[str, Fact] = field(default_factory=dict)


def facts_of(
    document: Document,
    status: Status,
    parameters: int,
    problems: int,
    example: int,
    is_open: Callable[[str], bool],
    since: Since,
) -> Facts:
    """Return the facts of a moment.

    Parameters
    ----------
    parameters, problems
        Of the network, as its shapes tell.
    example
        The chosen example, counted from 1.
    is_open
        Tells of a view, by its name, whether it can be seen.
    """
    hidden = [node.layer for node in document.graph.nodes if isinstance(node.layer, Dense)]
    outputs = [node.layer for node in document.graph.nodes if isinstance(node.layer, Output)]
    source = document.data.source if document.data is not None else None
    training = document.training

    def of_layer(take: Callable[[Dense], Value]) -> Callable[[Value], Value]:
        def fact(number: Value) -> Value:
            place = int(number) - 1 if isinstance(number, float) else -1
            return take(hidden[place]) if 0 <= place < len(hidden) else ""

        return fact

    values: dict[str, Fact] = {
        "sample": source.name if isinstance(source, SampleSource) else "",
        "hidden_layers": float(len(hidden)),
        "units": of_layer(lambda layer: float(layer.units)),
        "activation": of_layer(lambda layer: name_of(layer.activation)),
        "initializer": of_layer(lambda layer: name_of(layer.initializer)),
        "layers": lambda kind: float(sum(name_of(node.layer) == kind for node in document.graph.nodes)),
        "output": name_of(outputs[0].activation) if outputs else "",
        "loss": name_of(outputs[0].loss) if outputs else "",
        "parameters": float(parameters),
        "problems": float(problems),
        "optimizer": name_of(training.optimizer),
        "learning_rate": training.optimizer.learning_rate,
        "batch": float(training.batch_size),
        "l2": training.l2,
        "patience": float(training.patience),
        "state": status.state,
        "training": status.state == "training",
        "epoch": float(status.epoch),
        "step": float(status.step),
        "new_epochs": float(max(status.epoch - since.epoch, 0)),
        "new_steps": float(max(status.step - since.step, 0)),
        "cost": _first_known(status.training_cost, status.running_cost),
        "validation_cost": status.validation_cost,
        "score": _first_known(status.validation_score, status.training_score, status.running_score),
        "example": float(example),
        "open": lambda name: is_open(str(name)),
        "did": lambda name: str(name) in since.deeds,
    }
    return Facts(values)


def _first_known(*values: float) -> float:
    return next((value for value in values if not math.isnan(value)), math.nan)
