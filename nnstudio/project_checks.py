"""What a project file may hold: every limit and every rule, checked when it is saved and when it is opened.

Each check raises :class:`nnstudio.archive.ArchiveError` with half a sentence that goes on after the file's name.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
import numpy as np

from engine.emit import Array
from engine.history import COLUMNS, MOST_ROWS
from engine.layers import Input, Output
from engine.layers.dense import MOST_UNITS
from engine.shapes import infer_shapes
from engine.trainer_state import BEST, TrainerState
from nnstudio.archive import ArchiveError, Tensor
from nnstudio.checkpoints import PARAMETERS, weights_in
from nnstudio.data import PreparedRecord
from nnstudio.data.recipe import MAX_COLUMNS
from nnstudio.document import Document

MOST_TRAINING = 100_000
MOST_NODES = 2_000
MOST_EDGES = 10_000
MOST_NAME = 1_000  # characters of a node's id or name
FARTHEST = 1e7  # pixels from the canvas's origin


class _Plan(msgspec.Struct, frozen=True):
    columns: list[msgspec.Raw] = []


class _Data(msgspec.Struct, frozen=True):
    plan: _Plan = _Plan()


class _Graph(msgspec.Struct, frozen=True):
    nodes: list[msgspec.Raw] = []
    edges: list[msgspec.Raw] = []


class _Counted(msgspec.Struct, frozen=True):
    graph: _Graph = _Graph()
    positions: dict[str, msgspec.Raw] = {}
    data: _Data | None = None


class Outline(msgspec.Struct):
    """The lists of a document unread, so that a crowded one is refused before it is made."""

    document: _Counted


_Hexadecimal = Annotated[str, msgspec.Meta(pattern="^0x[0-9a-f]{1,32}$")]
_Count = Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class _Generator(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    bit_generator: Literal["PCG64"]
    state: _Hexadecimal
    inc: _Hexadecimal
    has_uint32: Literal[0, 1]
    uinteger: Annotated[int, msgspec.Meta(ge=0, lt=2**32)]


class _Training(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The plain values of :class:`engine.trainer.TrainerState`, as they may stand in a file."""

    state: str
    message: Annotated[str, msgspec.Meta(max_length=10_000)]
    epoch: _Count
    step: _Count
    updates: _Count
    position: _Count
    seconds: float
    loss_sum: float
    score_sum: float
    seen: _Count
    optimizer: str
    shuffler: _Generator
    generator: _Generator
    # Since format 2.
    weight_sum: Annotated[float, msgspec.Meta(ge=0.0)] = 0.0
    run_from: float = 0.0
    best_cost: float | None = None
    best_epoch: _Count = 0
    best_waited: _Count = 0
    plateau_best: float | None = None
    plateau_waited: _Count = 0
    plateau_factor: Annotated[float, msgspec.Meta(gt=0.0, le=1.0)] = 1.0
    missed: Annotated[list[float], msgspec.Meta(max_length=MOST_UNITS)] = []
    slot_units: Annotated[dict[str, Annotated[float, msgspec.Meta(gt=0.0, le=1.0)]], msgspec.Meta(max_length=8)] = {}
    goal: _Count = 0
    epochs: _Count = 0
    network: Annotated[str, msgspec.Meta(max_length=64)] = ""


def plain(reason: str) -> str:
    """Return what msgspec says without its marks, with the place in the file in parentheses."""
    sentence, _, place = reason.replace("`", "").partition(" - at $")
    return f"{sentence.rstrip('.')} ({place.lstrip('.')})"[:300] if place else sentence.rstrip(".")[:300]


def check_counts(document: _Counted | Document) -> None:
    """Refuse more layers, wires or columns than a project can have."""
    graph, data = document.graph, document.data
    for count, most, what in (
        (len(graph.nodes), MOST_NODES, "layers"),
        (len(graph.edges), MOST_EDGES, "wires"),
        (len(document.positions), MOST_NODES, "places of layers"),
        (len(data.plan.columns) if data is not None else 0, MAX_COLUMNS, "columns"),
    ):
        if count > most:
            raise ArchiveError(f"has {count:,} {what}, where {most:,} is the most it can have")


def check_document(document: Document) -> None:
    """Refuse a document that no series of edits could have made."""
    graph = document.graph
    known = {node.id for node in graph.nodes}
    if len(known) < len(graph.nodes):
        raise ArchiveError("is damaged: two of its layers have one identity")
    if any(not 0 < len(text) <= MOST_NAME for node in graph.nodes for text in (node.id, node.name)):
        raise ArchiveError(f"is damaged: a layer has no name, or one of more than {MOST_NAME} characters")
    if any(edge.source not in known or edge.target not in known for edge in graph.edges):
        raise ArchiveError("is damaged: a wire leads to a layer that is not there")
    if len(set(graph.edges)) < len(graph.edges) or any(not 0 <= edge.port < MOST_EDGES for edge in graph.edges):
        raise ArchiveError("is damaged: its wires contradict each other")
    places = [value for place in document.positions.values() for value in place]
    if any(not abs(value) <= FARTHEST for value in places):
        raise ArchiveError("is damaged: a layer stands where no canvas reaches")


