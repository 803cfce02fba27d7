"""A user's mistake ends with exit code 2 and one or two plain sentences that name what and where."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from engine.graph import Graph
from nnstudio import cli
from nnstudio.document import Document
from nnstudio.project_file import open_project, save

GOOD = "a,b,y\n" + "".join(f"{i},{i % 5},{'no' if i % 3 else 'yes'}\n" for i in range(60))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.csv").write_text(GOOD)
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "header.csv").write_text("a,b,y\n")
    (tmp_path / "one.csv").write_text("a,y\n" + "".join(f"{i},same\n" for i in range(30)))
    (tmp_path / "binary.csv").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "folder").mkdir()
    (tmp_path / "many.csv").write_text("a,y\n" + "".join(f"{i * 2},c{i}\n" for i in range(60)))
    (tmp_path / "broken.nnstudio").write_bytes(b"PK\x03\x04broken")
    (tmp_path / "text.csv").write_text("a,b\n" + "".join(f"x{i},oops\n" for i in range(10)))
    save(tmp_path / "bare.nnstudio", Document())
    assert cli.main(["train", "good.csv", "--epochs", "1", "--out", "good.nnstudio"], lambda project: 0) == 0
    project = open_project("good.nnstudio")
    cut = Graph(nodes=project.document.graph.nodes, edges=project.document.graph.edges[1:])
    save("cut.nnstudio", msgspec.structs.replace(project.document, graph=cut), project.checkpoint, project.prepared)
    return tmp_path


MISTAKES: dict[str, tuple[str, ...]] = {
    "train": ("SOURCE",),
    "train none.csv": ("none.csv",),
    "train none.nnstudio": ("none.nnstudio",),
    "train folder": ("folder",),
    "train empty.csv": ("empty.csv",),
    "train header.csv": ("header.csv",),
    "train one.csv": ("one.csv", "'y'", "one class"),
    "train binary.csv": ("binary.csv",),
    "train broken.nnstudio": ("broken.nnstudio",),
    "train bare.nnstudio": ("bare.nnstudio", "no data"),
    "train cut.nnstudio": ("cut.nnstudio", "Dense 1 has no input"),
    "predict cut.nnstudio good.csv --out p.csv": ("cut.nnstudio", "Dense 1 has no input"),
    "train sample:none": ("none", "spirals"),
    "train good.csv --target z": ("good.csv", "'z'", "a, b, y"),
    "train good.nnstudio --target z": ("good.nnstudio", "'z'"),
    "train good.csv --activation rulu": ("--activation", "'rulu'", "relu"),
    "train good.csv --activation softmax": ("--activation", "softmax"),
    "train good.csv --initializer he": ("--initializer", "he_normal"),
    "train good.csv --optimizer sdg": ("--optimizer", "Did you mean sgd"),
    "train good.csv --schedule cosin": ("--schedule", "reduce_on_plateau", "Did you mean cosine"),
    "train good.csv --patience 1.5": ("--patience", "whole number from 0"),
    "train good.csv --patience 5 --validation 0": ("Patience", "no validation rows", "set patience to 0"),
    "train good.nnstudio --patience 5 --validation 0": ("Patience", "no validation rows"),
    "train good.csv --target-cost -1": ("--target-cost", "'-1'"),
    "train good.csv --time-limit soon": ("--time-limit", "'soon'"),
    "train good.csv --l1 -0.1": ("--l1", "'-0.1'"),
    "train good.csv --l2 inf": ("--l2", "'inf'"),
    "train good.csv --clip-norm nan": ("--clip-norm", "'nan'"),
    "train good.csv --warm-up -1": ("--warm-up", "whole number from 0"),
    "train good.csv --warmup 5": ("Did you mean --warm-up",),
    "check": ("PROJECT",),
    "evaluate": ("PROJECT",),
    "evaluate none.nnstudio": ("none.nnstudio",),
    "evaluate good.csv": ("good.csv", "not an NN Studio project"),
    "evaluate good.nnstudio --folds 1": ("--folds", "whole number from 2 to 100"),
    "evaluate good.nnstudio --folds many": ("--folds", "'many'"),
    "train good.csv --target y --target nothing": ("no column 'nothing'",),
    "train good.csv --ignore z": ("good.csv", "no column 'z'", "--ignore", "a, b, y"),
    "train good.csv --feature a --ignore a": ("'a'", "both --ignore and --feature"),
    "train good.csv --ignore y": ("good.csv", "none is left to predict", "--target"),
    "train good.nnstudio --feature z": ("good.nnstudio", "no column 'z'"),
    "check none.nnstudio": ("none.nnstudio",),
    "check good.csv": ("good.csv", "not an NN Studio project"),
    "check broken.nnstudio": ("broken.nnstudio",),
    "check folder": ("folder",),
    "check good.nnstudio --josn": ("Did you mean --json",),
    "check good.nnstudio good.nnstudio": ("good.nnstudio means nothing here",),
    "chek good.nnstudio": ('mean "nnstudio check"',),
    "train good.csv --missing guess": ("--missing", "drop, mean, median, most_frequent, constant or refuse"),
    "train good.csv --hidden 16,x": ("--hidden", "16,x"),
    "train good.csv --hidden 0": ("--hidden",),
    "train good.csv --hidden 99999999": ("--hidden", "16,384"),
    "train good.csv --epochs 0": ("--epochs", "whole number from 1"),
    "train good.csv --epochs 2.5": ("--epochs", "whole number"),
    "train good.csv --epochs": ("--epochs", "needs a value"),
    "train good.csv --epoch 3": ("--epoch", "Did you mean --epochs"),
    "train good.csv --learning-rate -1": ("--learning-rate", "'-1'"),
    "train good.csv --learning-rate nan": ("--learning-rate", "'nan'"),
    "train good.csv --learning-rate inf": ("--learning-rate", "'inf'"),
    "train good.csv --batch-size -3": ("--batch-size",),
    "train good.csv --seed x": ("--seed",),
    "train good.csv --validation 1.5": ("--validation", "0.9"),
    "train good.csv --validation 0.6 --test 0.6": ("alidation", "est"),
    "train good.csv other.csv": ("other.csv",),
    "train good.csv --out folder": ("folder",),
    "train good.csv --out nowhere/x.nnstudio": ("nowhere",),
    "train good.csv --out /proc/x.nnstudio": ("/proc", "cannot be written", "no file can be made"),
    "train good.csv --out good.csv/x.nnstudio": ("good.csv is a file, not a folder",),
    "train good.csv --out x.txt": ("x.txt", "ends in .nnstudio", "Give --out x.nnstudio"),
    "train good.csv --learn 3": ("Did you mean --learning-rate",),
    "train good.csv --foo": ('--foo means nothing here. "nnstudio train --help"',),
    "train many.csv": ("many.csv", "each of the 60 classes has one row only", "Choose another target"),
    "train good.csv --out good.csv": ("good.csv", "table itself"),
    "predict": ("PROJECT", "--out"),
    "predict good.nnstudio good.csv": ("--out",),
    "predict good.nnstudio none.csv --out p.csv": ("none.csv",),
    "predict none.nnstudio good.csv --out p.csv": ("none.nnstudio",),
    "predict bare.nnstudio good.csv --out p.csv": ("bare.nnstudio", "not been trained"),
    "predict good.csv good.csv --out p.csv": ("good.csv", "not an NN Studio project"),
    "predict good.nnstudio text.csv --out p.csv": ("text.csv", "held numbers in training", "none of its cells is"),
    "predict good.nnstudio one.csv --out p.csv": ("one.csv", "'b'"),
    "predict good.nnstudio empty.csv --out p.csv": ("empty.csv",),
    "predict good.nnstudio good.csv --out good.csv": ("good.csv", "also what is read"),
    "predict good.nnstudio good.csv --out nowhere/p.csv": ("nowhere",),
    "predict good.nnstudio good.csv --out folder": ("folder",),
    "trian good.csv": ("trian", 'mean "nnstudio train"'),
    "none.nnstudio": ("none.nnstudio",),
    "--nonsense": ("--nonsense",),
    "predict good.nnstudio good.csv --out /proc/p.csv": ("/proc", "no file can be made"),
    "folder": ("folder is a folder",),
    "good.nnstudio good.nnstudio": ("One project",),
}


@pytest.mark.parametrize("command", MISTAKES)
def test_mistake_is_told_in_plain_sentences(here: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    capsys.readouterr()
    before = sorted(path.name for path in here.iterdir())
    code = cli.main(command.split(), lambda project: 0)
    captured = capsys.readouterr()
    assert code == 2
    last = captured.err.strip().splitlines()[-1]
    assert last.startswith("nnstudio: ")
    for part in MISTAKES[command]:
        assert part in last
    assert last[-1] in ".?"
    assert "Traceback" not in captured.err
    assert "usage:" not in captured.err
    assert sorted(path.name for path in here.iterdir()) == before


@pytest.mark.parametrize(
    "arguments", [["train", ""], [""], ["check", ""], ["predict", "", "good.csv", "--out", "p.csv"]]
)
def test_an_empty_name_is_told_in_a_plain_sentence(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    capsys.readouterr()
    assert cli.main(arguments, lambda project: 0) == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert "is empty" in last


def test_a_table_is_handed_to_the_window(here: Path) -> None:
    opened: list[Path | None] = []
    assert cli.main(["good.csv"], lambda path: opened.append(path) or 0) == 0
    assert opened == [Path("good.csv")]


def test_mistake_of_the_program_is_told_apart_from_the_users(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(project: object) -> int:
        raise RuntimeError("odd")

    assert cli.main([], broken) == 1
    assert "not your fault: RuntimeError: odd" in capsys.readouterr().err
