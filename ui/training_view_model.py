"""Between the document and the engine: loads what changed, polls what came, and hands it to the visible views."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Literal

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from engine.history import History
from engine.network import finite_in
from engine.settings import TrainingSettings
from engine.shapes import Shapes
from engine.snapshot import ProbeRequest, Probes, Status
from nnstudio import edits
from nnstudio.checkpoints import Checkpoint, CheckpointStore, checkpoint_of
from nnstudio.data import PreparedData
from nnstudio.document import Document
from nnstudio.engine_host import EngineHost
from nnstudio.engine_messages import Died, Failed, Kept, Loaded, Looked, Measured, Rested
from nnstudio.prepared_store import PreparedStore
from nnstudio.readiness import shapes_of
from ui.document_store import DocumentStore
from ui.engine_concerns import concerns_engine, without_weights

FRAME_MS = 33
KEEP_SECONDS = 20.0  # between two copies of a running training's weights, to come back to should the engine die

# What the engine has of the present document: nothing yet, all of it, nothing since a problem keeps it from being
# trained, or nothing since the engine failed on it.
Engine = Literal["stale", "given", "unfit", "broken"]
Asked = Literal["train", "else"]


class TrainingViewModel(QObject):
    """The state of training as the window shows it.

    Views read its attributes when a signal says that they changed, and say with :meth:`request` what they want to
    see while they are visible. Training itself happens in the engine's process.
    """

    status_changed = Signal(object)
    refreshed = Signal()
    shapes_changed = Signal()
    data_changed = Signal()
    chosen_changed = Signal()
    did = Signal(str)  # something a lesson may wait for, by its name in nnstudio.lessons.facts.DEEDS
    lit = Signal(str)  # a view points at a layer, by its node; empty when it does not any more
    asked_for = Signal(str)  # a view asks for another one to be brought into sight, by its panel's name
    message = Signal(str, str)  # a sentence, and its kind: "info", "warn" or "bad"

    def __init__(
        self,
        store: DocumentStore,
        host: EngineHost,
        checkpoints: CheckpointStore,
        prepared: PreparedStore,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.store, self.host, self.checkpoints, self.prepared = store, host, checkpoints, prepared
        self.status = Status()
        self.history = History()
        self.marks: list[tuple[float, str]] = []
        self.chosen = 0
        self.probes = Probes()
        self.shapes: Shapes = shapes_of(store.document, None)
        self.data: PreparedData | None = None
        self._requests: dict[str, ProbeRequest] = {}
        self._loaded: str | None = None  # the checkpoint whose weights the engine holds
        self._engine: Engine = "stale"
        self._waiting: list[Callable[[], object]] = []  # edits put off until training rests
        self._asked: Asked | None = None  # from a request until the engine rests and its weights are kept
        self._entry_text = ""  # what an entry set by hand is called as a step of undo, until the engine rests on it
        self._kept: Checkpoint | None = None  # of the present training, some seconds old
        self._kept_at = 0.0
        self._shown: object = None  # what has been looked at, at rest
        store.gate = self._gate
        store.changed.connect(self._document_changed)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._timer.start(FRAME_MS)
        self._take_document(store.document)

    # -- what views ask -------------------------------------------------------------------------------------------

    def request(self, owner: str, request: ProbeRequest | None) -> None:
        """Say what a view wants to see from now on; None when it is hidden."""
        if request is None:
            self._requests.pop(owner, None)
        else:
            self._requests[owner] = request

    def choose(self, row: int) -> None:
        """Choose the training example, by its row of the split, whose numbers the insight views show."""
        rows = len(self.data.training) if self.data is not None else 1
        row = min(max(row, 0), max(rows - 1, 0))
        if row != self.chosen:
            self.chosen = row
            self.chosen_changed.emit()
            self.did.emit("choose_example")

    @property
    def training(self) -> bool:
        """Whether steps are being made."""
        return self.status.state == "training"

    @property
    def busy(self) -> bool:
        """Whether the engine does something whose outcome the document does not name yet."""
        return self._asked is not None or self.training

    @property
    def problem(self) -> str:
        """Why training cannot start, in one sentence, or an empty text where it can."""
        if self.data is None:
            return "There are no data yet: load a table or choose a sample."
        errors = [problem for problem in self.shapes.problems if problem.severity == "error"]
        return errors[0].sentence if errors else ""

    # -- actions --------------------------------------------------------------------------------------------------

    def toggle(self) -> None:
        """Train, or pause."""
        self.pause() if self.training else self.start()

    def start(self) -> None:
        """Train until paused, finished or diverged; a finished training goes on for as many epochs again."""
        self._ask("start")

    def pause(self) -> None:
        """Come to rest."""
        if self.busy:
            self.host.ask("pause")

    def step_once(self) -> None:
        """Make one parameter update."""
        self._ask("run_step")

    def run_epoch(self) -> None:
        """Train to the end of the epoch."""
        self._ask("run_epoch")

    def reset(self) -> None:
        """Go back to the initial weights of the seed."""
        self._ask("reset")

    def set_entry(self, symbol: str, row: int, column: int, value: float) -> None:
        """Set one entry of a parameter by hand, rows and columns from 0, as a step of undo; training pauses for it."""
        try:
            finite_in(self.store.document.training.precision, value)
        except ValueError as error:
            self.message.emit(f"The value was not taken: {error}", "warn")
            return

        def at_rest() -> None:
            if self._prepare():
                name = symbol.replace("gamma", "γ").replace("beta", "β")
                self._entry_text = f"Set {name}, row {row + 1}, column {column + 1}"
                self._asked = "else"
                self.host.set_entry(symbol, row, column, value)
                self.did.emit("set_weight")

        self._at_rest(at_rest)

    def set_training(self, training: TrainingSettings, text: str, merge_key: str = "") -> None:
        """Change hyperparameters, as an edit; they reach a running training at its next step."""
        self.store.apply(lambda document: edits.set_training(document, training), text, merge_key)

    def undo(self) -> None:
        """Undo the last change; where it concerns the network, training comes to rest and is undone with it."""
        stack = self.store.undo_stack
        if not stack.canUndo():
            return
        self.did.emit("undo")
        target = stack.index() - 1
        if self.busy and concerns_engine(*self.store.step(target)):
            self._at_rest(lambda: stack.setIndex(target))
        else:
            stack.undo()

    def redo(self) -> None:
        """Redo."""
        self._at_rest(self.store.undo_stack.redo)

    def checkpoint(self) -> Checkpoint | None:
        """Return the document's trained weights."""
        return self.checkpoints.get(self.store.document.checkpoint)

    def latest_checkpoint(self) -> Checkpoint | None:
        """Return the weights to keep should all end now: those of a running training, some seconds old."""
        return self._kept or self.checkpoint()

    def when_at_rest(self, action: Callable[[], object]) -> None:
        """Call ``action`` now, or, while training, as soon as it has paused and its weights are kept."""
        self._at_rest(action)

    def close(self) -> None:
        """End the engine's process."""
        self._timer.stop()
        self.store.gate = None
        self.host.close()

    # -- the document changes -------------------------------------------------------------------------------------

    def _gate(self, before: Document, after: Document, retry: Callable[[], object]) -> bool:
        """Put off a change that the running training would not survive until it rests."""
        if not self.busy or not concerns_engine(before, after):
            return True
        self._at_rest(retry)
        return False

    def _at_rest(self, action: Callable[[], object]) -> None:
        if not self.busy:
            action()
            return
        self._waiting.append(action)
        self.host.ask("pause")

    def _document_changed(self, before: Document, after: Document) -> None:
        if before.data != after.data:
            self._take_data(after)
        if (before.graph, before.training) != (after.graph, after.training):
            self._find_problems(after)
        if concerns_engine(before, after):
            other = concerns_engine(without_weights(before), without_weights(after))
            if other or after.checkpoint != self._loaded or self._engine == "broken":
                self._engine = "stale"
        elif before.training != after.training:
            self._take_settings(before.training, after.training)

    def _take_settings(self, before: TrainingSettings, after: TrainingSettings) -> None:
        rates = (before.optimizer.learning_rate, after.optimizer.learning_rate)
        if rates[0] != rates[1] and self.status.epoch:
            epoch = float(self.status.epoch)
            if self.marks and self.marks[-1][0] == epoch:
                self.marks.pop()
            self.marks.append((epoch, f"α {rates[0]:g} → {rates[1]:g}"))
        if self.problem:
            self.pause()
        if self._engine == "given" and not self.problem:
            self.host.change_settings(after)
        elif self._engine != "broken":
            self._engine = "stale"  # the engine is given all anew once there is no problem

    def _take_document(self, document: Document) -> None:
        self._take_data(document)
        self._engine = "stale"

    def _take_data(self, document: Document) -> None:
        self.data = None if document.data is None else self.prepared.get(document.data)
        self.choose(self.chosen)  # which may be beyond the new data
        self._find_problems(document)
        self.data_changed.emit()

    def _find_problems(self, document: Document) -> None:
        found = shapes_of(document, self.data)
        if found != self.shapes:
            self.shapes = found
            self.shapes_changed.emit()

    def take_data_again(self) -> None:
        """Look once more for the document's data, after they were prepared; training must be at rest."""
        self._take_data(self.store.document)
        self._engine = "stale"

    def take_document(self, document: Document) -> None:
        """Start over with another document, whose data and checkpoint are in their stores already."""
        self._loaded, self._waiting = None, []
        self._come_to_rest()
        self.marks, self.probes = [], Probes()
        self.store.replace_all(document)
        self._take_document(document)
        self.shapes_changed.emit()
        self._show_checkpoint()
        self._load()  # at once: at the first start the engine gets ready while the window is being shown

    def _show_checkpoint(self) -> None:
        """Show the history of the document's weights before the engine has taken them."""
        checkpoint = self.checkpoint()
        self.history = History(checkpoint.state.history if checkpoint else None)
        self.refreshed.emit()

    # -- the engine -----------------------------------------------------------------------------------------------

    def _ask(self, what: str) -> None:
        if self.problem:
            self.message.emit(self.problem, "bad")
            return
        if self._engine != "given" and self.busy:
            self._at_rest(lambda: self._ask(what))  # a load now would lose what the engine is training
            return
        if not self._prepare():
            return
        self._asked = "train" if what in ("start", "run_epoch") else "else"
        if self._asked == "train":
            self._kept_at = time.monotonic()
            self._set_status(self.status)
        self.host.ask(what)  # type: ignore[arg-type]
        self.did.emit({"start": "train", "run_epoch": "train", "run_step": "step"}.get(what, what))

    def _prepare(self) -> bool:
        """Give the engine the present document where it has another, and return whether it has it now."""
        if self._engine != "given" or not self.host.alive:
            self._load()
        return self._engine == "given"

    def _load(self) -> None:
        """Give the engine the present document, with the weights that belong to it."""
        document = self.store.document
        if self.problem or self.data is None:
            self._engine = "unfit"
            self._set_status(Status(epochs=document.training.epochs))
            return
        checkpoint = self.checkpoint()
        try:
            self.host.load(
                document.graph,
                document.training,
                self.data,
                checkpoint.state if checkpoint else None,
            )
        except OSError as error:
            self._failed(
                f"The data could not be handed to the engine: {error}. Free some disk space, then press Train."
            )
            return
        self._loaded, self._engine, self._shown = document.checkpoint, "given", None
        self.history = History(checkpoint.state.history if checkpoint else None)
        last = self.history.column("epoch")[-1] if len(self.history) else 0.0
        self.marks = [mark for mark in self.marks if mark[0] <= last]
        self.probes = Probes()
        self.refreshed.emit()

    def _tick(self) -> None:
        for event in self.host.poll():
            if isinstance(event, Rested):
                self._rested(event)
            elif isinstance(event, (Looked, Loaded, Measured)) and self._engine == "unfit":
                continue  # told of what the document does not say any more
            elif isinstance(event, Looked):
                self._looked(event)
            elif isinstance(event, Loaded):
                self._took(event)
            elif isinstance(event, Measured):
                self._measured(event)
            elif isinstance(event, Kept):
                self._kept = checkpoint_of(event.state) if self.busy else None
            elif isinstance(event, (Failed, Died)):
                self._failed(event.sentence)
        if self._engine == "stale" and not self.busy:
            self._load()
        if self.training and time.monotonic() - self._kept_at > KEEP_SECONDS:
            self._kept_at = time.monotonic()
            self.host.ask("keep")
        if self.host.alive and not self.problem:
            wanted = ProbeRequest(boundary_resolution=1)
            for request in self._requests.values():
                wanted = wanted | request
            document = self.store.document
            key = (wanted, self.status.step, self._loaded, id(self.data), document.graph, document.training)
            # At rest a look is needed only where something is wanted that has not been seen at this step yet.
            plane = self.probes.plane
            growing = wanted.plane is not None and plane is not None and plane.growing
            needed = self.training or ((key != self._shown or growing) and self.status.state != "empty")
            if needed and self.host.look(wanted):
                self._shown = key

    def _looked(self, event: Looked) -> None:
        snapshot = event.snapshot
        self.history.extend(snapshot.rows)
        if snapshot.probes is not None:
            self.probes = _merged(self.probes, snapshot.probes)
        if snapshot.metrics is not None:
            self.probes = replace(self.probes, metrics=snapshot.metrics)
        self._set_status(snapshot.status)
        self.refreshed.emit()

    def _took(self, event: Loaded) -> None:
        self._set_status(event.status)
        if event.anew and self._loaded is not None:
            graph = self.store.document.graph
            names = [node.name for node in graph.nodes if node.id in event.anew]
            if not names:
                return
            one, them = (names[0], "starts") if len(names) == 1 else (", ".join(names), "start")
            self.message.emit(f"{one} {them} from new weights; all other layers keep theirs.", "info")
            self._mark("network changed")

    def _mark(self, text: str) -> None:
        if self.status.epoch:
            self.marks.append((float(self.status.epoch), text))

    def _rested(self, event: Rested) -> None:
        if not self.busy:
            return  # a pause that crossed the end of the training it was for
        status = event.status
        self.history = History(event.state.history)
        if self._entry_text:
            name, text = self.checkpoints.put(checkpoint_of(event.state)), self._entry_text
        elif status.step == 0:
            self.marks, name, text = [], None, "Reset weights"
        else:
            name = self.checkpoints.put(checkpoint_of(event.state))
            text = f"Train to step {status.step}" if status.state == "paused" else f"Train {status.epoch} epochs"
        self._loaded = name
        self._come_to_rest()
        self._set_status(status)
        self._name_checkpoint(name, text)
        if self.problem:
            self.message.emit(f"Training is paused. {self.problem}", "bad")
        elif status.state in ("diverged", "finished") and status.message:
            self.message.emit(status.message, "bad" if status.state == "diverged" else "info")
        self._run_waiting()
        self.refreshed.emit()

    def _measured(self, event: Measured) -> None:
        """Show the true figures of the weights training rests on."""
        if self.busy or event.status.step != self.status.step:
            return
        self.history.replace_last(event.row)
        self._set_status(event.status)
        self.refreshed.emit()

    def _come_to_rest(self) -> None:
        self._asked = self._kept = None
        self._entry_text = ""

    def _name_checkpoint(self, name: str | None, text: str) -> None:
        """Let the document name the weights, as a step of undo that no gate puts off."""
        gate, self.store.gate = self.store.gate, None
        self.store.apply(lambda document: edits.set_checkpoint(document, name), text)
        self.store.gate = gate

    def _run_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for action in waiting:
            try:
                action()
            except Exception as error:  # the others that wait have their turn all the same
                self.message.emit(f"Something that waited for training to rest failed: {error}.", "bad")

    def _failed(self, sentence: str) -> None:
        # The engine is loaded anew only when the person asks: a network that broke it would break it again.
        kept = self._kept
        self._come_to_rest()
        if kept is not None:
            self._name_checkpoint(self.checkpoints.put(kept), "Train until the engine stopped")
        self._engine = "broken"
        self._set_status(msgspec.structs.replace(self.status, state="failed", message=sentence, steps_per_second=0.0))
        self.message.emit(sentence, "bad")
        self._run_waiting()

    def _set_status(self, status: Status) -> None:
        if self._asked == "train" and status.state != "training":
            # The engine has yet to hear of it; a person who pressed Train sees it at once.
            status = msgspec.structs.replace(status, state="training", message="")
        if not _same(status, self.status):
            self.status = status
            self.status_changed.emit(status)


def _same(one: Status, other: Status) -> bool:
    """Compare statuses, costs that are not known yet (nan) counting as equal."""
    return all(
        a == b or (isinstance(a, float) and isinstance(b, float) and math.isnan(a) and math.isnan(b))
        for a, b in ((getattr(one, f), getattr(other, f)) for f in one.__struct_fields__)
    )


def _merged(old: Probes, new: Probes) -> Probes:
    """Return the newest of each kind of probe."""
    return replace(old, **{f.name: value for f in fields(Probes) if (value := getattr(new, f.name))})
