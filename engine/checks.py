"""Whether splits of the data are such that a network can learn from them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.dataset import DataError, Dataset
from engine.declared import title_of
from engine.network import Network


def check_splits(network: Network, splits: Mapping[str, Dataset]) -> None:
    """Refuse splits that a network cannot learn from.

    Raises
    ------
    ValueError
        When one has another number of features or outputs than the network; it is named.
    DataError
        When a target is none that the loss can learn, a label outside the classes say; split and row are named.
    """
    wanted, loss = (network.n_features, network.n_outputs), network.output.loss
    for name, data in splits.items():
        given = (data.X.shape[1], data.Y.shape[1])
        if given != wanted:
            raise ValueError(
                f"The {name} data have {given[0]} features and {given[1]} outputs, and the network reads "
                f"{wanted[0]} and gives {wanted[1]}."
            )
        wrong = loss.wrong_targets(data.targets)
        if wrong.any():
            row = int(wrong.argmax())
            raise DataError(
                f"The {name} data have a target in row {row} that {title_of(loss)} cannot learn: "
                f"{np.array2string(data.targets[row], threshold=8, separator=', ')}. Give 0 and 1 for yes or no, "
                "one 1 among zeros for one of several classes, or choose another loss."
            )
