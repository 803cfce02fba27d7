"""Predicting from the window: one example in a form, or a table: choose it, choose where to, and hear how it went."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from nnstudio import numbers
from nnstudio.data import DataError, check_columns
from nnstudio.headless import trained_network
from nnstudio.predicting import Predicted, predict_table, write_csv
from nnstudio.project_file import Project
from ui import preferences
from ui.table_files import TABLE_FILTER

POLL_MS = 50
UNTRAINED = "There are no trained weights yet: press Train first, then predict."
UNKNOWN = "How the data were prepared is not known: use Data, Read the table again, then predict."


class Prediction(QObject):
    """One prediction in a thread of its own; ``done`` carries the sentence, its kind and the file written."""

    done = Signal(str, str, object)

    def __init__(self, project: Project, name: Path, table: Path, out: Path, parent: QObject) -> None:
        super().__init__(parent)
        self._work = (project, name, table, out)
        self._result: tuple[str, str, Path | None] | None = None
        self._thread = threading.Thread(target=self._run, name="prediction", daemon=True)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._thread.start()
        self._timer.start(POLL_MS)

    def _run(self) -> None:
        project, name, table, out = self._work
        try:
            predicted = predict_table(project, name, table)
            write_csv(out, predicted)
        except DataError as error:
            self._result = (str(error), "bad", None)
        except OSError as error:
            self._result = (f"{out} was not written: {error.strerror or error}.", "bad", None)
        except Exception as error:  # whatever it is, a person waits for an answer
            self._result = (f"{table.name} could not be predicted: {error}.", "bad", None)
        else:
            self._result = (_words(predicted, out), "info", out)

    def _look(self) -> None:
        if self._result is not None:
            self._timer.stop()
            self._thread.join()
            self.done.emit(*self._result)
            self.deleteLater()


def predict_from(window: QWidget, project: Project, name: str, chosen: int, show: Callable[..., object]) -> None:
    """Open the form that predicts one example, from which a table can be chosen; ``show`` says what is in the way."""
    from ui.dialogs.predict_form import PredictDialog  # at first use: the window is up sooner

    if project.checkpoint is None:
        show(UNTRAINED, "info")
        return
    about = project.prepared or project.record
    if about is None:
        show(UNKNOWN, "warn")
        return
    try:
        network = trained_network(project, Path(name))
    except DataError as error:
        show(str(error), "bad")
        return
    if network.n_features != len(about.fitted.features) or network.n_outputs != about.fitted.outputs:
        show("The data do not fit the network: train it again, then predict.", "warn")
        return

    def predict_table() -> bool:
        return predict_table_from(window, project, name, show)

    dialog = PredictDialog(network, about.fitted, project.prepared, chosen, predict_table, window)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()


def predict_table_from(window: QWidget, project: Project, name: str, show: Callable[..., object]) -> bool:
    """Ask for a table and for a file, and predict; ``show`` takes a sentence, its kind, and an action with its text.

    Returns false where a person chose no file, so that nothing was shown.
    """
    if project.checkpoint is None:
        show(UNTRAINED, "info")
        return True
    about = project.prepared or project.record
    if about is None:
        show(UNKNOWN, "warn")
        return True
    folder = preferences.table_folder()
    table, _ = QFileDialog.getOpenFileName(window, "Predict the rows of a table", folder, TABLE_FILTER)
    if not table:
        return False
    preferences.set_table_folder(table)
    try:
        check_columns(table, about.fitted)  # before a person takes the trouble to say where to save
    except DataError as error:
        show(str(error), "bad")
        return True
    proposed = Path(table).with_name(f"{Path(table).stem} predicted.csv")
    out, _ = QFileDialog.getSaveFileName(window, "Save the predictions", str(proposed), "CSV (*.csv)")
    if not out:
        return False
    work = Prediction(project, Path(name), Path(table), Path(out), window)

    def tell(sentence: str, kind: str, written: Path | None) -> None:
        if written is None:
            show(sentence, kind)
        else:
            folder = QUrl.fromLocalFile(str(written.parent))
            show(sentence, kind, "Open the folder", lambda: QDesktopServices.openUrl(folder))

    work.done.connect(tell)
    show(f"Predicting {Path(table).name} …", "info")
    return True


def _words(predicted: Predicted, out: Path) -> str:
    rows = len(predicted.cells)
    said = f"{numbers.count(predicted.predicted)} of {numbers.plural(rows, 'row')} predicted into {out.name}."
    return " ".join([said, *predicted.notes])
