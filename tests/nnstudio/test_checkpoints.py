"""Checkpoints: named by content, immutable, kept while in use, carried over to changed graphs."""

from __future__ import annotations

import numpy as np
import pytest

from engine import TrainerState
from engine.declared import replace
from engine.graph import Graph
from nnstudio.checkpoints import SPARE, CheckpointStore, checkpoint_of, misfits
from tests.nnstudio.projects import trained


def state(value: float = 1.0, **meta: object) -> TrainerState:
    return TrainerState(
        {"parameters/dense_1.Theta": np.full((2, 3), value, np.float32)}, {"epoch": 1, **meta}, np.zeros((0, 8))
    )


def test_same_content_has_the_same_hash_and_any_other_content_another() -> None:
    first = checkpoint_of(state())
    assert checkpoint_of(state()).hash == first.hash
    as64 = TrainerState({k: a.astype(np.float64) for k, a in state().arrays.items()}, {"epoch": 1}, np.zeros((0, 8)))
    renamed = TrainerState({"parameters/x": np.ones((2, 3), np.float32)}, {"epoch": 1}, np.zeros((0, 8)))
    turned = TrainerState({"parameters/dense_1.Theta": np.ones((3, 2), np.float32)}, {"epoch": 1}, np.zeros((0, 8)))
    others = [checkpoint_of(s).hash for s in (state(2.0), state(epoch=2), as64, renamed, turned)]
    assert len({first.hash, *others}) == 6


def test_hash_of_a_transposed_array_is_that_of_its_contiguous_copy() -> None:
    values = np.arange(6, dtype=np.float32).reshape(3, 2)
    transposed = TrainerState({"parameters/a": values.T}, {}, np.zeros((0, 8)))
    copied = TrainerState({"parameters/a": np.array(values.T, order="C")}, {}, np.zeros((0, 8)))
    assert checkpoint_of(transposed).hash == checkpoint_of(copied).hash


def test_arrays_are_contiguous_read_only_and_cut_off_from_their_source() -> None:
    source = state()
    checkpoint = checkpoint_of(source)
    source.arrays["parameters/dense_1.Theta"][...] = 9.0
    array = checkpoint.weights["dense_1.Theta"]
    assert array.flags.c_contiguous
    assert (array == 1.0).all()
    with pytest.raises(ValueError, match="read-only"):
        array[0, 0] = 2.0


def test_store_keeps_what_is_in_use_and_only_a_few_others() -> None:
    used: set[str] = set()
    store = CheckpointStore(lambda: used)
    used.add(store.put(checkpoint_of(state(0.5))))
    names = [store.put(checkpoint_of(state(float(value)))) for value in range(1, 3 * SPARE)]
    assert len(store) == 1 + SPARE
    assert used <= set(store)
    assert store.get(names[-1]) is not None
    assert store.get(names[0]) is None
    assert store.get(None) is None


def test_misfits_are_the_layers_whose_shape_differs() -> None:
    from engine.shapes import infer_shapes

    document, checkpoint, _, _ = trained()
    nodes = tuple(
        node if node.id != "dense_1" else type(node)(id=node.id, name=node.name, layer=replace(node.layer, units=5))
        for node in document.graph.nodes
    )
    shapes = infer_shapes(Graph(nodes=nodes, edges=document.graph.edges))
    assert misfits(checkpoint.weights, shapes) == ("dense_1", "output")
