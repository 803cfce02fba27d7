"""The run without a display: the first sample's network learns, and its figures are those of ``--json``."""

from __future__ import annotations

from pathlib import Path

from nnstudio import cli
from nnstudio.checkpoints import checkpoint_of
from nnstudio.demo import first_document, train_first_sample
from nnstudio.project_file import open_project, save


def test_first_sample_is_learned_and_shown_while_it_is(tmp_path: Path) -> None:
    seen: list[int] = []
    document, trainer, fields = train_first_sample(lambda status: seen.append(status.epoch))
    assert fields["stopped"] == "finished"
    assert fields["epochs"] == document.training.epochs == seen[-1]
    accuracy = fields["validation_accuracy"]
    assert isinstance(accuracy, float)
    assert accuracy > 0.95
    assert document.checkpoint == checkpoint_of(trainer.state()).hash


def test_first_document_is_ready_to_train_and_to_save(tmp_path: Path) -> None:
    document, prepared = first_document()
    save(tmp_path / "first.nnstudio", document, None, prepared)
    assert open_project(tmp_path / "first.nnstudio").document == document
    assert cli.main(["train", str(tmp_path / "first.nnstudio"), "--epochs", "1"], lambda project: 1) == 0
