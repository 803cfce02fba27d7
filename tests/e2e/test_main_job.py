"""The whole way of a new user, in the real window with a real mouse: load, draw, train, save, open, predict."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
from driven_window import PATIENCE, ROOT, driven_window


def write_table(path: Path, rows: int = 240) -> None:
    """Write a table as people have them: a number, a word and a class, semicolons, decimal commas, a missing cell."""
    rng = np.random.default_rng(0)
    with path.open("w", newline="", encoding="windows-1252") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["länge", "breite", "farbe", "sorte"])
        for number in range(rows):
            kind = number % 2
            length, width = rng.normal(5 + 2 * kind), rng.normal(3 - kind)
            cells = [f"{length:.2f}".replace(".", ","), f"{width:.2f}".replace(".", ",")]
            writer.writerow([*cells, "grün" if rng.random() < 0.5 else "blau", f"sorte {kind + 1}"])
        writer.writerow(["", "3,1", "blau", "sorte 1"])


def nodes(document) -> list[str]:
    return [node["id"] for node in document["graph"]["nodes"]]


def wires(document) -> set[tuple[str, str]]:
    return {(edge["source"], edge["target"]) for edge in document["graph"]["edges"]}


def test_a_person_loads_a_table_draws_trains_saves_opens_and_predicts(window, screen, person, tmp_path):
    table, project, out = tmp_path / "sorten.csv", tmp_path / "mine.nnstudio", tmp_path / "predicted.csv"
    write_table(table)

    # Load the table through the dialog.
    screen.key("ctrl+l")
    window.until(("dialog",), lambda title: title is not None)
    screen.click(*window.place("dialog", "File"))
    screen.key("ctrl+a")
    screen.type(str(table))
    screen.key("Return")
    screen.click(*window.place("dialog", "Load"))
    shown = window.until(("shown",), lambda shown: "länge" in shown["features"])
    assert shown["features"] == ["länge", "breite", "farbe=blau", "farbe=grün"]
    assert shown["rows"] == 240

    # Drag a Dense layer from the palette onto the wire before the output.
    screen.drag(window.place("palette", "Dense"), window.place("wire", "dense_2", "output"))
    document = window.until(("document",), lambda document: "dense_3" in nodes(document))
    assert {("dense_2", "dense_3"), ("dense_3", "output")} <= wires(document)
    assert ("dense_2", "output") not in wires(document)

    # Train, watch, pause.
    screen.key("space")
    window.until(("shown",), lambda shown: shown["epochs"] > 20 and shown["weights"] and shown["activations"])
    screen.key("space")
    status = window.until(("status",), lambda status: status["state"] in ("paused", "finished"))
    assert status["step"] > 0

    # Save through the file dialog, and close.
    screen.key("ctrl+s")
    window.until(("dialog",), lambda title: title is not None)
    screen.key("ctrl+a")
    screen.type(str(project))
    screen.key("Return")
    window.until(("shown",), lambda shown: not shown["changed"])
    assert "mine.nnstudio" in window.ask("shown")["title"]
    screen.key("ctrl+q")
    assert window.process.wait(PATIENCE) == 0
    assert not list((tmp_path / "tmp").iterdir())

    # Open it again: the same network, the same weights, the same place in training.
    with driven_window(screen, str(project), environment=person) as again:
        assert again.ask("status")["epoch"] == status["epoch"]
        assert again.ask("document")["graph"] == document["graph"]
        screen.key("ctrl+q")
        assert again.process.wait(PATIENCE) == 0

    # Predict on the command line.
    command = [sys.executable, "-m", "nnstudio", "predict", str(project), str(table), "--out", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))  # as the table has it
    assert len(rows) == 241
    assert rows[-1]["prediction"] == ""
    right = [row["prediction"] == row["sorte"] for row in rows[:-1]]
    assert sum(right) / len(right) > 0.8


def test_the_window_can_be_closed_while_it_trains(window, screen):
    screen.key("space")
    window.until(("status",), lambda status: status["epoch"] > 3)
    children = psutil.Process(window.process.pid).children(recursive=True)
    assert children
    screen.key("ctrl+q")
    window.until(("dialog",), lambda title: title == "Unsaved changes")
    screen.click(*window.place("dialog", "Discard"))
    assert window.process.wait(PATIENCE) == 0
    _, left = psutil.wait_procs(children, timeout=5)
    # One that has ended and that nobody has collected yet counts as gone.
    assert [child for child in left if child.status() != psutil.STATUS_ZOMBIE] == []


def test_a_killed_window_offers_its_work_at_the_next_start(window, screen, person, tmp_path):
    state = tmp_path / "state"
    screen.drag(window.place("palette", "Dense"), window.place("canvas", "300", "320"))
    window.until(("document",), lambda document: "dense_3" in nodes(document))
    window.until(("ready",), lambda _: bool(list(state.glob("recovery/*.json"))))
    window.process.kill()
    window.process.wait(PATIENCE)
    with driven_window(screen, environment=person) as again:
        again.until(("shown",), lambda shown: "was not closed properly" in shown["message"])
        screen.click(*again.place("widget", "Recover it"))
        again.until(("document",), lambda document: "dense_3" in nodes(document))
        assert again.ask("shown")["changed"]


def test_a_table_with_one_class_is_refused_in_words_and_nothing_is_lost(window, screen, tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text("a,b\n" + "1,yes\n" * 50)
    before = window.ask("document")
    screen.key("ctrl+l")
    window.until(("dialog",), lambda title: title is not None)
    screen.click(*window.place("dialog", "File"))
    screen.key("ctrl+a")
    screen.type(str(bad))
    screen.key("Return")
    screen.key("Escape")
    window.until(("dialog",), lambda title: title is None)
    assert json.dumps(window.ask("document")) == json.dumps(before)
