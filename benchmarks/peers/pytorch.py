"""PyTorch on the CPU, as a well-written loop of eager calls."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np

from benchmarks.networks import Case
from benchmarks.timing import Repeat


class PyTorch:
    """Sequential, a loss over logits, a permutation an epoch, rows taken by index, the cost summed in a tensor."""

    def __init__(self, fused: bool = False) -> None:
        self.fused = fused
        self.name = "PyTorch fused" if fused else "PyTorch"

    @property
    def how(self) -> str:
        import torch

        return f"{torch.__version__}, eager, {'fused=True' if self.fused else 'the optimizer as it comes'}"

    def available(self) -> str | None:
        return None if find_spec("torch") else "torch is not installed."

    def epoch_of(self, case: Case) -> Repeat | None:
        import torch

        torch.set_num_threads(1)
        torch.manual_seed(0)
        features, classes = case.arrays()
        X = torch.from_numpy(features)
        if case.sizes[-1] == 1:
            y, loss_of = torch.from_numpy(classes[:, None].astype(np.float32)), torch.nn.BCEWithLogitsLoss()
        else:
            y, loss_of = torch.from_numpy(classes), torch.nn.CrossEntropyLoss()
        network = _network(case)
        optimizer = self._optimizer(case, network)
        if optimizer is None:
            return None
        m, batch_size = case.examples, case.batch

        def epoch() -> float:
            total = torch.zeros(())
            for batch in torch.randperm(m).split(batch_size):
                loss = loss_of(network(X.index_select(0, batch)), y.index_select(0, batch))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total.add_(loss.detach(), alpha=len(batch))
            return float(total) / m

        def epochs(count: int) -> float:
            cost = 0.0
            for _ in range(count):
                cost = epoch()
            return cost

        return epochs

    def _optimizer(self, case: Case, network):
        """Return the optimizer, or None where this version of torch has no fused one for the CPU."""
        import torch

        kind = torch.optim.Adam if case.adam else torch.optim.SGD
        if not self.fused:
            return kind(network.parameters(), lr=case.learning_rate)
        try:
            return kind(network.parameters(), lr=case.learning_rate, fused=True)
        except (TypeError, RuntimeError):
            return None


def _network(case: Case):
    import torch

    modules = []
    for n_in, n_out in zip(case.sizes, case.sizes[1:], strict=False):
        modules += [torch.nn.Linear(n_in, n_out), torch.nn.ReLU() if case.adam else torch.nn.Tanh()]
    return torch.nn.Sequential(*modules[:-1])  # the last affine map gives logits