def read_training(stored: msgspec.Raw) -> dict[str, Any]:
    """Return the plain values of training, as they were: their hash is part of the checkpoint's."""
    try:
        if len(bytes(stored)) > MOST_TRAINING:
            raise ArchiveError(f"has a state of training of more than {MOST_TRAINING:,} bytes")
        values = msgspec.json.decode(stored, type=_Training)
        kept: dict[str, Any] = msgspec.json.decode(stored)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ArchiveError(f"has a state of training that cannot be read: {plain(str(error))}") from None
    numbers = [value for value in msgspec.structs.astuple(values) if isinstance(value, float)]
    if not all(math.isfinite(value) for value in numbers):
        raise ArchiveError("has a state of training with a value that is not a finite number")
    return kept


def check_names(tensors: Mapping[str, Tensor]) -> None:
    """Refuse arrays that no trainer has."""
    for name, tensor in tensors.items():
        kind = name.partition("/")[0]
        if (kind, tensor.dtype) not in _ARRAY_KINDS:
            raise ArchiveError(f"holds an array, {name[:80]}, that no project has")


_ARRAY_KINDS = {
    ("parameters", "F32"),
    ("parameters", "F64"),
    ("slots", "F32"),
    ("slots", "F64"),
    ("best", "F32"),
    ("best", "F64"),
    ("order", "I64"),
}


def check_fit(document: Document, stated: Mapping[str, tuple[int, ...]]) -> None:
    """Refuse weights, of which the shapes are stated, that do not fit the document's graph."""
    shapes, names = infer_shapes(document.graph), {node.id: node.name for node in document.graph.nodes}
    for node in shapes.order:
        for spec in shapes.specs.get(node, ()):
            found = stated.get(f"{PARAMETERS}{node}.{spec.name}")
            if found is None:
                raise ArchiveError(f"is damaged: the weights of {names[node]} are missing")
            if found != spec.shape:
                raise ArchiveError(
                    f"is damaged: the weights of {names[node]} have the shape {found}, and the layer needs {spec.shape}"
                )


def check_state(state: TrainerState, position: int | None) -> None:
    """Check values: weights are finite, the order is one, and the history has its columns."""
    best = {key: array for key, array in state.arrays.items() if key.startswith(BEST)}
    for key, array in (weights_in(state.arrays) | best).items():
        if not np.isfinite(array).all():
            raise ArchiveError(f"has weights, {key[:80]}, with a value that is not a finite number")
        if key.endswith(".variance") and array.size and array.min() < 0:
            raise ArchiveError(f"is damaged: a running variance, {key[:80]}, is negative")
    order = state.arrays.get("order")
    if order is not None and not _is_permutation(order):
        raise ArchiveError("is damaged: the order of its examples is not one")
    if position is not None and order is not None and position > len(order):
        raise ArchiveError("is damaged: training stands beyond its data")
    history = state.history
    if history.ndim != 2 or history.shape[1] != len(COLUMNS) or len(history) > MOST_ROWS:
        raise ArchiveError("is damaged: its history has another form")
    if len(history) and not (np.isfinite(history[:, :2]).all() and (np.diff(history[:, 0]) > 0).all()):
        raise ArchiveError("is damaged: the epochs of its history do not follow each other")


def _is_permutation(order: Array) -> bool:
    if order.ndim != 1 or order.dtype.kind != "i":
        return False
    seen = np.zeros(len(order), bool)
    seen[order[(order >= 0) & (order < len(order))]] = True
    return bool(seen.all())


def data_misfit(document: Document, record: PreparedRecord) -> str | None:
    """Return why data do not belong to a document, or None where they do."""
    fitted = record.fitted
    if document.data is None:
        return "it has data and no recipe for them"
    wanted = {column.name for column in document.data.plan.columns if column.role == "target"}
    others = [target.name for target in fitted.targets if target.name not in wanted]
    if others:
        return f"its data have another target, {others[0]!r}"
    if len(fitted.targets) != len(wanted):
        return f"its data have {len(fitted.targets):,} of its {len(wanted):,} targets"
    for node in document.graph.nodes:
        if isinstance(node.layer, Input) and node.layer.features != len(fitted.features):
            return f"its network reads {node.layer.features:,} features, its data have {len(fitted.features):,}"
        if isinstance(node.layer, Output) and node.layer.units != fitted.outputs:
            return f"its network has {node.layer.units:,} outputs, its data need {fitted.outputs:,}"
    return None
