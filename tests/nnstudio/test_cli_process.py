"""The command line as a process: no Qt, Ctrl+C, broken pipes, terminals, the window's stand-in."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nnstudio.__main__ import has_display
from nnstudio.project_file import open_project

NNSTUDIO = [sys.executable, "-m", "nnstudio"]
POSIX = pytest.mark.skipif(os.name == "nt", reason="POSIX signals and terminals")


def test_version_and_help_answer() -> None:
    done = subprocess.run([*NNSTUDIO, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("NN Studio ")
    done = subprocess.run([*NNSTUDIO, "--help"], capture_output=True, text=True, check=True)
    assert "nnstudio train SOURCE" in done.stdout


def test_training_predicting_and_checking_import_no_qt(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from nnstudio import cli\n"
        "for line in sys.argv[1:]:\n"
        "    assert cli.main(line.split(), lambda project: 1) == 0, line\n"
        "shown = {name.partition('.')[0] for name in sys.modules}\n"
        "shown &= {'PySide6', 'shiboken6', 'pyqtgraph', 'qtawesome', 'superqt', 'qtpy', 'ui'}\n"
        "assert not shown, shown\n"
    )
    (tmp_path / "t.csv").write_text("x1,x2\n1,2\n")
    lines = ["train sample:xor --epochs 2 --out x.nnstudio", "predict x.nnstudio t.csv --out o.csv", "check x.nnstudio"]
    subprocess.run([sys.executable, "-c", program, *lines], check=True, cwd=tmp_path, capture_output=True)


@POSIX
def test_control_c_stops_cleanly_and_saves_what_there_is(tmp_path: Path) -> None:
    out = tmp_path / "half.nnstudio"
    command = [*NNSTUDIO, "train", "sample:moons", "--epochs", "10000000", "--out", str(out), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        while "parameters" not in process.stderr.readline():
            pass
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Stopped by Ctrl+C" in stderr
    assert "Traceback" not in stderr
    results = json.loads(stdout.splitlines()[-1])
    assert results["stopped"] == "interrupted"
    assert results["epochs"] > 0
    checkpoint = open_project(out).checkpoint
    assert checkpoint is not None
    assert checkpoint.state.meta["epoch"] == results["epochs"]


@POSIX
def test_reader_that_goes_away_is_not_complained_of() -> None:
    command = " ".join(NNSTUDIO) + " train sample:xor --epochs 2 | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert "Traceback" not in done.stderr
    assert "Broken" not in done.stderr


@pytest.mark.slow
@POSIX
@pytest.mark.parametrize("terminal", [True, False])
def test_bar_is_drawn_on_a_terminal_only(terminal: bool) -> None:
    import pty

    mine, theirs = pty.openpty() if terminal else os.pipe()
    command = [*NNSTUDIO, "train", "sample:moons", "--epochs", "2000"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                chunk = os.read(mine, 65_536)
            except OSError:  # what Linux says when a terminal's other side has gone
                break
            if not chunk:
                break
            shown += chunk
    os.close(mine)
    assert process.returncode == 0
    assert (b"epoch/s" in shown) is terminal
    assert (b"running cost" in shown) is terminal


@POSIX
def test_terminal_that_knows_ascii_only_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("größe,ziel\n" + "".join(f"{i},{'ä' if i % 2 else 'ö'}\n" for i in range(40)))
    environment = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [*NNSTUDIO, "train", str(tmp_path / "t.csv"), "--epochs", "1"],
        capture_output=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@POSIX
def test_project_without_a_display_says_how_to_train_it(tmp_path: Path) -> None:
    subprocess.run([*NNSTUDIO, "train", "sample:xor", "--epochs", "1", "--out", "x.nnstudio"], cwd=tmp_path, check=True)
    hidden = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
    environment = {key: value for key, value in os.environ.items() if key not in hidden}
    done = subprocess.run(
        [*NNSTUDIO, "x.nnstudio"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    if sys.platform == "linux":
        assert done.returncode == 2
        assert "nnstudio train x.nnstudio" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="X and Wayland")
def test_display_counts_only_where_one_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert not has_display()
    for dead in (":4711", "unix:4711.0", "nonsense"):
        monkeypatch.setenv("DISPLAY", dead)
        assert not has_display()
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert has_display()
