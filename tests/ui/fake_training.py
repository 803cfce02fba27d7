"""A stand-in for the training view model: the same attributes and signals, figures made up, calls written down."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QObject, Signal

from engine.dataset import Dataset
from engine.declared import replace as with_settings
from engine.history import COLUMNS, History
from engine.network import Network
from engine.plane_look import Plane, PlaneLooker
from engine.probes import looked_at, probe
from engine.settings import TrainingSettings
from engine.snapshot import Boundary, Histogram, LayerDetail, Metrics, ProbeRequest, Probes, Status
from engine.trainer import Trainer
from nnstudio import edits
from nnstudio.data import ColumnSteps, DataRecipe, ReadReport, Table, prepare, prepare_table, sample_recipe
from nnstudio.document import starting_document
from nnstudio.prepared_store import PreparedStore
from nnstudio.readiness import shapes_of
from tests.nnstudio.tables import recipe as recipe_of
from ui.document_store import DocumentStore

PLANE_SECONDS = 0.05  # of work on the cost over a plane: its first points
SEVERAL = ("two numbers", "two answers")


@lru_cache(maxsize=8)
def sample(name: str = "spirals"):
    if name in SEVERAL:
        data, made = several_targets(name)
        return made, prepare_table(data, made)
    recipe = sample_recipe(name)
    return recipe, prepare(recipe)


def several_targets(name: str):
    """Return a table with two targets of one kind, an input that is a logarithm and one that tells rows apart."""
    x, z = np.random.default_rng(0).normal(size=(2, 200))
    targets = {"first": x, "second": 100.0 * z} if name == "two numbers" else {"first": x > 0, "second": z > 0}
    columns = {"x": np.exp(x), "z": z, "nr": np.arange(200.0)} | {key: y.astype(float) for key, y in targets.items()}
    data = Table("t.csv", columns, ReadReport(rows=200))
    return data, recipe_of(data, tuple(targets), steps={"x": ColumnSteps(log="log1p")})


class FakeTraining(QObject):
    status_changed = Signal(object)
    refreshed = Signal()
    shapes_changed = Signal()
    data_changed = Signal()
    lit = Signal(str)
    did = Signal(str)
    chosen_changed = Signal()
    asked_for = Signal(str)
    message = Signal(str, str)

    def __init__(self, sample_name: str | None = "spirals", document=None) -> None:
        super().__init__()
        document = document or starting_document()
        self.data = None
        if sample_name:
            recipe, self.data = sample(sample_name)
            document = edits.use_data(document, recipe, self.data.task, len(self.data.features), self.data.Y.shape[1])
        self.store = DocumentStore(document, self)
        self.status, self.history, self.marks, self.probes = Status(), History(), [], Probes()
        self.shapes = shapes_of(document, self.data)
        self.requests: dict[str, ProbeRequest] = {}
        self.calls: list[str] = []
        self.chosen = 0
        self.settings: list[tuple[TrainingSettings, str, str]] = []
        self.store.changed.connect(self._document_changed)

    def _document_changed(self, before, after) -> None:
        found = shapes_of(after, self.data)
        if found != self.shapes:
            self.shapes = found
            self.shapes_changed.emit()

    @property
    def problem(self) -> str:
        if self.data is None:
            return "There are no data yet: load a table or choose a sample."
        return next((p.sentence for p in self.shapes.problems if p.severity == "error"), "")

    def request(self, owner: str, request: ProbeRequest | None) -> None:
        self.requests.pop(owner, None)
        if request is not None:
            self.requests[owner] = request

    def choose(self, row: int) -> None:
        if row != self.chosen:
            self.chosen = row
            self.chosen_changed.emit()

    def toggle(self) -> None:
        self.calls.append("toggle")

    def set_entry(self, symbol: str, row: int, column: int, value: float) -> None:
        self.calls.append(f"{symbol} {row} {column} {value:g}")

    def set_training(self, training: TrainingSettings, text: str, merge_key: str = "") -> None:
        self.settings.append((training, text, merge_key))
        self.store.apply(lambda document: edits.set_training(document, training), text, merge_key)

    # -- figures made up ------------------------------------------------------------------------------------------

    def set_data(self, name: str) -> None:
        recipe, self.data = sample(name)
        self.store.apply(
            lambda d: edits.use_data(d, recipe, self.data.task, len(self.data.features), self.data.Y.shape[1]), "data"
        )
        self.data_changed.emit()

    def set_status(self, **fields) -> None:
        values = {name: getattr(self.status, name) for name in Status.__struct_fields__}
        self.status = Status(**{**values, **fields})
        self.status_changed.emit(self.status)

    def add_epochs(self, count: int) -> None:
        first = len(self.history)
        epochs = np.arange(first + 1, first + count + 1, dtype=float)
        noise = np.random.default_rng(first)
        for epoch, wave, other in zip(epochs, noise.standard_normal(count), noise.standard_normal(count), strict=True):
            running = 0.02 + 0.7 * np.exp(-epoch / 300) * (1 + 0.08 * wave)
            every = epoch % 10 == 0
            self.add_row(
                epoch=epoch,
                step=epoch * 22,
                running_cost=running,
                training_cost=0.98 * running if every else np.nan,
                validation_cost=0.03 + 0.7 * np.exp(-epoch / 320) * (1 + 0.1 * other),
                running_score=0.95,
                validation_score=0.94,
                learning_rate=0.01,
            )

    def add_row(self, **figures) -> None:
        """Add one epoch; what is not given is nan."""
        self.history.append(tuple(float(figures.pop(name, np.nan)) for name in COLUMNS))
        assert not figures, f"no such columns: {sorted(figures)}"

    def look(self, seed: int = 0, detail: str | None = None) -> None:
        self.probes = replace(made_up_probes(self, seed, detail), **self._really_looked_at())
        self.refreshed.emit()

    def _really_looked_at(self) -> dict:
        """Return what the engine itself answers to requests for which nothing is made up."""
        wanted = ProbeRequest(boundary_resolution=1)
        for request in self.requests.values():
            wanted = wanted | request
        if self.data is None or self.problem:
            return {}
        rows = self.data.training
        data = Dataset(self.data.X[rows], self.data.Y[rows], np.float64)
        network = Network(self.store.document.graph, precision="float64")
        answer = probe(network, looked_at(data), wanted, 0, data)
        names = ("walk", "ledgers", "worst", "units")
        told = {name: getattr(answer, name, None) or getattr(self.probes, name, None) for name in names}
        return told | {"plane": self._plane(wanted, network, data) or self.probes.plane}

    def _plane(self, wanted: ProbeRequest, network: Network, data: Dataset) -> Plane | None:
        if wanted.plane is None:
            return None
        training = with_settings(self.store.document.training, precision="float64")
        looker = PlaneLooker(Trainer(network, data, training))
        looker.look(wanted.plane, resting=True)
        looker.work(PLANE_SECONDS, resting=True)
        return looker.look(wanted.plane, resting=True)


class TableTraining(FakeTraining):
    """A model of a window whose data are found by their recipe."""

    def __init__(self, recipe: DataRecipe) -> None:
        self.prepared = PreparedStore()
        made = prepare(recipe)
        self.prepared.put(recipe, made)
        super().__init__(None, edits.use_prepared(starting_document(), recipe, made))
        self._found()

    def when_at_rest(self, action) -> None:
        action()

    def take_data_again(self) -> None:
        self._found()

    def _found(self) -> None:
        self.data = self.prepared.get(self.store.document.data)
        self.data_changed.emit()

    def _document_changed(self, before, after) -> None:
        if before.data != after.data:
            self._found()
        super()._document_changed(before, after)


def made_up_histogram(rng, spread: float = 1.0, shift: float = 0.0, bins: int = 48) -> Histogram:
    values = rng.standard_normal(4_000) * spread + shift
    counts, edges = np.histogram(values, bins=bins)
    return Histogram(edges, counts, float(values.mean()), float(values.std()))


def made_up_probes(model: FakeTraining, seed: int = 0, detail: str | None = None) -> Probes:
    rng = np.random.default_rng(seed)
    order = [node for node in model.shapes.order if model.shapes.levels[node]]
    weighted = [node for node in order if model.shapes.parameters[node]]
    boundary = None
    if model.data is not None and len(model.data.features) > 1:
        boundary = made_up_boundary(model, seed)
    layer = None
    if detail is not None:
        level, units = model.shapes.levels[detail], model.shapes.units[detail]
        norms = {f"W[{level}]": 4.12, f"b[{level}]": 0.36, f"dW[{level}]": 3.1e-3, f"db[{level}]": 1e-3}
        layer = LayerDetail(
            node=detail,
            weights=rng.standard_normal((min(units, 64), 16)).astype(np.float32),
            norms=norms,
            saturated=0,
            units=units,
            z_histogram=made_up_histogram(rng, 1.4),
        )
    classes = len(model.data.classes) if model.data is not None else 0
    confusion = (np.eye(classes, dtype=int) * 90 + rng.integers(0, 8, (classes, classes))) if classes else None
    values = {"cost": 0.0417, "accuracy": 0.984} if classes else {"cost": 0.0417, "r2": 0.93, "mae": 0.11, "rmse": 0.2}
    return Probes(
        step=seed,
        weights={node: made_up_histogram(rng, 0.4 + 0.1 * i) for i, node in enumerate(weighted)},
        gradients={node: made_up_histogram(rng, 1e-3) for node in weighted},
        activations={node: made_up_histogram(rng, 0.4) for node in order},
        boundary=boundary,
        detail=layer,
        metrics=Metrics(
            {"training": values, "validation": {name: 0.9 * v for name, v in values.items()}}, confusion, "validation"
        ),
    )


def made_up_boundary(model: FakeTraining, seed: int = 0, features=(0, 1), side: int = 64) -> Boundary:
    low, high = model.data.X[:, list(features)].min(0) - 0.4, model.data.X[:, list(features)].max(0) + 0.4
    x, y = np.meshgrid(np.linspace(low[0], high[0], side), np.linspace(low[1], high[1], side))
    turn = np.arctan2(y, x) + 3.2 * np.hypot(x, y) + 0.02 * seed
    outputs = model.data.Y.shape[1]
    if outputs == 1:
        values = (0.5 + 0.5 * np.tanh(2 * np.sin(turn)))[None]
    else:
        raw = np.stack([np.exp(2 * np.sin(turn + 2 * np.pi * k / outputs)) for k in range(outputs)])
        values = raw / raw.sum(0)
    ranges = [(float(a), float(b)) for a, b in zip(low, high, strict=True)]
    return Boundary(features, ranges[0], ranges[1], values.astype(np.float32))
