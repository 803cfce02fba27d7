"""The twin of any engine graph in PyTorch, node by node from the same weights, and its training by PyTorch's means."""

from __future__ import annotations

import functools

import numpy as np
import torch
from oracle_cases import CASES, Case, Outcome, before_batch_norm, data_of, network_of, validation_of
from torch import Tensor, nn, optim
from torch.nn import functional
from torch.optim import lr_scheduler

from engine import Dataset, TrainingSettings
from engine.declared import name_of
from engine.graph import Graph, topological_order
from engine.layers import Output

ACTIVATIONS = {
    "identity": lambda g, z: z,
    "sigmoid": lambda g, z: torch.sigmoid(z),
    "tanh": lambda g, z: torch.tanh(z),
    "relu": lambda g, z: functional.relu(z),
    "leaky_relu": lambda g, z: functional.leaky_relu(z, g.slope),
    "elu": lambda g, z: functional.elu(z, g.alpha),
    "selu": lambda g, z: functional.selu(z),
    "gelu": lambda g, z: functional.gelu(z, approximate="tanh"),
    "softplus": lambda g, z: functional.softplus(z),
    "silu": lambda g, z: functional.silu(z),
    "softmax": lambda g, z: functional.softmax(z, dim=1),
}
# The losses (m, n_y) before they are summed over the outputs; those that PyTorch has whole stand in Twin.cost.
LOSSES = {
    "binary_cross_entropy": lambda loss, z, a, y: functional.binary_cross_entropy_with_logits(z, y, reduction="none"),
    "mean_squared_error": lambda loss, z, a, y: functional.mse_loss(a, y, reduction="none") / 2,
    "mean_absolute_error": lambda loss, z, a, y: functional.l1_loss(a, y, reduction="none"),
    "huber": lambda loss, z, a, y: functional.huber_loss(a, y, reduction="none", delta=loss.delta),
    "hinge": lambda loss, z, a, y: functional.hinge_embedding_loss(
        (2 * y - 1) * a, -torch.ones_like(a), reduction="none"
    ),
}
OPTIMIZERS = {
    "sgd": lambda o, groups: optim.SGD(groups, o.learning_rate),
    "momentum": lambda o, groups: optim.SGD(groups, o.learning_rate, o.momentum),
    "nesterov": lambda o, groups: optim.SGD(groups, o.learning_rate, o.momentum, nesterov=True),
    "adagrad": lambda o, groups: optim.Adagrad(groups, o.learning_rate, eps=o.epsilon),
    "rmsprop": lambda o, groups: optim.RMSprop(groups, o.learning_rate, o.rho, o.epsilon),
    "adam": lambda o, groups: optim.Adam(groups, o.learning_rate, (o.beta1, o.beta2), o.epsilon),
    "adamw": lambda o, groups: optim.AdamW(groups, o.learning_rate, (o.beta1, o.beta2), o.epsilon),
}
SCHEDULES = {
    "constant": lambda s, optimizer, epochs, rate: lr_scheduler.ConstantLR(optimizer, 1.0),
    "step": lambda s, optimizer, epochs, rate: lr_scheduler.StepLR(optimizer, s.every, s.gamma),
    "exponential": lambda s, optimizer, epochs, rate: lr_scheduler.ExponentialLR(optimizer, s.gamma),
    "cosine": lambda s, optimizer, epochs, rate: lr_scheduler.CosineAnnealingLR(optimizer, epochs, s.last * rate),
    "reduce_on_plateau": lambda s, optimizer, epochs, rate: lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=s.gamma, patience=s.patience, threshold=s.threshold, min_lr=s.least * rate
    ),
}
MODULES = {
    "dense": lambda layer, n_in: nn.Linear(n_in, layer.units, dtype=torch.float64),
    "output": lambda layer, n_in: nn.Linear(n_in, layer.units, dtype=torch.float64),
    "batch_norm": lambda layer, n: nn.BatchNorm1d(n, layer.epsilon, layer.momentum, dtype=torch.float64),
    "layer_norm": lambda layer, n: nn.LayerNorm(n, layer.epsilon, dtype=torch.float64),
    "dropout": lambda layer, n: nn.Dropout(layer.rate),
}
ATTRIBUTES = {
    "W": "weight",
    "b": "bias",
    "gamma": "weight",
    "beta": "bias",
    "mean": "running_mean",
    "variance": "running_var",
}


class Twin(nn.Module):
    """A graph as PyTorch modules in float64, with the first weights of a case."""

    def __init__(self, case: Case) -> None:
        super().__init__()
        network = network_of(case)
        self.graph: Graph = case.graph
        self.order = topological_order(self.graph)[0]
        self.output: Output = network.output
        self.layers = nn.ModuleDict()
        self.tensors: dict[str, Tensor] = {}  # by "node.part", as the engine names them
        for key in self.order:
            layer = self.graph.node(key).layer
            make = MODULES.get(name_of(layer))
            if make is not None:
                n_in = network.shapes.units[self.graph.inputs_of(key)[0]]
                self.layers[key] = make(layer, n_in).requires_grad_(not layer.is_frozen)
        for key, values in network.parameters.items():
            node, _, name = key.rpartition(".")
            given = {"W": values[:, 1:], "b": values[:, 0]} if name == "Theta" else {name: values[:, 0]}
            for part, array in given.items():
                self.tensors[f"{node}.{part}"] = tensor = getattr(self.layers[node], ATTRIBUTES[part])
                tensor.data.copy_(torch.tensor(array))

    def train(self, mode: bool = True) -> Twin:
        """Switch to training; a frozen BatchNorm stays with its running statistics."""
        super().train(mode)
        for key, module in self.layers.items():
            if self.graph.node(key).layer.is_frozen:
                module.eval()
        return self

    def forward(self, x: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """Return A (m, n) of every node, and Z of the output."""
        values: dict[str, Tensor] = {}
        for key in self.order:
            layer, inputs = self.graph.node(key).layer, [values[source] for source in self.graph.inputs_of(key)]
            if name_of(layer) == "input":
                values[key] = x
            elif name_of(layer) == "add":
                values[key] = torch.stack(inputs).sum(dim=0)
            elif name_of(layer) == "concatenate":
                values[key] = torch.cat(inputs, dim=1)
            else:
                z = self.layers[key](inputs[0]) if key in self.layers else inputs[0]
                g = getattr(layer, "activation", None)
                values[key] = z if g is None else ACTIVATIONS[name_of(g)](g, z)
        return values, z

    def cost(self, x: Tensor, y: Tensor) -> tuple[Tensor, float]:
        """Return the mean of the losses of a batch, and what it weighs in the mean of several batches."""
        values, z = self(x)
        a, loss = values[self.order[-1]], self.output.loss
        several = name_of(loss) == "categorical_cross_entropy"
        classes = y.argmax(dim=1) if several else y[:, 0].long()
        weights = torch.tensor(self.output.class_weights, dtype=y.dtype) if self.output.class_weights else None
        weight = float(len(y)) if weights is None else float(weights[classes].sum())
        if several:
            one_hot = bool(((y == 0) | (y == 1)).all())
            return functional.cross_entropy(z, classes if one_hot else y, weights), weight
        if weights is not None and name_of(loss) == "binary_cross_entropy":
            # σ(z) is the softmax of 0 and z.
            return functional.cross_entropy(torch.cat([torch.zeros_like(z), z], dim=1), classes, weights), weight
        losses = LOSSES[name_of(loss)](loss, z, a, y).sum(dim=1)
        return (losses if weights is None else losses * weights[classes]).sum() / weight, weight

    def parts(self) -> dict[str, Tensor]:
        """Return the tensors by ``"node.part"``, without biases that no gradient determines."""
        return {
            key: tensor
            for key, tensor in self.tensors.items()
            if not (key.endswith(".b") and before_batch_norm(self.graph, key.rpartition(".")[0]))
        }

    def learned(self) -> tuple[list[Tensor], list[Tensor]]:
        """Return the learned weights, and everything else that is learned."""
        found = {key: tensor for key, tensor in self.tensors.items() if tensor.requires_grad}
        weights = [tensor for key, tensor in found.items() if key.endswith(".W")]
        return weights, [tensor for key, tensor in found.items() if not key.endswith(".W")]


def tensors_of(data: Dataset) -> tuple[Tensor, Tensor]:
    return torch.tensor(data.X), torch.tensor(data.Y)


def as_engine_holds(tensors: dict[str, Tensor]) -> dict[str, np.ndarray]:
    """Return arrays with two axes, as the engine's are."""
    return {key: tensor.detach().numpy().reshape(len(tensor), -1).copy() for key, tensor in tensors.items()}


class TwinTraining:
    """The training of a twin by PyTorch's optimizers and schedulers."""

    def __init__(self, case: Case) -> None:
        self.settings: TrainingSettings = case.settings
        self.twin = Twin(case)
        self.training, self.validation = tensors_of(data_of(case)), tensors_of(validation_of(case))
        self.weights, self.others = self.twin.learned()
        own, warm_up = self.settings.optimizer, self.settings.warm_up
        decay = getattr(own, "weight_decay", 0.0)
        groups = [{"params": self.weights, "weight_decay": decay}, {"params": self.others, "weight_decay": 0.0}]
        self.optimizer = OPTIMIZERS[name_of(own)](own, groups)
        schedule = self.settings.schedule
        self.schedule = SCHEDULES[name_of(schedule)](schedule, self.optimizer, self.settings.epochs, own.learning_rate)
        self.warm_up = lr_scheduler.LinearLR(self.optimizer, 1 / warm_up, 1.0, warm_up - 1) if warm_up else None
        self.outcome = Outcome()
        self.clipped: list[bool] = []  # of each step

    def step(self, x: Tensor, y: Tensor) -> tuple[float, float]:
        """Make one step; return the batch's cost, and what it weighs in the mean of the epoch."""
        settings = self.settings
        self.optimizer.zero_grad()
        cost, weight = self.twin.cost(x, y)
        penalty = sum(settings.l2 / 2 * (tensor**2).sum() + settings.l1 * tensor.abs().sum() for tensor in self.weights)
        (cost + penalty).backward()
        if settings.clip_norm:
            norm = nn.utils.clip_grad_norm_([*self.weights, *self.others], settings.clip_norm)
            self.clipped.append(bool(norm > settings.clip_norm))
        self.optimizer.step()
        if self.warm_up:
            self.warm_up.step()
        return cost.item(), weight

    def epoch(self) -> None:
        """Make one epoch and note its figures."""
        self.twin.train()
        total = weight = 0.0
        for x, y in zip(*(tensor.split(self.settings.batch_size) for tensor in self.training), strict=True):
            rate = self.optimizer.param_groups[0]["lr"]
            cost, share = self.step(x, y)
            total, weight = total + cost * share, weight + share
        self.twin.eval()
        with torch.no_grad():
            held_out = self.twin.cost(*self.validation)[0].item()
        if isinstance(self.schedule, lr_scheduler.ReduceLROnPlateau):
            self.schedule.step(held_out)
        else:
            self.schedule.step()
        self.outcome.rates.append(rate)
        self.outcome.running_costs.append(total / weight)
        self.outcome.validation_costs.append(held_out)

    def run(self) -> None:
        """Train to the end."""
        for _ in range(self.settings.epochs):
            self.epoch()
        with torch.no_grad():
            self.outcome.outputs = self.twin(self.validation[0])[0][self.twin.order[-1]].numpy()
        self.outcome.parameters = as_engine_holds(self.twin.parts())


@functools.cache
def reference(case: Case) -> TwinTraining:
    """Return the finished training of a case by PyTorch; each case is trained once."""
    training = TwinTraining(case)
    training.run()
    return training


def references() -> dict[str, dict[str, np.ndarray]]:
    """Return the parameters that PyTorch ends with, by case."""
    return {case.key: reference(case).outcome.parameters for case in CASES}
